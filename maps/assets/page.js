/* Pages of an atlas: sort, filter, save and search. A classic script: it runs from file:// too.
   Every word that comes from data enters the page as text, never as markup. */
(function () {
"use strict";
const doc = document, root = doc.body.dataset.root || "";
const fold = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/['\u2019]/g, "").replace(/[^a-z0-9]+/g, " ").trim();
const all = (selector, from) => Array.from((from || doc).querySelectorAll(selector));
const whole = (n) => n.toLocaleString("en-GB");
function el(tag, attrs, ...kids) {
  const node = doc.createElement(tag);
  for (const key in attrs || {}) if (attrs[key] !== null) node.setAttribute(key, attrs[key]);
  node.append(...kids.filter((k) => k !== null && k !== ""));
  return node;
}
const live = doc.body.appendChild(el("div", {class: "hush", "aria-live": "polite"}));
const say = (text) => { live.textContent = text; };

// ------------------------------------------------------------------ the address keeps the view

// The map writes "#~on=...&shade=..." and reads only the words it knows: ours stand beside them.
const parts = () => (location.hash.startsWith("#~") ? location.hash.slice(2).split("&") : []);
const ours = () => parts().filter((p) => p.startsWith("sort-"));
const push = history.pushState;
history.pushState = function (data, title, url) {
  const more = typeof url === "string" && url.startsWith("#~") ? ours() : [];
  return push.call(history, data, title, more.length ? `${url}&${more.join("&")}` : url);
};
function keep(key, value) {
  const kept = parts().filter((p) => !p.startsWith(key + "="));
  try { history.replaceState(null, "", "#~" + [...kept, `${key}=${value}`].join("&")); } catch { /* a frame without an address */ }
}

// ------------------------------------------------------------------ tables

// A cell's raw value; a smaller second line is for the eye.
const value = (cell) => (cell.dataset.v !== undefined ? cell.dataset.v : (cell.querySelector("small, button") ? cell.firstChild : cell).textContent.trim());
const number = (text) => (/^-?[\d,]*\.?\d+(e[+-]?\d+)?$/i.test(text) ? parseFloat(text.replace(/,/g, "")) : NaN);

class Table {
  constructor(node) {
    this.node = node;
    this.body = node.tBodies[0];
    this.heads = all("thead th", node);
    this.noun = node.dataset.noun;
    this.shown = +(node.dataset.shown || 0);
    this.word = "";
    this.choice = "";
    this.order = [-1, false];
    if (node.classList.contains("sorts")) this.heads.forEach((th, i) => this.head(th, i));
    this.note = doc.querySelector(`[data-showing="${node.id}"]`);
    this.bottom();
    this.loaded = this.load();
  }
  /** Unpacks the rows that do not stand in the page; they join it when somebody asks for them. */
  async load() {
    const packed = doc.querySelector(`[data-rest="${this.node.id}"]`);
    if (!packed) return;
    const rest = await unpack(packed), own = rest.kinds ? await mapData() : null;
    this.more = () => {
      const rows = rowsOf(rest.html).concat(own ? schoolRows(rest, own.schools) : []);
      const key = (row) => [row.cells[0].textContent.toLowerCase(), row.id];
      const keyed = own ? rows.map((row) => [key(row), row]).sort(([a], [b]) => (a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]) ? -1 : 1)).map(([, row]) => row) : rows;
      for (const row of keyed) this.dress(row);
      this.body.append(...keyed);
      delete this.node.dataset.total;
    };
    if (this.asked) { this.whole(); if (this.order[0] >= 0) this.sort(...this.order); else this.show(); }
  }
  /** The name of a school leads to its record at the source. */
  dress(row) {
    const base = this.node.dataset.link, name = row.cells[0], urn = row.id.slice(1);
    if (base && /^\d+$/.test(urn) && !name.querySelector("a")) name.replaceChildren(el("a", {href: base + urn}, name.textContent));
  }
  rows() { return Array.from(this.body.rows).filter((r) => !r.classList.contains("total")); }
  head(th, i) {
    const button = el("button", {type: "button"}, th.textContent);
    th.replaceChildren(button);
    th.classList.add("sorts");
    if (!th.hasAttribute("aria-sort")) th.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const now = th.getAttribute("aria-sort");
      const falling = now === "none" ? th.classList.contains("r") || th.dataset.k === "based_elsewhere" || th.dataset.k.startsWith("share") : now === "ascending";
      this.sort(i, falling);
      keep("sort-" + this.node.id, (falling ? "-" : "") + th.dataset.k);
      say(`Sorted by ${button.textContent}, ${falling ? "largest first" : "smallest first"}`);
    });
  }
  sort(i, falling) {
    this.order = [i, falling];
    this.whole();
    const keyed = this.rows().map((row) => {
      const text = value(row.cells[i]), n = number(text);
      return [row, text === "" || text === "\u2013" ? null : isNaN(n) ? fold(text) : n];
    });
    keyed.sort(([, a], [, b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      const c = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en-GB");
      return falling ? -c : c;
    });
    this.body.append(...keyed.map(([row]) => row));
    this.heads.forEach((th, j) => { if (th.hasAttribute("aria-sort")) th.setAttribute("aria-sort", j === i ? (falling ? "descending" : "ascending") : "none"); });
    this.show();
  }
  filter(word, choice, column) {
    if (word || choice) this.whole();
    this.word = fold(word);
    this.choice = choice;
    this.column = this.heads.findIndex((th) => th.dataset.k === column);
    this.show();
  }
  whole() {
    const more = this.more;
    this.asked = true;
    this.more = null;
    if (more) more();
  }
  open() { this.whole(); this.node.classList.add("all"); this.show(); }
  show() {
    let n = 0, seen = 0, total = 0;
    for (const row of this.rows()) {
      const fits = (!this.word || fold(row.textContent).includes(this.word)) && (!this.choice || value(row.cells[this.column]) === this.choice);
      row.hidden = !fits;
      total += 1;
      if (!fits) continue;
      n += 1;
      const late = this.shown > 0 && n > this.shown && !this.word && !this.choice;
      row.classList.toggle("more", late);
      if (!late || this.node.classList.contains("all")) seen += 1;
    }
    this.bottom(seen, n, total);
  }
  bottom(seen, n, total) {
    if (!this.note) return;
    total = Math.max(total || 0, +(this.node.dataset.total || 0), this.rows().length);
    if (seen === undefined) { n = total; seen = this.shown && this.shown < total ? this.shown : total; }
    this.note.replaceChildren();
    if (!this.shown && !this.word) return;
    this.note.append(`Showing ${whole(seen)} of ${whole(total)}. `);
    if (seen < n || (n < total && !this.word && !this.choice)) {
      const button = el("button", {type: "button", class: "link"}, "Show all");
      button.addEventListener("click", () => { this.open(); say(`Showing all ${whole(total)} ${this.noun}`); });
      this.note.append(button, " ");
    }
    if (this.word || this.choice) say(`${whole(n)} ${this.noun} found`);
  }
  csv() {
    this.whole();
    const safe = (text) => {
      if (/^[=+\-@\t\r]/.test(text) && isNaN(number(text))) text = "'" + text;
      return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
    };
    const lines = [this.heads.map((th) => safe(th.dataset.k)).join(",")];
    for (const row of this.body.rows) {
      if (row.classList.contains("total")) continue;
      lines.push(Array.from(row.cells, (cell, i) => {
        let text = value(cell);
        if (text === "\u2013") text = "";
        if (this.heads[i].classList.contains("r") && !isNaN(number(text))) text = text.replace(/,/g, "");
        return safe(text);
      }).join(","));
    }
    return lines.join("\n") + "\n";
  }
}
// A packed part of a page that stands alone; `load.js` knows how.
const unpack = (node) => self.geollsUnpack(node).json();
function mapData() {
  const key = doc.querySelector(".geolls-app").dataset.parts.split(" ")[1];
  return unpack(doc.querySelector(`script.geolls-data[data-part="${key}"]`));
}
// Rows as markup, made and escaped with those that stand in the page.
function rowsOf(html) {
  const holder = el("template", {});
  holder.innerHTML = `<table><tbody>${html}</tbody></table>`;
  return Array.from(holder.content.querySelectorAll("tr"));
}
// Rows of schools out of the map's columns; `rest` says what the map does not know, in its order.
function schoolRows(rest, S) {
  const lines = (text) => (text === null ? null : text.split("\n"));
  const names = lines(S.name), trusts = lines(rest.trust), codes = lines(rest.postcode), out = [];
  let urn = 0;
  names.forEach((name, i) => {
    urn += S.urn[i];
    if (rest.later[i] !== "1") return;
    const [mark, by] = rest.kinds[S.kind[i]], pupils = S.pupils[i], phase = (S.phases[S.phase[i]] || "not known").replace(/_/g, " "), t = S.trust[i];
    const trust = t >= 0 ? el("a", {href: S.trusts.url[t]}, S.trusts.name[t]) : trusts[i] || "\u2013";
    const cells = [String(urn), phase[0].toUpperCase() + phase.slice(1), pupils < 0 ? "\u2013" : whole(pupils), rest.areas[rest.area[i]], by, trust];
    if (codes) cells.push(codes[i] || "\u2013");
    out.push(el("tr", {id: "s" + urn, class: `k-${mark} more`}, el("th", {scope: "row"}, name), ...cells.map((c) => el("td", {}, c))));
  });
  return out;
}
const tables = {};
for (const node of all("table[data-noun]")) tables[node.id] = new Table(node);
for (const table of Object.values(tables)) for (const row of table.rows()) table.dress(row);

