// What pointer or focus is on lights up wherever it stands: the map, rows of tables, bars and links.
((geolls) => {
  "use strict";
  const {el, push, svg} = geolls;

  const RING = 9;
  const REACH = 9;

  class Lights {
    constructor(app) {
      this.app = app;
      this.school = -1;
      // Not in the group of what the pointer is on, which is drawn anew whenever that moves.
      this.group = svg("g", {class: "gl-lit"});
      app.stage.groups.hot.after(this.group);
      app.map.on("zoomend moveend", () => this.shown && this.show(this.shown));
      this.openRows();
      for (const [on, off] of [
        ["mouseover", "mouseout"],
        ["focusin", "focusout"],
      ]) {
        document.addEventListener(on, (event) => {
          const subject = this.subject(event.target);
          if (subject) this.show(subject);
        });
        // A pointer that lies still does not put out what the focus lit.
        document.addEventListener(off, ({target, relatedTarget}) => {
          if (this.shown && this.within(target) && !this.within(relatedTarget)) this.show(null);
        });
      }
      app.node.addEventListener("geolls:point", ({detail}) => this.toPage(detail));
      app.box.addEventListener("mousemove", (event) => this.fromMap(event));
      app.box.addEventListener("mouseleave", () => this.toSchool(-1));
    }

    /** Names in the map's own table lead to their land, where they lead to no page. */
    openRows() {
      const {app} = this;
      for (const row of app.$$(".gl-table tbody tr")) {
        const name = row.cells[0];
        const u = app.areas.code.indexOf(row.cells[1].textContent);
        if (u < 0 || name.querySelector("a")) continue;
        const on = () => {
          app.details.open({kind: "unit", layer: app.areas, u});
          app.details.showUnit({layer: app.areas, u});
        };
        name.replaceChildren(el("button", {type: "button", class: "gl-link-button", on}, name.textContent));
      }
    }

    /** Units by the address of their page. */
    addresses() {
      if (this.byAddress) return this.byAddress;
      this.byAddress = new Map();
      for (const layer of this.app.layers)
        layer.code.forEach((code, u) => {
          const {url} = layer;
          const address = typeof url === "string" ? `${url}${code}.html` : url?.[u];
          if (address) this.byAddress.set(address, {layer: layer.key, code});
        });
      const {trusts} = this.app.schools || {};
      trusts?.uid.forEach((code, t) => {
        if (trusts.url?.[t]) this.byAddress.set(trusts.url[t], {layer: "trust", code});
      });
      return this.byAddress;
    }

    /** What a node of the page stands for: {layer, code}, layer being "school" or "trust" too; null for nothing. */
    subject(node) {
      if (!node?.closest || node.closest(".gl-stage")) return null;
      const piece = node.closest(".strip [data-u]");
      if (piece) return {layer: piece.closest(".strip").dataset.layer, code: piece.dataset.u};
      const part = node.closest(".gl-parted a");
      if (part) return {layer: part.dataset.layer, code: part.dataset.code};
      const row = node.closest("tr,.strip .names li");
      if (!row) return null;
      if (row.closest(".gl-table") && row.cells[1]) return {layer: this.app.own.areas, code: row.cells[1].textContent};
      if (/^s\d+$/.test(row.id)) return {layer: "school", code: row.id.slice(1)};
      const link = row.querySelector("a");
      return (link && this.addresses().get(link.getAttribute("href"))) || null;
    }

    within(node) {
      const one = this.subject(node);
      return Boolean(one) && one.layer === this.shown.layer && one.code === this.shown.code;
    }

    // ---- from the page to the map

    show(subject) {
      this.shown = subject;
      const {app} = this;
      if (subject?.layer === "school") this.ring([app.schools?.urn.indexOf(Number(subject.code))]);
      else if (subject?.layer === "trust") this.ring(app.schools.of[app.schools.trusts.uid.indexOf(subject.code)]);
      else this.outline(app.byKey[subject?.layer], subject?.code);
      app.node.dataset.lit = subject ? `${subject.layer} ${subject.code}` : "";
    }

    outline(layer, code) {
      const u = layer ? layer.code.indexOf(code) : -1;
      this.group.replaceChildren();
      if (u >= 0) this.app.pointer.outlineUnit(layer, u, this.group, "gl-hover");
    }

    /** Rings round schools of the place. */
    ring(list) {
      const {app} = this;
      const {schools} = app;
      const view = app.view();
      this.group.replaceChildren();
      for (const s of list || []) {
        if (!(s >= 0) || !schools.here[s]) continue;
        const [cx, cy] = view.at(schools.x[s], schools.y[s]);
        for (const look of ["gl-hover-case", "gl-hover"])
          this.group.append(svg("circle", {class: look, cx, cy, r: RING}));
      }
    }

    // ---- from the map to the page

    fromMap(event) {
      const {app} = this;
      if (!app.schools || event.buttons) return;
      this.toSchool(app.stage.marks.nearest(app.pointer.spotOf(event).inLayer, REACH));
    }

    toSchool(s) {
      if (s === this.school) return;
      this.school = s;
      const row = s >= 0 && document.getElementById(`s${this.app.schools.urn[s]}`);
      this.light("school", row ? [row] : []);
    }

    toPage(subject) {
      if (!subject) {
        this.light("unit", []);
        return;
      }
      this.nodes = this.nodes || this.find();
      this.light("unit", this.nodes.get(`${subject.layer} ${subject.code}`) || []);
    }

    /** Every node of the page that stands for a unit, by what it stands for. */
    find() {
      const found = new Map();
      const all = document.querySelectorAll(".strip [data-u],.strip .names li,.gl-parted a,tbody tr:not([id^=s])");
      for (const node of all) {
        const subject = this.subject(node);
        if (subject) push(found, `${subject.layer} ${subject.code}`, node);
      }
      return found;
    }

    light(kind, nodes) {
      for (const node of this[kind] || []) node.classList.remove("lit");
      this[kind] = nodes;
      for (const node of nodes) node.classList.add("lit");
    }
  }

  geolls.tools.push((app) => {
    app.lights = new Lights(app);
  });
})(globalThis.geolls);
