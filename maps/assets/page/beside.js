// What stands beside a map follows it: the strips of a place, and the finding at its head.
((geolls) => {
  "use strict";
  const {queryAll} = geolls;

  /** Pieces of strips and units of the map light up together. */
  function linkStrips() {
    const pieces = queryAll(".strip[data-layer] [data-u]");
    const map = document.querySelector(".geolls-app");
    if (!map) return;
    const layerOf = (piece) => piece.closest(".strip").dataset.layer;
    const highlight = (piece, code) => map.geolls?.ready?.then(() => map.geolls.highlight(layerOf(piece), code));
    for (const piece of pieces) {
      piece.addEventListener("mouseenter", () => highlight(piece, piece.dataset.u));
      piece.addEventListener("mouseleave", () => highlight(piece, null));
    }
    map.addEventListener("geolls:point", ({detail}) => {
      const lit = (piece) => Boolean(detail) && piece.dataset.u === detail.code && layerOf(piece) === detail.layer;
      for (const piece of pieces) piece.classList.toggle("lit", lit(piece));
    });
  }

  /** A finding heads the map that shows it; another measure is headed by its own title. */
  function followLegends() {
    for (const head of queryAll(".slot.map > h2[data-of]")) {
      const app = head.parentElement.querySelector(".geolls-app");
      if (!app) continue;
      const finding = head.textContent;
      const say = () => {
        const now = app.dataset.legend;
        if (now) head.textContent = now === head.dataset.of ? finding : now;
      };
      new MutationObserver(say).observe(app, {attributes: true, attributeFilter: ["data-legend"]});
      say();
    }
  }

  Object.assign(geolls, {linkStrips, followLegends});
})(globalThis.geolls);
