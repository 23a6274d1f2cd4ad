// What a page calls: make a map of Leaflet, attach the drawing to it, or mount every map of the page.
((geolls) => {
  "use strict";
  const ENGLAND = [52.9, -1.6];

  /** Whether a reader has asked for less motion. */
  geolls.still = self.matchMedia("(prefers-reduced-motion: reduce)");

  /** The Leaflet map in the element `id`; `options` are Leaflet's. */
  geolls.map = (id, options) => {
    const node = document.getElementById(id);
    const moves = !geolls.still.matches;
    const map = L.map(node, {
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
    const bounds = node.closest(".geolls-app")?.dataset.bounds;
    if (bounds) map.fitBounds(JSON.parse(bounds), {animate: false, padding: [10, 10]});
    else if (!map._loaded && !options?.center) map.setView(ENGLAND, 6);
    node.addEventListener("focusin", () => map.scrollWheelZoom.enable());
    node.addEventListener("focusout", () => map.scrollWheelZoom.disable());
    map.on("layeradd", ({layer}) => {
      if (layer instanceof L.TileLayer && !map.attributionControl)
        map.attributionControl = L.control.attribution({prefix: false}).addTo(map);
    });
    return map;
  };

  /** Draw what the page says round a map on it, once. */
  geolls.attach = (map) => {
    const node = map.getContainer().closest(".geolls-app");
    if (node && !node.geolls) node.geolls = new geolls.App(map, node);
  };

  geolls.mountAll = () => {
    const mount = () => {
      for (const node of document.querySelectorAll(".geolls-app")) {
        const {map} = node.dataset;
        if (!node.geolls && document.getElementById(map)) geolls.attach(geolls.map(map));
      }
    };
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", mount);
    else mount();
  };
})(globalThis.geolls);
