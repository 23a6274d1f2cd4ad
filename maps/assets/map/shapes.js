// Flat lists of coordinates [x, y, x, y, ...]: area, extent, hull, and where a name stands best.
// No page is needed.
((geolls) => {
  "use strict";
  function areaOf(flat) {
    let area = 0;
    for (let i = 0, j = flat.length - 2; i < flat.length; j = i, i += 2)
      area += flat[j] * flat[i + 1] - flat[i] * flat[j + 1];
    return Math.abs(area / 2);
  }

  /** The ring with the largest area. */
  const largest = (rings) => rings.reduce((a, b) => (areaOf(a) >= areaOf(b) ? a : b));

  function extent(rings) {
    const box = {x0: Infinity, x1: -Infinity, y0: Infinity, y1: -Infinity};
    for (const flat of rings) {
      for (let i = 0; i < flat.length; i += 2) {
        box.x0 = Math.min(box.x0, flat[i]);
        box.x1 = Math.max(box.x1, flat[i]);
        box.y0 = Math.min(box.y0, flat[i + 1]);
        box.y1 = Math.max(box.y1, flat[i + 1]);
      }
    }
    return box;
  }

  // The sides of a ring by the rows that they run through, and its box.
  const ROWS = 64;
  const sides = new WeakMap();

  function rowsOf(flat) {
    const box = extent([flat]);
    const rows = Array.from({length: ROWS}, () => []);
    const row = (y) => Math.min(ROWS - 1, Math.floor(((y - box.y0) / (box.y1 - box.y0 || 1)) * ROWS));
    for (let i = 0, j = flat.length - 2; i < flat.length; j = i, i += 2) {
      const [a, b] = [row(flat[i + 1]), row(flat[j + 1])];
      for (let r = Math.min(a, b); r <= Math.max(a, b); r++) rows[r].push(i, j);
    }
    return {...box, rows, row};
  }

  /** Whether a ray from a point crosses the side from one corner of a ring to another. */
  function crossed(flat, i, j, px, py) {
    const ay = flat[i + 1];
    const by = flat[j + 1];
    return ay > py !== by > py && px < ((flat[j] - flat[i]) * (py - ay)) / (by - ay) + flat[i];
  }

  /** Whether a point lies inside: it does when a ray from it crosses the border an odd number of times. */
  function contains(flat, px, py) {
    let inside = false;
    for (let i = 0, j = flat.length - 2; i < flat.length; j = i, i += 2)
      if (crossed(flat, i, j, px, py)) inside = !inside;
    return inside;
  }

  /** The same of a ring that stays as it is and is asked of many points. */
  function holds(flat, px, py) {
    if (!sides.has(flat)) sides.set(flat, rowsOf(flat));
    const {x0, x1, y0, y1, rows, row} = sides.get(flat);
    if (!(px >= x0 && px <= x1 && py >= y0 && py <= y1)) return false;
    const list = rows[row(py)];
    let inside = false;
    for (let n = 0; n < list.length; n += 2) if (crossed(flat, list[n], list[n + 1], px, py)) inside = !inside;
    return inside;
  }

  /** Whether a line [x0, y0, x1, y1] runs through a box [x, y, width, height]. */
  function crosses([x0, y0, x1, y1], [x, y, width, height]) {
    const steps = Math.max(1, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / 3));
    for (let i = 0; i <= steps; i++) {
      const px = x0 + ((x1 - x0) * i) / steps;
      const py = y0 + ((y1 - y0) * i) / steps;
      if (px > x && px < x + width && py > y && py < y + height) return true;
    }
    return false;
  }

  /** Whether two lines cross. */
  function meets([ax, ay, bx, by], [cx, cy, dx, dy]) {
    const side = (x0, y0, x1, y1, x, y) => Math.sign((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0));
    const apart = side(ax, ay, bx, by, cx, cy) !== side(ax, ay, bx, by, dx, dy);
    return apart && side(cx, cy, dx, dy, ax, ay) !== side(cx, cy, dx, dy, bx, by);
  }

  /** Of land, a point so far in from its border, nearest to one beside it; spikes are passed over. */
  function nearestOn(flats, px, py, into) {
    const border = [];
    for (const flat of flats) {
      for (let i = 0; i < flat.length; i += 2)
        border.push([Math.hypot(flat[i] - px, flat[i + 1] - py), flat[i], flat[i + 1]]);
    }
    border.sort((a, b) => a[0] - b[0]);
    for (const [far, x, y] of border) {
      const q = [x + ((x - px) * into) / (far || 1), y + ((y - py) * into) / (far || 1)];
      if (flats.filter((flat) => contains(flat, ...q)).length % 2 === 1) return q;
    }
    return border[0].slice(1);
  }

  /** The distance from a point inside a ring to its border, if it is more than so much; else -1, as outside. */
  function room(flat, px, py, least) {
    if (!holds(flat, px, py)) return -1;
    let best = Infinity;
    for (let i = 0, j = flat.length - 2; i < flat.length; j = i, i += 2) {
      const ax = flat[i];
      const ay = flat[i + 1];
      const dx = flat[j] - ax;
      const dy = flat[j + 1] - ay;
      const length = dx * dx + dy * dy;
      const t = length ? Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / length)) : 0;
      best = Math.min(best, (px - ax - t * dx) ** 2 + (py - ay - t * dy) ** 2);
      if (best <= least * least) return -1;
    }
    return Math.sqrt(best);
  }

  /** The point of a ring farthest from its border, roughly: where a name stands best. */
  function anchor(flat) {
    if (!anchors.has(flat)) anchors.set(flat, anchorOf(flat));
    return anchors.get(flat);
  }

  const anchors = new WeakMap();

  function anchorOf(flat) {
    const {x0, x1, y0, y1} = extent([flat]);
    let x = (x0 + x1) / 2;
    let y = (y0 + y1) / 2;
    // The middle, unless another point has clearly more room.
    let best = room(flat, x, y, 0) * 1.2;
    const look = (px, py) => {
      const found = room(flat, px, py, Math.max(best, 0));
      if (found > best) {
        best = found;
        x = px;
        y = py;
      }
    };
    for (let i = 0.5; i < 8; i++) {
      for (let j = 0.5; j < 8; j++) look(x0 + ((x1 - x0) * i) / 8, y0 + ((y1 - y0) * j) / 8);
    }
    let size = Math.max(x1 - x0, y1 - y0) / 8;
    for (let round = 0; round < 4; round++) {
      size /= 2;
      look(x + size, y);
      look(x - size, y);
      look(x, y + size);
      look(x, y - size);
    }
    return [x, y];
  }

  /** The convex hull of points [x, y], by Andrew's monotone chain. */
  function hull(points) {
    const sorted = points.slice().sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    if (sorted.length < 3) return sorted;
    const half = (list) => {
      const out = [];
      for (const q of list) {
        while (out.length > 1) {
          const [a, b] = out.slice(-2);
          if ((b[0] - a[0]) * (q[1] - a[1]) - (b[1] - a[1]) * (q[0] - a[0]) > 0) break;
          out.pop();
        }
        out.push(q);
      }
      return out.slice(0, -1);
    };
    return half(sorted).concat(half(sorted.reverse()));
  }

  Object.assign(geolls, {crosses, meets, nearestOn, areaOf, largest, extent, contains, holds, anchor, hull});
})(globalThis.geolls);
