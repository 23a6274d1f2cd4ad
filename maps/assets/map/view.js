// World coordinates to pixels, and pixels to the paths of SVG.
// No page is needed.
((geolls) => {
  "use strict";
  /** An open line through pixels. */
  function pixelPath(line) {
    let d = "";
    for (let i = 0; i < line.length; i += 2) d += `${i ? "L" : "M"}${line[i].toFixed(1)} ${line[i + 1].toFixed(1)}`;
    return d;
  }

  /** The scale and origin of a map at one zoom. With a `box`, lines are drawn only inside it. */
  class View {
    constructor(scale, ox, oy, box) {
      this.k = scale;
      this.ox = ox;
      this.oy = oy;
      this.box = box;
    }

    at(x, y) {
      return [x * this.k - this.ox, y * this.k - this.oy];
    }

    path(flat, close) {
      let d = "";
      let px = NaN;
      let py = NaN;
      for (let i = 0; i < flat.length; i += 2) {
        const x = Math.round((flat[i] * this.k - this.ox) * 10) / 10;
        const y = Math.round((flat[i + 1] * this.k - this.oy) * 10) / 10;
        if (x === px && y === py) continue;
        d += `${d ? "L" : "M"}${x} ${y}`;
        px = x;
        py = y;
      }
      return d && close ? `${d}Z` : d;
    }

    /** Rings of signed arcs as one closed path. */
    rings(land, rings) {
      return rings.map((ring) => this.path(land.points(ring), true)).join("");
    }

    /** An open line, only its parts inside the box: dashes far outside cost time. */
    line(flat) {
      if (!this.box) return this.path(flat, false);
      const {min, max} = this.box;
      let d = "";
      let inside = false;
      let px = 0;
      let py = 0;
      for (let i = 0; i < flat.length; i += 2) {
        const x = flat[i] * this.k - this.ox;
        const y = flat[i + 1] * this.k - this.oy;
        const apart =
          Math.max(px, x) < min.x || Math.min(px, x) > max.x || Math.max(py, y) < min.y || Math.min(py, y) > max.y;
        if (i && apart) inside = false;
        else if (i) {
          if (!inside) d += `M${px.toFixed(1)} ${py.toFixed(1)}`;
          d += `L${x.toFixed(1)} ${y.toFixed(1)}`;
          inside = true;
        }
        px = x;
        py = y;
      }
      return d;
    }

    /** All arcs whose two sides pass a test, each by itself. */
    arcs(land, test) {
      let d = "";
      for (let a = 0; a < land.count; a++) if (test(land.left[a], land.right[a])) d += this.line(land.points([a]));
      return d;
    }
  }

  Object.assign(geolls, {pixelPath, View});
})(globalThis.geolls);
