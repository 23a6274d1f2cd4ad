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
const whole = (n) => Math.round(n).toLocaleString("en-GB");
const plural = (n, one, many) => `${whole(n)} ${n === 1 ? one : many}`;
const safeUrl = (url) => (url && /^[a-z][a-z0-9+.-]*:/i.test(url) && !/^https?:/i.test(url) ? null : url);

function say(value, format) {
  if (value === null || value === undefined) return "\u2013";
  if (format === "words" || typeof value === "string") return String(value);
  const up = (v, d) => Math.floor(v * 10 ** d + 0.5) / 10 ** d;
  if (format === "share") { const p = up(value * 100, 0); return p === 0 && value > 0 ? "under 1%" : `${p}%`; }
  if (format === "count") return whole(up(value, 0));
  if (format === "km") return value < 9.95 ? `${up(value, 1).toFixed(1)} km` : `${whole(up(value, 0))} km`;
  return up(value, 1).toLocaleString("en-GB", {minimumFractionDigits: 1, maximumFractionDigits: 1});
}

async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
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

/** A closed line in even steps, softened so that it can be moved sideways. */
function even(px, step) {
  const n = px.length / 2;
  let length = 0;
  for (let i = 0; i < n; i++) { const j = (i + 1) % n; length += Math.hypot(px[2 * j] - px[2 * i], px[2 * j + 1] - px[2 * i + 1]); }
  const many = Math.round(length / step);
  if (many < 8) return null;
  const out = new Float64Array(2 * many);
  let seg = 0, done = 0, i = 0, len = Math.hypot(px[2] - px[0], px[3] - px[1]);
  for (let m = 0; m < many; m++) {
    const want = (m * length) / many;
    while (done + len < want && i < n) {
      done += len; i++;
      const a = i % n, b = (i + 1) % n;
      len = Math.hypot(px[2 * b] - px[2 * a], px[2 * b + 1] - px[2 * a + 1]);
    }
    seg = len ? (want - done) / len : 0;
    const a = i % n, b = (i + 1) % n;
    out[2 * m] = px[2 * a] + (px[2 * b] - px[2 * a]) * seg;
    out[2 * m + 1] = px[2 * a + 1] + (px[2 * b + 1] - px[2 * a + 1]) * seg;
  }
  const soft = new Float64Array(2 * many), w = [1, 3, 4, 3, 1];
  for (let m = 0; m < many; m++)
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
  const lines = [];
  let line = [];
  const gap = 7 + 2 * far;
  keep.forEach((i, j) => {
    const h = keep[(j + keep.length - 1) % keep.length];
    if (line.length && Math.hypot(x[i] - x[h], y[i] - y[h]) > gap) { lines.push(line); line = []; }
    line.push(x[i], y[i]);
  });
  const f = keep[0], l = keep[keep.length - 1];
  if (Math.hypot(x[f] - x[l], y[f] - y[l]) <= gap) {
    if (lines.length) lines[0] = line.concat(lines[0]); else { line.push(x[f], y[f]); lines.push(line); }
  } else lines.push(line);
  return lines;
}
const pixelPath = (line) => { let d = ""; for (let i = 0; i < line.length; i += 2) d += (i ? "L" : "M") + line[i].toFixed(1) + " " + line[i + 1].toFixed(1); return d; };

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
  homeOf(t) { const {x, y} = this.trusts; return x && x[t] !== null ? [worldX(x[t] * 1e-4), worldY(y[t] * 1e-4)] : null; }
}

