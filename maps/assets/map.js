/* geolls: draws a packed map on Leaflet. A classic script, so that it runs from file:// too.
   Every word that comes from data enters the page as text, never as markup. */
(function () {
"use strict";
const geolls = (self.geolls = self.geolls || {});
const NS = "http://www.w3.org/2000/svg";
const REASONS = {"-1": "No unit found in our lists", "-2": "Not covered", "-3": "Not located", "-4": "Does not apply"};
const KIND_KEYS = ["no_trust", "single_school_trust", "trust_home_here", "trust_based_elsewhere", "status_unknown"];
const KIND_WORDS = ["In no trust", "In a single-school trust", "In a trust at home here", "In a trust based elsewhere", "Trust not known"];
/* Pixels from the border: outside is positive. */
const OFFSET = {authority: 0, district: 0, combined: 4.4, region: 8.4, teaching: -4, maths: -8, hub: -8, programme: -11};
const still = self.matchMedia("(prefers-reduced-motion: reduce)");

// ------------------------------------------------------------------ small things

function el(tag, attrs, ...kids) {
  const node = document.createElement(tag);
  for (const key in attrs || {}) {
    if (key === "on") node.addEventListener("click", attrs.on);
    else if (attrs[key] !== null && attrs[key] !== undefined && attrs[key] !== false) node.setAttribute(key, attrs[key] === true ? "" : attrs[key]);
  }
  node.append(...kids.filter((k) => k !== null && k !== undefined && k !== ""));
  return node;
}
function svg(tag, attrs, ...kids) {
  const node = document.createElementNS(NS, tag);
  for (const key in attrs || {}) node.setAttribute(key, attrs[key]);
  node.append(...kids);
  return node;
}
const sum = (list) => { let total = 0; return list.map((d) => (total += d)); };
const fold = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/['\u2019]/g, "").replace(/[^a-z0-9]+/g, " ").trim();
/* By hand: the browser's own takes 30 ms to wake. */
const commas = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ",");
const whole = (n) => commas(String(Math.round(n)));
const plural = (n, one, many) => `${whole(n)} ${n === 1 ? one : many}`;
/** A title as it stands within a sentence: names keep their capitals. */
const plain = (title) => { const [first, ...rest] = title.split(" "); return rest.some((w) => /^[A-Z]/.test(w)) || !/^.[a-z-]+$/.test(first) || first === "Ofsted" ? title : title[0].toLowerCase() + title.slice(1); };
/** A code that others use too; our own are in small letters and say nothing to a reader. */
const official = (code) => (/[a-z]/.test(code) ? "" : code);
const coded = (layer, u) => [layer.title, official(layer.code[u])].filter(Boolean).join(", ");
const phased = (phase) => (!phase || phase === "other" ? "School" : phase === "alternative" ? "Alternative provision" : `${phase[0].toUpperCase()}${phase.slice(1).replace("_deemed_", " school deemed ").replace("_", "-")}${phase.includes("deemed") ? "" : " school"}`);
const safeUrl = (url) => (url && /^[a-z][a-z0-9+.-]*:/i.test(url) && !/^https?:/i.test(url) ? null : url);

function say(value, format) {
  if (value === null || value === undefined) return "\u2013";
  if (format === "words" || typeof value === "string") return String(value);
  const up = (v, d) => Math.floor(v * 10 ** d + 0.5) / 10 ** d;
  if (format === "share") { const p = up(value * 100, 0); return p === 0 && value > 0 ? "under 1%" : `${p}%`; }
  if (format === "count") return whole(up(value, 0));
  if (format === "km") return value < 9.95 ? `${up(value, 1).toFixed(1)} km` : `${whole(up(value, 0))} km`;
  const [full, part] = up(value, 1).toFixed(1).split(".");
  return `${commas(full)}.${part}`;
}

async function inflate(text) {
  const plain = atob(text), bytes = new Uint8Array(plain.length);
  for (let i = 0; i < plain.length; i++) bytes[i] = plain.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

const worldX = (lon) => 256 * (lon / 360 + 0.5);
const worldY = (lat) => { const s = Math.sin((lat * Math.PI) / 180); return 256 * (0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)); };
const latOf = (y) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / 256))) * 180) / Math.PI;

// ------------------------------------------------------------------ land: arcs shared by all layers

class Land {
  constructor(arcs) {
    const {n, xy, step} = arcs;
    this.count = n.length;
    this.blocks = arcs.blocks;
    this.left = sum(arcs.left);
    this.right = sum(arcs.right);
    this.x = new Float64Array(xy.length / 2);
    this.y = new Float64Array(xy.length / 2);
    this.start = new Int32Array(n.length + 1);
    this.from = new Float64Array(n.length); // a key for the vertex at each end
    this.to = new Float64Array(n.length);
    let x = 0, y = 0, at = 0;
    for (let a = 0; a < n.length; a++) {
      for (let i = 0; i < n[a]; i++, at++) {
        x += xy[2 * at]; y += xy[2 * at + 1];
        this.x[at] = worldX(x * step); this.y[at] = worldY(y * step);
        if (i === 0) this.from[a] = x * 16777216 + y;
      }
      this.to[a] = x * 16777216 + y;
      this.start[a + 1] = at;
    }
    this.cache = new Map();
  }
  /** Rings of each group of blocks: signed arcs, stitched end to end (~a means backwards). */
  rings(key, group, many) {
    if (this.cache.has(key)) return this.cache.get(key);
    const sides = Array.from({length: many}, () => []);
    for (let a = 0; a < this.count; a++) {
      const l = this.left[a] < 0 ? -1 : group[this.left[a]], r = this.right[a] < 0 ? -1 : group[this.right[a]];
      if (l === r) continue;
      if (l >= 0) sides[l].push(a);
      if (r >= 0) sides[r].push(~a);
    }
    const out = sides.map((list) => this.stitch(list));
    this.cache.set(key, out);
    return out;
  }
  stitch(list) {
    const begin = (s) => (s >= 0 ? this.from[s] : this.to[~s]), end = (s) => (s >= 0 ? this.to[s] : this.from[~s]);
    const starts = new Map();
    for (const s of list) { const k = begin(s); if (starts.has(k)) starts.get(k).push(s); else starts.set(k, [s]); }
    const rings = [], used = new Set();
    for (const s of list) {
      if (used.has(s)) continue;
      const ring = [];
      let here = s;
      while (here !== undefined && !used.has(here)) {
        used.add(here); ring.push(here);
        here = (starts.get(end(here)) || []).find((t) => !used.has(t));
      }
      rings.push(ring);
    }
    return rings;
  }
  /** Lines made of all arcs that pass a test, joined where only two of them meet. */
  chains(key, test) {
    if (this.cache.has(key)) return this.cache.get(key);
    const ends = new Map(), put = (k, s) => { if (ends.has(k)) ends.get(k).push(s); else ends.set(k, [s]); }, list = [];
    for (let a = 0; a < this.count; a++) if (test(this.left[a], this.right[a])) { list.push(a); put(this.from[a], a); put(this.to[a], ~a); }
    const used = new Set(), out = [], id = (s) => (s >= 0 ? s : ~s), end = (s) => (s >= 0 ? this.to[s] : this.from[~s]);
    const grow = (s) => { const chain = []; while (s !== undefined && !used.has(id(s))) { used.add(id(s)); chain.push(s); const next = ends.get(end(s)); s = next.length === 2 ? next.find((t) => !used.has(id(t))) : undefined; } return chain; };
    for (const [, meet] of ends) if (meet.length !== 2) for (const s of meet) { const c = grow(s); if (c.length) out.push(c); }
    for (const a of list) { const c = grow(a); if (c.length) out.push(c); }
    this.cache.set(key, out);
    return out;
  }
  /** World coordinates of a chain of signed arcs, joints once. */
  points(chain) {
    const out = [];
    chain.forEach((s, j) => {
      const a = s >= 0 ? s : ~s, lo = this.start[a], hi = this.start[a + 1];
      if (s >= 0) for (let i = lo + (j ? 1 : 0); i < hi; i++) out.push(this.x[i], this.y[i]);
      else for (let i = hi - 1 - (j ? 1 : 0); i >= lo; i--) out.push(this.x[i], this.y[i]);
    });
    return out;
  }
}

/** World coordinates to layer pixels. */
class View {
  constructor(scale, ox, oy, box) { this.k = scale; this.ox = ox; this.oy = oy; this.box = box; }
  path(flat, close) {
    let d = "", px = NaN, py = NaN;
    for (let i = 0; i < flat.length; i += 2) {
      const x = Math.round((flat[i] * this.k - this.ox) * 10) / 10, y = Math.round((flat[i + 1] * this.k - this.oy) * 10) / 10;
      if (x === px && y === py) continue;
      d += (d ? "L" : "M") + x + " " + y; px = x; py = y;
    }
    return d && close ? d + "Z" : d;
  }
  /** An open line, only the parts inside the box: dashes far outside cost time. */
  line(flat) {
    if (!this.box) return this.path(flat, false);
    const {min, max} = this.box;
    let d = "", inside = false, px = 0, py = 0;
    for (let i = 0; i < flat.length; i += 2) {
      const x = flat[i] * this.k - this.ox, y = flat[i + 1] * this.k - this.oy;
      if (i) {
        const out = Math.max(px, x) < min.x || Math.min(px, x) > max.x || Math.max(py, y) < min.y || Math.min(py, y) > max.y;
        if (out) inside = false;
        else { if (!inside) d += `M${px.toFixed(1)} ${py.toFixed(1)}`; d += `L${x.toFixed(1)} ${y.toFixed(1)}`; inside = true; }
      }
      px = x; py = y;
    }
    return d;
  }
  pixels(flat) {
    const out = new Float64Array(flat.length);
    for (let i = 0; i < flat.length; i += 2) { out[i] = flat[i] * this.k - this.ox; out[i + 1] = flat[i + 1] * this.k - this.oy; }
    return out;
  }
}

// ------------------------------------------------------------------ lines side by side

/** A line in even steps, softened so that it can be moved sideways; ends of an open one stay. */
function even(px, step, open) {
  const n = px.length / 2, last = open ? n - 1 : n;
  let length = 0;
  for (let i = 0; i < last; i++) { const j = (i + 1) % n; length += Math.hypot(px[2 * j] - px[2 * i], px[2 * j + 1] - px[2 * i + 1]); }
  const many = Math.round(length / step) + (open ? 1 : 0);
  if (many < 8) return null;
  const out = new Float64Array(2 * many), cuts = open ? many - 1 : many;
  let done = 0, i = 0, len = Math.hypot(px[2] - px[0], px[3] - px[1]);
  for (let m = 0; m < many; m++) {
    const want = (m * length) / cuts;
    while (done + len < want - 1e-9 && i < last - 1) {
      done += len; i++;
      const a = i % n, b = (i + 1) % n;
      len = Math.hypot(px[2 * b] - px[2 * a], px[2 * b + 1] - px[2 * a + 1]);
    }
    const part = len ? Math.min(1, (want - done) / len) : 0, a = i % n, b = (i + 1) % n;
    out[2 * m] = px[2 * a] + (px[2 * b] - px[2 * a]) * part;
    out[2 * m + 1] = px[2 * a + 1] + (px[2 * b + 1] - px[2 * a + 1]) * part;
  }
  const soft = out.slice(), w = [1, 3, 4, 3, 1], edge = open ? 2 : 0;
  for (let m = edge; m < many - edge; m++)
    for (let c = 0; c < 2; c++) {
      let v = 0;
      for (let t = -2; t <= 2; t++) v += w[t + 2] * out[2 * ((m + t + many) % many) + c];
      soft[2 * m + c] = v / 12;
    }
  return soft;
}

/** Parallel lines at `d` pixels (outside positive): points too near the border are dropped, which
    closes estuaries and necks. Rings run with the land on their left, so outside is on the right. */
function beside(ring, d) {
  const n = ring.length / 2, far = Math.abs(d), cell = far + 2, grid = new Map();
  const key = (x, y) => Math.floor(x / cell) * 65536 + Math.floor(y / cell);
  for (let i = 0; i < n; i++) { const k = key(ring[2 * i], ring[2 * i + 1]); if (grid.has(k)) grid.get(k).push(i); else grid.set(k, [i]); }
  const keep = [], x = new Float64Array(n), y = new Float64Array(n), close = (far - 0.45) ** 2;
  for (let i = 0; i < n; i++) {
    const p = (i + n - 2) % n, q = (i + 2) % n;
    const tx = ring[2 * q] - ring[2 * p], ty = ring[2 * q + 1] - ring[2 * p + 1], t = Math.hypot(tx, ty) || 1;
    x[i] = ring[2 * i] - (d * ty) / t; y[i] = ring[2 * i + 1] + (d * tx) / t;
    let ok = true;
    const cx = Math.floor(x[i] / cell), cy = Math.floor(y[i] / cell);
    for (let gx = cx - 1; ok && gx <= cx + 1; gx++)
      for (let gy = cy - 1; ok && gy <= cy + 1; gy++)
        for (const j of grid.get(gx * 65536 + gy) || [])
          if ((ring[2 * j] - x[i]) ** 2 + (ring[2 * j + 1] - y[i]) ** 2 < close) { ok = false; break; }
    if (ok) keep.push(i);
  }
  if (keep.length < 0.3 * n) return null;
  // Runs of points that stayed; where some were dropped, the line goes on at the nearest start.
  const runs = [];
  keep.forEach((at, j) => { if (j && at === keep[j - 1] + 1) runs[runs.length - 1].push(at); else runs.push([at]); });
  if (runs.length > 1 && runs[0][0] === 0 && keep[keep.length - 1] === n - 1) runs[0] = runs.pop().concat(runs[0]);
  const far2 = (7 + 2 * far) ** 2, links = [];
  runs.forEach((a, p) => runs.forEach((b, q) => { const e = a[a.length - 1], s = b[0], g = (x[e] - x[s]) ** 2 + (y[e] - y[s]) ** 2; if (g < far2) links.push([g, p, q]); }));
  const next = new Map(), before = new Set();
  for (const [, p, q] of links.sort((a, b) => a[0] - b[0])) if (!next.has(p) && !before.has(q)) { next.set(p, q); before.add(q); }
  const lines = [], used = new Set(), heads = runs.map((_, p) => p).sort((a, b) => before.has(a) - before.has(b));
  for (const head of heads) {
    const line = [];
    let p = head;
    while (p !== undefined && !used.has(p)) { used.add(p); for (const at of runs[p]) line.push(x[at], y[at]); p = next.get(p); }
    if (line.length < 10) continue;
    if (p === head) line.push(line[0], line[1]);
    lines.push(line);
  }
  return lines.length ? lines : null;
}
const pixelPath = (line) => { let d = ""; for (let i = 0; i < line.length; i += 2) d += (i ? "L" : "M") + line[i].toFixed(1) + " " + line[i + 1].toFixed(1); return d; };
/** The ring with inlets and creeks narrower than about 7 pixels closed. */
function closed(ring) {
  let now = ring;
  for (const d of [3.5, -3.5]) {
    const lines = beside(now, d);
    if (!lines) return ring;
    const main = lines.reduce((a, b) => (a.length >= b.length ? a : b)), n = main.length;
    if (Math.hypot(main[0] - main[n - 2], main[1] - main[n - 1]) > 0.01) return ring;
    now = even(main.slice(0, n - 2), 2.2);
    if (!now) return ring;
  }
  return now;
}

