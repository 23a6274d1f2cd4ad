// Findings in the margin of a map of England, each with a line to its unit.
((geolls) => {
  "use strict";
  const {anchor, crosses, meets: cross, svg, wrap} = geolls;

  // Pixels: the coast is known for rows of this height.
  const ROW = 12;
  // How far above or below its unit a finding may stand.
  const FAR = 120;
  // Letters of a line.
  const WIDE = 20;

  class Callouts {
    constructor(app) {
      this.app = app;
    }

    /** What stands out as the map is shaded; only while the whole map is in view, and of all schools. */
    told(window) {
      const {app} = this;
      const whole = window.width >= 640 && app.map.getZoom() <= app.fitted + 0.3;
      return (whole && !app.filter && app.own.callouts?.[app.shade]) || [];
    }

    /** The findings, clear of one another and of the boxes that are taken: the inset, the controls. */
    nodes({view, window, taken, leaders, ruler, said}) {
      const told = this.told(window);
      if (!told.length) return [];
      const coast = this.coast(view);
      return told.flatMap(([key, code, title, text]) => {
        const spot = this.spot(key, code);
        if (!spot) return [];
        const [x, y] = view.at(...anchor(spot.main));
        const lines = wrap(text, WIDE);
        const width = Math.max(...[title, ...lines].map((words) => ruler.measureText(words).width));
        const foot = 4 + 14 * lines.length;
        const edge = (side, ty) => this.edge(coast[side], ty, x, side === "left");
        const gaps = {left: x - edge("left", y), right: edge("right", y) - x};
        // The nearer margin, or the other where that is hardly farther: no line runs across the country.
        const [near, other] = gaps.left < gaps.right ? ["left", "right"] : ["right", "left"];
        for (const side of gaps[other] < 2 * gaps[near] ? [near, other] : [near]) {
          const left = side === "left";
          for (let down = 0; down <= FAR; down += 8) {
            for (const ty of [y + down, y - down]) {
              const tx = edge(side, ty) + (left ? -22 : 22);
              const box = [(left ? tx - width : tx) - 4, ty - 14, width + 8, 14 + foot];
              const way = [tx + (left ? 5 : -5), ty, x, y];
              if (!this.fits(box, way, window, taken, leaders)) continue;
              taken.push(box);
              leaders.push(way);
              said.set(title, [x, y]);
              return this.node({title, lines, left, x, y, tx, ty});
            }
          }
        }
        return [];
      });
    }

    /** Whether there is room for a finding in a box, and for its line. */
    fits([x, y, width, height], way, {left, right, top, bottom}, taken, leaders) {
      const beyond = x < left || y < top || x + width > right || y + height > bottom;
      const meets = ([bx, by, w, h]) => x < bx + w && bx < x + width && y < by + h && by < y + height;
      if (beyond || taken.some((box) => meets(box) || crosses(way, box))) return false;
      return !leaders.some((one) => cross(way, one) || crosses(one, [x, y, width, height]));
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
      const rows = [x];
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
