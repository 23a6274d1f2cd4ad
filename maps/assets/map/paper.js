// A map on paper: it has a fixed width and keeps what was in view; its table is printed whole.
((geolls) => {
  "use strict";
  const {svg} = geolls;

  /** Takes the strokes of a canvas as SVG: printers get lines, and some print a canvas opaque. */
  class Pen {
    constructor(group) {
      this.group = group;
      this.d = "";
      this.globalAlpha = 1;
    }

    beginPath() {
      this.d = "";
    }

    moveTo(x, y) {
      this.d += `M${x.toFixed(1)} ${y.toFixed(1)}`;
    }

    lineTo(x, y) {
      this.d += `L${x.toFixed(1)} ${y.toFixed(1)}`;
    }

    closePath() {
      this.d += "Z";
    }

    rect(x, y, width, height) {
      this.moveTo(x, y);
      this.d += `h${width.toFixed(1)}v${height.toFixed(1)}h${(-width).toFixed(1)}Z`;
    }

    arc(x, y, r) {
      this.moveTo(x + r, y);
      this.d += `a${r} ${r} 0 1 0 ${-2 * r} 0a${r} ${r} 0 1 0 ${2 * r} 0`;
    }

    put(fill, stroke, width) {
      if (!this.d) return;
      const path = svg("path", {d: this.d, "stroke-width": width, opacity: this.globalAlpha});
      path.style.fill = fill;
      path.style.stroke = stroke;
      this.group.append(path);
    }

    fill() {
      this.put(this.fillStyle, "none", 0);
    }

    stroke() {
      this.put("none", this.strokeStyle, this.lineWidth);
    }
  }

  class Paper {
    constructor(app, stage) {
      this.app = app;
      this.stage = stage;
      // The view of the screen, while the page is printed; else null.
      this.kept = null;
      self.matchMedia("print").addEventListener("change", (event) => this.turn(event.matches));
      self.addEventListener("beforeprint", () => this.turn(true));
      self.addEventListener("afterprint", () => this.turn(false));
    }

    turn(on) {
      if (on && !this.kept) this.toPaper();
      if (!on && this.kept) this.toScreen();
    }

    /** World coordinates of the box of the window. */
    inView() {
      const {map} = this.app;
      const {min, max} = map.getPixelBounds();
      const scale = 2 ** map.getZoom();
      return {x0: min.x / scale, x1: max.x / scale, y0: min.y / scale, y1: max.y / scale};
    }

    toPaper() {
      const {app, stage} = this;
      const {map} = app;
      const node = map.getContainer();
      const table = app.$(".gl-table");
      this.kept = {
        bounds: this.inView(),
        center: map.getCenter(),
        zoom: map.getZoom(),
        open: table.open,
        fitted: app.fitted,
      };
      const chosen = !app.shows(app.whole);
      const said = (name) => getComputedStyle(node).getPropertyValue(name);
      node.style.width = said("--paper-width") || (app.england ? "660px" : "500px");
      node.style.height = said("--on-paper") || (app.england ? "640px" : "500px");
      table.open = true;
      map.invalidateSize({animate: false, pan: false});
      geolls.frame(map, chosen ? this.kept.bounds : app.bounds(), {animate: false, padding: 6});
      app.fitted += map.getZoom() - this.kept.zoom;
      stage.settle(true);
      stage.dots._container.style.display = "none";
      stage.marks.draw(new Pen(stage.groups.top_links), stage.dots._bounds, true);
    }

    toScreen() {
      const {app, stage} = this;
      const {map} = app;
      const {center, zoom, open, fitted} = this.kept;
      stage.groups.top_links.replaceChildren();
      stage.dots._container.style.display = "";
      this.kept = null;
      app.fitted = fitted;
      map.getContainer().style.width = "";
      map.getContainer().style.height = "";
      app.$(".gl-table").open = open;
      map.invalidateSize({animate: false, pan: false});
      map.setView(center, zoom, {animate: false});
      stage.settle(true);
    }
  }

  Object.assign(geolls, {Paper, Pen});
})(globalThis.geolls);