/** The point of a ring farthest from its border, roughly: where a name stands best. */
function anchor(flat) {
  let x0 = 1e9, x1 = -1e9, y0 = 1e9, y1 = -1e9;
  for (let i = 0; i < flat.length; i += 2) { x0 = Math.min(x0, flat[i]); x1 = Math.max(x1, flat[i]); y0 = Math.min(y0, flat[i + 1]); y1 = Math.max(y1, flat[i + 1]); }
  const room = (px, py) => {
    let inside = false, best = Infinity;
    const n = flat.length;
    for (let i = 0, j = n - 2; i < n; j = i, i += 2) {
      const ax = flat[i], ay = flat[i + 1], bx = flat[j], by = flat[j + 1];
      if (ay > py !== by > py && px < ((bx - ax) * (py - ay)) / (by - ay) + ax) inside = !inside;
      const dx = bx - ax, dy = (by - ay), len = dx * dx + dy * dy;
      const t = len ? Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / len)) : 0;
      best = Math.min(best, (px - ax - t * dx) ** 2 + (py - ay - t * dy) ** 2);
    }
    return inside ? Math.sqrt(best) : -1;
  };
  let bx = (x0 + x1) / 2, by = (y0 + y1) / 2, size = Math.max(x1 - x0, y1 - y0) / 8, best = room(bx, by) * 1.2;
  for (let i = 0.5; i < 8; i++) for (let j = 0.5; j < 8; j++) {
    const px = x0 + ((x1 - x0) * i) / 8, py = y0 + ((y1 - y0) * j) / 8, r = room(px, py);
    if (r > best) { best = r; bx = px; by = py; }
  }
  for (let round = 0; round < 4; round++) {
    size /= 2;
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      const r = room(bx + dx * size, by + dy * size);
      if (r > best) { best = r; bx += dx * size; by += dy * size; }
    }
  }
  return [bx, by];
}
function areaOf(flat) { let a = 0; for (let i = 0, j = flat.length - 2; i < flat.length; j = i, i += 2) a += flat[j] * flat[i + 1] - flat[i] * flat[j + 1]; return Math.abs(a / 2); }

function hull(points) {
  const p = points.slice().sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  if (p.length < 3) return p;
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
  return half(p).concat(half(p.reverse()));
}

// ------------------------------------------------------------------ schools

class Schools {
  constructor(doc, app) {
    this.app = app;
    this.urn = sum(doc.urn); this.name = doc.name.split("\n");
    this.n = this.urn.length;
    this.x = Float64Array.from(sum(doc.x), (v) => worldX(v * doc.step));
    this.y = Float64Array.from(sum(doc.y), (v) => worldY(v * doc.step));
    this.kind = Uint8Array.from(doc.kind, Number);
    this.phases = doc.phases; this.phase = doc.phase; this.pupils = doc.pupils; this.trust = doc.trust;
    this.here = doc.here ? Uint8Array.from(doc.here, Number) : new Uint8Array(this.n).fill(1);
    this.block = new Int32Array(this.n);
    let at = 0;
    doc.block[0].forEach((b, i) => { this.block.fill(b, at, (at += doc.block[1][i])); });
    this.apart = doc.apart;
    this.trusts = doc.trusts.uid ? doc.trusts : {uid: [], name: [], schools: []};
    this.units = {};
    this.of = this.trusts.uid.map(() => []);
    this.trust.forEach((t, i) => { if (t >= 0) this.of[t].push(i); });
  }
  /** Unit of every school in a layer: its own where it differs from its block's. */
  unit(layer) {
    if (!this.units[layer.key]) {
      const out = Int32Array.from(this.block, (b) => (b < 0 ? -3 : layer.of[b]));
      const apart = this.apart[layer.key];
      if (apart) sum(apart[0]).forEach((s, i) => { out[s] = apart[1][i]; });
      this.units[layer.key] = out;
    }
    return this.units[layer.key];
  }
  title(s) { return this.name[s] || `URN ${this.urn[s]}`; }
  homeOf(t) { const {x, y} = this.trusts; return x && x[t] !== null ? [worldX(x[t] * 1e-4), worldY(y[t] * 1e-4)] : null; }
}

const Dots = L.Renderer.extend({
  initialize(options) { L.Renderer.prototype.initialize.call(this, options); this._layers = {}; },
  _initContainer() { this._container = document.createElement("canvas"); this._container.setAttribute("aria-hidden", "true"); this._ctx = this._container.getContext("2d"); },
  _destroyContainer() { this._container.remove(); delete this._container; delete this._ctx; },
  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    // A large canvas takes time to make: not before there is something to draw.
    this._blank = !this.options.wanted();
    if (this._blank) { this._container.width = this._container.height = 0; return; }
    const b = this._bounds, size = b.getSize(), m = Math.max(2, self.devicePixelRatio || 1);
    L.DomUtil.setPosition(this._container, b.min);
    this._container.width = m * size.x; this._container.height = m * size.y;
    this._container.style.width = size.x + "px"; this._container.style.height = size.y + "px";
    this._ctx.setTransform(m, 0, 0, m, -b.min.x * m, -b.min.y * m);
    this.redraw();
  },
  redraw() {
    const ctx = this._ctx;
    if (!ctx || !this._bounds) return;
    if (this._blank || !this.options.wanted()) { if (this._blank !== !this.options.wanted()) this._update(); return; }
    const b = this._bounds;
    ctx.clearRect(b.min.x, b.min.y, b.max.x - b.min.x, b.max.y - b.min.y);
    this.options.draw(ctx, b);
  },
});

/** Takes a canvas's strokes as SVG: printers get lines, and some print a canvas opaque. */
class Pen {
  constructor(group) { this.group = group; this.d = ""; this.globalAlpha = 1; }
  beginPath() { this.d = ""; }
  moveTo(x, y) { this.d += `M${x.toFixed(1)} ${y.toFixed(1)}`; }
  lineTo(x, y) { this.d += `L${x.toFixed(1)} ${y.toFixed(1)}`; }
  closePath() { this.d += "Z"; }
  rect(x, y, w, h) { this.d += `M${x.toFixed(1)} ${y.toFixed(1)}h${w.toFixed(1)}v${h.toFixed(1)}h${(-w).toFixed(1)}Z`; }
  arc(x, y, r) { this.d += `M${(x + r).toFixed(1)} ${y.toFixed(1)}a${r} ${r} 0 1 0 ${-2 * r} 0a${r} ${r} 0 1 0 ${2 * r} 0`; }
  put(fill, stroke, width) { if (!this.d) return; const n = svg("path", {d: this.d, "stroke-width": width, opacity: this.globalAlpha}); n.style.fill = fill; n.style.stroke = stroke; this.group.append(n); }
  fill() { this.put(this.fillStyle, "none", 0); }
  stroke() { this.put("none", this.strokeStyle, this.lineWidth); }
}

// ------------------------------------------------------------------ the map

geolls.map = function (id, options) {
  const node = document.getElementById(id), app = node.closest(".geolls-app");
  const phone = L.Browser.mobile;
  const map = L.map(node, {
    zoomSnap: 0.25, zoomDelta: 0.75, wheelPxPerZoomLevel: 90, minZoom: 5, maxZoom: 15, keyboard: false, attributionControl: false,
    zoomControl: true, scrollWheelZoom: false, dragging: !phone, zoomAnimation: !still.matches, fadeAnimation: !still.matches,
    inertia: !still.matches, worldCopyJump: false, ...options,
  });
  if (app && app.dataset.bounds) map.fitBounds(JSON.parse(app.dataset.bounds), {animate: false, padding: [10, 10]});
  else if (!map._loaded && !(options && options.center)) map.setView([52.9, -1.6], 6);
  node.addEventListener("focusin", () => map.scrollWheelZoom.enable());
  node.addEventListener("focusout", () => map.scrollWheelZoom.disable());
  map.on("layeradd", (e) => {
    if (e.layer instanceof L.TileLayer && !map.attributionControl) map.attributionControl = L.control.attribution({prefix: false}).addTo(map);
  });
  return map;
};

geolls.attach = function (map) {
  const node = map.getContainer().closest(".geolls-app");
  if (!node || node.geolls) return;
  node.geolls = new App(map, node);
};

geolls.mountAll = function () {
  const go = () => document.querySelectorAll(".geolls-app").forEach((node) => { if (!node.geolls && document.getElementById(node.dataset.map)) geolls.attach(geolls.map(node.dataset.map)); });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", go); else go();
};

class App {
  constructor(map, node) {
    this.map = map; this.node = node; this.id = node.dataset.map;
    this.stage = node.querySelector(".gl-stage");
    this.live = node.querySelector(".gl-live");
    this.ready = this.load().catch((error) => this.fail(error));
  }
  $(query) { return this.node.querySelector(query); }
  $$(query) { return [...this.node.querySelectorAll(query)]; }
  tell(text) { this.live.textContent = ""; this.live.textContent = text; }
  fail(error) {
    const old = typeof DecompressionStream === "undefined";
    this.stage.append(el("p", {class: "gl-off", role: "alert"}, old ? "This browser is too old to unpack the map (it lacks DecompressionStream, in every browser since 2023). The table below holds every value." : "The map could not be drawn. The table below holds every value."));
    this.$(".gl-table").open = true;
    if (!old) console.error(error);
  }

  async load() {
    if (typeof DecompressionStream === "undefined") throw new Error("no DecompressionStream");
    const shared = self.geollsData || {};
    const parts = this.node.dataset.parts.split(" ").map((key) => {
      const here = document.querySelector(`script.geolls-data[data-part="${key}"]`);
      // A page of an atlas that stands alone has a denser writing, and unpacks it itself.
      return here && self.geollsUnpack ? self.geollsUnpack(here).json() : inflate(here ? here.textContent : shared[key]);
    });
    const [land, own] = await Promise.all(parts);
    this.land = new Land(land.arcs);
    this.own = own; this.london = land.london; this.context = land.context;
    this.layers = own.layers.map((key) => land.layers.find((l) => l.key === key));
    this.byKey = Object.fromEntries(this.layers.map((l) => [l.key, l]));
    this.layers.forEach((l) => { l.units = l.code.length; l.lowSet = new Set(l.low); });
    this.measures = Object.fromEntries(own.measures.map((m) => [m.key, m]));
    this.on = new Set(own.on);
    this.shade = own.shade;
    this.kinds = new Set(own.schools_on ? own.kinds : []);
    this.schools = own.schools && own.schools.urn ? new Schools(own.schools, this) : null;
    this.inside = this.within();
    this.hover = null; this.focus = -1; this.picked = null;
    this.frame();
    this.build();
    this.controls();
    this.read();
    this.paint();
    this.map.whenReady(() => this.settle());
    this.node.dataset.ready = "1";
    performance.mark("geolls:ready");
    this.node.dispatchEvent(new CustomEvent("geolls:ready", {bubbles: true}));
  }

  /** Blocks the map is about: 1 inside, 0 pale land round about. */
  within() {
    const inside = new Uint8Array(this.land.blocks).fill(this.own.scope === "england" ? 1 : 0), areas = this.byKey[this.own.areas];
    if (this.own.place) this.own.place.blocks.forEach((b) => { inside[b] = 1; });
    if (this.own.trust && this.schools) {
      this.home = this.schools.trusts.uid.indexOf(this.own.trust);
      const unit = this.schools.unit(areas), met = new Set((this.schools.of[this.home] || []).map((s) => unit[s]));
      areas.of.forEach((u, b) => { if (met.has(u)) inside[b] = 1; });
    }
    return inside;
  }

  frame() {
    const b = this.own.bounds, size = this.map.getSize();
    if (!this.node.dataset.bounds) this.map.fitBounds(b, {animate: false, padding: size.x < 500 ? [4, 4] : [14, 14]});
    this.fit = this.map.getZoom();
    this.map.setMaxBounds([[48.4, -8.5], [57.2, 4.2]]);
    this.map.options.maxBoundsViscosity = 0.6;
  }

  view() {
    const zoom = this.map.getZoom(), origin = this.map.getPixelOrigin();
    return new View(2 ** zoom, origin.x, origin.y, zoom > this.fit + 1.5 ? this.ground._bounds : null);
  }

  // ---------------------------------------------------------------- the stage

