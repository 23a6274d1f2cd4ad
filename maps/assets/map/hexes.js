// Hexagons in place of the land: one for each area, all of one size, on which everything else is drawn.
((geolls) => {
  "use strict";
  const {Land, undelta} = geolls;

  // Pixels of the window of a phone.
  const NARROW = 500;

  /** What a map stands on: its land, and which unit of each layer, and which place, has each part of it. */
  const groundOf = ({land, layers, inside, london, own: {bounds}}) => ({
    land,
    of: layers.map((layer) => layer.of),
    low: layers.map((layer) => layer.low),
    inside,
    london,
    bounds,
  });

  class Hexes {
    constructor(app) {
      this.app = app;
      this.on = false;
      const {hexes} = app.own;
      const radios = app.$$(".gl-bases input");
      if (!hexes || !radios.length) return;
      const {byKey, spot} = app;
      const layers = Object.values(byKey);
      const land = new Land(hexes.arcs, spot);
      // Of blocks each hexagon has all that its land has.
      const {blocks} = hexes;
      const of = layers.map((layer) => (blocks ? layer.onLand : undelta(hexes.of[layer.key])));
      const ground = {land, of, low: layers.map((layer) => (blocks ? layer.low : []))};
      this.blocks = blocks;
      this.hexagons = {...ground, inside: new Uint8Array(land.blocks).fill(1), london: [], bounds: hexes.bounds};
      this.landscape = groundOf({...app, layers});
      this.layers = layers;
      this.radios = radios;
      for (const radio of radios)
        radio.addEventListener("change", () => {
          this.stand(radio.value === "hexes");
          app.changed(radio.closest("label").textContent.trim());
        });
    }

    /** Whether what is shaded can be shown on hexagons: what is told of whole areas, or of blocks by block. */
    fits() {
      return (this.blocks || this.app.active() === this.app.areas) && this.app.shade !== "swipe";
    }

    /** What a map stands on at first: numbers of many units can be read on a phone on hexagons alone. */
    first() {
      const {map, own} = this.app;
      return own.base || (this.blocks && map.getSize().x < NARROW ? "hexes" : "land");
    }

    /** What it stands on where that is not as at first, for the address. */
    now() {
      const now = this.on ? "hexes" : "land";
      return this.radios && now !== this.first() ? now : "";
    }

    /** Stand on hexagons or on the land, and show all of it. */
    stand(on) {
      if (!this.radios || on === this.on) return;
      const {app, layers} = this;
      const {land, of, low, inside, london, bounds} = on ? this.hexagons : this.landscape;
      this.on = on;
      layers.forEach((layer, i) => {
        layer.of = of[i];
        layer.low = low[i];
        layer.lowSet = new Set(low[i]);
        layer.spots = null;
        layer.spotsHere = null;
      });
      Object.assign(app, {land, inside, london});
      app.own.bounds = bounds;
      app.faces.made = null;
      app.stage.painted = null;
      app.picked = app.picked?.kind === "unit" ? app.picked : null;
      app.node.classList.toggle("gl-hexes", on);
      app.fit();
    }

    /** Go back to the land, where what was picked stands. */
    leave() {
      if (!this.on) return;
      this.stand(false);
      this.app.panel.tick();
      this.app.stage.paint();
    }

    /** Leave hexagons where they do not fit what is shaded; tick the way that is shown. */
    settle() {
      if (!this.radios) return;
      const fits = this.fits();
      if (this.on && !fits) this.stand(false);
      for (const radio of this.radios) radio.checked = (radio.value === "hexes") === this.on;
      this.app.$(".gl-bases").hidden = !fits;
    }
  }

  Object.assign(geolls, {Hexes});
})(globalThis.geolls);
