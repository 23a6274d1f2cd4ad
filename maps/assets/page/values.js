// Cells of tables as values: numbers, their order, and how they are written as csv. No page is needed.
((geolls) => {
  "use strict";
  const {csvField, fold, numberIn} = geolls;

  // Stands where there is no value.
  const DASH = "\u2013";

  /** What a cell is sorted by: a number, folded text, or null where there is no value. */
  function sortKey(text) {
    if (text === "" || text === DASH) return null;
    const number = numberIn(text);
    return Number.isNaN(number) ? fold(text) : number;
  }

  /** The order of two sort keys; without a value, always last. */
  function compareKeys(a, b, falling) {
    if (a === null || b === null) return (a === null) - (b === null);
    const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en-GB");
    return falling ? -order : order;
  }

  /** A cell's text as a field of csv: no dash, and no commas in numbers. */
  function csvCell(text, numeric) {
    if (text === DASH) return "";
    return csvField(numeric && !Number.isNaN(numberIn(text)) ? text.replace(/,/g, "") : text);
  }

  Object.assign(geolls, {DASH, sortKey, compareKeys, csvCell});
})(globalThis.geolls);
