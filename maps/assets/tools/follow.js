// Shading and bars that follow the filter of schools, where a page can count them anew.
((geolls) => {
  "use strict";
  const {NO_VALUE, TOO_FEW, el, kindKey, kindLabel, plural, push, reasonLabel, say, svg, tally, whole} = geolls;

  // Names below a bar; the rest together.
  const NAMED = 12;
  const ALL = "All schools, whatever the filter.";
  const BARS =
    "Only schools that fit the filter, in pale fills: how much of each unit lies here is not counted anew. What " +
    "stands beside a bar counts all.";
  const UNKNOWN = "status_unknown";

  /** A share as it is printed: halves up, in whole hundredths. */
  const printed = (share) => Math.floor(share * 100 + 0.5 + 1e-9) / 100;

  /** Both ends of a share, or of a count, as a measure holds them: one number where they are one. */
  function said(value) {
    if (value === null) return null;
    const [low, high] = value;
    return low === high ? low : `${say(low, "share")} to ${say(high, "share")}`;
  }

  /** How many of some schools have one of the kinds, at least and at most, and how many they are. */
  function endsOf(kinds, list, kindOf) {
    const sure = list.filter((s) => kinds.includes(kindOf(s))).length;
    return [sure, sure + list.filter((s) => kindOf(s) === UNKNOWN).length, list.length];
  }

  class Follow {
    constructor(app) {
      const {measures, says} = app;
      this.app = app;
      this.first = {measures, says};
      this.bars = this.findBars();
    }

    /** The schools that fit by a number of each. */
    by(numberOf) {
      const found = new Map();
      for (const s of this.app.counted()) push(found, numberOf(s), s);
      return found;
    }

    /** Let shading, words and bars follow what fits; all as at first where nothing is asked. */
    apply() {
      const {app, first} = this;
      const {filter} = app;
      const entries = Object.entries(first.measures);
      Object.assign(app, {measures: first.measures, says: first.says});
      if (filter) {
        app.measures = Object.fromEntries(entries.map(([key, one]) => [key, this.measured(one)]));
        app.says = {...first.says};
        for (const [key, one] of Object.entries(app.measures)) if (one.follows) this.reword(key, one);
      }
      this.table();
      for (const bar of this.bars) bar.draw();
    }

    // ---- shading

    /** A measure of the schools that fit; of all, and saying so, where the page cannot count it. */
    measured(measure) {
      if (!measure.counts) return {...measure, whose: ALL};
      const {app} = this;
      const layer = app.byKey[measure.layer];
      const unit = app.schools.unit(layer);
      const met = this.by((s) => unit[s]);
      const open = this.unsure(layer, met);
      const values = layer.code.map((_, u) => (open.has(u) ? null : this.value(measure, met.get(u) || [])));
      const n = layer.code.map((_, u) => (met.get(u) || []).length);
      const c = values.map((value, u) => this.classOf(measure, value, n[u]));
      const all = this.value(measure, [...met.values()].flat());
      const beside = {beside: "all that fit", england: measure.format === "share" ? said(all) : null};
      return {...measure, v: values.map(said), c, n, ...beside, follows: true};
    }

    /** The units with land that the map is not about, or that fitting schools share with others. */
    unsure(layer, met) {
      const {app} = this;
      const found = new Set();
      layer.onLand.forEach((u, b) => {
        if (u >= 0 && !app.inside[b] && app.inside.length === layer.onLand.length) found.add(u);
      });
      for (const u of met.keys()) if (u >= layer.units) for (const one of app.claimants(layer, u)) found.add(one);
      return found;
    }

    /** Both ends of a share, or of a count of trusts. */
    value({counts, format}, list) {
      const {schools} = this.app;
      if (format === "share") {
        const [low, high, n] = endsOf(counts, list, (s) => kindKey(schools.kind[s]));
        return n ? [low / n, high / n] : null;
      }
      const trusts = new Set(list.map((s) => schools.trust[s]));
      const n = [...trusts].filter((t) => t >= 0 && schools.trusts.schools[t] > 1).length;
      return [n, n];
    }

    classOf({breaks, few, format}, value, n) {
      if (value === null && n === 0) return NO_VALUE;
      if (n < few) return TOO_FEW;
      if (value === null) return NO_VALUE;
      const shown = format === "share" ? printed(value[0]) : value[0];
      return breaks.filter((edge) => shown >= edge - 1e-9).length;
    }

    reword(key, {title}) {
      const {says} = this.app;
      const [, shows, not] = says[key];
      const of = `of the ${plural(this.app.counted().length, "school that fits", "schools that fit")} the filter`;
      says[key] = [`${title}, ${of}`, `${shows} Here ${of}; homes are those of all schools.`, not];
    }

    /** The table of the map: what follows the filter, and how many schools fit. */
    table() {
      const {app} = this;
      const {areas, filter, schools} = app;
      const heads = app.$$(".gl-table th[data-shade]");
      const met = filter && this.by((s) => schools.unit(areas)[s]);
      for (const head of heads) {
        const at = [...head.parentNode.children].indexOf(head);
        const measure = app.measures[head.dataset.shade];
        for (const row of app.$$(".gl-table tbody tr")) {
          const cell = row.children[at];
          const u = areas.code.indexOf(row.children[1].textContent);
          cell.dataset.whole ??= cell.textContent;
          cell.textContent = cell.dataset.whole;
          if (!filter || u < 0) continue;
          if (measure?.follows && measure.layer === areas.key) cell.textContent = say(measure.v[u], measure.format);
          if (head.dataset.shade === "schools")
            cell.textContent = `${whole((met.get(u) || []).length)} of ${cell.dataset.whole}`;
        }
      }
    }

    // ---- bars of the page

    findBars() {
      const {app} = this;
      const found = [...document.querySelectorAll(".pieces")].map((pieces) => {
        const strip = pieces.closest(".strip");
        const layer = app.byKey[strip?.dataset.layer];
        if (layer) return new Bar(this, pieces, pieces.nextElementSibling, (list) => this.units(layer, list));
        if (!pieces.nextElementSibling?.matches(".kinds,.sums")) return new Told(this, pieces, ALL);
        return new Bar(this, pieces, pieces.nextElementSibling, (list) => this.kinds(list, pieces));
      });
      const strips = document.querySelector(".strips");
      return strips ? [...found, new Told(this, strips.firstChild, BARS)] : found;
    }

    /** Pieces of a bar: [name, how many fit, how many there are, a class, a pattern]. */
    units(layer, list) {
      const {app} = this;
      const unit = app.schools.unit(layer);
      const all = tally(app.schools.filter((s) => app.schools.here[s]).map((s) => unit[s]));
      const named = (u) => (u < 0 ? reasonLabel(u) : app.unitName(layer, u));
      const look = (u) => (u < 0 ? "none" : u >= layer.units ? "shared" : "");
      return [...tally(list.map((s) => unit[s]))]
        .sort((a, b) => b[1] - a[1])
        .map(([u, n]) => ({name: named(u), n, of: all.get(u), look: look(u)}));
    }

    kinds(list, pieces) {
      const {schools} = this.app;
      const all = tally(schools.filter((s) => schools.here[s]).map((s) => schools.kind[s]));
      const met = tally(list.map((s) => schools.kind[s]));
      return [...all.keys()]
        .sort((a, b) => a - b)
        .filter((kind) => met.get(kind))
        .map((kind) => {
          const like = pieces.querySelector(`.f-${kindKey(kind)}`);
          return {name: kindLabel(kind), n: met.get(kind), of: all.get(kind), like};
        });
    }
  }

  /** A bar of the page, and the same of the schools that fit in its place. */
  class Bar {
    constructor(follow, pieces, names, partsOf) {
      Object.assign(this, {follow, pieces, names, partsOf});
      this.fill = [...pieces.classList].find((one) => one.startsWith("f-")) || "";
    }

    draw() {
      const {filter} = this.follow.app;
      this.node?.remove();
      for (const node of [this.pieces, this.names]) node.hidden = Boolean(filter);
      if (!filter) return;
      const parts = this.partsOf(this.follow.app.counted());
      const rest = parts.slice(NAMED);
      const names = parts.slice(0, NAMED).map(({name, n, of}) => this.name(name, n, of));
      if (rest.length) {
        const sum = (key) => rest.reduce((total, part) => total + part[key], 0);
        names.push(this.name(`${rest.length} more`, sum("n"), sum("of")));
      }
      this.node = el(
        "div",
        {class: "gl-followed"},
        el("div", {class: `pieces ${this.fill}`, "aria-hidden": "true"}, ...parts.map((part) => this.piece(part))),
        el("ul", {}, ...(parts.length ? names : [el("li", {}, "No school fits the filter.")])),
      );
      this.names.after(this.node);
    }

    name(name, n, of) {
      return el("li", {}, el("b", {}, name), ` ${whole(n)} of ${whole(of)}`);
    }

    piece({n, look, like}) {
      const node = like ? like.cloneNode(true) : el("div", {class: look || "whole"}, look ? "" : el("i", {}));
      if (look === "shared") {
        const fill = `url(#p-shared-${this.fill.slice(2)})`;
        node.append(svg("svg", {}, svg("rect", {width: "100%", height: "100%", fill})));
      }
      node.style.flex = `${n} 1 0`;
      return node;
    }
  }

  /** What is said of bars while a filter is on: of one that cannot follow, or of all. */
  class Told {
    constructor(follow, node, words) {
      this.follow = follow;
      this.node = el("p", {class: "about gl-told", hidden: true}, words);
      node.before(this.node);
    }

    draw() {
      this.node.hidden = !this.follow.app.filter;
    }
  }

  Object.assign(geolls, {Follow});
})(globalThis.geolls);
