// Report a row: one button for all rows, which comes to the row that is pointed at or holds the
// focus, and a panel with a text to copy.
((geolls) => {
  "use strict";
  const {DASH, announce, queryAll, cellValue} = geolls;

  class Reporter {
    constructor(template) {
      this.template = template.content;
      this.button = this.template.querySelector(".reports").cloneNode(true);
      this.panel = null;
      this.button.addEventListener("click", () => this.open(this.button.closest("tr"), this.button.closest("table")));
      for (const table of queryAll("table[data-report]"))
        for (const kind of ["mouseover", "focusin", "click"])
          table.addEventListener(kind, (event) => this.come(event.target.closest("tbody tr[id]"), table));
    }

    come(row, table) {
      if (!row || this.panel) return;
      const cell = row.cells[table.dataset.report - 1];
      if (this.button.parentNode === cell) return;
      const title = this.template.querySelector("h3").textContent;
      this.button.setAttribute("aria-label", `${title}: ${cellValue(cell)}`);
      cell.append(this.button);
    }

    open(row, table) {
      this.shut();
      const panel = this.template.querySelector(".report").cloneNode(true);
      this.panel = panel;
      const area = panel.querySelector("textarea");
      const source = this.sourceOf(row, table);
      const said = this.words(row, table, area.dataset, source);
      area.value = area.textContent.replace(/\{(\w+)\}/g, (_, word) => said[word]);
      const link = panel.querySelector("a");
      if (source) link.href = source;
      else link.remove();
      this.listen(panel, area);
      table.closest("section").append(panel);
      document.documentElement.classList.add("reporting");
      panel.focus({preventScroll: true});
      row.scrollIntoView({block: "nearest", behavior: "instant"});
    }

    listen(panel, area) {
      const copy = panel.querySelector("[data-copy]");
      copy.addEventListener("click", () => {
        area.select();
        if (!document.execCommand("copy")) return;
        copy.textContent = copy.dataset.copy;
        announce(copy.dataset.copy);
      });
      panel.querySelector("[data-shut]").addEventListener("click", () => this.shut());
      panel.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        this.shut();
      });
    }

    /** Where the row's record stands: its own link, else the table's source. */
    sourceOf(row, table) {
      const {link, source} = table.dataset;
      return row.querySelector("a[href^=http]")?.href ?? (link ? link + row.id.slice(1) : source);
    }

    /** What the blanks of the text are filled with. */
    words(row, table, {page, study}, source) {
      const {correct, report, word} = table.dataset;
      const heads = queryAll("thead th", table);
      const cells = Array.from(row.cells);
      const name = cellValue(cells[word === "Layer" ? 0 : report - 1]);
      return {
        record: `${word} ${row.id.replace(/^[a-z]-?/, "")}, ${name}`,
        table: table.caption.textContent,
        cells: cells.map((cell, i) => `${heads[i].textContent}: ${cellValue(cell) || DASH}`).join("; "),
        page,
        study,
        today: new Date().toISOString().slice(0, 10),
        source: source || DASH,
        correct: correct || source || DASH,
      };
    }

    shut() {
      if (!this.panel) return;
      this.panel.remove();
      this.panel = null;
      document.documentElement.classList.remove("reporting");
      if (this.button.isConnected) this.button.focus();
    }
  }

  Object.assign(geolls, {Reporter});
})(globalThis.geolls);