const Dots = L.Renderer.extend({
  initialize(options) { L.Renderer.prototype.initialize.call(this, options); this._layers = {}; },
  _initContainer() { this._container = document.createElement("canvas"); this._container.setAttribute("aria-hidden", "true"); this._ctx = this._container.getContext("2d"); },
  _destroyContainer() { this._container.remove(); delete this._container; delete this._ctx; },
  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
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
    const b = this._bounds;
    ctx.clearRect(b.min.x, b.min.y, b.max.x - b.min.x, b.max.y - b.min.y);
    this.options.draw(ctx, b);
  },
});

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
    const texts = this.node.dataset.parts.split(" ").map((key) => {
      const here = document.querySelector(`script.geolls-data[data-part="${key}"]`);
      return here ? here.textContent : shared[key];
    });
    const [land, own] = await Promise.all(texts.map(inflate));
    this.land = new Land(land.arcs);
    this.own = own; this.london = land.london;
    this.layers = land.layers;
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
    for (const name of ["context", "other", "faces", "over", "hair", "edge", "coast", "lines", "links", "hot", "ring"]) root.append((this.g[name] = svg("g", {class: `gl-${name}`})));
    for (const name of ["links", "labels"]) this.above._rootGroup.append((this.g[`top_${name}`] = svg("g", {class: `gl-${name}`})));
    this.dots = new Dots({pane: "gl-schools", padding: 0.35, draw: (ctx, b) => this.drawSchools(ctx, b)}).addTo(map);
    this.ground.on("update", () => this.settle());
    L.control.scale({imperial: false, maxWidth: 110, position: "bottomleft"}).addTo(map);
    const north = L.control({position: "topright"});
    north.onAdd = () => { const d = el("div", {class: "gl-north", "aria-hidden": "true"}); const s = svg("svg", {width: 16, height: 32, viewBox: "0 0 16 32"}); s.append(svg("path", {d: "M8 1 13 16 8 12.5 3 16Z"}), Object.assign(svg("text", {x: 8, y: 29, "text-anchor": "middle"}), {textContent: "N"})); d.append(s); return d; };
    north.addTo(map);
    this.tip = el("div", {class: "gl-tip", hidden: true}); this.stage.append(this.tip);
    if (this.own.inset) { this.inset = el("div", {class: "gl-inset", hidden: true}); this.stage.append(this.inset); }
    for (const query of ["(prefers-color-scheme: dark)", "print"]) self.matchMedia(query).addEventListener("change", () => this.recolour());
    self.addEventListener("beforeprint", () => this.recolour()); self.addEventListener("afterprint", () => this.recolour());
  }
  recolour() { this.dots.redraw(); }

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
    if (!m) return "none";
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
    one(this.g.context, (this.own.context || []).map((ring) => { let x = 0, y = 0; const flat = []; for (let i = 0; i < ring.length; i += 2) { x += ring[i]; y += ring[i + 1]; flat.push(worldX(x * 1e-3), worldY(y * 1e-3)); } return view.path(flat, true); }).join(""), {});
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
    this.outlines(view);
    this.links(view);
    this.spots(view);
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
  spots() {}

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
    const on = this.layers.filter((l) => this.on.has(l.key)).sort((a, b) => order.indexOf(a.line) - order.indexOf(b.line));
    const apart = this.spread() && on.filter((l) => l.line !== "district").length > 1 ? this.spread() : 0;
    const nodes = [];
    for (const layer of on) {
      const g = svg("g", {class: `gl-outline gl-o-${layer.line}`, "data-layer": layer.key});
      const shift = OFFSET[layer.line] * apart;
      const d = layer.line === "district" ? this.innerLines(layer, view) : shift || this.own.scope !== "england" ? this.ringLines(layer, view, shift) : this.innerLines(layer, view);
      if (layer.line !== "district" && !shift) g.append(svg("path", {d, class: "gl-casing"}));
      g.append(svg("path", {d, class: `gl-line gl-${layer.line}`}));
      nodes.push(g);
    }
    this.g.lines.replaceChildren(...nodes);
  }
  /** Lines between two units, the coast left out. */
  innerLines(layer, view) {
    const land = this.land;
    let d = "";
    for (let a = 0; a < land.count; a++) {
      const l = land.left[a], r = land.right[a];
      if (l < 0 || r < 0 || layer.of[l] === layer.of[r]) continue;
      if (this.own.scope !== "england" && !(this.inside[l] && this.inside[r])) continue;
      d += view.line(land.points([a]));
    }
    return d;
  }
  /** The whole outline of each unit, moved sideways where several lines share a border. */
  ringLines(layer, view, shift) {
    const met = this.drawn(layer), group = Int32Array.from(layer.of), land = this.land;
    let d = "";
    const extra = layer.mixes.length ? layer.units : 0;
    const groups = [];
    if (extra || met) {
      for (let u = 0; u < layer.units; u++) if (!met || met.has(u)) groups.push(u);
    } else for (let u = 0; u < layer.units; u++) groups.push(u);
    for (const u of groups) {
      let rings;
      const key = `unit:${layer.key}:${u}`;
      if (layer.mixes.length) {
        for (let b = 0; b < group.length; b++) group[b] = this.claimants(layer, layer.of[b]).includes(u) ? 0 : -1;
        rings = land.rings(key, group, 1)[0];
      } else rings = land.rings(`units:${layer.key}`, layer.of, layer.units)[u];
      for (const ring of rings) {
        const flat = land.points(ring);
        const soft = shift || this.own.scope !== "england" ? even(view.pixels(flat), 2.2) : null;
        if (!soft) { if (!shift) d += view.path(flat, true); continue; }
        const lines = shift ? beside(soft, shift) : null;
        if (lines) d += lines.map((line) => this.clip(line, view)).join("");
        else d += this.clip([...soft, soft[0], soft[1]], view);
      }
    }
    return d;
  }
  clip(line, view) { return view.box ? new View(1, 0, 0, view.box).line(line) : pixelPath(line); }

  // ---------------------------------------------------------------- schools

  visible(s) { return this.schools.here[s] ? this.kinds.has(KIND_KEYS[this.schools.kind[s]]) : false; }
  trustShown() { return this.picked && this.picked.kind === "trust" ? this.picked.t : this.own.trust ? this.home : -1; }

  drawSchools(ctx, box) {
    if (!this.schools || !this.painted) return;
    const S = this.schools, zoom = this.map.getZoom(), k = 2 ** zoom, o = this.map.getPixelOrigin(), t = this.trustShown();
    const css = getComputedStyle(this.node), colour = (name) => css.getPropertyValue(name).trim();
    const size = Math.max(0.42, Math.min(1.35, 0.45 + 0.2 * (zoom - 6)));
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
    const put = (bin, kind, test) => {
      const {r: r0, fill, stroke} = look[kind], r = r0 * size;
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
    for (let kind = 0; kind < 5; kind++) {
      ctx.globalAlpha = t >= 0 && !this.own.trust ? 0.22 : 1;
      put(bins[kind], kind, (s) => !(t >= 0 && S.trust[s] === t));
    }
    ctx.globalAlpha = 1;
    for (let kind = 0; kind < 5; kind++) if (t >= 0) put(bins[kind], kind, (s) => S.trust[s] === t);
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
        for (const s of mine) if (S.kind[s] === 3) { const [x, y] = at(S.x[s], S.y[s]); d += `M${x.toFixed(1)} ${y.toFixed(1)}L${hx.toFixed(1)} ${hy.toFixed(1)}`; }
        out.push(svg("path", {class: "gl-link", d}), svg("circle", {class: "gl-home-case", cx: hx, cy: hy, r: 10}), svg("circle", {class: "gl-home", cx: hx, cy: hy, r: 10}));
      }
      const round = hull(mine.map((s) => at(S.x[s], S.y[s])));
      if (round.length > 2) out.push(svg("path", {class: "gl-hull", d: pixelPath(round.flat()) + "Z"}));
    }
    this.g.links.replaceChildren(...out);
  }

  // ---------------------------------------------------------------- labels

  labels() {
    const zoom = this.map.getZoom(), k = 2 ** zoom, o = this.map.getPixelOrigin(), size = this.map.getSize(), list = [];
    const corner = this.map.containerPointToLayerPoint([0, 0]), narrow = size.x < 500;
    const put = (world, text, cls, rank, extra) => list.push({x: world[0] * k - o.x, y: world[1] * k - o.y, text, cls, rank, extra});
    for (const key of this.own.labels) {
      const layer = this.byKey[key];
      if (!layer) continue;
      const spots = this.unitSpots(layer);
      const counts = this.own.trust ? this.trustCounts(layer) : null;
      for (const {u, world, inside, size: area} of spots) {
        if (counts) { const n = counts.get(u); if (n) put(world, this.unitName(layer, u), "gl-lab-in", 1e6 + n, ` ${n}`); continue; }
        if (layer.number && (this.shade === `coverage:${key}` || this.own.scope === "england")) { put(world, this.claimants(layer, u).map((v) => layer.number[v]).join(" / "), "gl-lab-no", 1e9 + area); continue; }
        if (this.own.scope !== "england" && !inside) continue;
        put(world, this.unitName(layer, u), "gl-lab-in", 1e6 + area);
      }
    }
    if (this.own.scope !== "england" && !narrow) {
      const la = this.byKey.local_authority || this.byKey[this.own.areas];
      for (const {u, world, inside, size: area} of this.unitSpots(la)) if (!inside && u >= 0) put(world, this.unitName(la, u), "gl-lab-out", area);
    }
    for (const [name, lat, lon] of this.own.cities || []) { const w = [worldX(lon), worldY(lat)]; list.push({x: w[0] * k - o.x, y: w[1] * k - o.y, text: name, cls: "gl-lab-city", rank: 1e7, dot: true}); }
    const pen = this.pen || (this.pen = document.createElement("canvas").getContext("2d"));
    pen.font = `600 12.5px ${getComputedStyle(this.node).fontFamily}`;
    const taken = [[corner.x, corner.y, 56, 84], [corner.x + size.x - 44, corner.y, 44, 56], [corner.x, corner.y + size.y - 34, 140, 34]];
    const free = (b) => b[0] > corner.x && b[1] > corner.y && b[0] + b[2] < corner.x + size.x && b[1] + b[3] < corner.y + size.y && !taken.some((t) => b[0] < t[0] + t[2] && t[0] < b[0] + b[2] && b[1] < t[1] + t[3] && t[1] < b[1] + b[3]);
    const nodes = [];
    list.sort((a, b) => b.rank - a.rank);
    for (const l of list) {
      const lines = l.dot ? [l.text] : this.wrap(l.text, l.cls === "gl-lab-out" ? 13 : 17), w = Math.max(...lines.map((t) => pen.measureText(t).width)) + (l.extra ? 14 : 0), h = 15 * lines.length;
      const spots = l.dot ? [[w / 2 + 5, 0]] : [[0, 0], [0, -h * 0.8], [0, h * 0.8], [w * 0.35, 0], [-w * 0.35, 0]];
      const fit = spots.map(([dx, dy]) => [l.x + dx - w / 2 - 2, l.y + dy - h / 2, w + 4, h, dx, dy]).find(free);
      if (!fit) continue;
      taken.push(fit);
      const x = l.x + fit[4], y = l.y + fit[5] - (lines.length - 1) * 7.5 + 4.5;
      const text = svg("text", {class: `gl-label ${l.cls}`, "text-anchor": "middle"});
      lines.forEach((t, i) => { const span = svg("tspan", {x: x.toFixed(1), y: (y + 15 * i).toFixed(1)}); span.textContent = t; text.append(span); });
      if (l.extra) { const n = svg("tspan", {class: "gl-lab-n"}); n.textContent = l.extra; text.append(n); }
      if (l.dot) nodes.push(svg("circle", {class: "gl-city", cx: l.x, cy: l.y, r: 2}));
      nodes.push(text);
    }
    this.g.top_labels.replaceChildren(...nodes);
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
  trustCounts(layer) {
    const unit = this.schools.unit(layer), counts = new Map();
    for (const s of this.schools.of[this.home] || []) counts.set(unit[s], (counts.get(unit[s]) || 0) + 1);
    return counts;
  }

  insetDraw() {}
  ring() {}
  legend() {}
  controls() {}
  read() {}
}
geolls.App = App;
})();
