// The lines of the layers that are on, each on its own border; where several run along one, they are one line.
((geolls) => {
  "use strict";
  const {svg} = geolls;

  // Where a pixel covers more metres, lines are thin.
  const FAR = 520;

  const isDistrict = (layer) => layer.line === "district";

  /** Pixels of a line that has so many others in front of it, where so many run along one border. */
  function bandWidth(before, many, far) {
    const [front, step, all] = geolls.vocabulary.band.map((wide) => (far ? 0.75 * wide : wide));
    return many > 1 ? front + Math.min(step, (all - front) / (many - 1)) * before : 0;
  }

  class Outlines {
    constructor(app) {
      this.app = app;
    }

    draw(group, view) {
      const {app} = this;
      const on = this.layersOn();
      const far = app.england && app.metres() >= FAR;
      app.box.classList.toggle("gl-far", far);
      // Districts are thin, and part of every other line.
      const stack = on.filter((layer) => !isDistrict(layer));
      group.replaceChildren(...on.map((layer) => this.node(layer, this.runs(layer, stack, view), far)));
    }

    /** A layer's line: a path for each number of others before it, and of all of them, on one border. */
    node(layer, runs, far) {
      const node = svg("g", {class: `gl-outline gl-o-${layer.line}`, "data-layer": layer.key});
      for (const [key, d] of runs) {
        const [before, many] = key.split("/").map(Number);
        const wide = bandWidth(before, many, far);
        if (before === many - 1 && !isDistrict(layer)) node.append(this.path(d, "gl-casing", wide && wide + 1.6));
        node.append(this.path(d, `gl-line gl-${layer.line}`, wide));
      }
      return node;
    }

    /** A line as its layer draws it alone, or as one of a band. */
    path(d, look, wide) {
      const path = svg("path", {d, class: wide ? `${look} gl-band` : look});
      if (wide) path.style.strokeWidth = wide.toFixed(2);
      return path;
    }

    /** The layers to draw, from back to front; those behind the divider draw their own lines. */
    layersOn() {
      const {app} = this;
      const order = geolls.vocabulary.lines;
      const swiped = app.shade === "swipe" ? app.own.swipe : [];
      return app.layers
        .filter((layer) => app.on.has(layer.key) && !swiped.includes(layer.key))
        .sort((a, b) => order.indexOf(a.line) - order.indexOf(b.line));
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

    /** A layer's line, each border once: paths by how many layers are before it there, and how many run there. */
    runs(layer, stack, view) {
      const {land} = this.app;
      const tests = stack.map((one) => this.parts(one));
      const at = stack.indexOf(layer);
      const placeOf = (s) => {
        const a = s >= 0 ? s : ~s;
        const here = tests.map((test) => test(land.left[a], land.right[a]));
        const many = here.filter(Boolean).length;
        return at < 0 ? "0/1" : `${here.slice(at + 1).filter(Boolean).length}/${many}`;
      };
      const out = new Map();
      for (const chain of land.chains(layer.key, this.parts(layer))) {
        const places = chain.map(placeOf);
        for (let i = 0, j; i < chain.length; i = j) {
          j = i + 1;
          while (j < chain.length && places[j] === places[i]) j++;
          out.set(places[i], (out.get(places[i]) || "") + view.line(land.points(chain.slice(i, j))));
        }
      }
      return out;
    }

    /** The lines of a layer by itself. */
    onBorder(layer, view) {
      return [...this.runs(layer, [], view).values()].join("");
    }
  }

  Object.assign(geolls, {Outlines, bandWidth});
})(globalThis.geolls);
