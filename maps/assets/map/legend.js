// The legend: what the shading, the lines and the marks mean, with how many of each there are.
((geolls) => {
  "use strict";
  const {NO_EVIDENCE, NO_VALUE, NOT_COVERED, TOO_FEW, classFill, el, kindLabel, kindNumber} = geolls;
  const {SYMBOLS, coverageFill, patternOf, plain, plural, reasonPhrase, say, svg} = geolls;

  const SHARED = "shared, no line published";

  class Legend {
    constructor(app) {
      this.app = app;
    }

    draw() {
      const {app} = this;
      const box = app.$(".gl-legend");
      const rows = this.rows();
      const lines = app.layers.filter((layer) => app.on.has(layer.key)).map((layer) => this.line(layer));
      const marks = this.marks();
      box.hidden = !(rows.length || lines.length || marks.length);
      const classes = rows.map(([fill, title, words]) => this.classRow(fill, title, words));
      const shading = rows.length ? [this.title(), el("ul", {class: "gl-classes"}, ...classes)] : [];
      box.replaceChildren(...shading, el("ul", {class: "gl-lines-key"}, ...lines, ...marks));
      this.say();
    }

    /** Finding, caption and table follow the shading. */
    say() {
      const {app} = this;
      const [finding, shows, meansNot] = app.says[app.shade];
      const put = (query, text, hides) => {
        const node = app.$(query);
        node.textContent = text;
        hides(node).hidden = !text;
      };
      put(".gl-finding", finding, (node) => node);
      put(".gl-shows", shows, (node) => node.parentNode);
      put(".gl-means-not", meansNot, (node) => node.parentNode);
      for (const cell of app.$$(".gl-table .gl-now")) cell.classList.remove("gl-now");
      const head = app.$$(".gl-table th[data-shade]").find((cell) => cell.dataset.shade === app.shade);
      if (!head) return;
      const at = [...head.parentNode.children].indexOf(head);
      for (const row of app.$$(".gl-table tr")) row.children[at].classList.add("gl-now");
    }

    measure() {
      return this.app.measures[this.app.shade];
    }

    heading() {
      const measure = this.measure();
      return measure ? measure.title : `${this.app.active().title} coverage`;
    }

    title() {
      const measure = this.measure();
      const note = (text) => (text ? el("span", {}, ` ${text}`) : null);
      const titled = (...children) => el("p", {class: "gl-legend-title"}, ...children);
      if (measure) return titled(measure.title, note(measure.whose || this.beside(measure)));
      if (this.app.shade === "swipe") return titled("Side by side: move the line");
      return titled(this.heading(), note("A school counts where it stands."));
    }

    /** What a unit is held against: England, or the middle unit. */
    beside({beside, england, format}) {
      if (england === null || format === "words") return "";
      return `${beside[0].toUpperCase()}${beside.slice(1)}: ${say(england, format)}.`;
    }

    /** Rows of the shading: fill, title, how many. */
    rows() {
      const {app} = this;
      if (this.measure()) return [...this.measureRows(this.measure()), ...this.notFoundRows()];
      if (app.shade === "swipe")
        return app.own.swipe
          .map((key) => app.byKey[key])
          .map((layer) => ["r2", layer.title, plural(layer.units, "unit", "units")]);
      return app.shade ? this.coverageRows() : [];
    }

    faces() {
      return this.app.faces.current().list.filter((face) => face.inside && face.rings.length);
    }

    measureRows(measure) {
      const {app} = this;
      const {layer} = app.faces.current();
      const count = (test) => this.faces().filter(test).length;
      const areas = (n) => plural(n, plain(layer.title), plain(layer.many));
      const few = count((face) => measure.c[face.u] === TOO_FEW);
      const none = count((face) => app.faces.isUnit(face) && measure.c[face.u] === NO_VALUE);
      const has = measure.titles.map((_, c) => count((face) => face.u >= 0 && measure.c[face.u] === c));
      // Of words, those that are on the map; of numbers, the whole scale.
      const rows = measure.titles
        .map((title, c) => [classFill(measure, c), title, areas(has[c])])
        .filter((_, c) => has[c] || measure.format !== "words");
      const dotted = app.own.patterns.includes("too_few") ? "dots" : "blank";
      if (few) rows.push([dotted, `fewer than ${measure.few} schools`, areas(few)]);
      if (none) rows.push(["blank", "no value", areas(none)]);
      return rows;
    }

    notFoundRows() {
      const {patterns} = this.app.own;
      const {layer} = this.app.faces.current();
      const apart = [
        ["shared", (u) => u >= layer.units, "stripe", SHARED],
        ["not_found", (u) => u === NO_EVIDENCE, "cross", reasonPhrase(NO_EVIDENCE)],
        ["not_found", (u) => u === NOT_COVERED, "bare", reasonPhrase(NOT_COVERED)],
      ];
      return apart
        .filter(([pattern]) => patterns.includes(pattern))
        .map(([, test, fill, title]) => [fill, title, this.faces().filter((face) => test(face.u)).length])
        .filter(([, , n]) => n)
        .map(([fill, title, n]) => [fill, title, plural(n, "area", "areas")]);
    }

    coverageRows() {
      const {layer} = this.app.faces.current();
      const titles = {
        r2: `one ${layer.title}`,
        hatch: "one, low confidence",
        stripe: SHARED,
        cross: reasonPhrase(NO_EVIDENCE),
        bare: reasonPhrase(NOT_COVERED),
      };
      const blocks = Object.fromEntries(Object.keys(titles).map((fill) => [fill, []]));
      layer.of.forEach((u, b) => {
        if (this.app.inside[b]) blocks[this.coverage(layer, u, b)]?.push(b);
      });
      return Object.entries(titles)
        .filter(([fill]) => blocks[fill].length)
        .map(([fill, title]) => [fill, title, this.areasAndSchools(blocks[fill])]);
    }

    coverage(layer, u, b) {
      const fill = coverageFill(u, layer.units);
      return fill === "r2" && layer.lowSet.has(b) ? "hatch" : fill;
    }

    areasAndSchools(blocks) {
      const {areas} = this.app;
      const met = new Set(blocks.map((b) => areas.of[b]));
      const schools = this.schoolsOn(blocks);
      const said = plural(met.size, plain(areas.title), plain(areas.many));
      return schools === null ? said : `${said}, ${plural(schools, "school", "schools")}`;
    }

    /** The schools on some blocks, of those that the map is about and that fit; null where it does not know. */
    schoolsOn(blocks) {
      const {app} = this;
      const {on_blocks: on} = app.own;
      const there = new Set(blocks);
      if (app.filter) return app.counted((s) => there.has(app.schools.block[s])).length;
      return on ? blocks.reduce((total, b) => total + on[b], 0) : null;
    }

    // ---- nodes

    classRow(fill, title, words) {
      const text = [el("span", {class: "gl-class"}, title), el("span", {class: "gl-n"}, words)];
      return el("li", {}, this.swatch(fill), ...text);
    }

    swatch(fill) {
      if (SYMBOLS[fill]) return this.circle(SYMBOLS[fill]);
      const size = {x: 0.5, y: 0.5, width: 53, height: 11};
      const hatched = fill === "hatch";
      const rect = svg("rect", {...size, class: `gl-swatch gl-f-${hatched ? "r2" : fill}`});
      rect.style.fill = hatched ? "" : patternOf(this.app.id, fill);
      const key = svg("svg", {width: 54, height: 12, "aria-hidden": "true", class: "gl-key"}, rect);
      if (hatched) {
        const over = svg("rect", size);
        over.style.fill = this.app.stage.hatch();
        key.append(over);
      }
      return key;
    }

    /** The circle of a class of a count. */
    circle(r) {
      const circle = svg("circle", {class: "gl-symbol", cx: 27, cy: 13, r});
      return svg("svg", {width: 54, height: 26, "aria-hidden": "true", class: "gl-key"}, circle);
    }

    keyRow(size, shape, text) {
      const picture = svg("svg", {...size, "aria-hidden": "true"}, shape);
      return el("li", {class: "gl-key-line"}, picture, el("span", {}, text));
    }

    line(layer) {
      const line = svg("line", {class: `gl-line gl-${layer.line}`, x1: 1, y1: 6, x2: 33, y2: 6});
      return this.keyRow({width: 34, height: 12}, line, layer.title);
    }

    /** The kinds of schools that are on and that the panel can turn off. */
    marks() {
      const {app} = this;
      const triangle = svg("path", {class: "gl-site", d: "M0-5 4.4 3.2H-4.4Z"});
      const size = {width: 18, height: 14, viewBox: "-9 -7 18 14"};
      const leads = app.own.sites ? [this.keyRow(size, triangle, "Lead school")] : [];
      if (!app.schools) return leads;
      if (app.filter?.marks) return leads;
      const shown = (key) => app.kinds.has(key) && app.$(`input[data-kind="${key}"]`);
      const rows = app.own.kinds.filter(shown).map((key) => {
        const mark = svg("use", {class: `gl-mark gl-${key}`, href: `#${app.id}-${key}`});
        return this.keyRow(size, mark, kindLabel(kindNumber(key)));
      });
      const astray = (s) => app.schools.here[s] && app.schools.astray(app.byKey.local_authority, s);
      if (!app.own.trust && app.kinds.size && app.schools.filter(astray).length)
        rows.push(
          this.keyRow(
            size,
            svg("path", {class: "gl-astray", d: "M-5 4H5"}),
            "Under another authority than it stands in",
          ),
        );
      return [...rows, ...leads];
    }
  }

  Object.assign(geolls, {Legend});
})(globalThis.geolls);