  build() {
    const map = this.map;
    for (const [name, z] of [["gl-schools", 450], ["gl-labels", 470]]) { const pane = map.createPane(name); pane.style.zIndex = z; pane.style.pointerEvents = "none"; }
    this.ground = L.svg({padding: 0.35}).addTo(map);
    this.above = L.svg({padding: 0.35, pane: "gl-labels"}).addTo(map);
    const root = this.ground._rootGroup;
    root.setAttribute("class", "gl-root");
    this.ground._container.insertBefore(this.patterns(), root);
    this.g = {};
    for (const name of ["context", "other", "faces", "over", "hair", "swipe", "edge", "coast", "lines", "links", "hot", "ring"]) root.append((this.g[name] = svg("g", {class: `gl-${name}`})));
    for (const name of ["links", "labels"]) this.above._rootGroup.append((this.g[`top_${name}`] = svg("g", {class: `gl-${name}`})));
    this.dots = new Dots({pane: "gl-schools", padding: 0.35, wanted: () => this.dotted(), draw: (ctx, b) => this.drawSchools(ctx, b)}).addTo(map);
    this.ground.on("update", () => this.settle());
    L.control.scale({imperial: false, maxWidth: 110, position: "bottomleft"}).addTo(map);
    const north = L.control({position: "topright"});
    north.onAdd = () => { const d = el("div", {class: "gl-north", "aria-hidden": "true"}); const s = svg("svg", {width: 16, height: 32, viewBox: "0 0 16 32"}); s.append(svg("path", {d: "M8 1 13 16 8 12.5 3 16Z"}), Object.assign(svg("text", {x: 8, y: 29, "text-anchor": "middle"}), {textContent: "N"})); d.append(s); return d; };
    north.addTo(map);
    this.tip = el("div", {class: "gl-tip", hidden: true}); this.stage.append(this.tip);
    if (this.own.inset) { this.inset = el("div", {class: "gl-inset", hidden: true}); this.stage.append(this.inset); }
    self.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.dots.redraw());
    self.matchMedia("print").addEventListener("change", (e) => this.paper(e.matches));
    self.addEventListener("beforeprint", () => this.paper(true)); self.addEventListener("afterprint", () => this.paper(false));
  }
  /** On paper the map has a fixed width and keeps what was in view; the table is printed whole. */
  paper(on) {
    if (on === !!this.screen) return;
    const map = this.map, node = map.getContainer(), table = this.$(".gl-table");
    if (on) {
      this.screen = {bounds: map.getBounds(), center: map.getCenter(), zoom: map.getZoom(), open: table.open, fit: this.fit};
      const england = this.own.scope === "england";
      const tall = england ? getComputedStyle(node).getPropertyValue("--on-paper") || "640px" : "500px";
      node.style.width = england ? "660px" : "500px"; node.style.height = tall; table.open = true;
      map.invalidateSize({animate: false, pan: false});
      map.fitBounds(this.moved || map.getZoom() > this.fit + 0.3 ? this.screen.bounds : this.own.bounds, {animate: false, padding: [6, 6]});
      this.fit += map.getZoom() - this.screen.zoom;
      this.settled = null; this.settle();
      this.dots._container.style.display = "none";
      this.drawSchools(new Pen(this.g.top_links), this.dots._bounds, true);
    } else {
      this.g.top_links.replaceChildren();
      this.dots._container.style.display = "";
      const {center, zoom, open, fit} = this.screen;
      this.screen = null; this.fit = fit;
      node.style.width = ""; node.style.height = ""; table.open = open;
      map.invalidateSize({animate: false, pan: false});
      map.setView(center, zoom, {animate: false});
      this.settled = null; this.settle();
    }
  }

  patterns() {
    const p = (name, size, angle, ...kids) => svg("pattern", {id: `${this.id}-${name}`, width: size, height: size, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${angle})`}, ...kids);
    const line = (cls, size, w) => svg("path", {class: cls, d: `M0 ${size / 2}H${size}`, "stroke-width": w});
    return svg("defs", {},
      p("cross", 7, 45, svg("rect", {class: "gl-p-page", width: 7, height: 7}), line("gl-p-else", 7, 1), svg("path", {class: "gl-p-else", d: "M3.5 0V7", "stroke-width": 1})),
      p("bare", 7, 0, svg("rect", {class: "gl-p-page", width: 7, height: 7}), line("gl-p-else", 7, 1)),
      p("stripe", 10, -45, svg("rect", {class: "gl-p-1", width: 10, height: 10}), svg("rect", {class: "gl-p-3", width: 10, height: 5})),
      p("hatch", 6, 45, line("gl-p-ink", 6, 0.9)),
      p("dots", 6, 0, svg("rect", {class: "gl-p-land", width: 6, height: 6}), svg("circle", {class: "gl-p-dot", cx: 3, cy: 3, r: 0.95})));
  }

  /** The layer whose units are pointed at: the shaded one, else the recipe's. */
  active() {
    const shaded = this.shade.startsWith("coverage:") ? this.shade.slice(9) : this.measures[this.shade] && this.measures[this.shade].layer;
    return this.byKey[shaded || this.own.areas];
  }

  /** Faces: the pieces one can point at. A unit is one; shared land and land without a unit are
      told apart by the areas of the recipe, so that each can be named. */
  faces() {
    const layer = this.active();
    if (this.faceOf && this.faceOf.layer === layer) return this.faceOf;
    const base = this.byKey[this.own.areas], index = new Map(), list = [], group = new Int32Array(this.land.blocks);
    layer.of.forEach((u, b) => {
      const apart = u < 0 || u >= layer.units, key = apart ? `${u}/${base.of[b]}` : `${u}`;
      if (!index.has(key)) { index.set(key, list.length); list.push({u, layer, base: apart ? base.of[b] : null, blocks: [], low: false, inside: false}); }
      const face = list[index.get(key)];
      face.blocks.push(b); face.low = face.low || layer.lowSet.has(b); face.inside = face.inside || !!this.inside[b];
      group[b] = index.get(key);
    });
    const rings = this.land.rings(`faces:${layer.key}`, group, list.length);
    list.forEach((f, i) => { f.rings = rings[i]; f.i = i; });
    this.faceOf = {layer, list, group};
    return this.faceOf;
  }
  claimants(layer, u) { return u >= layer.units ? layer.mixes[u - layer.units] : [u]; }
  unitName(layer, u) {
    if (u < 0) return REASONS[u];
    return this.claimants(layer, u).map((v) => (v < 0 ? REASONS[v] : layer.name[v])).join(" and ");
  }
  faceName(face) {
    if (face.base === null) return this.unitName(face.layer, face.u);
    const base = this.byKey[this.own.areas];
    return face.layer === base ? this.unitName(base, face.u) : this.unitName(base, face.base);
  }
  spot(face) {
    if (!face.spot) {
      const flats = face.rings.map((r) => this.land.points(r));
      face.spot = flats.length ? anchor(flats.reduce((a, b) => (areaOf(a) >= areaOf(b) ? a : b))) : [0, 0];
    }
    return face.spot;
  }

  /** Fill of a face: a class, a pattern or plain land. */
  fillOf(face) {
    if (!face.inside) return "other";
    const patterns = this.own.patterns;
    if (this.shade.startsWith("coverage:")) {
      if (face.u === -1) return "cross";
      if (face.u === -2) return "bare";
      if (face.u < -2) return "none";
      return face.u >= face.layer.units ? "stripe" : "r2";
    }
    const m = this.measures[this.shade];
    if (!m) return this.own.trust && this.schools && face.u >= 0 && this.unitName(face.layer, face.u) === this.homeName() ? "home" : "none";
    if (face.u < 0) return patterns.includes("not_found") ? (face.u === -2 ? "bare" : "cross") : "none";
    if (face.u >= face.layer.units) return patterns.includes("shared") ? "stripe" : "none";
    const c = m.c[face.u];
    if (c === -2) return patterns.includes("too_few") ? "dots" : "none";
    if (c === -1) return "none";
    return m.fills ? m.fills[c] : this.ramp(c, m.titles.length);
  }
  ramp(c, many) { return "r" + [[3], [2, 4], [1, 3, 5], [1, 2, 4, 5], [1, 2, 3, 4, 5]][many - 1][c]; }

  // ---------------------------------------------------------------- painting

  /** All that depends on choices; positions come with `settle`. */
  paint() {
    const {layer, list} = this.faces();
    const faces = this.g.faces;
    if (this.painted !== layer) {
      faces.replaceChildren(...list.map((f) => (f.node = svg("path", {"data-i": f.i, "data-code": f.u >= 0 && f.u < layer.units ? layer.code[f.u] : "", "fill-rule": "evenodd"}))));
      this.painted = layer; this.focus = -1;
    }
    list.forEach((f) => { f.node.setAttribute("class", `gl-face gl-f-${f.fill = this.fillOf(f)}`); f.node.style.fill = /^(cross|bare|stripe|dots)$/.test(f.fill) ? `url(#${this.id}-${f.fill})` : ""; });
    const many = list.filter((f) => f.inside && f.rings.length).length;
    this.node.dataset.areas = many;
    this.legend();
    this.settled = null;
    this.settle();
  }

  /** Put everything where it belongs at this zoom. */
  settle() {
    if (!this.g || !this.painted || !this.ground._bounds) return;
    const origin = this.map.getPixelOrigin(), zoom = this.map.getZoom(), at = `${zoom}/${origin.x}/${origin.y}`;
    const view = this.view();
    if (at === this.settled && !view.box) return;
    this.settled = at;
    const {list, layer} = this.faces(), land = this.land;
    for (const f of list) f.node.setAttribute("d", f.rings.map((r) => view.path(land.points(r), true)).join(""));
    const one = (group, d, attrs) => group.replaceChildren(...(d ? [svg("path", {d, ...attrs})] : []));
    one(this.g.context, (this.context || []).map((ring) => { let x = 0, y = 0; const flat = []; for (let i = 0; i < ring.length; i += 2) { x += ring[i]; y += ring[i + 1]; flat.push(worldX(x * 1e-3), worldY(y * 1e-3)); } return view.path(flat, true); }).join(""), {});
    const low = this.own.patterns.includes("low_confidence") && this.shade ? layer.low.filter((b) => this.inside[b]) : [];
    one(this.g.over, low.length ? this.blocksPath(low, `low:${layer.key}`, view) : "", {"fill-rule": "evenodd"});
    if (this.g.over.firstChild) this.g.over.firstChild.style.fill = `url(#${this.id}-hatch)`;
    const group = this.faceOf.group;
    const arcs = (test) => { let d = ""; for (let a = 0; a < land.count; a++) if (test(land.left[a], land.right[a])) d += view.line(land.points([a])); return d; };
    one(this.g.coast, arcs((l, r) => l < 0 || r < 0), {});
    const both = (l, r) => l >= 0 && r >= 0;
    one(this.g.hair, this.shade ? arcs((l, r) => both(l, r) && this.inside[l] && this.inside[r] && group[l] !== group[r]) : "", {});
    const base = this.byKey[this.own.areas], edge = this.byKey.local_authority || base;
    one(this.g.edge, this.own.scope === "england" ? "" : arcs((l, r) => both(l, r) && edge.of[l] !== edge.of[r]), {});
    this.swiped(view);
    this.outlines(view);
    this.links(view);
    this.ring();
    this.labels();
    this.insetDraw();
    this.dots.redraw();
  }
  blocksPath(blocks, key, view) {
    const group = new Int32Array(this.land.blocks).fill(-1);
    blocks.forEach((b) => { group[b] = 0; });
    return this.land.rings(key, group, 1)[0].map((r) => view.path(this.land.points(r), true)).join("");
  }

  // ---------------------------------------------------------------- two layers behind one line

  /** Land and lines of two layers, each on its side of the divider. */
  swiped(view) {
    const on = this.shade === "swipe";
    this.g.swipe.replaceChildren();
    if (this.divider) { this.divider.hidden = !on; this.slider.hidden = !on; }
    if (!on) return;
    if (!this.divider) this.swipeControls();
    this.own.swipe.forEach((key, i) => {
      const layer = this.byKey[key], g = svg("g", {"clip-path": `url(#${this.id}-side-${i})`, class: `gl-side gl-side-${i}`});
      const pick = (test) => layer.of.flatMap((u, b) => (test(u) ? [b] : []));
      for (const [fill, test] of [["none", (u) => u < 0], ["r2", (u) => u >= 0 && u < layer.units], ["stripe", (u) => u >= layer.units]]) {
        const blocks = pick(test);
        if (!blocks.length) continue;
        const path = svg("path", {class: `gl-f-${fill}`, "fill-rule": "evenodd", d: this.blocksPath(blocks, `swipe:${key}:${fill}`, view)});
        if (fill === "stripe") path.style.fill = `url(#${this.id}-stripe)`;
        g.append(path);
      }
      const d = this.arcLines(layer, view, true);
      g.append(svg("path", {d, class: "gl-casing"}), svg("path", {d, class: `gl-line gl-${layer.line}`}));
      this.g.swipe.append(g);
    });
    this.slide();
  }
  swipeControls() {
    const titles = this.own.swipe.map((key) => this.byKey[key].title), clips = svg("defs");
    this.clips = [0, 1].map((i) => { const r = svg("rect", {x: -1e6, y: -1e6, width: 2e6, height: 2e6}); clips.append(svg("clipPath", {id: `${this.id}-side-${i}`}, r)); return r; });
    this.ground._container.insertBefore(clips, this.ground._rootGroup);
    this.range = el("input", {type: "range", min: 0, max: 100, value: 50, "aria-label": `Left of the line ${titles[0]}, right of it ${titles[1]}`});
    this.slider = el("div", {class: "gl-slider"}, el("span", {}, titles[0]), this.range, el("span", {}, titles[1]));
    this.stage.parentNode.before(this.slider);
    this.divider = el("div", {class: "gl-divider", "aria-hidden": "true"});
    this.stage.append(this.divider);
    this.range.addEventListener("input", () => this.slide());
    this.map.on("move zoomend", () => { if (this.shade === "swipe") this.slide(); });
    const drag = (e) => { const box = this.stage.getBoundingClientRect(); this.range.value = (100 * (e.clientX - box.left)) / box.width; this.slide(); };
    this.divider.addEventListener("pointerdown", (e) => { e.preventDefault(); this.divider.setPointerCapture(e.pointerId); this.divider.onpointermove = drag; });
    this.divider.addEventListener("pointerup", () => { this.divider.onpointermove = null; });
  }
  slide() {
    const share = Number(this.range.value) / 100, size = this.map.getSize(), x = this.map.containerPointToLayerPoint([size.x * share, 0]).x;
    this.divider.style.left = `${100 * share}%`;
    this.clips[0].setAttribute("width", x + 1e6);
    this.clips[1].setAttribute("x", x);
  }

  /** Units of a layer whose outline is drawn: all, or those that meet the place. */
  drawn(layer) {
    if (this.own.scope === "england") return null;
    const met = new Set();
    layer.of.forEach((u, b) => { if (this.inside[b]) this.claimants(layer, u).forEach((v) => { if (v >= 0) met.add(v); }); });
    return met;
  }

  /** Metres a pixel covers decide how far lines may stand apart. */
  spread() {
    const c = this.map.getCenter(), metres = (40075016 * Math.cos((c.lat * Math.PI) / 180)) / (256 * 2 ** this.map.getZoom());
    return Math.max(0, Math.min(1, (520 - metres) / 220));
  }

  outlines(view) {
    const order = ["programme", "region", "combined", "hub", "maths", "teaching", "district", "authority"];
    const aside = this.shade === "swipe" ? this.own.swipe : [];
    const on = this.layers.filter((l) => this.on.has(l.key) && !aside.includes(l.key)).sort((a, b) => order.indexOf(a.line) - order.indexOf(b.line));
    const spread = this.spread(), apart = on.filter((l) => l.line !== "district").length > 1 ? spread : 0;
    this.stage.classList.toggle("gl-far", spread === 0 && this.own.scope === "england");
    const slots = {}, used = [];
    for (const layer of on) { let shift = OFFSET[layer.line]; while (shift && used.includes(shift)) shift += Math.sign(shift) * 3.6; used.push(shift); slots[layer.key] = shift * apart; }
    const side = !apart && this.own.scope === "england" && on.filter((l) => l.line !== "district").length > 1;
    this.g.lines.replaceChildren(...on.map((layer) => {
      const g = svg("g", {class: `gl-outline gl-o-${layer.line}`, "data-layer": layer.key});
      const inland = layer.line === "district" || this.own.scope === "england";
      const d = layer.line === "district" || !(apart || side) ? this.arcLines(layer, view, inland) : side ? this.sideLines(layer, view, on) : this.ringLines(layer, view, slots[layer.key]);
      if (layer.line !== "district" && !side && (!apart || layer.line === "authority")) g.append(svg("path", {d, class: "gl-casing"}));
      g.append(svg("path", {d, class: `gl-line gl-${layer.line}`}));
      return g;
    }));
  }
  /** Far out, where units are too small to move a whole outline: each piece of border that several
      layers share is drawn once for each, side by side. */
  sideLines(layer, view, on) {
    const land = this.land, stack = on.filter((l) => l.line !== "district"), parts = (l, a, b) => l.of[a] !== l.of[b];
    const place = new Map();
    const chains = land.chains(`side:${layer.key}:${stack.map((l) => l.key)}`, (a, b) => a >= 0 && b >= 0 && parts(layer, a, b));
    const shiftOf = (s) => {
      const a = s >= 0 ? s : ~s;
      if (!place.has(a)) {
        const l = land.left[a], r = land.right[a], here = stack.filter((x) => parts(x, l, r)), first = here[0];
        const shift = (here.indexOf(layer) - (here.length - 1) / 2) * 2.3;
        place.set(a, first.of[l] < first.of[r] ? shift : -shift);
      }
      return s >= 0 ? place.get(a) : -place.get(a);
    };
    let d = "";
    for (const chain of chains) {
      for (let i = 0; i < chain.length; ) {
        let j = i + 1;
        const shift = shiftOf(chain[i]);
        while (j < chain.length && shiftOf(chain[j]) === shift) j++;
        const px = view.pixels(land.points(chain.slice(i, j))), soft = shift ? even(px, 1.6, true) : null;
        if (soft) {
          const n = soft.length / 2, out = new Float64Array(2 * n);
          for (let m = 0; m < n; m++) {
            const p = Math.max(0, m - 2), q = Math.min(n - 1, m + 2), tx = soft[2 * q] - soft[2 * p], ty = soft[2 * q + 1] - soft[2 * p + 1], t = Math.hypot(tx, ty) || 1;
            out[2 * m] = soft[2 * m] - (shift * ty) / t; out[2 * m + 1] = soft[2 * m + 1] + (shift * tx) / t;
          }
          d += this.clip(out, view);
        } else d += this.clip(px, view);
        i = j;
      }
    }
    return d;
  }
  /** Lines of a layer on the border itself, each once: between two units, with or without the coast. */
  arcLines(layer, view, inland) {
    const met = this.drawn(layer), of = layer.of, scope = this.own.scope !== "england";
    const touches = (b) => b >= 0 && (!met || this.claimants(layer, of[b]).some((u) => met.has(u)));
    const chains = this.land.chains(`${layer.key}/${inland}`, (l, r) => {
      if (l >= 0 && r >= 0 ? of[l] === of[r] : inland || of[l < 0 ? r : l] < 0) return false;
      if (layer.line === "district") return !scope || (this.inside[l] && this.inside[r]);
      return touches(l) || touches(r);
    });
    return chains.map((chain) => {
      const flat = this.land.points(chain);
      if (!scope || layer.line === "district") return view.line(flat);
      const px = view.pixels(flat), n = px.length, loop = Math.hypot(px[0] - px[n - 2], px[1] - px[n - 1]) < 0.5;
      const soft = even(loop ? px.subarray(0, n - 2) : px, 2.2, !loop);
      return soft ? this.clip(loop ? [...soft, soft[0], soft[1]] : soft, view) : view.line(flat);
    }).join("");
  }
  /** The outline of each unit, moved sideways because several lines share a border. */
  ringLines(layer, view, shift) {
    const met = this.drawn(layer), group = new Int32Array(layer.of.length), land = this.land;
    let d = "";
    for (let u = 0; u < layer.units; u++) {
      if (met && !met.has(u)) continue;
      let rings;
      if (layer.mixes.length) {
        for (let b = 0; b < group.length; b++) group[b] = this.claimants(layer, layer.of[b]).includes(u) ? 0 : -1;
        rings = land.rings(`unit:${layer.key}:${u}`, group, 1)[0];
      } else rings = land.rings(`units:${layer.key}`, layer.of, layer.units)[u];
      for (const ring of rings) {
        const px = view.pixels(land.points(ring));
        if (view.box && !this.near(px, view.box)) continue;
        const even0 = even(px.subarray(0, px.length - 2), 2.2), base = even0 && closed(even0);
        if (!base) { d += this.clip(px, view); continue; }
        const lines = (shift && beside(base, shift)) || [[...base, base[0], base[1]]];
        for (const line of lines) d += this.clip(line, view);
      }
    }
    return d;
  }
  near(px, box) {
    let x0 = Infinity, x1 = -Infinity, y0 = Infinity, y1 = -Infinity;
    for (let i = 0; i < px.length; i += 2) { x0 = Math.min(x0, px[i]); x1 = Math.max(x1, px[i]); y0 = Math.min(y0, px[i + 1]); y1 = Math.max(y1, px[i + 1]); }
    return x1 > box.min.x && x0 < box.max.x && y1 > box.min.y && y0 < box.max.y;
  }
  clip(line, view) { return view.box ? new View(1, 0, 0, view.box).line(line) : pixelPath(line); }

  // ---------------------------------------------------------------- schools

  visible(s) { return this.schools.here[s] ? this.kinds.has(KIND_KEYS[this.schools.kind[s]]) : false; }
  /** The trust whose schools are all drawn: the picked one, or that of a picked school outside the place. */
  trustShown() {
    const p = this.picked;
    if (p && p.kind === "trust") return p.t;
    if (p && p.kind === "school" && !this.schools.here[p.s]) return this.schools.trust[p.s];
    return this.own.trust ? this.home : -1;
  }
  /** The schools of a trust outside its home authority. */
  abroad(t) {
    const S = this.schools, {home} = S.trusts, areas = this.byKey.local_authority;
    if (!areas || !home || !home[t]) return S.of[t].filter((s) => S.kind[s] === 3);
    const unit = S.unit(areas);
    return S.of[t].filter((s) => this.unitName(areas, unit[s]) !== home[t]);
  }

  /** Whether any school is to be drawn. */
  dotted() {
    const any = Boolean(this.schools && this.painted && (this.kinds.size || this.trustShown() >= 0 || (this.picked && this.picked.kind === "school")));
    if (!any) { this.cells = null; this.node.dataset.schools = 0; }
    return any;
  }
  drawSchools(ctx, box, paper) {
    if (!this.schools || !this.painted) return;
    const S = this.schools, zoom = this.map.getZoom(), k = 2 ** zoom, o = this.map.getPixelOrigin(), t = this.trustShown();
    const css = getComputedStyle(this.node), colour = (name) => (paper ? `var(${name})` : css.getPropertyValue(name).trim());
    // A crowd is drawn smaller and in turn, so that no kind lies over all others.
    const look = [
      {stroke: colour("--none"), fill: colour("--land"), r: 2.3}, {fill: colour("--none"), r: 2.5},
      {fill: colour("--accent"), stroke: colour("--land"), r: 3.5}, {fill: colour("--elsewhere"), stroke: colour("--land"), r: 4.9}, {stroke: colour("--ink3"), r: 2.3},
    ];
    this.cells = new Map();
    const bins = [[], [], [], [], []];
    for (let s = 0; s < S.n; s++) {
      const own = t >= 0 && S.trust[s] === t;
      if (!own && (!this.visible(s) || this.own.trust)) continue;
      const x = S.x[s] * k - o.x, y = S.y[s] * k - o.y;
      if (x < box.min.x || x > box.max.x || y < box.min.y || y > box.max.y) continue;
      bins[S.kind[s]].push(s, x, y);
      const c = Math.floor(x / 12) * 65536 + Math.floor(y / 12);
      if (this.cells.has(c)) this.cells.get(c).push(s); else this.cells.set(c, [s]);
    }
    const crowd = bins.reduce((n, b) => n + b.length / 3, 0) > 3000;
    const size = Math.max(crowd ? 0.34 : 0.42, Math.min(1.35, (crowd ? 0.36 : 0.45) + 0.2 * (zoom - 6)));
    const put = (bin, kind, test, hollow) => {
      const full = look[kind], {r: r0, fill, stroke} = hollow ? {r: full.r, fill: colour("--page"), stroke: full.fill || full.stroke} : full, r = r0 * size;
      ctx.beginPath();
      for (let i = 0; i < bin.length; i += 3) {
        if (!test(bin[i])) continue;
        const x = bin[i + 1], y = bin[i + 2];
        if (kind === 1) ctx.rect(x - r, y - r, 2 * r, 2 * r);
        else if (kind === 3) { ctx.moveTo(x, y - r); ctx.lineTo(x + r, y); ctx.lineTo(x, y + r); ctx.lineTo(x - r, y); ctx.closePath(); }
        else if (kind === 4) { ctx.moveTo(x - r, y - r); ctx.lineTo(x + r, y + r); ctx.moveTo(x - r, y + r); ctx.lineTo(x + r, y - r); }
        else { ctx.moveTo(x + r, y); ctx.arc(x, y, r, 0, 7); }
      }
      if (stroke && kind > 1 && kind < 4) { ctx.lineWidth = size > 0.6 ? 1.5 : 0.6; ctx.strokeStyle = stroke; ctx.stroke(); }
      if (fill && (kind !== 0 || size > 0.6)) { ctx.fillStyle = fill; ctx.fill(); }
      if (stroke && (kind < 1 || kind > 3)) { ctx.lineWidth = size > 0.6 ? 1 : 0.7; ctx.strokeStyle = stroke; ctx.stroke(); }
    };
    ctx.globalAlpha = t >= 0 && !this.own.trust ? 0.22 : 1;
    const turns = crowd && size < 0.7 ? 16 : 1;
    for (let turn = 0; turn < turns; turn++)
      for (let kind = 0; kind < 5; kind++) put(bins[kind], kind, (s) => s % turns === turn && !(t >= 0 && S.trust[s] === t));
    ctx.globalAlpha = 1;
    for (let kind = 0; kind < 5; kind++) if (t >= 0) {
      put(bins[kind], kind, (s) => S.trust[s] === t && !S.here[s], true);
      put(bins[kind], kind, (s) => S.trust[s] === t && S.here[s]);
    }
    const p = this.picked && this.picked.kind === "school" ? this.picked.s : -1;
    if (p >= 0) { ctx.beginPath(); ctx.arc(S.x[p] * k - o.x, S.y[p] * k - o.y, 9, 0, 7); ctx.lineWidth = 5; ctx.strokeStyle = colour("--page"); ctx.stroke(); ctx.lineWidth = 2.5; ctx.strokeStyle = colour("--ink"); ctx.stroke(); }
    this.node.dataset.schools = bins.reduce((n, b) => n + b.length / 3, 0);
  }
  nearest(point, reach) {
    if (!this.schools || !this.cells) return -1;
    const S = this.schools, k = 2 ** this.map.getZoom(), o = this.map.getPixelOrigin();
    let best = -1, near = reach * reach;
    const cx = Math.floor(point.x / 12), cy = Math.floor(point.y / 12);
    for (let gx = cx - 1; gx <= cx + 1; gx++) for (let gy = cy - 1; gy <= cy + 1; gy++)
      for (const s of this.cells.get(gx * 65536 + gy) || []) {
        const d = (S.x[s] * k - o.x - point.x) ** 2 + (S.y[s] * k - o.y - point.y) ** 2;
        if (d < near) { near = d; best = s; }
      }
    return best;
  }

  /** Hull and links home of the trust that is shown. */
  links(view) {
    const t = this.trustShown(), out = [];
    if (t >= 0 && this.schools) {
      const S = this.schools, mine = S.of[t], at = (x, y) => [x * view.k - view.ox, y * view.k - view.oy];
      const home = S.homeOf(t);
      if (home) {
        const [hx, hy] = at(...home);
        let d = "";
        for (const s of this.abroad(t)) { const [x, y] = at(S.x[s], S.y[s]); d += `M${x.toFixed(1)} ${y.toFixed(1)}L${hx.toFixed(1)} ${hy.toFixed(1)}`; }
        out.push(svg("path", {class: "gl-link", d}), svg("circle", {class: "gl-home-case", cx: hx, cy: hy, r: 10}), svg("circle", {class: "gl-home", cx: hx, cy: hy, r: 10}));
      }
      const round = hull(mine.map((s) => at(S.x[s], S.y[s])));
      if (round.length > 2) out.push(svg("path", {class: "gl-hull", d: pixelPath(round.flat()) + "Z"}));
    }
    this.g.links.replaceChildren(...out);
  }

  // ---------------------------------------------------------------- labels

  /** A unit's name without the words its layer's title already says. */
  short(layer, name) {
    const less = name.replace(new RegExp(`\\b${layer.title.replace(/[^A-Za-z ]/g, "")}s?\\b`, "i"), " ").replace(/\s+/g, " ").replace(/ (?=[,)])/g, "").trim();
    return less.length > 2 ? less : name;
  }
  countsHere(layer) {
    if (!this.schools) return null;
    const counts = new Map(), S = this.schools, unit = S.unit(layer);
    for (let s = 0; s < S.n; s++) if (S.here[s]) counts.set(unit[s], (counts.get(unit[s]) || 0) + 1);
    return counts;
  }
  labels() {
    const zoom = this.map.getZoom(), k = 2 ** zoom, o = this.map.getPixelOrigin(), size = this.map.getSize(), list = [];
    const corner = this.map.containerPointToLayerPoint([0, 0]), narrow = size.x < 500, scope = this.own.scope;
    const put = (world, text, cls, rank, more) => list.push({x: world[0] * k - o.x, y: world[1] * k - o.y, text, cls, rank, ...more});
    // A trust's schools are named by their authorities, on its own page and picked on a place's.
    const t = scope === "trust" ? this.home : scope === "place" && this.schools ? this.trustShown() : -1, only = scope === "place" && t >= 0;
    for (const key of only ? [this.byKey.local_authority ? "local_authority" : this.own.areas] : this.own.labels) {
      let layer = this.byKey[key];
      if (!layer) continue;
      // Over a whole region the names of districts would hide the schools: authorities' stand in.
      if (scope === "place" && !only && key === this.own.areas && this.byKey.local_authority && zoom < this.fit + 1 && this.drawn(layer).size > 30) layer = this.byKey.local_authority;
      const spots = this.unitSpots(layer), margin = scope === "place" && !only && key !== this.own.areas;
      if (margin && (narrow || !this.on.has(key) || zoom < this.fit - 0.6)) continue;
      const counts = scope === "trust" || only ? this.trustCounts(layer, t) : margin ? this.countsHere(layer) : null;
      for (const {u, world, inside, size: area} of spots) {
        if (scope === "trust" || only) {
          const n = counts.get(u), name = this.unitName(layer, u);
          if (n) put(this.middle(layer, u, t), name, "gl-lab-in", 1e6 + n, {extra: `${name === this.homeName(t) ? " home," : ""} ${n}`, round: true});
          continue;
        }
        if (layer.number && scope === "england") { if (this.on.has(key) || this.shade === `coverage:${key}`) put(world, this.claimants(layer, u).map((v) => layer.number[v]).join(" / "), "gl-lab-no", 1e9 + area, {edge: true}); continue; }
        if (scope !== "england" && !inside) continue;
        if (margin) {
          const names = this.claimants(layer, u).map((v) => (v < 0 ? REASONS[v] : this.short(layer, layer.name[v]))), n = counts && counts.get(u);
          put(world, names.join(" and "), `gl-lab-${layer.line}`, 2e6 + area, {sub: n ? `${plural(n, "school", "schools")} here${names.length > 1 ? ", shared" : ""}` : names.length > 1 ? "shared" : "", margin: true});
        }
        else put(world, this.unitName(layer, u), "gl-lab-in", 1e6 + area);
      }
    }
    if (scope !== "england" && !narrow && !only) {
      const la = this.byKey.local_authority || this.byKey[this.own.areas];
      for (const {u, world, inside, size: area} of this.unitSpots(la)) if (!inside && u >= 0) put(world, this.unitName(la, u), "gl-lab-out", area);
    }
    // Closer in, England's areas get their names too.
    if (scope === "england" && zoom > this.fit + 1.1) {
      for (const {u, world, size: area} of this.unitSpots(this.byKey[this.own.areas])) if (u >= 0) put(world, this.unitName(this.byKey[this.own.areas], u), "gl-lab-in", area);
    } else if (!narrow && !only) for (const [name, lat, lon] of this.own.cities || []) put([worldX(lon), worldY(lat)], name, "gl-lab-city", 1e7, {dot: true});
    const pen = this.pen || (this.pen = document.createElement("canvas").getContext("2d"));
    pen.font = `600 12.5px ${getComputedStyle(this.node).fontFamily}`;
    const taken = [[corner.x, corner.y, 56, 84], [corner.x + size.x - 44, corner.y, 44, 56], [corner.x, corner.y + size.y - 34, 140, 34]];
    if (this.insetBox) taken.push([corner.x + this.insetBox[0], corner.y + this.insetBox[1], this.insetBox[2], this.insetBox[3]]);
    const wide = only ? 7 : 5;
    if (t >= 0) for (const s of this.schools.of[t] || []) taken.push([this.schools.x[s] * k - o.x - wide, this.schools.y[s] * k - o.y - wide, 2 * wide, 2 * wide]);
    const hits = (b) => taken.some((t) => b[0] < t[0] + t[2] && t[0] < b[0] + b[2] && b[1] < t[1] + t[3] && t[1] < b[1] + b[3]);
    const free = (b) => b[0] > corner.x && b[1] > corner.y && b[0] + b[2] < corner.x + size.x && b[1] + b[3] < corner.y + size.y && !hits(b);
    const nodes = [];
    list.sort((a, b) => b.rank - a.rank);
    for (const l of list) {
      const lines = l.dot ? [l.text] : this.wrap(l.text, l.cls === "gl-lab-out" ? 13 : 18);
      const w = Math.max(...[...lines, l.sub || ""].map((t) => pen.measureText(t).width)) + (l.extra ? pen.measureText(l.extra).width : 0), h = 15 * (lines.length + (l.sub ? 1 : 0));
      let spots = l.dot ? [[w / 2 + 5, 0], [-w / 2 - 5, 0]] : [[0, 0], [0, -h * 0.8], [0, h * 0.8], [w * 0.35, 0], [-w * 0.35, 0]];
      if (l.round) spots = [18, 26, 36, 48].flatMap((r) => [[0, -r], [0, r], [w / 2 + r - 8, 0], [-w / 2 - r + 8, 0], [w / 2, -r], [-w / 2, -r], [w / 2, r], [-w / 2, r]]);
      if (l.margin) spots = this.marginSpots(l, w, h, corner, size);
      const fit = spots.map(([dx, dy]) => [l.x + dx - w / 2 - 2, l.y + dy - h / 2, w + 4, h, dx, dy]).find(free);
      if (!fit) continue;
      taken.push(fit);
      const x = l.x + fit[4], y = l.y + fit[5] - h / 2 + 11.5;
      const text = svg("text", {class: `gl-label ${l.cls}`, "text-anchor": "middle"});
      const line = (t, i, cls) => { const span = svg("tspan", {x: x.toFixed(1), y: (y + 15 * i).toFixed(1), class: cls}); span.textContent = t; text.append(span); };
      lines.forEach((t, i) => line(t, i, ""));
      if (l.sub) line(l.sub, lines.length, "gl-lab-n");
      if (l.extra) { const n = svg("tspan", {class: "gl-lab-n"}); n.textContent = l.extra; text.append(n); }
      if (l.dot) nodes.push(svg("circle", {class: "gl-city", cx: l.x, cy: l.y, r: 2}));
      nodes.push(text);
    }
    this.g.top_labels.replaceChildren(...nodes, ...this.callouts(k, o, corner, size, pen));
  }
  /** Where a hub's name can stand outside the place: beside its land, nearest first. */
  marginSpots(l, w, h, corner, size) {
    const k = 2 ** this.map.getZoom(), o = this.map.getPixelOrigin();
    if (!this.edges) {
      const group = Int32Array.from(this.inside, (v) => (v ? 0 : -1));
      this.edges = this.land.rings("inside", group, 1)[0].map((r) => this.land.points(r));
    }
    const onLand = (x, y) => {
      let inside = false;
      for (const flat of this.edges) for (let i = 0, j = flat.length - 2; i < flat.length; j = i, i += 2) {
        const ay = flat[i + 1] * k - o.y, by = flat[j + 1] * k - o.y;
        if (ay > y !== by > y) { const ax = flat[i] * k - o.x, bx = flat[j] * k - o.x; if (x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside; }
      }
      return inside;
    };
    const found = [], clear = (cx, cy) => {
      const x0 = cx - w / 2 - 16, x1 = cx + w / 2 + 16;
      return ![x0, (x0 + cx) / 2, cx, (x1 + cx) / 2, x1].some((x) => [cy - h / 2 - 7, cy, cy + h / 2 + 7].some((y) => onLand(x, y)));
    };
    // Along rays to the left, right, top and bottom: the first room beyond the land.
    const ray = (x, y, dx, dy) => {
      for (let i = 0; i < 80; i++, x += dx, y += dy) {
        if (x - w / 2 < corner.x + 4 || x + w / 2 > corner.x + size.x - 4 || y - h / 2 < corner.y + 4 || y + h / 2 > corner.y + size.y - 4) return;
        if (clear(x, y)) { found.push([x - l.x, y - l.y, Math.hypot(x - l.x, y - l.y)]); return; }
      }
    };
    for (const off of [0, -24, 24, -48, 48, -80, 80, -120, 120]) {
      for (const side of [-1, 1]) { ray(l.x + side * (w / 2), l.y + off, side * 12, 0); ray(l.x + off, l.y + side * h, 0, side * 12); }
    }
    return found.sort((a, b) => a[2] - b[2]);
  }
  /** Findings in the margin with a line to their unit; only while the whole map is in view. */
  callouts(k, o, corner, size, pen) {
    const out = [];
    if (!this.own.callouts || this.shade !== this.own.shade || size.x < 640 || this.map.getZoom() > this.fit + 0.3) return out;
    const row = 12, west = new Map(), east = new Map();
    for (let i = 0; i < this.land.x.length; i++) {
      const x = this.land.x[i] * k - o.x, y = Math.floor((this.land.y[i] * k - o.y) / row);
      if (!(west.get(y) < x)) west.set(y, x);
      if (!(east.get(y) > x)) east.set(y, x);
    }
    const used = {left: [], right: []};
    for (const [key, code, title, text, side] of this.own.callouts) {
      const layer = this.byKey[key], u = layer ? layer.code.indexOf(code) : -1;
      const spot = layer && this.unitSpots(layer).find((s) => s.u === u);
      if (!spot) continue;
      const x = spot.world[0] * k - o.x, y = spot.world[1] * k - o.y, w = Math.max(...[title, text].map((t) => pen.measureText(t).width)), left = side === "left";
      let ty = y;
      while (used[side].some((v) => Math.abs(v - ty) < 40)) ty += 8;
      used[side].push(ty);
      let edge = left ? Infinity : -Infinity;
      for (let r = Math.floor((ty - 26) / row); r <= Math.floor((ty + 26) / row); r++) edge = left ? Math.min(edge, west.has(r) ? west.get(r) : x) : Math.max(edge, east.has(r) ? east.get(r) : x);
      const tx = left ? Math.max(corner.x + w + 6, edge - 22) : Math.min(corner.x + size.x - w - 6, edge + 22), anchorAt = left ? "end" : "start";
      out.push(svg("path", {class: "gl-leader", d: `M${(tx + (left ? 5 : -5)).toFixed(1)} ${ty.toFixed(1)}L${x.toFixed(1)} ${y.toFixed(1)}`}), svg("circle", {class: "gl-city", cx: x, cy: y, r: 2.6}));
      [[title, "gl-lab-in", -2], [text, "gl-lab-city", 13]].forEach(([t, cls, dy]) => { const node = svg("text", {class: `gl-label gl-callout ${cls}`, "text-anchor": anchorAt, x: tx.toFixed(1), y: (ty + dy).toFixed(1)}); node.textContent = t; out.push(node); });
    }
    return out;
  }
  wrap(text, width) {
    if (text.length <= width) return [text];
    const words = text.split(" ");
    let cut = 0, best = Infinity;
    for (let i = 1; i < words.length; i++) { const long = Math.max(words.slice(0, i).join(" ").length, words.slice(i).join(" ").length); if (long < best) { best = long; cut = i; } }
    return cut ? [words.slice(0, cut).join(" "), words.slice(cut).join(" ")] : [text];
  }
  unitSpots(layer) {
    if (layer.spots) return layer.spots;
    const land = this.land, index = new Map();
    layer.of.forEach((u) => { if (!index.has(u)) index.set(u, index.size); });
    const group = Int32Array.from(layer.of, (u) => index.get(u)), rings = land.rings(`spots:${layer.key}`, group, index.size);
    const inside = new Set();
    layer.of.forEach((u, b) => { if (this.inside[b]) inside.add(u); });
    layer.spots = [...index].filter(([u]) => u >= 0).map(([u, i]) => {
      const flats = rings[i].map((r) => land.points(r));
      const main = flats.length ? flats.reduce((a, b) => (areaOf(a) >= areaOf(b) ? a : b)) : [0, 0, 0, 0];
      return {u, world: anchor(main), inside: inside.has(u), size: areaOf(main) * 1e4};
    });
    return layer.spots;
  }
  homeName(t = this.home) { const T = this.schools.trusts; return T.home ? T.home[t] : ""; }
  /** The middle of the trust's schools in a unit. */
  middle(layer, u, t) {
    const S = this.schools, unit = S.unit(layer), mine = (S.of[t] || []).filter((s) => unit[s] === u), mid = (v) => mine.reduce((t, s) => t + v[s], 0) / mine.length;
    return [mid(S.x), mid(S.y)];
  }
  trustCounts(layer, t) {
    const unit = this.schools.unit(layer), counts = new Map();
    for (const s of this.schools.of[t] || []) counts.set(unit[s], (counts.get(unit[s]) || 0) + 1);
    return counts;
  }


  // ---------------------------------------------------------------- London, larger

  insetDraw() {
    if (!this.inset) return;
    const size = this.map.getSize(), show = size.x >= 560 && this.map.getZoom() <= this.fit + 0.6;
    this.inset.hidden = !show; this.insetBox = null;
    this.g.ring.querySelectorAll(".gl-inset-frame").forEach((n) => n.remove());
    if (!show) return;
    const land = this.land, group = new Int32Array(land.blocks).fill(-1);
    this.london.forEach((b) => { group[b] = 0; });
    const rings = land.rings("london", group, 1)[0].map((r) => land.points(r));
    let x0 = Infinity, x1 = -Infinity, y0 = Infinity, y1 = -Infinity;
    for (const flat of rings) for (let i = 0; i < flat.length; i += 2) { x0 = Math.min(x0, flat[i]); x1 = Math.max(x1, flat[i]); y0 = Math.min(y0, flat[i + 1]); y1 = Math.max(y1, flat[i + 1]); }
    // As large as the corner allows without lying on land.
    const s = 2 ** this.map.getZoom(), o = this.map.getPixelOrigin(), corner = this.map.containerPointToLayerPoint([0, 0]);
    const fits = (times) => {
      const left = corner.x + size.x - 66 - (x1 - x0) * times * 2 ** this.fit - 20, low = corner.y + (y1 - y0) * times * 2 ** this.fit + 44;
      for (let i = 0; i < land.x.length; i++) if (land.x[i] * s - o.x > left && land.y[i] * s - o.y < low && land.y[i] * s - o.y > corner.y) return false;
      return true;
    };
    const times = [3, 2.5, 2].find(fits);
    if (!times) { this.inset.hidden = true; return; }
    const k = times * 2 ** this.fit, w = (x1 - x0) * k + 16, h = (y1 - y0) * k + 16, view = new View(k, x0 * k - 8, y0 * k - 8, null);
    const picture = svg("svg", {width: w, height: h, viewBox: `0 0 ${w} ${h}`, class: "gl-root", "aria-hidden": "true"}), faces = svg("g", {class: "gl-faces"});
    const {list, layer, group: faceOf} = this.faces(), here = new Set(this.london.map((b) => faceOf[b])), part = new Int32Array(land.blocks).fill(-1), index = [...here];
    this.london.forEach((b) => { part[b] = index.indexOf(faceOf[b]); });
    land.rings(`london:${layer.key}`, part, index.length).forEach((set, i) => {
      const f = list[index[i]], node = svg("path", {"data-i": f.i, class: f.node.getAttribute("class"), "fill-rule": "evenodd", d: set.map((r) => view.path(land.points(r), true)).join("")});
      node.style.fill = f.node.style.fill;
      faces.append(node);
    });
    picture.append(faces);
    const low = this.own.patterns.includes("low_confidence") && this.shade ? layer.low.filter((b) => group[b] === 0) : [];
    if (low.length) { const over = svg("path", {"fill-rule": "evenodd", d: this.blocksPath(low, `low-london:${layer.key}`, view)}); over.style.fill = `url(#${this.id}-hatch)`; picture.append(over); }
    const arcs = (test) => { let d = ""; for (let a = 0; a < land.count; a++) { const l = land.left[a], r = land.right[a]; if (test(l, r)) d += view.line(land.points([a])); } return d; };
    const inLondon = (b) => b >= 0 && group[b] === 0;
    picture.append(svg("g", {class: "gl-hair"}, svg("path", {d: arcs((l, r) => inLondon(l) && inLondon(r) && faceOf[l] !== faceOf[r])})));
    picture.append(svg("g", {class: "gl-coast"}, svg("path", {d: arcs((l, r) => inLondon(l) !== inLondon(r))})));
    for (const l of this.layers) if (this.on.has(l.key)) picture.append(svg("path", {class: `gl-line gl-${l.line}`, d: land.chains(`inset:${l.key}`, (p, q) => inLondon(p) && inLondon(q) && l.of[p] !== l.of[q]).map((c) => view.line(land.points(c))).join("")}));
    for (const key of this.own.labels) {
      const l = this.byKey[key];
      if (!l || !l.number || !(this.on.has(key) || this.shade === `coverage:${key}`)) continue;
      const units = new Set(this.london.map((b) => l.of[b])), ring = Int32Array.from(l.of, (u, b) => (group[b] === 0 ? [...units].indexOf(u) : -1));
      land.rings(`inset-spots:${key}`, ring, units.size).forEach((set, i) => {
        const u = [...units][i], flats = set.map((r) => land.points(r));
        if (u < 0 || !flats.length) return;
        const [wx, wy] = anchor(flats.reduce((a, b) => (areaOf(a) >= areaOf(b) ? a : b)));
        const node = svg("text", {class: "gl-label gl-lab-no", "text-anchor": "middle", x: (wx * k - view.ox).toFixed(1), y: (wy * k - view.oy + 5).toFixed(1)});
        node.textContent = this.claimants(l, u).map((v) => l.number[v]).join(" / ");
        picture.append(node);
      });
    }
    this.inset.replaceChildren(el("b", {}, `London, ${times} times larger`), picture);
    this.insetBox = [size.x - w - 64, 0, w + 20, h + 36];
    this.g.ring.append(svg("rect", {class: "gl-inset-frame", x: x0 * s - o.x - 2, y: y0 * s - o.y - 2, width: (x1 - x0) * s + 4, height: (y1 - y0) * s + 4}));
  }

  // ---------------------------------------------------------------- what is pointed at

  ring() {
    this.g.hot.replaceChildren();
    [...this.g.ring.querySelectorAll("path")].forEach((n) => n.remove());
    const {list} = this.faces(), f = this.focus >= 0 ? list[this.focus] : this.picked && this.picked.kind === "unit" ? null : null;
    if (f) this.outlineOf(f.node.getAttribute("d"), this.g.ring, "gl-ring");
    if (this.picked && this.picked.kind === "unit") {
      const {layer, u} = this.picked, group = Int32Array.from(layer.of, (v) => (this.claimants(layer, v).includes(u) ? 0 : -1)), view = this.view();
      this.outlineOf(this.land.rings(`pick:${layer.key}:${u}`, group, 1)[0].map((r) => view.path(this.land.points(r), true)).join(""), this.g.ring, "gl-pick");
    }
    if (this.hover !== null && list[this.hover]) this.outlineOf(list[this.hover].node.getAttribute("d"), this.g.hot, "gl-hover");
  }
  outlineOf(d, group, cls) { group.append(svg("path", {d, class: `${cls}-case`}), svg("path", {d, class: cls})); }

  /** Schools of a face that count: those of the place. */
  inFace(f) {
    if (!this.schools) return null;
    const S = this.schools, unit = S.unit(f.layer), out = [];
    for (let s = 0; s < S.n; s++) if (S.here[s] && unit[s] === f.u && (f.base === null || this.land.blocks && S.block[s] >= 0 && this.faceOf.group[S.block[s]] === f.i)) out.push(s);
    return out;
  }
  factsOf(f) {
    const m = this.measures[this.shade], facts = [];
    if (f.u >= 0 && f.u < f.layer.units && m && m.layer === f.layer.key) {
      const c = m.c[f.u];
      facts.push(`${m.title}: ${c === -2 ? `fewer than ${m.few} schools, not shaded` : say(m.v[f.u], m.format)}`);
      if (c >= 0 && m.format !== "words") facts.push(`class ${m.titles[c]}`);
      const rank = this.rank(m, f.u);
      if (rank) facts.push(rank);
    } else if (this.shade.startsWith("coverage:") || f.u < 0 || f.u >= f.layer.units) {
      facts.push(f.u < 0 ? REASONS[f.u] : f.u >= f.layer.units ? `shared by ${this.unitName(f.layer, f.u)}` : `${f.layer.title}${f.low ? ", low confidence" : ""}`);
    }
    return facts;
  }
  rank(m, u) {
    if (!m.n || m.format === "words" || m.n[u] < 20 || m.v[u] === null) return "";
    const ranked = m.v.filter((v, i) => v !== null && m.n[i] >= 20);
    return `rank ${1 + ranked.filter((v) => v > m.v[u]).length} of ${ranked.length} with 20 schools or more, highest first`;
  }
  showTip(point, title, lines) {
    const tip = this.tip;
    tip.replaceChildren(el("b", {}, title), ...lines.filter(Boolean).map((t) => el("span", {}, t)));
    tip.hidden = false;
    const size = this.map.getSize(), w = tip.offsetWidth, h = tip.offsetHeight;
    tip.style.left = `${point.x + 16 + w > size.x ? Math.max(4, point.x - w - 12) : point.x + 16}px`;
    tip.style.top = `${Math.max(4, Math.min(size.y - h - 4, point.y + 14))}px`;
  }
  tipFor(e) {
    const s = this.nearest(e.layerPoint, 9);
    if (s >= 0) return this.showTip(e.containerPoint, this.schools.title(s), this.schoolLines(s).concat(`URN ${this.schools.urn[s]}`));
    const i = this.faceAt(e.originalEvent);
    if (i === null) return this.hideTip();
    const f = this.faces().list[i], code = official((f.base === null ? f.layer.code[f.u] : this.byKey[this.own.areas].code[f.base]) || "");
    const n = this.counts(f), kinds = n ? this.kindLine(f) : "";
    return this.showTip(e.containerPoint, this.faceName(f), [code, n !== null && f.inside ? plural(n, "school", "schools") : "", kinds, ...this.factsOf(f).slice(0, 1)]);
  }
  counts(f) {
    if (f.n === undefined) f.n = f.base === null && f.layer.count ? f.layer.count[f.u] : this.schools ? this.inFace(f).length : null;
    return f.n;
  }
  kindLine(f) {
    const list = this.schools && f.inside ? this.inFace(f) : null;
    if (!list || !list.length) return "";
    const none = list.filter((s) => this.schools.kind[s] === 0).length, away = list.filter((s) => this.schools.kind[s] === 3).length;
    return `${whole(none)} in no trust, ${whole(away)} in trusts based elsewhere`;
  }
  hideTip() { this.tip.hidden = true; }
  faceAt(event) { const t = event && event.target, i = t && t.getAttribute && t.getAttribute("data-i"); return i === null || i === undefined ? null : Number(i); }
  setHover(i) {
    if (this.hover === i) return;
    this.hover = i;
    this.ring();
    const f = i === null ? null : this.faces().list[i], whole = f && f.base === null;
    this.node.dispatchEvent(new CustomEvent("geolls:point", {bubbles: true, detail: whole ? {layer: f.layer.key, code: f.layer.code[f.u]} : null}));
  }
  /** For the page round the map: outline a unit of any layer, or none. */
  highlight(key, code) {
    const layer = this.byKey[key], u = layer ? layer.code.indexOf(code) : -1;
    this.g.hot.replaceChildren();
    if (u < 0) return;
    const group = Int32Array.from(layer.of, (v) => (this.claimants(layer, v).includes(u) ? 0 : -1)), view = this.view();
    this.outlineOf(this.land.rings(`pick:${key}:${u}`, group, 1)[0].map((r) => view.path(this.land.points(r), true)).join(""), this.g.hot, "gl-hover");
  }

  // ---------------------------------------------------------------- controls

  controls() {
    const map = this.map, node = map.getContainer();
    this.panel = this.$(".gl-panel"); this.info = this.$(".gl-info");
    const pointed = (event) => {
      const point = map.mouseEventToContainerPoint(event);
      return {originalEvent: event, containerPoint: point, layerPoint: map.containerPointToLayerPoint(point)};
    };
    this.stage.addEventListener("mousemove", (event) => {
      if (event.buttons) return this.hideTip();
      const e = pointed(event);
      this.setHover(this.faceAt(event));
      clearTimeout(this.wait);
      this.wait = setTimeout(() => this.tipFor(e), this.tip.hidden ? 80 : 0);
    });
    this.stage.addEventListener("mouseleave", () => { clearTimeout(this.wait); this.hideTip(); this.setHover(null); });
    this.stage.addEventListener("click", (event) => {
      if (event.target.closest(".leaflet-control,.leaflet-marker-icon,.leaflet-popup,.leaflet-interactive") || (map._geollsMoved && Date.now() - map._geollsMoved < 60)) return;
      const e = pointed(event), s = this.nearest(e.layerPoint, L.Browser.mobile ? 16 : 9), i = this.faceAt(event);
      this.hideTip();
      if (s >= 0) this.open({kind: "school", s}); else if (i !== null) this.openFace(i);
    });
    map.on("dragend", () => { map._geollsMoved = Date.now(); });
    node.addEventListener("keydown", (event) => this.key(event));
    node.addEventListener("blur", () => { this.focus = -1; this.ring(); });
    this.node.addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.defaultPrevented) { if (this.node.classList.contains("gl-sheet")) this.sheet(false); else if (this.picked) this.close(); } });
    for (const box of this.$$("[data-layer]")) if (box.matches("input")) box.addEventListener("change", () => { this.on[box.checked ? "add" : "delete"](box.dataset.layer); this.changed(`${this.byKey[box.dataset.layer].title} ${box.checked ? "shown" : "hidden"}`); });
    for (const box of this.$$("[data-kind]")) box.addEventListener("change", () => { this.kinds[box.checked ? "add" : "delete"](box.dataset.kind); this.changed(`${KIND_WORDS[KIND_KEYS.indexOf(box.dataset.kind)]}: ${box.checked ? "shown" : "hidden"}`); });
    for (const box of this.$$("[data-all]")) box.addEventListener("change", () => {
      const family = box.dataset.all;
      for (const row of this.rowsOf(family)) { row.checked = box.checked; const set = family === "kinds" ? this.kinds : this.on; set[box.checked ? "add" : "delete"](row.dataset.kind || row.dataset.layer); }
      this.changed(`${box.closest("legend").textContent.trim()} ${box.checked ? "shown" : "hidden"}`);
    });
    for (const radio of this.$$(".gl-shades input")) radio.addEventListener("change", () => { this.shade = radio.value; this.changed(`Shaded by ${radio.closest("label").textContent.trim()}`); });
    for (const opener of this.$$(".gl-open-table")) opener.addEventListener("click", (event) => { event.preventDefault(); this.toTable(); });
    const layers = this.$(".gl-open-layers");
    if (layers) layers.addEventListener("click", () => this.sheet(true));
    const shut = this.$(".gl-shut");
    if (shut) shut.addEventListener("click", () => this.sheet(false));
    self.addEventListener("hashchange", () => { if (!this.writing) { this.read(); this.paint(); } });
    if (this.$(".gl-search")) this.search = new Search(this, this.$(".gl-search"));
    new ResizeObserver(() => { if (this.screen) return; const now = map.getSize(); map.invalidateSize({animate: false}); if (!this.moved && Math.abs(now.x - map.getSize().x) > 40) { this.frame(); } }).observe(node);
    map.on("dragstart zoomstart", (e) => { if (e.type === "dragstart") this.moved = true; });
    this.ticks();
  }
  rowsOf(family) { return [...this.$(`[data-family="${family}"]`).querySelectorAll("input[data-layer],input[data-kind]")]; }
  ticks() {
    for (const box of this.$$("input[data-layer]")) box.checked = this.on.has(box.dataset.layer);
    for (const box of this.$$("input[data-kind]")) box.checked = this.kinds.has(box.dataset.kind);
    for (const radio of this.$$(".gl-shades input")) radio.checked = radio.value === this.shade;
    let on = 0, all = 0;
    for (const box of this.$$("[data-all]")) {
      const rows = this.rowsOf(box.dataset.all), many = rows.filter((r) => r.checked).length;
      box.checked = many === rows.length; box.indeterminate = many > 0 && many < rows.length;
    }
    for (const box of this.$$("input[data-layer],input[data-kind]")) { all++; if (box.checked) on++; }
    const opener = this.$(".gl-open-layers");
    if (opener) opener.textContent = `Layers, ${on} of ${all} on`;
  }
  changed(words) { this.ticks(); this.paint(); this.write(); if (words) this.tell(words); }
  sheet(open) {
    this.node.classList.toggle("gl-sheet", open);
    const opener = this.$(".gl-open-layers");
    opener.setAttribute("aria-expanded", String(open));
    if (open) this.panel.focus(); else opener.focus();
  }
  toTable() { const table = this.$(".gl-table"); table.open = true; table.scrollIntoView({block: "start", behavior: still.matches ? "auto" : "smooth"}); table.querySelector("summary").focus({preventScroll: true}); }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target !== this.map.getContainer()) return;
    const way = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
    if (way) this.step(way);
    else if (event.key === "Enter" && this.focus >= 0) this.openFace(this.focus);
    else if (event.key === "+" || event.key === "=") this.map.zoomIn(0.75);
    else if (event.key === "-") this.map.zoomOut(0.75);
    else if (event.key === "l" || event.key === "L") { if (this.picked) this.close(); if (getComputedStyle(this.panel).position === "fixed") this.sheet(true); else (this.panel.querySelector("input") || this.panel).focus(); }
    else if (event.key === "t" || event.key === "T") this.toTable();
    else return;
    event.preventDefault();
  }
  step([dx, dy]) {
    const {list} = this.faces(), k = 2 ** this.map.getZoom(), o = this.map.getPixelOrigin();
    const at = (f) => { const [x, y] = this.spot(f); return [x * k - o.x, y * k - o.y]; };
    const c = this.map.containerPointToLayerPoint(this.map.getSize().divideBy(2));
    const [x0, y0] = this.focus >= 0 ? at(list[this.focus]) : [c.x, c.y];
    let best = -1, least = Infinity;
    list.forEach((f, i) => {
      if (i === this.focus || !f.rings.length || (this.own.scope !== "england" && !f.inside)) return;
      const [x, y] = at(f), ahead = (x - x0) * dx + (y - y0) * dy, aside = Math.abs((x - x0) * dy - (y - y0) * dx);
      const cost = this.focus < 0 ? Math.hypot(x - x0, y - y0) : ahead > 0.5 && aside < ahead * 2 ? ahead + 2 * aside : Infinity;
      if (cost < least) { least = cost; best = i; }
    });
    if (best < 0) return this.tell("No area further that way");
    this.focus = best;
    const f = list[best], [x, y] = at(f), seen = this.map.layerPointToContainerPoint([x, y]), size = this.map.getSize();
    if (seen.x < 30 || seen.y < 30 || seen.x > size.x - 30 || seen.y > size.y - 30) this.map.panTo(this.map.layerPointToLatLng([x, y]), {animate: !still.matches});
    this.ring();
    const n = this.counts(f);
    this.tell([this.faceName(f), n !== null && f.inside ? plural(n, "school", "schools") : "", ...this.factsOf(f)].filter(Boolean).join(", "));
    this.showTip(seen, this.faceName(f), [n !== null && f.inside ? plural(n, "school", "schools") : "", ...this.factsOf(f).slice(0, 1)]);
  }

  // ---------------------------------------------------------------- the address keeps the view

  write() {
    const parts = [`on=${[...this.on].join(",")}`, `shade=${this.shade}`, `kinds=${[...this.kinds].join(",")}`];
    const p = this.picked;
    if (p) parts.push(`pick=${p.kind === "unit" ? `unit,${p.layer.key},${p.layer.code[p.u]}` : p.kind === "trust" ? `trust,${this.schools.trusts.uid[p.t]}` : `school,${this.schools.urn[p.s]}`}`);
    const hash = `#~${parts.map(encodeURI).join("&")}`;
    this.writing = true;
    try { if (location.hash !== hash) history.pushState(null, "", hash); } catch { /* a notebook's frame has no address */ }
    setTimeout(() => { this.writing = false; }, 0);
  }
  read() {
    if (!this.first) { this.first = {on: [...this.on], shade: this.shade, kinds: [...this.kinds]}; self.addEventListener("popstate", () => { this.read(); this.paint(); }); }
    let hash = "";
    try { hash = decodeURI(location.hash); } catch { hash = ""; }
    const said = Object.fromEntries(hash.startsWith("#~") ? hash.slice(2).split("&").map((p) => [p.split("=")[0], p.slice(p.indexOf("=") + 1)]) : []);
    const list = (text) => text.split(",").filter(Boolean);
    this.on = new Set(said.on !== undefined ? list(said.on).filter((k) => this.byKey[k]) : this.first.on);
    this.kinds = new Set(said.kinds !== undefined ? list(said.kinds).filter((k) => this.own.kinds.includes(k)) : this.first.kinds);
    const shade = said.shade !== undefined ? said.shade : this.first.shade;
    this.shade = this.measures[shade] || (shade.startsWith("coverage:") && this.byKey[shade.slice(9)]) || (shade === "swipe" && this.own.swipe) ? shade : "";
    this.picked = null;
    if (said.pick) {
      const [kind, a, b] = said.pick.split(","), S = this.schools;
      if (kind === "unit" && this.byKey[a] && this.byKey[a].code.includes(b)) this.picked = {kind, layer: this.byKey[a], u: this.byKey[a].code.indexOf(b)};
      if (kind === "trust" && S && S.trusts.uid.includes(a)) this.picked = {kind, t: S.trusts.uid.indexOf(a)};
      if (kind === "school" && S && S.urn.includes(Number(a))) this.picked = {kind, s: S.urn.indexOf(Number(a))};
    }
    this.details();
    this.ticks();
  }

  // ---------------------------------------------------------------- details

  openFace(i) {
    const f = this.faces().list[i];
    if (f.base !== null && f.base >= 0) return this.open({kind: "unit", layer: this.byKey[this.own.areas], u: f.base});
    if (f.u >= 0 && f.u < f.layer.units) return this.open({kind: "unit", layer: f.layer, u: f.u});
    if (f.u >= f.layer.units) return this.open({kind: "unit", layer: f.layer, u: f.layer.mixes[f.u - f.layer.units].find((u) => u >= 0)});
    return undefined;
  }
  open(picked) {
    this.returnTo = document.activeElement;
    this.picked = picked;
    this.write(); this.details(); this.redraw();
    // A sheet over the page's foot: the map comes up above it.
    if (this.covered() > 0 || (this.sheeted() && this.stage.getBoundingClientRect().top < 0)) this.stage.scrollIntoView({block: "start", behavior: "auto"});
    this.info.focus({preventScroll: true});
  }
  redraw() { this.ring(); this.links(this.view()); this.labels(); this.dots.redraw(); }
  sheeted() { return getComputedStyle(this.info).position === "fixed"; }
  /** How many pixels of the map's foot lie under the sheet. */
  covered() { return this.picked && this.sheeted() ? Math.max(0, this.stage.getBoundingClientRect().bottom - this.info.getBoundingClientRect().top) : 0; }
  /** Show what was picked, and remember the view before it. */
  show(bounds, pad, closest = 11) {
    const {map} = this, now = () => ({center: map.getCenter(), zoom: map.getZoom()}), kept = this.stays() ? this.kept : {from: now()};
    this.kept = kept; kept.to = null;
    map.once("moveend", () => { kept.to = now(); });
    map.fitBounds(bounds, {paddingTopLeft: [pad, pad], paddingBottomRight: [pad, pad + Math.min(this.covered(), map.getSize().y / 2)], maxZoom: closest, animate: !still.matches});
  }
  /** Whether the map still shows what `show` chose: nobody has moved it by hand since. */
  stays() {
    const {map, kept} = this;
    if (!kept || !kept.to) return !!kept;
    return Math.abs(map.getZoom() - kept.to.zoom) < 0.01 && map.latLngToLayerPoint(kept.to.center).distanceTo(map.latLngToLayerPoint(map.getCenter())) < 6;
  }
  restore() {
    const {map, kept} = this, back = () => { if (!this.picked) map.setView(kept.from.center, kept.from.zoom, {animate: !still.matches}); };
    // Leaflet hears of nothing new while it still moves.
    if (this.stays()) { if (kept.to) back(); else map.once("moveend", back); }
    this.kept = null;
    if (this.search) this.search.clear();
  }
  close() {
    this.picked = null;
    this.write(); this.details(); this.redraw();
    (this.returnTo && this.returnTo.isConnected && this.returnTo !== document.body ? this.returnTo : this.map.getContainer()).focus({preventScroll: true});
  }
  details() {
    const info = this.info, p = this.picked;
    info.hidden = !p; this.panel.hidden = !!p; this.node.classList.toggle("gl-open", !!p);
    if (!p) { this.restore(); return; }
    const body = p.kind === "unit" ? this.unitInfo(p) : p.kind === "trust" ? this.trustInfo(p) : this.schoolInfo(p);
    info.replaceChildren(el("div", {class: "gl-info-head"}, el("h2", {}, body.title), el("button", {type: "button", class: "gl-close", on: () => this.close()}, "Close")), ...body.nodes.filter(Boolean));
    this.tell(`${body.title}. ${body.said || ""}`);
  }
  link(title, url) { url = safeUrl(url); return url ? el("p", {}, el("a", {href: url}, title)) : null; }
  pickUnit(layer, u) { return el("button", {type: "button", class: "gl-link-button", on: () => this.open({kind: "unit", layer, u})}, layer.name[u]); }
  rowsList(rows, title) {
    if (!rows.length) return null;
    const shown = rows.slice(0, 6), list = el("ul", {class: "gl-rows"}, ...shown.map(([node, n]) => el("li", {}, node, n === null ? null : el("span", {class: "gl-n"}, whole(n)))));
    const more = rows.length - shown.length;
    if (more > 0) { const b = el("button", {type: "button", class: "gl-link-button", on: () => { list.append(...rows.slice(6).map(([node, n]) => el("li", {}, node, n === null ? null : el("span", {class: "gl-n"}, whole(n))))); b.remove(); }}, `${more} more`); return el("section", {}, el("h3", {}, title), list, b); }
    return el("section", {}, el("h3", {}, title), list);
  }
  unitInfo({layer, u}) {
    const S = this.schools, nodes = [el("p", {class: "gl-what"}, coded(layer, u))];
    const mine = [];
    if (S) { const unit = S.unit(layer); for (let s = 0; s < S.n; s++) if (S.here[s] && this.claimants(layer, unit[s]).includes(u)) mine.push(s); }
    const all = layer.count && layer.count[u] !== null ? layer.count[u] : null, part = this.own.scope !== "england";
    if (S && mine.length) nodes.push(el("p", {class: "gl-big"}, el("b", {}, whole(mine.length)), this.own.place ? ` ${mine.length === 1 ? "school" : "schools"} inside ${this.own.place.name}${all === null ? "" : `, of ${whole(all)}`}` : part ? " of the trust's schools" : mine.length === 1 ? " school" : " schools"));
    else if (all !== null) nodes.push(el("p", {class: "gl-big"}, el("b", {}, whole(all)), " schools", part ? ", none of them on this map" : ""));
    const facts = Object.values(this.measures).filter((m) => m.layer === layer.key);
    if (facts.length) nodes.push(el("table", {class: "gl-facts"}, el("thead", {}, el("tr", {}, el("td"), el("th", {scope: "col"}, "Here"), el("th", {scope: "col"}, facts[0].england === null ? "" : facts[0].beside))), el("tbody", {}, ...facts.map((m) => el("tr", {}, el("th", {scope: "row"}, m.title), el("td", {}, m.c[u] === -2 && m.format === "share" ? "\u2013" : say(m.v[u], m.format)), el("td", {}, m.england === null ? "" : say(m.england, m.format) + (m.beside !== facts[0].beside ? ` (${m.beside})` : "")))))));
    if (mine.length) {
      const split = [[], [], [], [], []];
      mine.forEach((s) => split[S.kind[s]].push(s));
      nodes.push(this.rowsList(split.map((l, i) => [KIND_WORDS[i], l.length]).filter(([, n], i) => n || i < 4), "Who runs the schools"));
    }
    for (const other of this.layers) {
      if (other === layer) continue;
      const counts = new Map();
      if (S) { const unit = S.unit(other); mine.forEach((s) => counts.set(unit[s], (counts.get(unit[s]) || 0) + 1)); }
      if (!mine.length) layer.of.forEach((v, b) => { if (this.claimants(layer, v).includes(u)) counts.set(other.of[b], null); });
      const rows = [...counts].filter(([v]) => v >= 0).sort((a, b) => b[1] - a[1]).map(([v, n]) => [v < other.units ? this.pickUnit(other, v) : el("span", {}, ...this.claimants(other, v).flatMap((w, i) => [i ? " and " : "", this.pickUnit(other, w)]), " (shared)"), n]);
      if (rows.length) nodes.push(this.rowsList(rows, rows.length === 1 ? other.title : other.many));
    }
    if (mine.length) {
      const trusts = new Map();
      mine.forEach((s) => { if (S.trust[s] >= 0) trusts.set(S.trust[s], (trusts.get(S.trust[s]) || 0) + 1); });
      nodes.push(this.rowsList([...trusts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([t, n]) => [el("button", {type: "button", class: "gl-link-button", on: () => this.open({kind: "trust", t})}, S.trusts.name[t]), n]), `Trusts at work here: ${trusts.size}`));
    }
    if (layer.note) nodes.push(el("p", {class: "gl-note"}, layer.note));
    if (layer.url) nodes.splice(1, 0, this.link(`Open the page of ${layer.name[u]}`, layer.url[u]));
    return {title: layer.name[u], nodes, said: S ? plural(mine.length, "school", "schools") : ""};
  }
  trustInfo({t}) {
    const S = this.schools, T = S.trusts, mine = S.of[t], areas = this.byKey.local_authority || this.byKey[this.own.areas], unit = S.unit(areas), counts = new Map();
    mine.forEach((s) => counts.set(unit[s], (counts.get(unit[s]) || 0) + 1));
    const rows = [...counts].sort((a, b) => b[1] - a[1]).map(([u, n]) => [u >= 0 && u < areas.units ? this.pickUnit(areas, u) : this.unitName(areas, u), n]);
    const away = this.abroad(t).length, total = T.schools[t], inside = mine.filter((s) => S.here[s]).length, place = this.own.place;
    const nodes = [
      el("p", {class: "gl-what"}, `Trust, UID ${T.uid[t]}${T.home && T.home[t] ? `, home ${T.home[t]}` : ""}`),
      T.url ? this.link(`Open the page of ${T.name[t]}`, T.url[t]) : null,
      el("p", {class: "gl-big"}, el("b", {}, whole(place ? inside : mine.length)), place && total ? ` of its ${plural(total, "school", "schools")} ${inside === 1 ? "is" : "are"} in ${place.name}` : mine.length === total || !total ? " schools" : ` of its ${whole(total)} schools are on this map`),
      inside < mine.length ? el("p", {}, `Hollow marks: its ${plural(mine.length - inside, "school", "schools")} outside ${place ? place.name : "this place"}`) : null,
      el("p", {}, `${whole(away)} outside its home authority`),
      T.text && T.text[t] ? el("p", {}, T.text[t]) : null,
      S.homeOf(t) ? el("p", {class: "gl-note"}, "Home is where most of its schools are, not its office. The dotted hull shows extent, not presence.") : el("p", {class: "gl-note"}, "No single home authority: no links are drawn."),
      this.rowsList(rows, plural(counts.size, "authority", "authorities")),
      this.rowsList(mine.map((s) => [el("button", {type: "button", class: "gl-link-button", on: () => this.open({kind: "school", s})}, S.title(s)), null]), "Its schools"),
      el("p", {}, el("button", {type: "button", class: "gl-button", on: () => this.show(this.boundsOf(mine), 30)}, "Show all its schools")),
    ];
    return {title: T.name[t], nodes, said: plural(mine.length, "school", "schools")};
  }
  boundsOf(list) { const S = this.schools; return L.latLngBounds(list.map((s) => [latOf(S.y[s]), (S.x[s] / 256 - 0.5) * 360])); }
  schoolLines(s) {
    const S = this.schools, t = S.trust[s];
    return [[phased(S.phases[S.phase[s]]), S.pupils[s] >= 0 ? plural(S.pupils[s], "pupil", "pupils") : ""].filter(Boolean).join(", "), t >= 0 ? `${KIND_WORDS[S.kind[s]]}: ${S.trusts.name[t]}` : KIND_WORDS[S.kind[s]]];
  }
  schoolInfo({s}) {
    const S = this.schools, t = S.trust[s], nodes = [el("p", {class: "gl-what"}, `School, URN ${S.urn[s]}`), el("p", {}, this.schoolLines(s)[0]), el("p", {}, KIND_WORDS[S.kind[s]])];
    if (t >= 0) nodes.push(el("p", {}, el("button", {type: "button", class: "gl-link-button", on: () => this.open({kind: "trust", t})}, S.trusts.name[t])));
    nodes.push(el("dl", {}, ...this.layers.flatMap((l) => { const u = S.unit(l)[s]; return u < 0 && u !== -1 && u !== -2 ? [] : [el("dt", {}, l.title), el("dd", {}, u < 0 ? REASONS[u] : u < l.units ? this.pickUnit(l, u) : el("span", {}, ...this.claimants(l, u).flatMap((w, i) => [i ? " and " : "", w < 0 ? REASONS[w] : this.pickUnit(l, w)]), " (shared)"))]; })));
    nodes.push(el("p", {class: "gl-note"}, "Drawn at the centre of its postcode, not the gate."), el("p", {class: "gl-note"}, `To report this record, quote URN ${S.urn[s]}. `, el("a", {href: `https://get-information-schools.service.gov.uk/Establishments/Establishment/Details/${S.urn[s]}`, rel: "noreferrer"}, "Its entry in the register")));
    return {title: S.title(s), nodes, said: this.schoolLines(s).join(", ")};
  }

  // ---------------------------------------------------------------- legend

  swatch(fill) {
    const rect = svg("rect", {x: 0.5, y: 0.5, width: 53, height: 11, class: `gl-swatch gl-f-${fill}`});
    if (/^(cross|bare|stripe|dots)$/.test(fill)) rect.style.fill = `url(#${this.id}-${fill})`;
    const g = svg("svg", {width: 54, height: 12, "aria-hidden": "true", class: "gl-key"}, rect);
    if (fill === "hatch") { rect.setAttribute("class", "gl-swatch gl-f-r2"); const over = svg("rect", {x: 0.5, y: 0.5, width: 53, height: 11}); over.style.fill = `url(#${this.id}-hatch)`; g.append(over); }
    return g;
  }
  legend() {
    const box = this.$(".gl-legend"), {list, layer} = this.faces(), shaded = this.shade, m = this.measures[shaded], rows = [];
    const inside = list.filter((f) => f.inside && f.rings.length), areas = (n) => plural(n, plain(layer.title), plain(layer.many));
    if (m) {
      m.titles.forEach((title, c) => rows.push([m.fills ? m.fills[c] : this.ramp(c, m.titles.length), title, areas(inside.filter((f) => f.u >= 0 && m.c[f.u] === c).length)]));
      const of = (test) => inside.filter(test).length, few = of((f) => m.c[f.u] === -2), none = of((f) => f.u >= 0 && f.u < layer.units && m.c[f.u] === -1);
      if (few) rows.push(["dots", "too few schools", areas(few)]);
      if (none) rows.push(["none", "no value", areas(none)]);
    } else if (shaded === "swipe") {
      this.own.swipe.forEach((key) => { const l = this.byKey[key]; rows.push(["r2", l.title, plural(l.units, "unit", "units")]); });
    } else if (shaded) {
      const base = this.byKey[this.own.areas], parts = [["r2", `one ${layer.title}`, (f) => f.u >= 0 && f.u < layer.units && !f.low, true], ["hatch", "one, low confidence", (f) => f.u >= 0 && f.u < layer.units && f.low, true], ["stripe", "shared by several", (f) => f.u >= layer.units], ["cross", "none found in our lists", (f) => f.u === -1], ["bare", "not covered", (f) => f.u === -2]];
      const of = base === layer ? null : base;
      const tally = (fill) => {
        const blocks = [];
        layer.of.forEach((u, b) => {
          if (!this.inside[b]) return;
          const kind = u === -1 ? "cross" : u === -2 ? "bare" : u >= layer.units ? "stripe" : u >= 0 ? (layer.lowSet.has(b) ? "hatch" : "r2") : "";
          if (kind === fill) blocks.push(b);
        });
        const met = new Set(blocks.map((b) => (of || layer).of[b])), at = new Set(blocks);
        const whole = base.count && base.of.every((u, b) => !met.has(u) || at.has(b));
        const n = this.schools ? this.schools.block.reduce((c, b, s) => c + (this.schools.here[s] && at.has(b) ? 1 : 0), 0) : whole ? [...met].reduce((c, u) => c + (base.count[u] || 0), 0) : null;
        return [blocks.length, `${plural(met.size, plain(base.title), plain(base.many))}${n === null ? "" : `, ${plural(n, "school", "schools")}`}`];
      };
      for (const [fill, title] of parts) { const [many, words] = tally(fill); if (many) rows.push([fill, title, words]); }
    }
    if (shaded && this.own.patterns.includes("not_found") && m) for (const [code, fill, title] of [[-1, "cross", `no ${layer.title} found`], [-2, "bare", "not covered"]]) { const n = inside.filter((f) => f.u === code).length; if (n) rows.push([fill, title, plural(n, "area", "areas")]); }
    const lines = this.layers.filter((l) => this.on.has(l.key)).map((l) => el("li", {class: "gl-key-line"}, svg("svg", {width: 34, height: 12, "aria-hidden": "true"}, svg("line", {class: `gl-line gl-${l.line}`, x1: 1, y1: 6, x2: 33, y2: 6})), el("span", {}, l.title)));
    const marks = this.schools ? this.own.kinds.filter((k) => this.kinds.has(k) && this.$(`input[data-kind="${k}"]`)).map((k) => el("li", {class: "gl-key-line"}, svg("svg", {width: 18, height: 14, viewBox: "-9 -7 18 14", "aria-hidden": "true"}, svg("use", {class: `gl-mark gl-${k}`, href: `#${this.id}-${k}`})), el("span", {}, KIND_WORDS[KIND_KEYS.indexOf(k)]))) : [];
    box.hidden = !(rows.length || lines.length || marks.length);
    box.replaceChildren(
      ...(rows.length ? [el("p", {class: "gl-legend-title"}, m ? m.title : shaded === "swipe" ? "Both, side by side: move the line" : `${layer.title} coverage`, m ? (m.note ? el("span", {}, ` ${m.note}`) : null) : shaded === "swipe" ? null : el("span", {}, " A school counts with its area, placed or not.")), el("ul", {class: "gl-classes"}, ...rows.map(([fill, title, n]) => el("li", {}, this.swatch(fill), el("span", {class: "gl-class"}, title), el("span", {class: "gl-n"}, n))))] : []),
      el("ul", {class: "gl-lines-key"}, ...lines, ...marks));
    this.node.dataset.legend = rows.length ? (m ? m.title : `${layer.title} coverage`) : "";
  }
}