for (const button of all("[data-csv]")) button.addEventListener("click", async () => {
  const table = tables[button.dataset.csv];
  if (!table) return;
  await table.loaded;
  const link = el("a", {href: URL.createObjectURL(new Blob(["\ufeff" + table.csv()], {type: "text/csv"})), download: `${doc.title.split(" | ")[0]} ${button.dataset.csv}.csv`.replace(/[^\w .-]+/g, "_")});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});
function narrow(id) {
  const word = doc.querySelector(`[data-filter="${id}"]`), choose = doc.querySelector(`[data-choose="${id}"]`);
  tables[id].filter(word ? word.value : "", choose ? choose.value : "", choose ? choose.dataset.column : "");
}
for (const input of all("[data-filter]")) input.addEventListener("input", () => narrow(input.dataset.filter));
for (const input of all("[data-choose]")) input.addEventListener("change", () => narrow(input.dataset.choose));
for (const button of all("[data-print]")) button.addEventListener("click", () => print());

function restore() {
  for (const part of ours()) {
    const [id, asked] = part.slice(5).split("=");
    const at = tables[id] ? tables[id].heads.findIndex((th) => th.dataset.k === asked.replace(/^-/, "")) : -1;
    if (at >= 0) tables[id].sort(at, asked.startsWith("-"));
  }
}
// A link to a school's row opens the table it stands in.
function reveal() {
  const id = location.hash.slice(1);
  if (!/^s\d+$/.test(id) || !tables.schools) return;
  if (!doc.getElementById(id)) tables.schools.open();
  const row = doc.getElementById(id);
  if (!row) return;
  if (row.classList.contains("more")) tables.schools.open();
  row.tabIndex = -1;
  row.focus();
  row.scrollIntoView({block: "center"});
}
restore();
addEventListener("hashchange", reveal);
if (tables.schools) tables.schools.loaded.then(reveal);

