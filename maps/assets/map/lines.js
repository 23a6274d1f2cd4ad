// Lines moved sideways, so that several layers can share one border and all be seen. In pixels.
// No page is needed.
((geolls) => {
  "use strict";
  const {push} = geolls;

  // Weights of a point and two neighbours on each side; they add up to 12.
  const SMOOTH = [1, 3, 4, 3, 1];

  /** A line in even steps, smoothed so that it can be moved sideways; null where it is too short.
      The ends of an open line stay where they are. */
  function even(pixels, step, open) {
    const n = pixels.length / 2;
    const last = open ? n - 1 : n;
    const gap = (i) => {
      const a = i % n;
      const b = (i + 1) % n;
      return Math.hypot(pixels[2 * b] - pixels[2 * a], pixels[2 * b + 1] - pixels[2 * a + 1]);
    };
    let length = 0;
    for (let i = 0; i < last; i++) length += gap(i);
    const many = Math.round(length / step) + (open ? 1 : 0);
    if (many < 8) return null;
    const out = new Float64Array(2 * many);
    const cuts = open ? many - 1 : many;
    let done = 0;
    let i = 0;
    let here = gap(0);
    for (let m = 0; m < many; m++) {
      const wanted = (m * length) / cuts;
      while (done + here < wanted - 1e-9 && i < last - 1) {
        done += here;
        i++;
        here = gap(i);
      }
      const part = here ? Math.min(1, (wanted - done) / here) : 0;
      const a = 2 * (i % n);
      const b = 2 * ((i + 1) % n);
      out[2 * m] = pixels[a] + (pixels[b] - pixels[a]) * part;
      out[2 * m + 1] = pixels[a + 1] + (pixels[b + 1] - pixels[a + 1]) * part;
    }
    return smoothed(out, open ? 2 : 0);
  }

  /** Each point as the weighted mean of itself and two neighbours on each side, but for `edge` at each end. */
  function smoothed(line, edge) {
    const many = line.length / 2;
    const out = line.slice();
    for (let m = edge; m < many - edge; m++) {
      for (let c = 0; c < 2; c++) {
        let total = 0;
        for (let t = -2; t <= 2; t++) total += SMOOTH[t + 2] * line[2 * ((m + t + many) % many) + c];
        out[2 * m + c] = total / 12;
      }
    }
    return out;
  }

  /** An open line moved sideways; with `room`, never farther than there is room round a point. */
  function aside(line, d, room) {
    const n = line.length / 2;
    const out = new Float64Array(2 * n);
    for (let m = 0; m < n; m++) {
      const p = 2 * Math.max(0, m - 2);
      const q = 2 * Math.min(n - 1, m + 2);
      const tx = line[q] - line[p];
      const ty = line[q + 1] - line[p + 1];
      const [x, y] = [line[2 * m], line[2 * m + 1]];
      const far = Math.min(Math.abs(d), room ? room(x, y) : Infinity) / (Math.hypot(tx, ty) || 1);
      out[2 * m] = x - Math.sign(d) * far * ty;
      out[2 * m + 1] = y + Math.sign(d) * far * tx;
    }
    return out;
  }

  /** How far a line may be moved at a point, so that it passes none of the spots: at most `most` pixels. */
  function roomAmong(spots, most) {
    const cell = 2 * most + 1;
    const cells = new Map();
    const column = (v) => Math.floor(v / cell);
    for (const [x, y] of spots) push(cells, column(x) * 65536 + column(y), [x, y]);
    return (x, y) => {
      let room = most;
      for (let gx = column(x) - 1; gx <= column(x) + 1; gx++) {
        for (let gy = column(y) - 1; gy <= column(y) + 1; gy++) {
          for (const [sx, sy] of cells.get(gx * 65536 + gy) || [])
            room = Math.min(room, Math.max(0, Math.hypot(sx - x, sy - y) - 1));
        }
      }
      return room;
    };
  }

  /** The runs of a line that come near a box: far outside nothing need be worked out. */
  function runsNear(pixels, {min, max}) {
    const runs = [];
    let run = null;
    for (let i = 2; i < pixels.length; i += 2) {
      const apart =
        Math.max(pixels[i - 2], pixels[i]) < min.x ||
        Math.min(pixels[i - 2], pixels[i]) > max.x ||
        Math.max(pixels[i - 1], pixels[i + 1]) < min.y ||
        Math.min(pixels[i - 1], pixels[i + 1]) > max.y;
      if (apart) run = null;
      else {
        if (!run) runs.push([pixels[i - 2], pixels[i - 1]]);
        run = runs[runs.length - 1];
        run.push(pixels[i], pixels[i + 1]);
      }
    }
    return runs;
  }

  Object.assign(geolls, {even, aside, roomAmong, runsNear});
})(globalThis.geolls);
