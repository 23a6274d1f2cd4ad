// The details of a unit, a trust or a school: a title, nodes, and what is said aloud.
((geolls) => {
  "use strict";
  const {NOT_COVERED, TOO_FEW, el, extent, kindLabel, phaseSchool, plural, reasonLabel} = geolls;
  const {ends, safeUrl, say, schoolWords, tally, titleAndCode, whole} = geolls;

  // Rows of a list before "more".
  const SHOWN = 6;
  const RECORD = "https://get-information-schools.service.gov.uk/Establishments/Establishment/Details/";
  const CENTRE = "Drawn at the centre of its postcode, not the gate.";
  const HULL = "The dotted hull shows extent, not presence.";
  const HOME = (of) => `Home is where more of its ${of} are than anywhere else, not its office. ${HULL}`;
  const NO_HOME = `Without a home authority no links are drawn. ${HULL}`;

  const paragraph = (look, ...children) => el("p", look ? {class: look} : {}, ...children);
  const button = (look, text, on) => el("button", {type: "button", class: look, on}, text);
  const schoolsOrSchool = (n) => (n === 1 ? "school" : "schools");
  const byCount = (counts) => [...counts].sort((a, b) => b[1] - a[1]);

  class Info {
    constructor(app) {
      this.app = app;
    }

    of(picked) {
      if (picked.kind === "unit") return this.unit(picked);
      if (picked.kind === "absent") {
        const title = `No school with URN ${picked.words[1]} on this map`;
        return {title, nodes: [this.slot()], said: ""};
      }
      if (picked.kind === "postcode") return {title: picked.code.toUpperCase(), nodes: [this.slot()], said: ""};
      return picked.kind === "trust" ? this.trust(picked) : this.school(picked);
    }

    // ---- parts

    link(title, url) {
      const safe = safeUrl(url);
      return safe ? paragraph("", el("a", {href: safe}, title)) : null;
    }

    pick(picked, text) {
      return button("gl-link-button", text, () => this.app.details.open(picked));
    }

    pickUnit(layer, u) {
      return this.pick({kind: "unit", layer, u}, layer.name[u]);
    }

    pickTrust(t) {
      return this.pick({kind: "trust", t}, this.app.schools.trusts.name[t]);
    }

    /** The name of a unit as a button; of shared land, those of all that share it. */
    pickUnits(layer, u) {
      if (u < layer.units) return this.pickUnit(layer, u);
      const one = (v) => (v < 0 ? reasonLabel(v) : this.pickUnit(layer, v));
      const parts = this.app.claimants(layer, u).flatMap((v, i) => [i ? " and " : "", one(v)]);
      return el("span", {}, ...parts, " (shared)");
    }

    /** A list of [node or text, number or null] under a title; what is beyond a few comes when asked for. */
    rows(rows, title) {
      if (!rows.length) return null;
      const number = (n) => (n === null ? null : el("span", {class: "gl-n"}, whole(n)));
      const items = rows.map(([node, n]) => el("li", {}, node, number(n)));
      const list = el("ul", {class: "gl-rows"}, ...items.slice(0, SHOWN));
      const rest = items.slice(SHOWN);
      let more = null;
      if (rest.length)
        more = button("gl-link-button", `${rest.length} more`, () => {
          list.append(...rest);
          more.remove();
        });
      return el("section", {}, el("h3", {}, title), list, more);
    }

    // ---- a unit

    unit({layer, u}) {
      const {app} = this;
      const {filter, schools} = app;
      const mine = this.schoolsOf(layer, u);
      const fitting = filter && mine.filter((s) => filter.fits[s]);
      const nodes = [
        paragraph("gl-what", titleAndCode(layer, u)),
        this.page(layer, u),
        this.unitCount(layer, u, this.known(layer, mine)),
        filter ? paragraph("", `${ends(this.known(layer, fitting))} of them in the filter`) : null,
        this.unitMeasures(layer, u),
        mine.length ? this.kinds(mine) : null,
        ...app.layers.filter((other) => other !== layer).map((other) => this.met(layer, u, other, mine)),
        mine.length ? this.trustsOf(mine) : null,
        layer.note ? paragraph("gl-note", layer.note) : null,
      ];
      return {title: layer.name[u], nodes, said: schools ? schoolWords(this.known(layer, mine)) : ""};
    }

    /** How many schools a unit has, or at least and at most where some are on shared land. */
    known(layer, mine) {
      const unit = this.app.schools?.unit(layer);
      const sure = mine.filter((s) => unit[s] < layer.units).length;
      return sure === mine.length ? sure : [sure, mine.length];
    }

    /** The schools of a unit that count: those of the place. */
    schoolsOf(layer, u) {
      const {app} = this;
      const {schools} = app;
      if (!schools) return [];
      const unit = schools.unit(layer);
      return schools.filter((s) => schools.here[s] && app.claimants(layer, unit[s]).includes(u));
    }

    unitCount(layer, u, n) {
      const {england, own} = this.app;
      const all = layer.count?.[u] ?? null;
      const big = (number, ...words) => paragraph("gl-big", el("b", {}, ends(number)), ...words);
      if (!n)
        return all === null ? null : big(all, ` ${schoolsOrSchool(all)}`, england ? "" : ", none of them on this map");
      if (own.place) {
        const of = all === null ? "" : `, of ${ends(all)}`;
        return big(n, ` ${schoolsOrSchool(n)} inside ${own.place.name}${of}`);
      }
      return big(n, england ? ` ${schoolsOrSchool(n)}` : " of the trust's schools");
    }

    unitMeasures(layer, u) {
      const measures = Object.values(this.app.measures).filter((measure) => measure.layer === layer.key);
      if (!measures.length) return null;
      const {beside} = measures[0];
      const heading = (text) => el("th", {scope: "col"}, text);
      const row = (measure) => {
        const {c, england, format, title, v} = measure;
        const here = c[u] === TOO_FEW && format === "share" ? "\u2013" : say(v[u], format);
        const note = measure.beside === beside ? "" : ` (${measure.beside})`;
        const there = england === null ? "" : say(england, format) + note;
        return el("tr", {}, el("th", {scope: "row"}, title), el("td", {}, here), el("td", {}, there));
      };
      const head = el("tr", {}, el("td"), heading("Here"), heading(measures[0].england === null ? "" : beside));
      return el("table", {class: "gl-facts"}, el("thead", {}, head), el("tbody", {}, ...measures.map(row)));
    }

    /** How many of some schools are of each kind; the last two only where there are any. */
    kinds(mine) {
      const {schools} = this.app;
      const counts = tally(mine.map((s) => schools.kind[s]));
      const rows = geolls.vocabulary.kinds
        .map(([key, label], kind) => [label, counts.get(kind) || 0, key])
        .filter(([, n, key]) => n || !["no_single_home", "status_unknown"].includes(key));
      return this.rows(rows, this.app.own.marks ? "The schools" : "Who runs the schools");
    }

    /** The units of another layer that a unit shares schools with; without schools, land. */
    met(layer, u, other, mine) {
      const {app} = this;
      const counts = new Map();
      if (mine.length) {
        const unit = app.schools.unit(other);
        for (const [v, n] of tally(mine.map((s) => unit[s]))) counts.set(v, n);
      } else {
        layer.onLand.forEach((v, b) => {
          if (app.claimants(layer, v).includes(u)) counts.set(other.onLand[b], null);
        });
      }
      const rows = byCount(counts)
        .filter(([v]) => v >= 0)
        .map(([v, n]) => [this.pickUnits(other, v), n]);
      return this.rows(rows, rows.length === 1 ? other.title : other.many);
    }

    trustsOf(mine) {
      const {schools} = this.app;
      const several = (t) => t >= 0 && schools.trusts.schools[t] > 1;
      const counts = tally(mine.map((s) => schools.trust[s]).filter(several));
      const order = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
      const rows = order.map(([t, n]) => [this.pickTrust(t), n]);
      return this.rows(rows, `Trusts of two or more at work: ${counts.size}`);
    }

    // ---- a trust

    trust({t}) {
      const {app} = this;
      const {schools} = app;
      const {home, name, text, uid, url, without} = schools.trusts;
      const at = home?.[t] ? `home ${home[t]}` : without?.[t];
      const abroad = `${whole(app.abroad(t).length)} outside its home authority`;
      const mine = schools.of[t];
      const inside = mine.filter((s) => schools.here[s]).length;
      const place = app.own.place ? app.own.place.name : "this place";
      const beyond = `Hollow marks: its ${plural(mine.length - inside, "school", "schools")} outside ${place}`;
      const counts = app.trustCounts(app.authorities, t);
      const nodes = [
        paragraph("gl-what", `Trust, UID ${uid[t]}${at ? `, ${at}` : ""}`),
        url ? this.link(`Open the page of ${name[t]}`, url[t]) : null,
        this.trustCount(t, mine.length, inside),
        inside < mine.length ? paragraph("", beyond) : null,
        schools.homeOf(t) ? paragraph("", abroad) : null,
        text?.[t] ? paragraph("", text[t]) : null,
        paragraph("gl-note", schools.homeOf(t) ? HOME(`${app.own.population} schools`) : NO_HOME),
        this.rows(this.authorityRows(counts), plural(counts.size, "authority", "authorities")),
        this.rows(
          mine.map((s) => [this.pick({kind: "school", s}, schools.title(s)), null]),
          "Its schools",
        ),
        paragraph(
          "",
          button("gl-button", "Show all its schools", () => app.details.show(this.boundsOf(mine), 30)),
        ),
      ];
      return {title: name[t], nodes, said: plural(mine.length, "school", "schools")};
    }

    trustCount(t, drawn, inside) {
      const {own, schools} = this.app;
      const total = schools.trusts.schools[t];
      let words = ` ${schoolsOrSchool(drawn)}`;
      if (own.place && total)
        words = ` of its ${plural(total, "school", "schools")} ${inside === 1 ? "is" : "are"} in ${own.place.name}`;
      else if (total && drawn !== total)
        words = ` of its ${whole(total)} schools ${drawn === 1 ? "is" : "are"} on this map`;
      return paragraph("gl-big", el("b", {}, whole(own.place ? inside : drawn)), words);
    }

    authorityRows(counts) {
      const {app} = this;
      const layer = app.authorities;
      const isUnit = (u) => u >= 0 && u < layer.units;
      return byCount(counts).map(([u, n]) => [isUnit(u) ? this.pickUnit(layer, u) : app.unitName(layer, u), n]);
    }

    /** A link to the page of a unit: they lie in one folder, each under its code, or are told one by one. */
    page({url, code, name}, u) {
      if (!url) return null;
      return this.link(`Open the page of ${name[u]}`, typeof url === "string" ? `${url}${code[u]}.html` : url[u]);
    }

    boundsOf(list) {
      const {schools} = this.app;
      return extent([list.flatMap((s) => [schools.x[s], schools.y[s]])]);
    }

    // ---- a school, or a postcode

    /** Where all that is above it comes once it is known; until then what the map itself knows. */
    slot(known = null) {
      return el("div", {class: "gl-above"}, known);
    }

    /** Phase and pupils, and who runs it. */
    schoolLines(s) {
      const {schools} = this.app;
      const pupils = schools.pupils[s] >= 0 ? plural(schools.pupils[s], "pupil", "pupils") : "";
      const phase = phaseSchool(schools.phases[schools.phase[s]]);
      const kind = kindLabel(schools.kind[s]);
      const t = schools.trust[s];
      return [[phase, pupils].filter(Boolean).join(", "), t >= 0 ? `${kind}: ${schools.trusts.name[t]}` : kind];
    }

    school({s}) {
      const {schools} = this.app;
      const urn = schools.urn[s];
      const t = schools.trust[s];
      const record = el("a", {href: RECORD + urn, rel: "noreferrer"}, "Its entry in the register");
      const lines = this.schoolLines(s);
      const nodes = [
        paragraph("gl-what", `School, URN ${urn}`),
        paragraph("", lines[0]),
        paragraph("", kindLabel(schools.kind[s])),
        this.astray(s),
        t >= 0 ? paragraph("", this.pickTrust(t)) : null,
        this.slot(this.unitsOf(s)),
        paragraph("gl-note", CENTRE),
        paragraph("gl-note", `To report this record, quote URN ${urn}. `, record),
      ];
      return {title: schools.title(s), nodes, said: lines.join(", ")};
    }

    /** Which authority the register gives a school to, where it stands in another. */
    astray(s) {
      const {app} = this;
      const layer = app.byKey.local_authority;
      if (!app.schools.astray(layer, s)) return null;
      const there = layer.name[layer.onLand[app.schools.block[s]]];
      const own = layer.name[app.schools.unit(layer)[s]];
      const runs = app.schools.trust[s] < 0 ? "Maintained by" : "Listed under";
      return paragraph("gl-astray", `${runs} ${own}, stands in ${there}.`);
    }

    /** A school's unit in every layer; where it has none, why, unless the layer is not for it. */
    unitsOf(s) {
      const {layers, schools} = this.app;
      const terms = layers.flatMap((layer) => {
        const u = schools.unit(layer)[s];
        if (u < NOT_COVERED) return [];
        return [el("dt", {}, layer.title), el("dd", {}, u < 0 ? reasonLabel(u) : this.pickUnits(layer, u))];
      });
      return el("dl", {}, ...terms);
    }
  }

  Object.assign(geolls, {Info, RECORD});
})(globalThis.geolls);
