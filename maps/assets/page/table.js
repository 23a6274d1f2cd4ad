// A table that can be sorted, narrowed, shown in part and saved as csv.
((geolls) => {
  "use strict";
  const {announce, compareKeys, csvCell, csvField, el, fold, keepInAddress, packedRows, queryAll} = geolls;
  const {sortKey, whole} = geolls;

  /** A cell's raw value; a smaller second line in it is for the eye. */
  function cellValue(cell) {
    if (cell.dataset.v !== undefined) return cell.dataset.v;
    return (cell.querySelector("small, button") ? cell.firstChild : cell).textContent.trim();
  }

  // What a row's link to a page is named by: a code, or a trust's number. A name that had to be changed for its file
  // ends in ten digits, and says none.
  const NAMED = [
    ["code", /places\/[^/]+\/((?!.*-[\da-f]{10}\.).+)\.html$/],
    ["trust_uid", /trusts\/(\d+)[^/]*\.html$/],
  ];

  class Table {
    constructor(node) {
      this.node = node;
      this.body = node.tBodies[0];
      this.heads = queryAll("thead th", node);
      this.noun = node.dataset.noun;
      // Rows that are seen at first.
      this.shown = Number(node.dataset.shown || 0);
      // What the rows are narrowed by.
      this.word = "";
      this.choice = "";
      // Ids of rows that fit the filter of the map, and what it asks: {urns, words}.
      this.only = null;
      this.order = [-1, false];
      // Makes the rows that are packed still.
      this.more = null;
      this.isWhole = false;
      if (node.classList.contains("sorts")) this.heads.forEach((head, i) => this.addSorter(head, i));
      this.note = document.querySelector(`[data-showing="${node.id}"]`);
      this.foot();
      this.loaded = this.load();
    }

    column(key) {
      return this.heads.findIndex((head) => head.dataset.k === key);
    }

    rows() {
      return Array.from(this.body.rows).filter((row) => !row.classList.contains("total"));
    }

    // ---- packed rows

    /** Unpack the rows that do not stand in the page; they join it when somebody asks for them. */
    async load() {
      this.more = await packedRows(this.node.id);
      if (!this.more || !this.isWhole) return;
      this.whole();
      if (this.order[0] >= 0) this.sort(...this.order);
      else this.show();
    }

    /** Bring all rows into the page, now or as soon as they are unpacked. */
    whole() {
      const {more} = this;
      this.isWhole = true;
      this.more = null;
      if (!more) return;
      const rows = more();
      for (const row of rows) this.dress(row);
      this.body.append(...rows);
      delete this.node.dataset.total;
    }

    dress(row) {
      // The name of a school leads to it on the map; the map leads to its record.
      const base = document.querySelector(".geolls-app") ? "#school=" : this.node.dataset.link;
      const name = row.cells[0];
      const urn = row.id.slice(1);
      if (base && row.id[0] === "s" && /^\d+$/.test(urn) && !name.querySelector("a"))
        name.replaceChildren(el("a", {href: base + urn}, name.textContent));
    }

    // ---- order

    addSorter(head, i) {
      const button = el("button", {type: "button"}, head.textContent);
      const key = head.dataset.k;
      head.replaceChildren(button);
      head.classList.add("sorts");
      if (!head.hasAttribute("aria-sort")) head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        const largeFirst = head.classList.contains("r") || key === "based_elsewhere" || key.startsWith("share");
        const falling = now === "none" ? largeFirst : now === "ascending";
        this.sort(i, falling);
        keepInAddress(`sort-${this.node.id}`, (falling ? "-" : "") + key);
        announce(`Sorted by ${button.textContent}, ${falling ? "largest first" : "smallest first"}`);
      });
    }

    sort(i, falling) {
      this.order = [i, falling];
      this.whole();
      // Words that have an order of their own.
      const ranks = this.heads[i].dataset.order?.split("|");
      const keyOf = (text) => (ranks?.includes(text) ? ranks.indexOf(text) : sortKey(text));
      const keyed = this.rows().map((row) => [row, keyOf(cellValue(row.cells[i]))]);
      keyed.sort(([, a], [, b]) => compareKeys(a, b, falling));
      this.body.append(...keyed.map(([row]) => row));
      this.heads.forEach((head, j) => {
        const order = falling ? "descending" : "ascending";
        if (head.hasAttribute("aria-sort")) head.setAttribute("aria-sort", j === i ? order : "none");
      });
      this.show();
    }

    // ---- what is shown

    /** Show the rows that hold a word, and whose cell in a column is the choice. */
    filter(word, choice, column) {
      if (word || choice) this.whole();
      this.word = fold(word);
      this.choice = choice;
      this.chosen = this.column(column);
      this.show();
    }

    get isNarrowed() {
      return Boolean(this.word || this.choice || this.only);
    }

    /** Show only the schools that fit the filter of the map; null shows all. */
    follow(only) {
      if (only) this.whole();
      this.only = only;
      this.show();
    }

    fits(row) {
      if (this.only && !this.only.urns.has(row.id.slice(1))) return false;
      if (this.word && !fold(row.textContent).includes(this.word)) return false;
      return !this.choice || cellValue(row.cells[this.chosen]) === this.choice;
    }

    open() {
      this.whole();
      this.node.classList.add("all");
      this.show();
    }

    show() {
      const rows = this.rows();
      let fitting = 0;
      let seen = 0;
      for (const row of rows) {
        row.hidden = !this.fits(row);
        if (row.hidden) continue;
        fitting += 1;
        const late = this.shown > 0 && fitting > this.shown && !this.isNarrowed;
        row.classList.toggle("more", late);
        if (!late || this.node.classList.contains("all")) seen += 1;
      }
      this.foot(seen, fitting, rows.length);
    }

    /** Say under the table how many rows are shown; without numbers, as the page was made. */
    foot(seen, fitting, rows = 0) {
      if (!this.note) return;
      const total = Math.max(rows, Number(this.node.dataset.total || 0), this.rows().length);
      const all = fitting ?? total;
      const shown = seen ?? (this.shown && this.shown < total ? this.shown : total);
      this.note.replaceChildren();
      // On paper every row stands that a filter leaves, but of a long table.
      this.note.classList.toggle("no-print", !this.isNarrowed && !this.node.classList.contains("long"));
      if (!this.shown && !this.isNarrowed) return;
      this.note.append(`Showing ${whole(shown)} of ${whole(total)}. `);
      if (shown < all || (all < total && !this.isNarrowed)) this.note.append(this.opener(total), " ", this.onPaper());
      if (this.isNarrowed) announce(`${whole(all)} ${this.noun} found`);
    }

    /** Where the rows are that paper does not hold. */
    onPaper() {
      const words = "The others stand on the page itself, under its address, and in its csv. ";
      return this.node.classList.contains("long") ? el("span", {class: "paper-only"}, words) : "";
    }

    opener(total) {
      const button = el("button", {type: "button", class: "link"}, "Show all");
      button.addEventListener("click", () => {
        this.open();
        announce(`Showing all ${whole(total)} ${this.noun}`);
      });
      return button;
    }

    // ---- csv

    /** The codes of some rows, where they have any and no column says them: [key, codes]. */
    codes(rows) {
      const all = rows.map((row) => queryAll("a", row).map((link) => link.getAttribute("href")));
      return NAMED.filter(([key]) => this.column(key) < 0)
        .map(([key, name]) => [key, all.map((links) => links.map((link) => name.exec(link)?.[1]).find(Boolean) || "")])
        .filter(([, codes]) => codes.some(Boolean));
    }

    csv() {
      this.whole();
      const numeric = this.heads.map((head) => head.classList.contains("r"));
      const all = this.rows();
      const rows = all.filter((row) => this.fits(row));
      const codes = this.codes(rows);
      const lines = rows.map((row, at) => [
        ...Array.from(row.cells, (cell, i) => csvCell(cellValue(cell), numeric[i])),
        ...codes.map(([, list]) => csvField(list[at])),
      ]);
      const head = [...this.heads.map((one) => csvField(one.dataset.k)), ...codes.map(([key]) => key)];
      const asked = [this.word && `with "${this.word}"`, this.choice, this.only?.words].filter(Boolean).join("; ");
      const said = asked ? [[csvField(`# ${whole(rows.length)} of ${whole(all.length)} ${this.noun}: ${asked}`)]] : [];
      return [...said, head, ...lines];
    }
  }

  Object.assign(geolls, {Table, cellValue});
})(globalThis.geolls);