// ------------------------------------------------------------------ report a row

// One button for all rows: it comes to the row that is pointed at or holds the focus.
const reporter = doc.getElementById("report");
if (reporter) {
  const button = reporter.content.querySelector(".reports").cloneNode(true);
  let panel = null;
  const shut = () => {
    if (!panel) return;
    panel.remove();
    panel = null;
    doc.documentElement.classList.remove("reporting");
    if (button.isConnected) button.focus();
  };
  const open = (row, node) => {
    shut();
    panel = reporter.content.querySelector(".report").cloneNode(true);
    const heads = all("thead th", node), cells = Array.from(row.cells), area = panel.querySelector("textarea"), link = panel.querySelector("a");
    const found = cells.map((cell) => cell.querySelector("a[href^=http]")).find(Boolean), source = found ? found.href : node.dataset.source;
    const id = row.id.replace(/^[a-z]-?/, ""), first = cells[node.dataset.word === "Layer" ? 0 : node.dataset.report - 1];
    const said = {
      record: `${node.dataset.word} ${id}, ${value(first)}`, table: node.caption.textContent,
      cells: cells.map((cell, i) => `${heads[i].textContent}: ${value(cell) || "\u2013"}`).join("; "),
      page: area.dataset.page, study: area.dataset.study, today: new Date().toISOString().slice(0, 10),
      source: source || "\u2013", correct: node.dataset.correct || source || "\u2013",
    };
    area.value = area.textContent.replace(/\{(\w+)\}/g, (_, word) => said[word]);
    if (source) link.href = source; else link.remove();
    const copy = panel.querySelector("[data-copy]");
    copy.addEventListener("click", () => { area.select(); if (doc.execCommand("copy")) { copy.textContent = copy.dataset.copy; say(copy.dataset.copy); } });
    panel.querySelector("[data-shut]").addEventListener("click", shut);
    panel.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); shut(); } });
    node.closest("section").append(panel);
    doc.documentElement.classList.add("reporting");
    panel.focus({preventScroll: true});
    row.scrollIntoView({block: "nearest", behavior: "instant"});
  };
  for (const node of all("table[data-report]")) {
    const come = (event) => {
      const row = event.target.closest("tbody tr[id]");
      if (!row || panel) return;
      const cell = row.cells[node.dataset.report - 1];
      if (button.parentNode === cell) return;
      button.setAttribute("aria-label", `${reporter.content.querySelector("h3").textContent}: ${value(cell)}`);
      cell.append(button);
    };
    for (const kind of ["mouseover", "focusin", "click"]) node.addEventListener(kind, come);
  }
  button.addEventListener("click", () => open(button.closest("tr"), button.closest("table")));
}

