// Words and numbers as text, and small helpers for lists. No page is needed.
globalThis.geolls = globalThis.geolls || {};

((geolls) => {
  "use strict";
  /** Text without accents, apostrophes, case or punctuation: two spellings of a name become one. */
  function fold(text) {
    return text
      .normalize("NFKD")
      .replace(/[\u0300-\u036f]/g, "")
      .toLowerCase()
      .replace(/['\u2019]/g, "")
      .replace(/[^a-z0-9]+/g, " ")
      .trim();
  }

  /** Digits in groups of three. `toLocaleString` takes 30 ms when it is first called. */
  const commas = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ",");
  const whole = (n) => commas(String(Math.round(n)));
  const plural = (n, one, many) => `${whole(n)} ${n === 1 ? one : many}`;

  /** Running totals: lists of numbers are packed as the difference of each from the one before. */
  function undelta(differences) {
    let total = 0;
    return differences.map((difference) => {
      total += difference;
      return total;
    });
  }

  /** Add a value to the list under a key of a Map. */
  function push(lists, key, value) {
    const list = lists.get(key);
    if (list) list.push(value);
    else lists.set(key, [value]);
  }

  /** How often each value stands in a list, as a Map in the order of first sight. */
  function tally(values) {
    const counts = new Map();
    for (const value of values) counts.set(value, (counts.get(value) || 0) + 1);
    return counts;
  }

  const CODE = /^([a-z]{1,2}\d[a-z\d]?) ?(?:(\d)([a-z]{0,2}))?$/;

  /** How the postcodes that a folded text means begin: "la14 ", "la14 1a"; "" where it is none. */
  function postcodeOf(key) {
    const [, outward, digit = "", letters = ""] = CODE.exec(key) || ["", ""];
    return outward && `${outward} ${digit}${letters}`;
  }

  /** The outward code or sector of a text, in small letters; "" where it is no postcode. */
  function postcodeArea(text) {
    return postcodeOf(fold(text))
      .replace(/[a-z]+$/, "")
      .trim();
  }

  /** The number a text says, with or without commas; NaN where it says none. */
  const numberIn = (text) => (/^-?[\d,]*\.?\d+(e[+-]?\d+)?$/i.test(text) ? parseFloat(text.replace(/,/g, "")) : NaN);

  /** Text as a field of csv. A spreadsheet would run what begins as a formula: that is quoted first. */
  function csvField(text) {
    const formula = /^[=+\-@\t\r]/.test(text) && Number.isNaN(numberIn(text));
    const safe = formula ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  }

  /** What a packed text holds. */
  async function inflate(text) {
    const letters = atob(text);
    const bytes = new Uint8Array(letters.length);
    for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).json();
  }

  /** What an element of the page holds packed. A page that stands alone is packed more tightly: `load.js` knows how. */
  const unpack = (node) => (self.geollsUnpack ? self.geollsUnpack(node).json() : inflate(node.textContent));

  /** A packed part of the page's map: it stands in the page, or in a file that the page loaded before. */
  function partOf(key) {
    const here = document.querySelector(`script.geolls-data[data-part="${key}"]`);
    return here ? unpack(here) : inflate(self.geollsData[key]);
  }

  Object.assign(geolls, {inflate, partOf, unpack});
  Object.assign(geolls, {fold, postcodeOf, postcodeArea, commas, whole, plural, undelta, push, tally});
  Object.assign(geolls, {numberIn, csvField});
})(globalThis.geolls);
