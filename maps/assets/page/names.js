// The names that the search of a page knows: those of the whole atlas, or of the page's own tables.
((geolls) => {
  "use strict";
  const {cellValue, el, queryAll, root} = geolls;

  // Tables of a page, and the group of the search that their rows belong to.
  const GROUPS = {places: "Places", regions: "Places", hubs: "Places", trusts: "Trusts", schools: "Schools"};

  /** Entries out of the tables of the page, each name once. */
  function pageNames(tables) {
    const found = new Map();
    for (const [id, group] of Object.entries(GROUPS)) {
      if (!tables[id]) continue;
      tables[id].whole();
      for (const row of tables[id].rows()) {
        const link = row.querySelector("a");
        const name = link ? link.textContent : cellValue(row.cells[0]);
        if (found.has(group + name)) continue;
        const href = group === "Schools" && row.id ? `#${row.id}` : (link?.getAttribute("href") ?? null);
        found.set(group + name, {group, name, text: "On this page", href});
      }
    }
    return [...found.values()];
  }

  /** The names to search: asked for when a reader first searches, because the file of them is large. */
  class Names {
    constructor(tables) {
      this.tables = tables;
      this.list = null;
      this.asked = false;
      this.boxes = queryAll(".find input").map((input) => new geolls.SearchBox(input, this));
    }

    load() {
      if (this.asked) return;
      this.asked = true;
      const script = el("script", {src: `${root}assets/search.js`});
      script.addEventListener("error", async () => {
        await Promise.all(Object.values(this.tables).map((table) => table.loaded));
        this.take(pageNames(this.tables));
      });
      document.head.append(script);
    }

    take(list) {
      this.list = list;
      for (const box of this.boxes) box.look();
    }
  }

  Object.assign(geolls, {PageNames: Names});
})(globalThis.geolls);