// ------------------------------------------------------------------ strips and map point at each other

const pieces = all(".strip[data-layer] [data-u]");
const map = doc.querySelector(".geolls-app");
for (const piece of pieces) {
  const layer = piece.closest(".strip").dataset.layer;
  const point = (code) => { if (map && map.geolls && map.geolls.ready) map.geolls.ready.then(() => map.geolls.highlight(layer, code)); };
  piece.addEventListener("mouseenter", () => point(piece.dataset.u));
  piece.addEventListener("mouseleave", () => point(null));
}
if (map) map.addEventListener("geolls:point", ({detail}) => {
  for (const piece of pieces) piece.classList.toggle("lit", Boolean(detail) && piece.dataset.u === detail.code && piece.closest(".strip").dataset.layer === detail.layer);
});

// ------------------------------------------------------------------ search

const index = {list: null, asked: false};
self.geollsPages = {
  tables,
  /** Called by assets/search.js with the names of the whole atlas. */
  index(data) {
    const entry = (group) => ([name, text, path]) => ({group, name, text, href: root + path, key: fold(name)});
    const list = [...data.places.map(entry("Places")), ...data.trusts.map(entry("Trusts"))];
    const names = data.schools.name.split("\n"), codes = data.schools.postcode.split("\n");
    let urn = 0;
    names.forEach((name, i) => {
      urn += data.schools.urn[i];
      const at = data.schools.home[i];
      list.push({group: "Schools", name, text: [at < 0 ? "" : data.homes[0][at], codes[i], "URN " + urn].filter(Boolean).join(", "), href: at < 0 ? null : root + data.homes[1][at] + "#s" + urn, key: fold(name), code: codes[i].replace(/ /g, "").toLowerCase(), urn: String(urn)});
    });
    index.list = list;
    for (const box of boxes) box.look();
  },
};
function here() {
  const list = [], seen = new Set();
  for (const [id, group] of [["places", "Places"], ["regions", "Places"], ["hubs", "Places"], ["trusts", "Trusts"], ["schools", "Schools"]]) {
    if (!tables[id]) continue;
    tables[id].whole();
    for (const row of tables[id].rows()) {
      const link = row.querySelector("a");
      const name = link ? link.textContent : value(row.cells[0]);
      if (seen.has(group + name)) continue;
      seen.add(group + name);
      const href = group === "Schools" && row.id ? "#" + row.id : link ? link.getAttribute("href") : null;
      list.push({group, name, text: "On this page", href, key: fold(name)});
    }
  }
  return list;
}
function load() {
  if (index.asked) return;
  index.asked = true;
  const script = el("script", {src: root + "assets/search.js"});
  script.addEventListener("error", async () => {
    await Promise.all(Object.values(tables).map((table) => table.loaded));
    index.list = here();
    for (const box of boxes) box.look();
  });
  doc.head.append(script);
}

const distance = (a, b) => {
  let row = Array.from({length: b.length + 1}, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] !== b[j - 1]));
    row = next;
  }
  return row[b.length];
};

