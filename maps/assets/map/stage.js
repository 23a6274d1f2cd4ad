// The stage: the layers of SVG and canvas on which everything is drawn, from back to front.
((geolls) => {
  "use strict";
  const {SYMBOLS, breath, el, hull, patternOf, pixelPath, svg} = geolls;

  const BELOW = "context shore other faces over rivers hair swipe edge coast lines symbols sites towns";
  const GROUND = `${BELOW} links hot ring`.split(" ");
  // These lie over the schools.
  const ABOVE = ["links", "labels"];

  class Stage {
    constructor(app) {
      this.app = app;
      this.groups = {};
      this.build();
      this.inset = new geolls.Inset(app, this);
      this.paper = new geolls.Paper(app, this);
      this.outlines = new geolls.Outlines(app);
      this.labels = new geolls.Labels(app, this);
    }

    build() {
      const {app} = this;
      const {map} = app;
      for (const [name, z] of [
        ["gl-schools", 450],
        ["gl-labels", 470],
      ]) {
        const pane = map.createPane(name);
        pane.style.zIndex = z;
        pane.style.pointerEvents = "none";
      }
      this.ground = L.svg({padding: 0.35}).addTo(map);
      this.above = L.svg({padding: 0.35, pane: "gl-labels"}).addTo(map);
      const root = this.ground._rootGroup;
      root.setAttribute("class", "gl-root");
      this.ground._container.insertBefore(geolls.patterns(app.id), root);
      for (const name of GROUND) root.append(this.group(name, name));
      for (const name of ABOVE) this.above._rootGroup.append(this.group(`top_${name}`, name));
      this.marks = new geolls.Marks(app, this);
      this.dots = new geolls.Dots({
        pane: "gl-schools",
        padding: 0.35,
        wanted: () => this.marks.wanted(),
        draw: (pen, bounds) => this.marks.draw(pen, bounds),
      }).addTo(map);
      this.ground.on("update", () => this.settle());
      const scale = L.control.scale({imperial: false, maxWidth: 110, position: "bottomleft"}).addTo(map);
      scale.getContainer().append(el("div", {class: "gl-truth"}, `lines drawn to ${app.own.metres} m`));
      this.addNorth();
      this.addWhole();
      const dark = self.matchMedia("(prefers-color-scheme: dark)");
      dark.addEventListener("change", () => this.dots.redraw());
    }

    group(name, shown) {
      this.groups[name] = svg("g", {class: `gl-${shown}`});
      return this.groups[name];
    }

    addNorth() {
      const north = L.control({position: "topright"});
      north.onAdd = () => {
        const arrow = svg("path", {d: "M8 1 13 16 8 12.5 3 16Z"});
        const letter = svg("text", {x: 8, y: 29, "text-anchor": "middle"}, "N");
        const picture = svg("svg", {width: 16, height: 32, viewBox: "0 0 16 32"}, arrow, letter);
        return el("div", {class: "gl-north", "aria-hidden": "true"}, picture);
      };
      north.addTo(this.app.map);
    }

    /** Beside the zoom, a button back to the whole map. */
    addWhole() {
      const {app} = this;
      const corners = svg("path", {d: "M1 5V1h4M9 1h4v4M13 9v4H9M5 13H1V9"});
      const on = () => {
        app.fit();
        app.tell("Whole map");
      };
      const told = {class: "gl-whole", type: "button", title: "Whole map", "aria-label": "Whole map", on};
      const button = el("button", told, svg("svg", {width: 14, height: 14, "aria-hidden": "true"}, corners));
      L.DomEvent.disableClickPropagation(button);
      app.map.zoomControl?.getContainer().append(button);
    }

    /** What is drawn lies within these layer pixels. */
    get bounds() {
      return this.ground._bounds;
    }

    /** Draw anew all that depends on choices. */
    paint() {
      this.fill();
      this.app.legend.draw();
      this.settle(true);
    }

    /** Fill the faces; positions come with `settle`. */
    fill() {
      const {app} = this;
      const {layer, list} = app.faces.current();
      if (this.painted !== layer) {
        this.groups.faces.replaceChildren(...list.map((face) => this.faceNode(face)));
        this.painted = layer;
        app.pointer.focus = -1;
      }
      for (const face of list) {
        const fill = app.faces.fill(face);
        face.radius = SYMBOLS[fill] || 0;
        face.fill = face.radius ? "none" : fill;
        face.node.setAttribute("class", `gl-face gl-f-${face.fill}`);
        face.node.style.fill = patternOf(app.id, face.fill);
      }
      app.node.dataset.areas = list.filter((face) => face.inside && face.rings.length).length;
    }

    /** All of it for the first time, in steps between which the browser can answer. */
    async open() {
      this.fill();
      const names = this.steps().pop();
      const first = [() => this.app.legend.draw(), ...this.steps().slice(0, -1), () => this.labels.prepare(), names];
      for (const draw of first) {
        await breath();
        await draw(this.app.view());
      }
      this.settled = this.where();
    }

    faceNode(face) {
      const code = this.app.faces.isUnit(face) ? face.layer.code[face.u] : "";
      face.node = svg("path", {"data-i": face.i, "data-code": code, "fill-rule": "evenodd"});
      return face.node;
    }

    /** Put everything where it belongs at this zoom; with `anew` even if the map has not moved. */
    settle(anew) {
      const {app} = this;
      if (!this.painted || !this.bounds) return;
      const view = app.view();
      if (!anew && this.where() === this.settled && !view.box) return;
      this.settled = this.where();
      for (const draw of this.steps()) draw(view);
    }

    /** Where the map stands. */
    where() {
      const {map} = this.app;
      const origin = map.getPixelOrigin();
      return `${map.getZoom()}/${origin.x}/${origin.y}`;
    }

    /** What is drawn, from back to front; names keep off the marks, so they come last. */
    steps() {
      return [
        (view) => this.drawLand(view),
        (view) => {
          this.drawBorders(view);
          this.drawSymbols(view);
          this.drawSites(view);
          this.swipe?.draw(view);
        },
        (view) => this.outlines.draw(this.groups.lines, view),
        (view) => {
          this.drawLinks(view);
          this.app.pointer.draw();
          this.inset.draw();
          this.dots.redraw();
        },
        () => this.labels.draw(),
      ];
    }

    /** One path in a group, or none. */
    put(name, d, attributes) {
      this.groups[name].replaceChildren(...(d ? [svg("path", {d, ...attributes})] : []));
    }

    drawLand(view) {
      const {app} = this;
      const {layer, list} = app.faces.current();
      for (const face of list) face.node.setAttribute("d", view.rings(app.land, face.rings));
      const abroad = app.hexes.on ? [[], []] : [app.context, app.abroadCoast];
      this.put("context", abroad[0].map((ring) => view.path(ring, true)).join(""));
      this.put("shore", abroad[1].map((line) => view.line(line)).join(""));
      const low = this.lowBlocks(layer, (b) => app.inside[b]);
      const d = low.length ? view.rings(app.land, app.land.ringsRound(`low:${layer.key}`, low)) : "";
      this.put("over", d, {"fill-rule": "evenodd"});
      if (d) this.groups.over.firstChild.style.fill = this.hatch();
      // They are up to 2 km off: where that is seen there are none.
      const rivers = app.ground.has("towns") && !app.hexes.on && app.metres() >= geolls.vocabulary.river;
      this.put("rivers", rivers ? app.rivers.map((line) => view.line(line)).join("") : "");
    }

    hatch() {
      return `url(#${this.app.id}-hatch)`;
    }

    /** Blocks of low confidence that pass a test, where the recipe hatches them. */
    lowBlocks(layer, test) {
      const {own, shade} = this.app;
      return own.patterns.includes("low_confidence") && shade ? layer.low.filter(test) : [];
    }

    drawBorders(view) {
      const {app} = this;
      const {land, inside} = app;
      const {group} = app.faces.current();
      const both = (l, r) => l >= 0 && r >= 0;
      this.put(
        "coast",
        view.arcs(land, (l, r) => l < 0 || r < 0),
      );
      const faces = (l, r) => both(l, r) && inside[l] && inside[r] && group[l] !== group[r];
      this.put("hair", app.shade ? view.arcs(land, faces) : "");
      const edge = app.authorities.of;
      this.put("edge", app.england ? "" : view.arcs(land, (l, r) => both(l, r) && edge[l] !== edge[r]));
    }

    /** A circle for each count, the small ones above; larger as the map comes nearer. */
    drawSymbols(view) {
      const {app} = this;
      const times = Math.min(2, Math.max(0.75, 1 + 0.25 * (app.map.getZoom() - app.fitted)));
      const {list} = app.faces.current();
      const drawn = list.filter((face) => face.radius && face.rings.length).sort((a, b) => b.radius - a.radius);
      this.circles = [];
      const nodes = drawn.map((face) => {
        const [cx, cy] = view.at(...app.faces.spot(face));
        const r = face.radius * times;
        this.circles.push([cx - r, cy - r, 2 * r, 2 * r]);
        return svg("circle", {class: "gl-symbol", cx, cy, r});
      });
      this.groups.symbols.replaceChildren(...nodes);
    }

    /** Lead schools. */
    drawSites(view) {
      const {app} = this;
      const nodes = (app.own.sites || []).map(([name, easting, northing]) => {
        const [x, y] = view.at(...app.spot(easting, northing));
        return svg("path", {class: "gl-site", d: `M${x} ${y - 5}l4.4 8.2h-8.8z`}, svg("title", {}, name));
      });
      this.groups.sites.replaceChildren(...nodes);
    }

    /** The hull of the trust that is shown, and a line home from each school outside its home. */
    drawLinks(view) {
      const {app} = this;
      const {schools} = app;
      const t = app.trustShown();
      const out = [];
      if (t >= 0 && schools) {
        const at = (s) => view.at(schools.x[s], schools.y[s]);
        const home = schools.homeOf(t);
        if (home) {
          const [hx, hy] = view.at(...home);
          const d = app.abroad(t).map((s) => pixelPath([...at(s), hx, hy]));
          out.push(svg("path", {class: "gl-link", d: d.join("")}));
          for (const name of ["gl-home-case", "gl-home"]) out.push(svg("circle", {class: name, cx: hx, cy: hy, r: 10}));
        }
        const round = hull(schools.of[t].map(at));
        if (round.length > 2) out.push(svg("path", {class: "gl-hull", d: `${pixelPath(round.flat())}Z`}));
      }
      this.groups.links.replaceChildren(...out);
    }
  }

  Object.assign(geolls, {Stage});
})(globalThis.geolls);
