// The lines of the layers that are on: each with its own dash, side by side where they share a border.
((geolls) => {
  "use strict";
  const {aside, even, roomAmong, runsNear, svg} = geolls;

  // Pixels between the points of a smoothed line: it cuts no corner by more than one.
  const STEP = 1.2;
  // Pixels between two lines that share a border, and how far none of them strays from it.
  const APART = 2.3;
  const STRAY = 2;
  // Where a pixel covers more metres, schools stand too close for lines to keep clear of each.
  const CLEAR = 300;
  // The length of the equator.
  const METRES_ROUND = 40075016;

  const isDistrict = (layer) => layer.line === "district";

  class Outlines {
    constructor(app) {
      this.app = app;
    }

    draw(group, view) {
      const {app} = this;
      const on = this.layersOn();
      // Districts are thin and stay on the border.
      const stack = on.filter((layer) => !isDistrict(layer));
      const metres = this.metres();
      app.box.classList.toggle("gl-far", metres >= 520 && app.england);
      const room = metres < CLEAR ? this.room(view) : null;
      group.replaceChildren(
        ...on.map((layer) => {
          if (isDistrict(layer)) return this.node(layer, this.onBorder(layer, view), false);
          const shift = stack.length > 1 ? this.shifts(layer, stack) : () => 0;
          return this.node(layer, this.pieces(layer, view, shift, room), stack.length === 1);
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

    /** Metres of a pixel. */
    metres() {
      const {map} = this.app;
      const round = METRES_ROUND * Math.cos((map.getCenter().lat * Math.PI) / 180);
      return round / (256 * 2 ** map.getZoom());
    }

    /** How far a line may stray at each point, that no school comes to lie beyond it. */
    room(view) {
      const {schools} = this.app;
      if (!schools) return null;
      const spots = [];
      for (let s = 0; s < schools.n; s++) spots.push(view.at(schools.x[s], schools.y[s]));
      return roomAmong(spots, STRAY);
    }

    /** Whether a layer has a line between two blocks: where its units part. The coast is nobody's line. */
    parts(layer) {
      const {app} = this;
      const {of} = layer;
      const met = app.unitsMet(layer);
      const touches = (b) => !met || app.claimants(layer, of[b]).some((u) => met.has(u));
      return (l, r) => {
        if (l < 0 || r < 0 || of[l] === of[r]) return false;
        if (isDistrict(layer)) return app.england || (app.inside[l] && app.inside[r]);
        return touches(l) || touches(r);
      };
    }

    /** How far each signed arc of a layer's line is moved: by its place among the layers there. */
    shifts(layer, stack) {
      const {land} = this.app;
      const tests = stack.map((one) => this.parts(one));
      const known = new Map();
      return (s) => {
        const a = s >= 0 ? s : ~s;
        if (!known.has(a)) {
          const [left, right] = [land.left[a], land.right[a]];
          const here = stack.filter((_, i) => tests[i](left, right));
          const step = Math.min(APART, (2 * STRAY) / Math.max(1, here.length - 1));
          const shift = (here.indexOf(layer) - (here.length - 1) / 2) * step;
          // To the same side all along the border of two units of the layer in front.
          const {of} = here[here.length - 1];
          known.set(a, of[left] < of[right] ? shift : -shift);
        }
        return s >= 0 ? known.get(a) : -known.get(a);
      };
    }

    /** A layer's line, each border once; where layers share it they run side by side. */
    pieces(layer, view, shiftOf, room) {
      const {land} = this.app;
      let d = "";
      for (const chain of land.chains(layer.key, this.parts(layer))) {
        let i = 0;
        while (i < chain.length) {
          const shift = shiftOf(chain[i]);
          let j = i + 1;
          while (j < chain.length && shiftOf(chain[j]) === shift) j++;
          d += this.piece(land.points(chain.slice(i, j)), view, shift, room);
          i = j;
        }
      }
      return d;
    }

    piece(flat, view, shift, room) {
      if (!shift && this.app.england) return view.line(flat);
      const whole = view.pixels(flat);
      return (view.box ? runsNear(whole, view.box) : [whole])
        .map((pixels) => {
          const n = pixels.length;
          const loop = n > 6 && Math.hypot(pixels[0] - pixels[n - 2], pixels[1] - pixels[n - 1]) < 0.5;
          const soft = even(loop ? pixels.slice(0, n - 2) : pixels, STEP, !loop);
          if (!soft) return view.pixelLine(pixels);
          const line = loop ? [...soft, soft[0], soft[1]] : soft;
          return view.pixelLine(shift ? aside(line, shift, room) : line);
        })
        .join("");
    }

    /** The lines of a layer on the border itself, as they are. */
    onBorder(layer, view) {
      const {land} = this.app;
      const chains = land.chains(layer.key, this.parts(layer));
      return chains.map((chain) => view.line(land.points(chain))).join("");
    }
  }

  Object.assign(geolls, {Outlines});
})(globalThis.geolls);