// ------------------------------------------------------------------ search

class Search {
  constructor(app, box) {
    this.app = app; this.input = box.querySelector("input"); this.hits = box.querySelector(".gl-hits"); this.at = -1; this.found = [];
    this.input.addEventListener("input", () => this.run());
    this.input.addEventListener("focus", () => { this.index(); if (this.input.value) this.run(); });
    this.input.addEventListener("keydown", (e) => this.key(e));
    box.addEventListener("focusout", (e) => { if (!box.contains(e.relatedTarget)) this.hide(); });
    document.addEventListener("keydown", (e) => { if (e.key === "/" && !e.ctrlKey && !e.metaKey && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) { e.preventDefault(); this.input.focus(); this.input.select(); } });
  }
  index() {
    if (this.all) return;
    const {app} = this, S = app.schools, all = [];
    for (const layer of app.layers) layer.name.forEach((name, u) => all.push({group: 0, name, key: fold(name), sub: coded(layer, u), pick: {kind: "unit", layer, u}, code: layer.code[u].toLowerCase()}));
    if (S) {
      S.trusts.name.forEach((name, t) => all.push({group: 1, name, key: fold(name), sub: `Trust, ${plural(S.trusts.schools[t] || S.of[t].length, "school", "schools")}${S.trusts.home && S.trusts.home[t] ? `, home ${S.trusts.home[t]}` : ""}`, pick: {kind: "trust", t}, code: S.trusts.uid[t]}));
      const areas = app.byKey.local_authority || app.byKey[app.own.areas], unit = S.unit(areas);
      S.name.forEach((name, s) => name && all.push({group: 2, name, key: fold(name), s, unit: unit[s], areas, pick: {kind: "school", s}, code: String(S.urn[s])}));
    }
    this.all = all;
  }
  run() {
    this.index();
    const words = fold(this.input.value), groups = [[], [], []];
    if (!words) return this.hide();
    const inner = ` ${words}`;
    for (const e of this.all) {
      const score = e.key === words || e.code === words ? 0 : e.key.startsWith(words) ? 1 : e.key.includes(inner) ? 2 : -1;
      if (score >= 0) groups[e.group].push([score, e]);
    }
    let found = groups.flatMap((g) => g.sort((a, b) => a[0] - b[0] || a[1].key.length - b[1].key.length || (a[1].key < b[1].key ? -1 : 1)).slice(0, 4).map(([, e]) => e));
    const near = !found.length;
    if (near) found = this.nearest(words);
    this.show(found, near, words);
    return undefined;
  }
  nearest(words) {
    const grams = (t) => { const out = new Set(); for (let i = 0; i < t.length - 1; i++) out.add(t.slice(i, i + 2)); return out; };
    const mine = grams(words);
    return this.all.map((e) => { const g = grams(e.key); let same = 0; mine.forEach((x) => { if (g.has(x)) same++; }); return [(2 * same) / (mine.size + g.size || 1), e]; }).sort((a, b) => b[0] - a[0]).slice(0, 3).filter(([v]) => v > 0.2).map(([, e]) => e);
  }
  show(found, near, words) {
    const {hits, app} = this, kids = [], titles = ["Areas", "Trusts", "Schools"];
    this.found = found; this.at = -1;
    if (near) kids.push(el("p", {class: "gl-hits-head"}, found.length ? "Nothing by that name. Nearest:" : "Nothing by that name on this map."));
    let group = -1;
    found.forEach((e, i) => {
      if (!near && e.group !== group) { group = e.group; kids.push(el("p", {class: "gl-hits-head"}, titles[group])); }
      const sub = e.sub || `${phased(app.schools.phases[app.schools.phase[e.s]])}, ${app.unitName(e.areas, e.unit)}`;
      kids.push(el("div", {class: "gl-hit", role: "option", id: `${app.id}-hit-${i}`, "aria-selected": "false", tabindex: "-1", on: () => this.choose(i)}, el("span", {}, ...this.bold(e.name, words)), el("small", {}, sub)));
    });
    hits.replaceChildren(...kids);
    hits.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    app.tell(near ? (found.length ? "Nothing by that name. Nearest names are listed." : "Nothing by that name.") : `${found.length} results`);
    if (found.length) this.mark(0);
  }
  bold(name, words) {
    const first = words.split(" ")[0], i = name.toLowerCase().search(new RegExp(`\\b${first}`)), long = name.toLowerCase().startsWith(words, Math.max(i, 0)) ? words.length : first.length;
    return i < 0 ? [name] : [name.slice(0, i), el("b", {}, name.slice(i, i + long)), name.slice(i + long)];
  }
  mark(i) {
    const options = [...this.hits.querySelectorAll(".gl-hit")];
    this.at = (i + options.length) % options.length;
    options.forEach((o, j) => o.setAttribute("aria-selected", String(j === this.at)));
    this.input.setAttribute("aria-activedescendant", `${this.app.id}-hit-${this.at}`);
    options[this.at].scrollIntoView({block: "nearest"});
  }
  key(e) {
    if (e.key === "ArrowDown" && this.found.length) { e.preventDefault(); if (this.hits.hidden) this.run(); else this.mark(this.at + 1); }
    else if (e.key === "ArrowUp" && this.found.length) { e.preventDefault(); this.mark(this.at - 1); }
    else if (e.key === "Enter" && this.at >= 0 && !this.hits.hidden) { e.preventDefault(); this.choose(this.at); }
    else if (e.key === "Escape") { e.preventDefault(); if (this.hits.hidden) { this.input.value = ""; this.app.map.getContainer().focus(); } else this.hide(); }
  }
  hide() { this.hits.hidden = true; this.input.setAttribute("aria-expanded", "false"); this.input.removeAttribute("aria-activedescendant"); }
  clear() { if (this.chosen && this.input.value === this.chosen) this.input.value = ""; this.chosen = ""; }
  choose(i) {
    const {pick, name} = this.found[i], {app} = this;
    this.input.value = this.chosen = name; this.hide();
    app.open(pick);
    if (pick.kind === "school") app.show(app.boundsOf([pick.s]), 0, Math.max(app.map.getZoom(), 11));
    else if (pick.kind === "trust") { const mine = app.schools.of[pick.t]; if (mine.length) app.show(app.boundsOf(mine), 40); }
    else {
      const spot = app.unitSpots(pick.layer), blocks = [];
      pick.layer.of.forEach((u, b) => { if (app.claimants(pick.layer, u).includes(pick.u)) blocks.push(b); });
      const group = new Int32Array(app.land.blocks).fill(-1); blocks.forEach((b) => { group[b] = 0; });
      const flat = app.land.rings(`pick:${pick.layer.key}:${pick.u}`, group, 1)[0].flatMap((r) => app.land.points(r));
      if (spot && flat.length) {
        const box = L.latLngBounds([]);
        for (let j = 0; j < flat.length; j += 2) box.extend([latOf(flat[j + 1]), (flat[j] / 256 - 0.5) * 360]);
        app.show(box, 40);
      }
    }
  }
}
geolls.App = App;

/* Popups and tooltips that a user adds through folium build their markup with three idioms of
   jQuery; this stands in for it, so that it need not be fetched. */
if (!self.$) {
  self.$ = (what) => {
    if (typeof what !== "string") return {ready: (then) => then(), 0: what};
    if (!what.trim().startsWith("<")) return document.querySelectorAll(what);
    const holder = document.createElement("template");
    holder.innerHTML = what.trim();
    return holder.content.children;
  };
}
})();
