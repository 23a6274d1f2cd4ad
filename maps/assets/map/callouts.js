// Findings in the margin of a map of England, each with a line to its unit.
((geolls) => {
  "use strict";
  const {svg, wrap} = geolls;

  // Pixels: the coast is known for rows of this height.
  const ROW = 12;
  // Pixels from one finding to the next.
  const ROOM = 54;
  // How far below its unit a finding may stand.
  const FAR = 120;
  // Letters of a line.
  const WIDE = 20;

  class Callouts {
    constructor(app) {
      this.app = app;
    }

    /** Only while the whole map is in view, shaded as the recipe shades it. */
    shown(window) {
      const {app} = this;
      const whole = window.width >= 640 && app.map.getZoom() <= app.fitted + 0.3;
      return app.own.callouts && app.shade === app.own.shade && whole;
    }

    /** The findings, clear of one another and of the boxes that are taken: the inset, the controls. */
    nodes(view, window, widthOf, taken) {
      if (!this.shown(window)) return [];
      const coast = this.coast(view);
      const used = {left: [], right: []};
      return this.app.own.callouts.flatMap(([key, code, title, text, side]) => {
        const spot = this.spot(key, code);
        if (!spot) return [];
        const [x, y] = view.at(...spot.world);
        const lines = wrap(text, WIDE);
        const width = Math.max(...[title, ...lines].map(widthOf));
        const foot = 4 + 14 * lines.length;
        const left = side === "left";
        const beside = (ty) => {
          const edge = this.edge(coast[side], ty, x, left);
          return left ? Math.max(window.left + width + 6, edge - 22) : Math.min(window.right - width - 6, edge + 22);
        };
        const hidden = (ty, west) => {
          const meets = ([bx, by, w, h]) => west < bx + w && bx < west + width && ty - 14 < by + h && by < ty + foot;
          return taken.some(meets) || used[side].some((other) => Math.abs(other - ty) < ROOM);
        };
        // Where the margin is too narrow for it, it would cover land.
        const covers = (ty, tx) => (left ? -1 : 1) * (tx - this.edge(coast[side], ty, x, left)) < 0;
        const most = Math.min(y + FAR, window.bottom - foot);
        let [ty, tx] = [y, beside(y)];
        while (ty < most && (covers(ty, tx) || hidden(ty, left ? tx - width : tx))) {
          ty += 8;
          tx = beside(ty);
        }
        if (covers(ty, tx)) return [];
        used[side].push(ty);
        taken.push([(left ? tx - width : tx) - 4, ty - 14, width + 8, 14 + foot]);
        return this.node({title, lines, left, x, y, tx, ty});
      });
    }

    spot(key, code) {
      const layer = this.app.byKey[key];
      const u = layer ? layer.code.indexOf(code) : -1;
      return layer && this.app.unitSpots(layer).find((spot) => spot.u === u);
    }

    /** The westernmost and easternmost land of each row of pixels. */
    coast({k, ox, oy}) {
      const {land} = this.app;
      const left = new Map();
      const right = new Map();
      for (let i = 0; i < land.x.length; i++) {
        const x = land.x[i] * k - ox;
        const row = Math.floor((land.y[i] * k - oy) / ROW);
        if (!(left.get(row) < x)) left.set(row, x);
        if (!(right.get(row) > x)) right.set(row, x);
      }
      return {left, right};
    }

    /** How far out the land reaches beside a finding; where there is none, its unit's own place. */
    edge(coast, y, x, left) {
      const rows = [];
      for (let r = Math.floor((y - 26) / ROW); r <= Math.floor((y + 26) / ROW); r++) rows.push(coast.get(r) ?? x);
      return left ? Math.min(...rows) : Math.max(...rows);
    }

    node({title, lines, left, x, y, tx, ty}) {
      const d = `M${(tx + (left ? 5 : -5)).toFixed(1)} ${ty.toFixed(1)}L${x.toFixed(1)} ${y.toFixed(1)}`;
      const line = (words, look, dy) => {
        const at = {"text-anchor": left ? "end" : "start", x: tx.toFixed(1), y: (ty + dy).toFixed(1)};
        return svg("text", {class: `gl-label gl-callout ${look}`, ...at}, words);
      };
      return [
        svg("path", {class: "gl-leader", d}),
        svg("circle", {class: "gl-city", cx: x, cy: y, r: 2.6}),
        line(title, "gl-lab-in", -2),
        ...lines.map((words, i) => line(words, "gl-lab-city", 13 + 14 * i)),
      ];
    }
  }

  Object.assign(geolls, {Callouts});
})(globalThis.geolls);
