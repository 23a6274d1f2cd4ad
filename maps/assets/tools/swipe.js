// Two layers, one on each side of a line that can be moved, and the schools that it tells apart.
((geolls) => {
  "use strict";
  const {Pairs, el, patternOf, stateOf, svg} = geolls;

  // Pixels: farther than any window.
  const FAR = 1e6;
  const HUBS = ["teaching_school_hub", "maths_hub"];

  class Swipe {
    constructor(app) {
      this.app = app;
      this.stage = app.stage;
      this.pairs = new Pairs(app);
      this.offer();
      this.read();
      app.map.on("move zoomend", () => {
        if (app.shade === "swipe" && this.range) this.slide();
      });
    }

    /** The choice in the panel: side by side, and which two. */
    offer() {
      const {app} = this;
      const radio = el("input", {type: "radio", name: `${app.id}-shade`, value: "swipe"});
      const row = el("label", {class: "gl-row"}, radio, el("span", {}, "Side by side"));
      this.boxes = ["Left of the line", "Right of the line"].map((title, i) => {
        const options = app.layers.map((layer) => el("option", {value: layer.key}, layer.title));
        const box = el("select", {"aria-label": title}, ...options);
        box.addEventListener("change", () => this.choose(i, box.value));
        return box;
      });

      radio.addEventListener("change", () => this.show());
      app.$(".gl-shades").append(row);
    }

    show() {
      const {app} = this;
      app.hexes.leave();
      app.shade = "swipe";
      app.changed(`Side by side: ${app.own.swipe.map((key) => app.byKey[key].title).join(" and ")}`);
    }

    choose(i, key) {
      const {own} = this.app;
      const other = own.swipe[1 - i];
      // The same layer twice would show nothing: they change sides.
      own.swipe = i ? [other === key ? own.swipe[1] : other, key] : [key, other === key ? own.swipe[0] : other];
      this.show();
      this.boxes[i].focus();
    }

    /** What the address says of it, which came before its tool. */
    read() {
      const {app} = this;
      const said = stateOf(location.hash);
      app.own.swipe ??= HUBS.every((key) => app.byKey[key]) ? HUBS : app.layers.slice(0, 2).map(({key}) => key);
      if (said.pair?.length === 2 && said.pair.every((key) => app.byKey[key])) app.own.swipe = said.pair;
      if (said.shade !== "swipe" || app.shade === "swipe") return;
      app.shade = "swipe";
      app.panel.tick();
    }

    draw(view) {
      const {app, stage} = this;
      const on = app.shade === "swipe";
      const group = stage.groups.swipe;
      group.replaceChildren();
      if (on && this.built !== app.own.swipe.join()) this.build();
      this.boxes.forEach((box, i) => {
        box.value = app.own.swipe[i];
      });
      this.pairs.draw(on);
      if (this.divider) this.divider.hidden = this.slider.hidden = !on;
      if (!on) return;
      app.own.swipe.forEach((key, i) => group.append(this.side(app.byKey[key], i, view)));
      this.slide();
    }

    /** Land and lines of one layer. */
    side(layer, i, view) {
      const {app, stage} = this;
      const group = svg("g", {"clip-path": `url(#${app.id}-side-${i})`, class: `gl-side gl-side-${i}`});
      const fills = {none: [], r2: [], stripe: []};
      layer.of.forEach((u, b) => app.inside[b] && fills[u < 0 ? "none" : u < layer.units ? "r2" : "stripe"].push(b));
      for (const [fill, blocks] of Object.entries(fills)) {
        if (!blocks.length) continue;
        const d = view.rings(app.land, app.land.ringsRound(`swipe:${layer.key}:${fill}`, blocks));
        const path = svg("path", {class: `gl-f-${fill}`, "fill-rule": "evenodd", d});
        path.style.fill = patternOf(app.id, fill);
        group.append(path);
      }
      const d = stage.outlines.onBorder(layer, view);
      group.append(svg("path", {d, class: "gl-casing"}), svg("path", {d, class: `gl-line gl-${layer.line}`}));
      return group;
    }

    /** The line, its slider and what is clipped by it; made anew for another two layers. */
    build() {
      const {app, stage} = this;
      for (const node of [this.defs, this.slider, this.divider]) node?.remove();
      this.built = app.own.swipe.join();
      const titles = app.own.swipe.map((key) => app.byKey[key].title);
      this.clips = [0, 1].map(() => svg("rect", {x: -FAR, y: -FAR, width: 2 * FAR, height: 2 * FAR}));
      const paths = this.clips.map((clip, i) => svg("clipPath", {id: `${app.id}-side-${i}`}, clip));
      this.defs = svg("defs", {}, ...paths);
      stage.ground._container.insertBefore(this.defs, stage.ground._rootGroup);
      this.range = el("input", {
        type: "range",
        min: 0,
        max: 100,
        value: 50,
        "aria-label": `Left of the line ${titles[0]}, right of it ${titles[1]}`,
      });
      this.slider = el("div", {class: "gl-slider"}, this.boxes[0], this.range, this.boxes[1]);
      app.box.before(this.slider);
      this.divider = el("div", {class: "gl-divider", "aria-hidden": "true"});
      app.box.append(this.divider);
      this.listen();
    }

    listen() {
      const {app, divider, range} = this;
      range.addEventListener("input", () => this.slide());
      divider.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        divider.setPointerCapture(event.pointerId);
        divider.onpointermove = (moved) => {
          const box = app.box.getBoundingClientRect();
          range.value = (100 * (moved.clientX - box.left)) / box.width;
          this.slide();
        };
      });
      divider.addEventListener("pointerup", () => {
        divider.onpointermove = null;
      });
    }

    slide() {
      const {map} = this.app;
      const share = Number(this.range.value) / 100;
      const {x} = map.containerPointToLayerPoint([map.getSize().x * share, 0]);
      this.divider.style.left = `${100 * share}%`;
      this.clips[0].setAttribute("width", x + FAR);
      this.clips[1].setAttribute("x", x);
    }
  }

  geolls.tools.push((app) => {
    if (app.layers.length < 2 || !app.$(".gl-shades")) return;
    app.stage.swipe = new Swipe(app);
    if (app.shade === "swipe") app.stage.paint();
  });
})(globalThis.geolls);
