// The lines of the layers that are on: each with its own dash, side by side where they share a border.
((geolls) => {
  "use strict";
  const {aside, beside, closed, even, svg} = geolls;

  // Pixels between the points of a smoothed outline.
  const STEP = 2.2;
  const FAR_STEP = 1.6;
  // Pixels between two lines that would lie at the same distance from the border.
  const APART = 3.6;
  const FAR_APART = 2.3;
  // The length of the equator.
  const METRES_ROUND = 40075016;

  const isDistrict = (layer) => layer.line === "district";
  const parts = (layer, a, b) => layer.of[a] !== layer.of[b];

  class Outlines {
    constructor(app) {
      this.app = app;
    }

    draw(group, view) {
      const {app} = this;
      const on = this.layersOn();
      // Districts are thin and stay on the border.
      const stack = on.filter((layer) => !isDistrict(layer));
      const spread = this.spread();
      const apart = stack.length > 1 ? spread : 0;
      app.box.classList.toggle("gl-far", spread === 0 && app.england);
      const shifts = this.shifts(on, apart);
      const byPiece = !apart && app.england && stack.length > 1;
      group.replaceChildren(
        ...on.map((layer) => {
          let d = "";
          if (isDistrict(layer) || !(apart || byPiece))
            d = this.onBorder(layer, view, isDistrict(layer) || app.england);
          else if (byPiece) d = this.pieces(layer, view, stack);
          else d = this.rings(layer, view, shifts.get(layer));
          const cased = !isDistrict(layer) && !byPiece && (!apart || layer.line === "authority");
          return this.node(layer, d, cased);
        }),
      );
    }

    node(layer, d, cased) {
      const node = svg("g", {class: `gl-outline gl-o-${layer.line}`, "data-layer": layer.key});
      if (cased) node.append(svg("path", {d, class: "gl-casing"}));
      node.append(svg("path", {d, class: `gl-line gl-${layer.line}`}));
      return node;
    }

    /** The layers to draw, from back to front; those behind the divider draw their own lines. */
    layersOn() {
      const {app} = this;
      const order = Object.keys(geolls.vocabulary.lines);
      const swiped = app.shade === "swipe" ? app.own.swipe : [];
      return app.layers
        .filter((layer) => app.on.has(layer.key) && !swiped.includes(layer.key))
        .sort((a, b) => order.indexOf(a.line) - order.indexOf(b.line));
    }

    /** From 0, where a pixel covers too many metres for lines to stand apart, to 1. */
    spread() {
      const {map} = this.app;
      const round = METRES_ROUND * Math.cos((map.getCenter().lat * Math.PI) / 180);
      const metres = round / (256 * 2 ** map.getZoom());
      return Math.max(0, Math.min(1, (520 - metres) / 220));
    }

    /** How many pixels each layer's line stands outside the border. */
    shifts(on, apart) {
      const used = [];
      const out = new Map();
      for (const layer of on) {
        let shift = geolls.vocabulary.lines[layer.line];
        while (shift && used.includes(shift)) shift += Math.sign(shift) * APART;
        used.push(shift);
        out.set(layer, shift * apart);
      }
      return out;
    }

    /** Far out, where units are too small to move a whole outline: each piece of border that
        several layers share is drawn once for each, side by side. */
    pieces(layer, view, stack) {
      const {land} = this.app;
      const key = `side:${layer.key}:${stack.map((one) => one.key)}`;
      const chains = land.chains(key, (a, b) => a >= 0 && b >= 0 && parts(layer, a, b));
      const shiftOf = this.pieceShift(layer, stack);
      let d = "";
      for (const chain of chains) {
        let i = 0;
        while (i < chain.length) {
          const shift = shiftOf(chain[i]);
          let j = i + 1;
          while (j < chain.length && shiftOf(chain[j]) === shift) j++;
          const pixels = view.pixels(land.points(chain.slice(i, j)));
          const soft = shift ? even(pixels, FAR_STEP, true) : null;
          d += view.pixelLine(soft ? aside(soft, shift) : pixels);
          i = j;
        }
      }
      return d;
    }

    /** How far a layer's line is moved along each signed arc: by its place among the layers there. */
    pieceShift(layer, stack) {
      const {land} = this.app;
      const shifts = new Map();
      return (s) => {
        const a = s >= 0 ? s : ~s;
        if (!shifts.has(a)) {
          const left = land.left[a];
          const right = land.right[a];
          const here = stack.filter((one) => parts(one, left, right));
          const shift = (here.indexOf(layer) - (here.length - 1) / 2) * FAR_APART;
          shifts.set(a, here[0].of[left] < here[0].of[right] ? shift : -shift);
        }
        return s >= 0 ? shifts.get(a) : -shifts.get(a);
      };
    }

    /** Lines of a layer on the border itself, each once: between two units, with or without the coast. */
    onBorder(layer, view, inland) {
      const {app} = this;
      const {of} = layer;
      const met = app.unitsMet(layer);
      const touches = (b) => b >= 0 && (!met || app.claimants(layer, of[b]).some((u) => met.has(u)));
      const chains = app.land.chains(`${layer.key}/${inland}`, (l, r) => {
        if (l >= 0 && r >= 0 ? of[l] === of[r] : inland || of[l < 0 ? r : l] < 0) return false;
        if (isDistrict(layer)) return app.england || (app.inside[l] && app.inside[r]);
        return touches(l) || touches(r);
      });
      const smooth = !app.england && !isDistrict(layer);
      return chains.map((chain) => this.borderLine(app.land.points(chain), view, smooth)).join("");
    }

    borderLine(flat, view, smooth) {
      if (!smooth) return view.line(flat);
      const pixels = view.pixels(flat);
      const n = pixels.length;
      const loop = Math.hypot(pixels[0] - pixels[n - 2], pixels[1] - pixels[n - 1]) < 0.5;
      const soft = even(loop ? pixels.subarray(0, n - 2) : pixels, STEP, !loop);
      if (!soft) return view.line(flat);
      return view.pixelLine(loop ? [...soft, soft[0], soft[1]] : soft);
    }

    /** The outline of each unit, moved sideways because several lines share a border. */
    rings(layer, view, shift) {
      const {app} = this;
      const {land} = app;
      const met = app.unitsMet(layer);
      let d = "";
      for (let u = 0; u < layer.units; u++) {
        if (met && !met.has(u)) continue;
        const rings = layer.mixes.length
          ? app.unitRings(layer, u)
          : land.rings(`units:${layer.key}`, layer.of, layer.units)[u];
        for (const ring of rings) {
          const pixels = view.pixels(land.points(ring));
          if (view.sees(pixels)) d += this.movedRing(pixels, view, shift);
        }
      }
      return d;
    }

    movedRing(pixels, view, shift) {
      const soft = even(pixels.subarray(0, pixels.length - 2), STEP);
      const base = soft && closed(soft);
      if (!base) return view.pixelLine(pixels);
      const lines = (shift && beside(base, shift)) || [[...base, base[0], base[1]]];
      return lines.map((line) => view.pixelLine(line)).join("");
    }
  }

  Object.assign(geolls, {Outlines});
})(globalThis.geolls);
