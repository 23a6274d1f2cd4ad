// Two layers, one on each side of a line that can be moved.
((geolls) => {
  "use strict";
  const {el, patternOf, svg} = geolls;

  // Pixels: farther than any window.
  const FAR = 1e6;

  class Swipe {
    constructor(app, stage) {
      this.app = app;
      this.stage = stage;
    }

    draw(view) {
      const {app, stage} = this;
      const on = app.shade === "swipe";
      const group = stage.groups.swipe;
      group.replaceChildren();
      if (on && !this.divider) this.build();
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
      layer.of.forEach((u, b) => fills[u < 0 ? "none" : u < layer.units ? "r2" : "stripe"].push(b));
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

    build() {
      const {app, stage} = this;
      const titles = app.own.swipe.map((key) => app.byKey[key].title);
      this.clips = [0, 1].map(() => svg("rect", {x: -FAR, y: -FAR, width: 2 * FAR, height: 2 * FAR}));
      const paths = this.clips.map((clip, i) => svg("clipPath", {id: `${app.id}-side-${i}`}, clip));
      stage.ground._container.insertBefore(svg("defs", {}, ...paths), stage.ground._rootGroup);
      this.range = el("input", {
        type: "range",
        min: 0,
        max: 100,
        value: 50,
        "aria-label": `Left of the line ${titles[0]}, right of it ${titles[1]}`,
      });
      this.slider = el("div", {class: "gl-slider"}, el("span", {}, titles[0]), this.range, el("span", {}, titles[1]));
      app.box.parentNode.before(this.slider);
      this.divider = el("div", {class: "gl-divider", "aria-hidden": "true"});
      app.box.append(this.divider);
      this.listen();
    }

    listen() {
      const {app, divider, range} = this;
      range.addEventListener("input", () => this.slide());
      app.map.on("move zoomend", () => {
        if (app.shade === "swipe") this.slide();
      });
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

  Object.assign(geolls, {Swipe});
})(globalThis.geolls);
