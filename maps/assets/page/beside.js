// What stands beside a map follows it: the strips of a place.
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

  Object.assign(geolls, {linkStrips});
})(globalThis.geolls);
