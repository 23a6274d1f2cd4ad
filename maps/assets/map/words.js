// The words a map says of its numbers, layers and schools. No page is needed.
((geolls) => {
  "use strict";
  const {commas, whole} = geolls;

  /** A count, or the least and the most that it can be. */
  const ends = (n) => (Array.isArray(n) ? n.map(whole).join(" to ") : whole(n));

  /** The same of schools. */
  const schoolWords = (n) => `${ends(n)} ${n === 1 ? "school" : "schools"}`;

  /** A value as its measure writes it; halves are rounded up, as Python rounds them for the table. */
  function say(value, format) {
    if (value === null || value === undefined) return "\u2013";
    if (format === "words" || typeof value === "string") return String(value);
    const rounded = (v, digits) => Math.floor(v * 10 ** digits + 0.5 + 1e-9) / 10 ** digits;
    if (format === "share") {
      const percent = rounded(value * 100, 0);
      return percent === 0 && value > 0 ? "under 1%" : `${percent}%`;
    }
    if (format === "count") return whole(rounded(value, 0));
    if (format === "km") return value < 9.95 ? `${rounded(value, 1).toFixed(1)} km` : `${whole(rounded(value, 0))} km`;
    if (format === "minutes") return `${whole(rounded(value, 0))} minutes`;
    const [full, part] = rounded(value, 1).toFixed(1).split(".");
    return `${commas(full)}.${part}`;
  }

  /** A layer's title as it stands within a sentence: names keep their capitals. */
  function plain(title) {
    const [first, ...rest] = title.split(" ");
    const isName = rest.some((word) => /^[A-Z]/.test(word)) || !/^.[a-z-]+$/.test(first) || first === "Ofsted";
    return isName ? title : title[0].toLowerCase() + title.slice(1);
  }

  /** A published code. Keys of our own have small letters and say nothing to a reader. */
  const official = (code) => (/[a-z]/.test(code) ? "" : code);
  const titleAndCode = (layer, u) => [layer.title, official(layer.code[u])].filter(Boolean).join(", ");

  /** An address to link to, or null where it would run a script. */
  function safeUrl(url) {
    const other = url && /^[a-z][a-z0-9+.-]*:/i.test(url) && !/^https?:/i.test(url);
    return other ? null : url;
  }

  const reasonLabel = (number) => geolls.vocabulary.reasons[number];
  /** The same within a sentence. */
  const reasonPhrase = (number) => geolls.vocabulary.phrases[number];
  const kindKey = (kind) => geolls.vocabulary.kinds[kind][0];
  const kindLabel = (kind) => geolls.vocabulary.kinds[kind][1];
  const kindNumber = (key) => geolls.vocabulary.kinds.findIndex(([one]) => one === key);
  /** What a school of a phase is called. */
  const phaseSchool = (phase) => geolls.vocabulary.phases[phase] || geolls.vocabulary.phases.other;

  /** A unit's name without the words that its layer's title already says. */
  function shortName(title, name) {
    const words = new RegExp(`\\b${title.replace(/[^A-Za-z ]/g, "")}s?\\b`, "i");
    const less = name
      .replace(words, " ")
      .replace(/\s+/g, " ")
      .replace(/ (?=[,)])/g, "")
      .trim();
    return less.length > 2 ? less : name;
  }

  /** Text in one line, or in two of nearly the same length where it is longer than `width`. */
  function wrap(text, width) {
    if (text.length <= width) return [text];
    const words = text.split(" ");
    let cut = 0;
    let best = Infinity;
    for (let i = 1; i < words.length; i++) {
      const longer = Math.max(words.slice(0, i).join(" ").length, words.slice(i).join(" ").length);
      if (longer < best) {
        best = longer;
        cut = i;
      }
    }
    return cut ? [words.slice(0, cut).join(" "), words.slice(cut).join(" ")] : [text];
  }

  /** The rank of a unit among those that surely have enough schools, in words; "" where it, or any, is known between
      two. */
  function rankWords(measure, u, enough) {
    if (!measure.n || measure.format === "words" || measure.n[u] < enough || typeof measure.v[u] !== "number")
      return "";
    const others = measure.v.filter((value, i) => value !== null && measure.n[i] >= enough);
    const ranked = others.filter((value) => typeof value === "number");
    if (ranked.length < others.length) return "";
    const rank = 1 + ranked.filter((value) => value > measure.v[u]).length;
    const sure = measure.shared ? " for certain" : "";
    return `rank ${rank} of ${ranked.length} with ${enough} schools or more${sure}, highest first`;
  }

  Object.assign(geolls, {say, ends, schoolWords, plain, official, titleAndCode, safeUrl, shortName, wrap, rankWords});
  Object.assign(geolls, {reasonLabel, reasonPhrase, kindKey, kindLabel, kindNumber, phaseSchool});
})(globalThis.geolls);
