// What a page calls: make a map of Leaflet, attach the drawing to it, or mount every map of the page.
((geolls) => {
  "use strict";
  const {METRES, breath, degreesOf, el, gridOf, spotOf} = geolls;
  const ENGLAND = [52.9, -1.6];
  const OLD = "This browser is too old to unpack the map (it lacks DecompressionStream, in every browser since 2023).";
  // Maps that wait for the script which draws them.
  const waiting = [];

  const projection = {
    project: ({lat, lng}) => L.point(gridOf(lat, lng)),
    unproject: ({x, y}) => L.latLng(degreesOf(x, y)),
  };

  /** The plane that maps are drawn on: what geolls packs in metres needs no projection. */
  geolls.crs = {
    ...L.CRS.Simple,
    code: "EPSG:27700",
    projection,
    transformation: new L.Transformation(1 / METRES, 0, -1 / METRES, 0),
    distance: (a, b) => projection.project(a).distanceTo(projection.project(b)),
  };

  /** Where an easting and a northing are drawn on a map, as world coordinates. */
  geolls.spotOn = (map) => {
    const {crs} = map.options;
    if (crs === geolls.crs) return spotOf;
    return (east, north) => {
      const {x, y} = crs.latLngToPoint(L.latLng(degreesOf(east, north)), 0);
      return [x, y];
    };
  };

  /** Show a box of world coordinates whole, no nearer than `closest`, above what covers the map's foot. */
  geolls.frame = (map, {x0, x1, y0, y1}, {padding, below = 0, closest = Infinity, ...options}) => {
    const {x, y} = map.getSize();
    const scale = Math.min((x - 2 * padding) / (x1 - x0), (y - 2 * padding - below) / (y1 - y0));
    const snap = map.options.zoomSnap;
    const fits = Math.floor(Math.log2(Math.max(scale, 1)) / snap) * snap;
    const zoom = Math.min(fits, closest, map.getMaxZoom());
    const middle = [(x0 + x1) / 2, (y0 + y1) / 2 + below / 2 ** (zoom + 1)];
    map.setView(map.unproject(middle, 0), zoom, options);
  };

  /** Whether a reader has asked for less motion. */
  geolls.still = self.matchMedia("(prefers-reduced-motion: reduce)");

  /** The Leaflet map in the element `id`; `options` are Leaflet's, and `tiled` that tiles lie under it. */
  geolls.map = (id, {tiled, ...options} = {}) => {
    const node = document.getElementById(id);
    const moves = !geolls.still.matches;
    const map = L.map(node, {
      crs: tiled ? L.CRS.EPSG3857 : geolls.crs,
      zoomSnap: 0.25,
      zoomDelta: 0.75,
      wheelPxPerZoomLevel: 90,
      minZoom: 5,
      maxZoom: 15,
      keyboard: false,
      attributionControl: false,
      zoomControl: true,
      scrollWheelZoom: false,
      dragging: !L.Browser.mobile,
      zoomAnimation: moves,
      fadeAnimation: moves,
      inertia: moves,
      worldCopyJump: false,
      ...options,
    });
    if (!map._loaded && !options.center) map.setView(ENGLAND, 6);
    node.addEventListener("focusin", () => map.scrollWheelZoom.enable());
    node.addEventListener("focusout", () => map.scrollWheelZoom.disable());
    map.on("layeradd", ({layer}) => {
      if (layer instanceof L.TileLayer && !map.attributionControl)
        map.attributionControl = L.control.attribution({prefix: false}).addTo(map);
    });
    return map;
  };

  /** Say that there is no map, and why, and open its table. */
  geolls.undrawn = (node, why) => {
    const text = `${why} The table below holds every value.`;
    node.querySelector(".gl-stage").append(el("p", {class: "gl-off", role: "alert"}, text));
    node.querySelector(".gl-table").open = true;
  };

  /** Draw what the page says round a map on it, once. */
  geolls.attach = (map) => {
    const node = map.getContainer().closest(".geolls-app");
    if (!node || node.geolls) return;
    if (!self.DecompressionStream) geolls.undrawn(node, OLD);
    else if (geolls.App) node.geolls = new geolls.App(map, node);
    else waiting.push(map);
  };

  /** The script that draws is here. */
  geolls.attachWaiting = () => waiting.splice(0).forEach(geolls.attach);

  geolls.mountAll = () => {
    const mount = async () => {
      for (const node of document.querySelectorAll(".geolls-app")) {
        await breath();
        const {map} = node.dataset;
        if (!node.geolls && document.getElementById(map)) geolls.attach(geolls.map(map));
      }
    };
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", mount);
    else mount();
  };
})(globalThis.geolls);
