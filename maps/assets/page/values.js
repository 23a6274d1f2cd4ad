// Cells of tables as values: numbers, their order, and how they are written as csv. No page is needed.
((geolls) => {
  "use strict";
  const {fold} = geolls;

  // Stands where there is no value.
  const DASH = "\u2013";

  /** The number a text says, with or without commas; NaN where it says none. */
  const numberIn = (text) => (/^-?[\d,]*\.?\d+(e[+-]?\d+)?$/i.test(text) ? parseFloat(text.replace(/,/g, "")) : NaN);

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

  /** Text as a field of csv. A spreadsheet would run what begins as a formula: that is quoted first. */
  function csvField(text) {
    const formula = /^[=+\-@\t\r]/.test(text) && Number.isNaN(numberIn(text));
    const safe = formula ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  }

  /** A cell's text as a field of csv: no dash, and no commas in numbers. */
  function csvCell(text, numeric) {
    if (text === DASH) return "";
    return csvField(numeric && !Number.isNaN(numberIn(text)) ? text.replace(/,/g, "") : text);
  }

  Object.assign(geolls, {DASH, sortKey, compareKeys, csvField, csvCell});
})(globalThis.geolls);
