// One sheet of A4 about a place: some parts of its page, as many as a sheet has room for.
((geolls) => {
  "use strict";
  const {el, queryAll} = geolls;

  // Pixels of a sheet's height that words and map may fill; the foot of a page holds the rest.
  const ROOM = 985;
  const STEPS = Array.from({length: 10}, (_, i) => `fit${i + 1}`);

  const root = document.documentElement;
  const parts = queryAll(".top, main, .foot");
  const tall = () => parts.reduce((sum, node) => sum + node.getBoundingClientRect().height, 0);

  const trusts = document.getElementById("trusts");
  const rest = el("p", {class: "about"}, "\u00a0");

  /** Say below the trusts how many the page itself has. */
  function tellRest() {
    if (!trusts) return;
    const rows = queryAll("tbody tr", trusts);
    const shown = rows.filter((row) => row.offsetParent).length;
    const many = Math.max(rows.length, Number(trusts.dataset.total || 0));
    if (shown < many) rest.textContent = `${shown} of ${many}; the page itself has them all.`;
    else rest.remove();
  }

  /** Show the page as one sheet or whole; what a sheet has no room for goes in a fixed order, then type shrinks. */
  function turn(on) {
    root.classList.remove("sheet", ...STEPS);
    rest.remove();
    for (const node of parts) node.style.zoom = "";
    if (!on) return;
    root.classList.add("sheet", "fitting");
    if (trusts) trusts.after(rest);
    for (const step of STEPS) if (tall() > ROOM) root.classList.add(step);
    // What went early may have room again after what went late.
    for (const step of STEPS.filter((one) => root.classList.contains(one))) {
      root.classList.remove(step);
      if (tall() > ROOM) root.classList.add(step);
    }
    tellRest();
    const zoom = Math.min(1, ROOM / tall());
    for (const node of parts) node.style.zoom = zoom;
    root.classList.remove("fitting");
  }

  /** Whether a page is a sheet now. */
  const isSheet = () => root.classList.contains("sheet");

  /** The button prints the sheet and gives the page back; the address keeps it. */
  function listenToSheet() {
    const asked = location.search === "?sheet";
    if (asked) {
      turn(true);
      document.addEventListener("geolls:ready", () => turn(true));
    }
    for (const button of queryAll("[data-sheet]"))
      button.addEventListener("click", () => {
        turn(true);
        print();
      });
    addEventListener("afterprint", () => turn(asked));
  }

  Object.assign(geolls, {isSheet, listenToSheet});
})(globalThis.geolls);
