// London, larger, in the corner of a map of England.
((geolls) => {
  "use strict";
  const {View, anchor, el, extent, largest, patternOf, svg} = geolls;

  // How much larger, as the corner allows.
  const TIMES = [3, 2.5, 2];
  // Pixels round London.
  const EDGE = 8;

  class Inset {
    constructor(app, stage) {
      this.app = app;
      this.stage = stage;
      // [left, top, width, height] of the window, for labels to avoid.
      this.taken = null;
      if (!app.own.inset) return;
      this.node = el("div", {class: "gl-inset", hidden: true});
      app.box.append(this.node);
    }

    draw() {
      if (!this.node) return;
      const {app, stage} = this;
      this.taken = null;
      for (const frame of stage.groups.ring.querySelectorAll(".gl-inset-frame")) frame.remove();
      const box = this.wanted() ? this.extent() : null;
      const times = box && TIMES.find((one) => this.fits(box, one));
      this.node.hidden = !times;
      if (!times) return;
      const k = times * 2 ** app.fitted;
      const width = (box.x1 - box.x0) * k + 2 * EDGE;
      const height = (box.y1 - box.y0) * k + 2 * EDGE;
      const view = new View(k, box.x0 * k - EDGE, box.y0 * k - EDGE, null);
      this.node.replaceChildren(el("b", {}, `London, ${times} times larger`), this.picture(view, width, height));
      this.taken = [app.map.getSize().x - width - 64, 0, width + 20, height + 36];
      stage.groups.ring.append(this.frame(box));
    }

    wanted() {
      const {app} = this;
      return !app.hexes.on && app.map.getSize().x >= 560 && app.map.getZoom() <= app.fitted + 0.6;
    }

    extent() {
      const {land, london} = this.app;
      return extent(land.flats(land.ringsRound("london", london)));
    }

    /** Whether the inset, so many times larger, lies in the corner without covering land. */
    fits(box, times) {
      const {map, land, fitted} = this.app;
      const here = this.app.view();
      const corner = map.containerPointToLayerPoint([0, 0]);
      const k = times * 2 ** fitted;
      const left = corner.x + map.getSize().x - 66 - (box.x1 - box.x0) * k - 20;
      const low = corner.y + (box.y1 - box.y0) * k + 44;
      for (let i = 0; i < land.x.length; i++) {
        const x = land.x[i] * here.k - here.ox;
        const y = land.y[i] * here.k - here.oy;
        if (x > left && y < low && y > corner.y) return false;
      }
      return true;
    }

    /** The frame round London on the map itself. */
    frame({x0, x1, y0, y1}) {
      const here = this.app.view();
      const [x, y] = here.at(x0, y0);
      const size = {width: (x1 - x0) * here.k + 4, height: (y1 - y0) * here.k + 4};
      return svg("rect", {class: "gl-inset-frame", x: x - 2, y: y - 2, ...size});
    }

    picture(view, width, height) {
      const {app} = this;
      const size = {width, height, viewBox: `0 0 ${width} ${height}`};
      const picture = svg("svg", {...size, class: "gl-root", "aria-hidden": "true"}, this.faces(view));
      picture.append(...this.doubts(view), ...this.borders(view), ...this.symbols(view));
      for (const layer of app.layers) if (app.on.has(layer.key)) picture.append(this.line(layer, view));
      for (const key of app.own.labels) {
        const layer = app.byKey[key];
        const shown = app.on.has(key) || app.shade === `coverage:${key}`;
        if (layer?.number && shown) picture.append(...this.numbers(layer, view));
      }
      return picture;
    }

    /** Rings of London's blocks by what a function says of each: pairs of that and its rings. */
    parts(key, of) {
      const {land, london} = this.app;
      const values = [...new Set(london.map(of))];
      const group = new Int32Array(land.blocks).fill(-1);
      for (const b of london) group[b] = values.indexOf(of(b));
      const rings = land.rings(key, group, values.length);
      return values.map((value, i) => [value, rings[i]]);
    }

    faces(view) {
      const {app} = this;
      const {layer, list, group} = app.faces.current();
      const nodes = this.parts(`london:${layer.key}`, (b) => group[b]).map(([i, rings]) => {
        const face = list[i];
        const look = {"data-i": i, class: face.node.getAttribute("class"), "fill-rule": "evenodd"};
        const node = svg("path", {...look, d: view.rings(app.land, rings)});
        node.style.fill = patternOf(app.id, face.fill);
        return node;
      });
      return svg("g", {class: "gl-faces"}, ...nodes);
    }

    /** The hatching of land with low confidence. */
    doubts(view) {
      const {app, stage} = this;
      const {layer} = app.faces.current();
      const inLondon = new Set(app.london);
      const low = stage.lowBlocks(layer, (b) => inLondon.has(b));
      if (!low.length) return [];
      const d = view.rings(app.land, app.land.ringsRound(`low-london:${layer.key}`, low));
      const node = svg("path", {"fill-rule": "evenodd", d});
      node.style.fill = stage.hatch();
      return [node];
    }

    borders(view) {
      const {land, london, faces} = this.app;
      const {group} = faces.current();
      const inside = new Set(london);
      const between = (l, r) => inside.has(l) && inside.has(r) && group[l] !== group[r];
      const round = (l, r) => inside.has(l) !== inside.has(r);
      return [
        svg("g", {class: "gl-hair"}, svg("path", {d: view.arcs(land, between)})),
        svg("g", {class: "gl-coast"}, svg("path", {d: view.arcs(land, round)})),
      ];
    }

    /** The circles of counts. */
    symbols(view) {
      const {app} = this;
      const inLondon = new Set(app.london.map((b) => app.faces.current().group[b]));
      const faces = app.faces.current().list.filter((face) => face.radius && inLondon.has(face.i));
      return faces.map((face) => {
        const [cx, cy] = view.at(...app.faces.spot(face));
        return svg("circle", {class: "gl-symbol", cx, cy, r: face.radius});
      });
    }

    line(layer, view) {
      const {land, london} = this.app;
      const inside = new Set(london);
      const between = (l, r) => inside.has(l) && inside.has(r) && layer.of[l] !== layer.of[r];
      const chains = land.chains(`inset:${layer.key}`, between);
      const d = chains.map((chain) => view.line(land.points(chain))).join("");
      return svg("path", {class: `gl-line gl-${layer.line}`, d});
    }

    numbers(layer, view) {
      const {app} = this;
      return this.parts(`inset-spots:${layer.key}`, (b) => layer.of[b])
        .filter(([u, rings]) => u >= 0 && rings.length)
        .map(([u, rings]) => {
          const [x, y] = view.at(...anchor(largest(app.land.flats(rings))));
          const at = {x: x.toFixed(1), y: (y + 5).toFixed(1)};
          const words = app.claimants(layer, u).map((v) => layer.number[v]);
          return svg("text", {class: "gl-label gl-lab-no", "text-anchor": "middle", ...at}, words.join(" / "));
        });
    }
  }

  Object.assign(geolls, {Inset});
})(globalThis.geolls);
