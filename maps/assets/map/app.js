// The map of one `.geolls-app`: what it knows, what is chosen, and the parts that draw it.
((geolls) => {
  "use strict";
  const {Land, Schools, View, areaOf, breath, extent, kindNumber, largest} = geolls;
  const {linesAlong, numbers, reasonLabel, tally, townsOf, undelta, worldRing} = geolls;

  // A mark for measuring, and an event for the page.
  const STARTED = "geolls:ready";
  // How far from England one can drag.
  const EDGE = [
    [48.4, -8.5],
    [57.2, 4.2],
  ];

  // In world coordinates: no side of a coast abroad is so long but where the data ends.
  const LONGEST = 0.34;

  // Pixels above and below a place, for names.
  const ROOM = 120;
  // A pixel shows at least so much of how far lines may lie from where they are known to run: zoom ends there.
  const PIXELS = 8;

  /** An object that has the keys given and no others: not even "constructor". */
  const named = (entries) => Object.assign(Object.create(null), Object.fromEntries(entries));

  class App {
    constructor(map, node) {
      this.map = map;
      this.node = node;
      this.id = node.dataset.map;
      node.classList.toggle("gl-tiled", map.options.crs !== geolls.crs);
      this.box = node.querySelector(".gl-stage");
      this.live = node.querySelector(".gl-live");
      this.ready = this.load().catch((error) => this.fail(error));
    }

    $(query) {
      return this.node.querySelector(query);
    }

    $$(query) {
      return [...this.node.querySelectorAll(query)];
    }

    /** Say something to those who listen to the page. */
    tell(text) {
      this.live.textContent = "";
      this.live.textContent = text;
    }

    fail(error) {
      geolls.undrawn(this.node, "The map could not be drawn.");
      console.error(error);
    }

    async load() {
      const keys = this.node.dataset.parts.split(" ").slice(0, 2);
      const [land, own] = await Promise.all(keys.map(geolls.partOf));
      await breath();
      this.spot = geolls.spotOn(this.map);
      this.land = new Land(land.arcs, this.spot);
      await breath();
      this.take(land, own);
      await breath();
      this.hexes = new geolls.Hexes(this);
      this.faces = new geolls.Faces(this);
      this.address = new geolls.Address(this);
      this.fit();
      this.pointer = new geolls.Pointer(this);
      this.stage = new geolls.Stage(this);
      this.details = new geolls.Details(this);
      this.legend = new geolls.Legend(this);
      this.panel = new geolls.Panel(this);
      this.parted = new geolls.Parted(this);
      await breath();
      this.address.read();
      this.address.keepPlace();
      await this.stage.open();
      this.map.whenReady(() => this.stage.settle());
      this.node.dataset.ready = "1";
      performance.mark(STARTED);
      this.node.dispatchEvent(new CustomEvent(STARTED, {bubbles: true}));
    }

    take(land, own) {
      // Blocks of London.
      this.london = land.london;
      // Wales, Scotland and what else is near: rings of land, and the lines of its coast.
      this.context = land.context.rings.map((ring) => worldRing(numbers(ring), land.context.step, this.spot));
      this.abroadCoast = this.context.flatMap((ring) => linesAlong(ring, LONGEST));
      // On maps of all England.
      this.rivers = (land.context.rivers || []).map((line) => worldRing(numbers(line), land.context.step, this.spot));
      this.own = own;
      // Schools told apart by something of the user's.
      if (own.marks) geolls.vocabulary.kinds = own.marks;
      const layers = [...land.layers, ...land.pieces];
      this.layers = own.layers.map((key) => layers.find((layer) => layer.key === key));
      for (const layer of this.layers) {
        layer.units = layer.code.length;
        // The unit of each part of what the map stands on: of its land, or of hexagons.
        layer.of = undelta(layer.of);
        layer.onLand = layer.of;
        layer.lowSet = new Set(layer.low);
      }
      this.byKey = named(this.layers.map((layer) => [layer.key, layer]));
      // Pieces of land where two maps part are pointed at, not looked up or listed.
      this.layers = this.layers.filter((layer) => layer.family !== "disagreement");
      this.areas = this.byKey[own.areas];
      this.authorities = this.byKey.local_authority || this.areas;
      this.measures = named(own.measures.map((measure) => [measure.key, measure]));
      // What is said while the map is shaded by each.
      this.says = named(Object.entries(own.says));
      this.england = own.scope === "england";
      // Layers whose lines are drawn.
      this.on = new Set(own.on);
      this.shade = own.shade;
      this.kinds = new Set(own.schools_on ? own.kinds : []);
      // Which schools fit what a reader chose, and how they are told apart; null where nothing is chosen.
      this.filter = null;
      // The trust that the map is about.
      this.home = -1;
      this.schools = own.schools?.urn ? new Schools(own.schools, this.spot) : null;
      this.inside = this.blocksInside();
      // Towns, the largest first, and what of the ground is drawn beneath the data.
      this.towns = townsOf(own.towns, land.towns, this.spot);
      this.ground = new Set(this.towns.length ? ["towns"] : []);
      // What is picked: {kind: "unit", layer, u}, {kind: "trust", t}, {kind: "school", s}, {kind: "postcode", code},
      // or {kind: "absent", words}: a school that is on another map.
      this.picked = null;
    }

    /** Of each block, whether the map is about it: 1 inside, 0 for the pale land round about. */
    blocksInside() {
      const {own, land} = this;
      const inside = new Uint8Array(land.blocks).fill(this.england ? 1 : 0);
      if (own.place) for (const b of own.place.blocks) inside[b] = 1;
      if (own.trust && this.schools) {
        this.home = this.schools.trusts.uid.indexOf(own.trust);
        const unit = this.schools.unit(this.areas);
        const met = new Set((this.schools.of[this.home] || []).map((s) => unit[s]));
        this.areas.of.forEach((u, b) => {
          if (met.has(u)) inside[b] = 1;
        });
      }
      return inside;
    }

    /** Show all of what the map is about. */
    fit() {
      const {map, own} = this;
      this.shapeFrame();
      map.options.maxBounds = L.latLngBounds(EDGE);
      geolls.frame(map, this.bounds(), {animate: false, padding: map.getSize().x < 500 ? 4 : 14});
      this.fitted = map.getZoom();
      // One object, for whoever will come back to it.
      this.whole = Object.assign(this.whole || {}, this.viewNow());
      const closer = Math.log2((this.metres() * PIXELS) / own.metres);
      map.setMaxZoom(Math.max(this.fitted, Math.floor(this.fitted + closer + 1e-9)));
      map.setMaxBounds(EDGE);
      map.options.maxBoundsViscosity = 0.6;
    }

    viewNow() {
      const {map} = this;
      return {center: map.getCenter(), zoom: map.getZoom()};
    }

    /** Whether the map still shows a view: nobody has moved it since. */
    shows({center, zoom}) {
      const {map} = this;
      const moved = map.latLngToLayerPoint(center).distanceTo(map.latLngToLayerPoint(map.getCenter()));
      return Math.abs(map.getZoom() - zoom) < 0.01 && moved < 6;
    }

    /** A frame as high as what the map is about needs, within what the style sheet allows. */
    shapeFrame() {
      const {map, own} = this;
      const [west, south, east, north] = own.bounds;
      const width = map.getSize().x;
      if (this.england || width < 500) return;
      const high = (width * (north - south)) / (east - west) + ROOM;
      map.getContainer().style.setProperty("--high", `${Math.round(high)}px`);
      map.invalidateSize({animate: false});
    }

    /** World coordinates of the box of what the map is about. */
    bounds() {
      const [west, south, east, north] = this.own.bounds;
      const corners = [west, east].flatMap((x) => [south, north].map((y) => this.spot(x, y)));
      return extent([corners.flat()]);
    }

    /** Metres of a pixel in the middle of the window. */
    metres() {
      const {map} = this;
      const {x, y} = map.getSize().divideBy(2);
      return map.distance(map.containerPointToLatLng([x, y]), map.containerPointToLatLng([x + 100, y])) / 100;
    }

    /** The present zoom; closer in, lines are drawn only near the window. */
    view() {
      const zoom = this.map.getZoom();
      const origin = this.map.getPixelOrigin();
      return new View(2 ** zoom, origin.x, origin.y, zoom > this.fitted + 1.5 ? this.stage.bounds : null);
    }

    /** The layer whose units are pointed at: the shaded one, else the recipe's. */
    active() {
      const shaded = this.shade.startsWith("coverage:") ? this.shade.slice(9) : this.measures[this.shade]?.layer;
      return this.byKey[shaded || this.own.areas];
    }

    /** The schools that the map is about, and that fit what a reader chose, which pass a test. */
    counted(test = () => true) {
      const {filter, schools} = this;
      return schools.filter((s) => schools.here[s] && (!filter || filter.fits[s]) && test(s));
    }

    /** The units that a number of the payload stands for: one, or several that share. */
    claimants(layer, u) {
      return u >= layer.units ? layer.mixes[u - layer.units] : [u];
    }

    unitName(layer, u) {
      const name = (v) => (v < 0 ? reasonLabel(v) : layer.name[v]);
      return this.claimants(layer, u).map(name).join(" and ");
    }

    /** The rings round all the land of a unit, shared or not. */
    unitRings(layer, u) {
      const blocks = [];
      layer.of.forEach((v, b) => {
        if (this.claimants(layer, v).includes(u)) blocks.push(b);
      });
      return this.land.ringsRound(`unit:${layer.key}:${u}`, blocks);
    }

    /** The units that meet the place, as a Set; null where the map is of all England. */
    unitsMet(layer) {
      if (this.england) return null;
      const met = new Set();
      layer.of.forEach((u, b) => {
        if (this.inside[b]) for (const v of this.claimants(layer, u)) if (v >= 0) met.add(v);
      });
      return met;
    }

    /** What the name of each unit stands on: its number, land and the largest piece of it, whether it is inside, its
        size; with `here`, that of its land which the map is about. */
    unitSpots(layer, here = false) {
      const key = here ? "spotsHere" : "spots";
      if (layer[key]) return layer[key];
      const {land} = this;
      const units = [...new Set(layer.of)];
      const index = new Map(units.map((u, i) => [u, i]));
      const group = Int32Array.from(layer.of, (u, b) => (here && !this.inside[b] ? -1 : index.get(u)));
      const rings = land.rings(`${key}:${layer.key}`, group, units.length);
      const inside = new Set(layer.of.filter((_, b) => this.inside[b]));
      layer[key] = units
        .map((u, i) => [u, land.flats(rings[i])])
        .filter(([u, flats]) => u >= 0 && flats.length)
        .map(([u, flats]) => {
          const main = largest(flats);
          return {u, layer, flats, main, inside: inside.has(u), size: areaOf(main) * 1e4};
        });
      return layer[key];
    }

    /** The trust whose schools are all drawn: the picked one, that of a picked school outside the
        place, or the one the map is about; -1 for none. */
    trustShown() {
      const {picked, schools} = this;
      if (picked?.kind === "trust") return picked.t;
      if (picked?.kind === "school" && !schools.here[picked.s]) return schools.trust[picked.s];
      return this.own.trust ? this.home : -1;
    }

    homeName(t = this.home) {
      const {home} = this.schools.trusts;
      return home ? home[t] : "";
    }

    /** The schools of a trust outside its home; none where it has no home. */
    abroad(t) {
      const {schools} = this;
      const home = this.homeName(t);
      const layer = this.byKey.local_authority;
      if (!home) return [];
      if (!layer) return schools.of[t].filter((s) => schools.kind[s] === kindNumber("trust_based_elsewhere"));
      const unit = schools.unit(layer);
      return schools.of[t].filter((s) => this.unitName(layer, unit[s]) !== home);
    }

    /** How many schools of a trust stand in each unit of a layer. */
    trustCounts(layer, t) {
      const unit = this.schools.unit(layer);
      return tally((this.schools.of[t] || []).map((s) => unit[s]));
    }

    /** After a choice in the panel. */
    changed(words) {
      this.panel.tick();
      this.stage.paint();
      this.address.write();
      this.tell(words);
    }

    /** After another thing was picked. */
    redraw() {
      this.pointer.draw();
      this.stage.drawLinks(this.view());
      this.stage.dots.redraw();
      this.stage.labels.draw();
    }
  }

  Object.assign(geolls, {App});
})(globalThis.geolls);
