// The panel beside a map: which layers and kinds of schools are drawn, and what the land is shaded by.
((geolls) => {
  "use strict";
  const {kindLabel, kindNumber} = geolls;

  const shownOrHidden = (box) => (box.checked ? "shown" : "hidden");
  const ROWS = "input[data-layer],input[data-kind],input[data-ground]";

  class Panel {
    constructor(app) {
      this.app = app;
      this.node = app.$(".gl-panel");
      this.opener = app.$(".gl-open-layers");
      this.keyboard = new geolls.Keyboard(app);
      this.listen();
      this.listenToRows();
      this.follow();
      this.tick();
    }

    listen() {
      const {app} = this;
      for (const opener of app.$$(".gl-open-table"))
        opener.addEventListener("click", (event) => {
          event.preventDefault();
          this.toTable();
        });
      this.opener?.addEventListener("click", () => this.sheet(true));
      app.$(".gl-shut")?.addEventListener("click", () => this.sheet(false));
    }

    listenToRows() {
      const {app} = this;
      for (const row of app.$$(ROWS))
        row.addEventListener("change", () => {
          this.set(row, row.checked);
          const {layer, kind} = row.dataset;
          const said = kind ? `${kindLabel(kindNumber(kind))}:` : app.byKey[layer]?.title || "Towns";
          app.changed(`${said} ${shownOrHidden(row)}`);
        });
      for (const box of app.$$("[data-all]"))
        box.addEventListener("change", () => {
          for (const row of this.rowsOf(box)) this.set(row, box.checked);
          app.changed(`${box.closest("legend").textContent.trim()} ${shownOrHidden(box)}`);
        });
      for (const radio of app.$$(".gl-shades input"))
        radio.addEventListener("change", () => {
          app.shade = radio.value;
          app.changed(`Shaded by ${radio.closest("label").textContent.trim()}`);
        });
    }

    /** Keep what is shown in view when its window changes or a phone is turned, unless a reader moved it by hand. */
    follow() {
      const {app} = this;
      const {details, map} = app;
      let size = map.getSize();
      new ResizeObserver(() => {
        if (app.stage.paper.kept) return;
        const whole = app.shows(app.whole);
        const shown = details.kept && details.stays();
        map.invalidateSize({animate: false});
        // Leaflet may have taken the new size before us: what counts is the size of the last fit.
        if (size.distanceTo(map.getSize()) < 40) return;
        size = map.getSize();
        if (whole) app.fit();
        else if (shown) details.refit();
      }).observe(map.getContainer());
    }

    /** What a row switches: the set that it belongs to, and its key there. */
    of(row) {
      const {layer, kind, ground} = row.dataset;
      const {app} = this;
      return layer ? [app.on, layer] : kind ? [app.kinds, kind] : [app.ground, ground];
    }

    set(row, on) {
      const [chosen, key] = this.of(row);
      if (on) chosen.add(key);
      else chosen.delete(key);
    }

    isOn(row) {
      const [chosen, key] = this.of(row);
      return chosen.has(key);
    }

    /** The rows of the family that a box ticks all at once. */
    rowsOf(box) {
      return [...this.app.$(`[data-family="${box.dataset.all}"]`).querySelectorAll(ROWS)];
    }

    /** Tick what is on. */
    tick() {
      const {app} = this;
      app.hexes.settle();
      const rows = app.$$(ROWS);
      for (const row of rows) row.checked = this.isOn(row);
      for (const radio of app.$$(".gl-shades input")) radio.checked = radio.value === app.shade;
      for (const box of app.$$("[data-all]")) {
        const family = this.rowsOf(box);
        const many = family.filter((row) => row.checked).length;
        box.checked = many === family.length;
        box.indeterminate = many > 0 && many < family.length;
      }
      const on = rows.filter((row) => row.checked).length;
      if (this.opener) this.opener.textContent = `Layers, ${on} of ${rows.length} on`;
    }

    /** On a phone the panel is a sheet that comes up over the map. */
    sheet(open) {
      this.app.node.classList.toggle("gl-sheet", open);
      this.opener.setAttribute("aria-expanded", String(open));
      (open ? this.node : this.opener).focus();
    }

    enter() {
      if (this.app.picked) this.app.details.close();
      if (getComputedStyle(this.node).position === "fixed") this.sheet(true);
      else (this.node.querySelector("input") || this.node).focus();
    }

    toTable() {
      const table = this.app.$(".gl-table");
      table.open = true;
      table.scrollIntoView({block: "start", behavior: geolls.still.matches ? "auto" : "smooth"});
      table.querySelector("summary").focus({preventScroll: true});
    }
  }

  Object.assign(geolls, {Panel});
})(globalThis.geolls);
