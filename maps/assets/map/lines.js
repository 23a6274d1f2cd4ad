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

  /** Each point moved at right angles to the line through its second neighbours `before` and `after`. */
  function moved(line, d, before, after) {
    const n = line.length / 2;
    const out = new Float64Array(2 * n);
    for (let m = 0; m < n; m++) {
      const p = before(m, n);
      const q = after(m, n);
      const tx = line[2 * q] - line[2 * p];
      const ty = line[2 * q + 1] - line[2 * p + 1];
      const t = Math.hypot(tx, ty) || 1;
      out[2 * m] = line[2 * m] - (d * ty) / t;
      out[2 * m + 1] = line[2 * m + 1] + (d * tx) / t;
    }
    return out;
  }

  /** An open line moved sideways. */
  function aside(line, d) {
    return moved(
      line,
      d,
      (m) => Math.max(0, m - 2),
      (m, n) => Math.min(n - 1, m + 2),
    );
  }

  /** Parallel lines of a ring at `d` pixels, outside positive, or null where hardly any is left.
      Points too near the border are dropped, which closes estuaries and necks. Rings run with the
      land on their left, so outside is on the right. */
  function beside(ring, d) {
    const n = ring.length / 2;
    const far = Math.abs(d);
    const out = moved(
      ring,
      d,
      (m) => (m + n - 2) % n,
      (m) => (m + 2) % n,
    );
    const keep = farEnough(out, ring, far);
    if (keep.length < 0.3 * n) return null;
    const runs = runsOf(keep, n);
    const lines = follow(runs, links(runs, out, (7 + 2 * far) ** 2), out);
    return lines.length ? lines : null;
  }

  /** The points of a moved ring that are about `far` pixels from the ring itself. */
  function farEnough(out, ring, far) {
    const cell = far + 2;
    const close = (far - 0.45) ** 2;
    const grid = new Map();
    const column = (v) => Math.floor(v / cell);
    for (let i = 0; i < ring.length; i += 2) push(grid, column(ring[i]) * 65536 + column(ring[i + 1]), i);
    const touches = (x, y) => {
      for (let gx = column(x) - 1; gx <= column(x) + 1; gx++) {
        for (let gy = column(y) - 1; gy <= column(y) + 1; gy++) {
          for (const j of grid.get(gx * 65536 + gy) || [])
            if ((ring[j] - x) ** 2 + (ring[j + 1] - y) ** 2 < close) return true;
        }
      }
      return false;
    };
    const keep = [];
    for (let i = 0; i < out.length / 2; i++) if (!touches(out[2 * i], out[2 * i + 1])) keep.push(i);
    return keep;
  }

  /** Numbers that follow each other, as runs; a ring of n begins again after its last. */
  function runsOf(keep, n) {
    const runs = [];
    keep.forEach((at, j) => {
      if (j && at === keep[j - 1] + 1) runs[runs.length - 1].push(at);
      else runs.push([at]);
    });
    if (runs.length > 1 && runs[0][0] === 0 && keep[keep.length - 1] === n - 1) runs[0] = runs.pop().concat(runs[0]);
    return runs;
  }

  /** Which run goes on after which: the nearest pairs of an end and a start first. */
  function links(runs, out, reach) {
    const found = [];
    runs.forEach((a, p) => {
      runs.forEach((b, q) => {
        const end = 2 * a[a.length - 1];
        const start = 2 * b[0];
        const gap = (out[end] - out[start]) ** 2 + (out[end + 1] - out[start + 1]) ** 2;
        if (gap < reach) found.push([gap, p, q]);
      });
    });
    const next = new Map();
    const follows = new Set();
    for (const [, p, q] of found.sort((a, b) => a[0] - b[0])) {
      if (next.has(p) || follows.has(q)) continue;
      next.set(p, q);
      follows.add(q);
    }
    return {next, follows};
  }

  /** The lines that runs make when each is followed by its link; those that begin a line come first. */
  function follow(runs, {next, follows}, out) {
    const lines = [];
    const used = new Set();
    const heads = runs.map((_, p) => p).sort((a, b) => follows.has(a) - follows.has(b));
    for (const head of heads) {
      const line = [];
      let p = head;
      while (p !== undefined && !used.has(p)) {
        used.add(p);
        for (const at of runs[p]) line.push(out[2 * at], out[2 * at + 1]);
        p = next.get(p);
      }
      if (line.length < 10) continue;
      if (p === head) line.push(line[0], line[1]);
      lines.push(line);
    }
    return lines;
  }

  /** The ring with inlets and creeks narrower than about 7 pixels closed. */
  function closed(ring) {
    let now = ring;
    for (const d of [3.5, -3.5]) {
      const lines = beside(now, d);
      if (!lines) return ring;
      const main = lines.reduce((a, b) => (a.length >= b.length ? a : b));
      const n = main.length;
      if (Math.hypot(main[0] - main[n - 2], main[1] - main[n - 1]) > 0.01) return ring;
      now = even(main.slice(0, n - 2), 2.2);
      if (!now) return ring;
    }
    return now;
  }

  Object.assign(geolls, {even, aside, beside, closed});
})(globalThis.geolls);