class Box {
  constructor(input) {
    this.input = input;
    this.panel = doc.getElementById(input.getAttribute("aria-controls"));
    this.live = this.panel.nextElementSibling;
    this.at = -1;
    input.addEventListener("focus", load);
    input.addEventListener("input", () => { load(); this.look(); });
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => setTimeout(() => { if (!this.panel.contains(doc.activeElement)) this.close(); }, 150));
  }
  find(text) {
    const key = fold(text), compact = key.replace(/ /g, "");
    const groups = {Places: [], Trusts: [], Schools: [], Postcodes: []};
    for (const one of index.list) {
      let rank = -1;
      if (one.key.startsWith(key)) rank = 0;
      else if (one.key.includes(" " + key)) rank = 1;
      else if (one.key.includes(key)) rank = 2;
      if (rank >= 0) groups[one.group].push([rank, one.key.length, one]);
      else if (one.urn && one.urn === compact) groups.Schools.push([0, 0, one]);
      else if (one.code && compact.length > 2 && one.code.startsWith(compact)) groups.Postcodes.push([0, one.code.length, one]);
    }
    return Object.entries(groups).map(([name, hits]) => [name, hits.sort((a, b) => a[0] - b[0] || a[1] - b[1] || (a[2].key < b[2].key ? -1 : 1)).slice(0, 4).map((h) => h[2])]).filter(([, hits]) => hits.length);
  }
  look() {
    const text = this.input.value.trim();
    this.at = -1;
    this.input.removeAttribute("aria-activedescendant");
    if (!text || !index.list) { this.close(); return; }
    const groups = this.find(text);
    this.panel.replaceChildren();
    let n = 0;
    for (const [name, hits] of groups) {
      const head = el("div", {class: "group", id: `${this.input.id}-${name}`}, name);
      const group = el("div", {role: "group", "aria-labelledby": head.id}, head);
      for (const hit of hits) group.append(this.option(hit, text, n++));
      this.panel.append(group);
    }
    if (!n) {
      const key = fold(text), code = /^[a-z]{1,2}\d[a-z\d]?\s*(\d[a-z]{0,2})?$/i.test(text);
      const near = code ? [] : index.list.filter((o) => o.group !== "Schools" && Math.abs(o.key.length - key.length) < 6).map((o) => [distance(key, o.key), o]).sort((a, b) => a[0] - b[0]).slice(0, 3);
      this.panel.append(el("div", {class: "none", role: "presentation"}, code ? "No school here has that postcode." : near.length ? "Nothing by that name. The nearest:" : "Nothing by that name."));
      for (const [, hit] of near) this.panel.append(this.option(hit, "", n++));
    }
    this.panel.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.live.textContent = groups.length ? `${n} found` : "Nothing by that name";
  }
  option(hit, text, n) {
    const link = el("a", {role: "option", id: `${this.input.id}-${n}`, href: hit.href, tabindex: "-1", "aria-selected": "false"});
    const at = text ? hit.name.toLowerCase().indexOf(text.toLowerCase()) : -1;
    if (at >= 0) link.append(hit.name.slice(0, at), el("b", {}, hit.name.slice(at, at + text.length)), hit.name.slice(at + text.length));
    else link.append(hit.name);
    link.append(el("small", {}, hit.text));
    link.addEventListener("click", () => this.close());
    return link;
  }
  close() { this.panel.hidden = true; this.input.setAttribute("aria-expanded", "false"); this.input.removeAttribute("aria-activedescendant"); }
  key(event) {
    const options = all("[role=option]", this.panel);
    if (event.key === "Escape") { if (this.panel.hidden) this.input.value = ""; this.close(); return; }
    if (this.panel.hidden || !options.length) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + options.length + (this.at < 0 && event.key === "ArrowUp" ? 1 : 0)) % options.length;
      options.forEach((o, i) => o.setAttribute("aria-selected", String(i === this.at)));
      this.input.setAttribute("aria-activedescendant", options[this.at].id);
      options[this.at].scrollIntoView({block: "nearest"});
    } else if (event.key === "Enter") {
      event.preventDefault();
      options[Math.max(this.at, 0)].click();
    }
  }
}
const boxes = all(".find input").map((input) => new Box(input));
doc.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(input|textarea|select)$/i.test(event.target.tagName) || !boxes.length) return;
  event.preventDefault();
  boxes[0].input.focus();
});
// A finding heads the map that shows it; another measure is headed by its own title.
for (const head of all(".slot.map > h2[data-of]")) {
  const app = head.parentElement.querySelector(".geolls-app"), finding = head.textContent;
  if (!app) continue;
  const say = () => { const now = app.dataset.legend; if (now) head.textContent = now === head.dataset.of ? finding : now; };
  new MutationObserver(say).observe(app, {attributes: true, attributeFilter: ["data-legend"]});
  say();
}
addEventListener("beforeprint", () => {
  // Paper has no button: a table that prints whole is whole by then.
  for (const table of Object.values(tables)) if (!table.node.classList.contains("long")) { table.whole(); table.show(); }
  for (const details of all("details")) details.dataset.was = details.open ? "1" : "";
});
})();
