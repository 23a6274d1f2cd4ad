// The tables of a page, and the buttons and boxes that belong to them.
((geolls) => {
  "use strict";
  const {Table, csvFile, ordersIn, queryAll, saveAs} = geolls;

  /** Every table of the page by its id. */
  function findTables() {
    const tables = Object.fromEntries(queryAll("table[data-noun]").map((node) => [node.id, new Table(node)]));
    for (const table of Object.values(tables)) for (const row of table.rows()) table.dress(row);
    return tables;
  }

  async function save(table) {
    await table.loaded;
    saveAs(csvFile(table.csv()), `${document.title.split(" | ")[0]} ${table.node.id}.csv`);
  }

  function listenToTables(tables) {
    const narrow = (id) => {
      const word = document.querySelector(`[data-filter="${id}"]`);
      const choice = document.querySelector(`[data-choose="${id}"]`);
      tables[id].filter(word?.value ?? "", choice?.value ?? "", choice?.dataset.column ?? "");
    };
    for (const button of queryAll("[data-csv]"))
      button.addEventListener("click", () => {
        const table = tables[button.dataset.csv];
        if (table) save(table);
      });
    for (const input of queryAll("[data-filter]")) input.addEventListener("input", () => narrow(input.dataset.filter));
    for (const input of queryAll("[data-choose]")) input.addEventListener("change", () => narrow(input.dataset.choose));
    for (const button of queryAll("[data-print]")) button.addEventListener("click", () => print());
  }

  /** Sort the tables as the address says. */
  function restoreOrder(tables) {
    for (const [id, key, falling] of ordersIn(location.hash)) {
      const at = tables[id] ? tables[id].column(key) : -1;
      if (at >= 0) tables[id].sort(at, falling);
    }
  }

  /** Open the table of schools at the row that the address leads to. */
  function revealSchool({schools}) {
    const id = location.hash.slice(1);
    if (!/^s\d+$/.test(id) || !schools) return;
    if (!document.getElementById(id)) schools.open();
    const row = document.getElementById(id);
    if (!row) return;
    if (row.classList.contains("more")) schools.open();
    row.tabIndex = -1;
    row.focus();
    row.scrollIntoView({block: "center"});
  }

  /** A table that prints whole is whole before it is printed: paper has no button. */
  function wholeForPrint(tables) {
    for (const table of Object.values(tables)) {
      if (table.node.classList.contains("long")) continue;
      table.whole();
      table.show();
    }
  }

  Object.assign(geolls, {findTables, listenToTables, restoreOrder, revealSchool, wholeForPrint});
})(globalThis.geolls);
