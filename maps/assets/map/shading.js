// What a face is filled with, as a class of the style sheet. No page is needed.
((geolls) => {
  "use strict";
  // What stands in the payload for a unit where there is none ...
  const {no_evidence: NO_EVIDENCE, not_covered: NOT_COVERED, not_located: NOT_LOCATED} = geolls.vocabulary.numbers;
  // ... and for a unit's class where it has none.
  const NO_VALUE = -1;
  const TOO_FEW = -2;

  // Steps of the five-step ramp for one to five classes.
  const RAMPS = geolls.vocabulary.ramp;
  const PATTERNS = new Set(Object.keys(geolls.vocabulary.patterns));
  // Of a count: pixels of the radius of each class's circle.
  const SYMBOLS = geolls.vocabulary.symbols;

  /** The fill of a class of a measure: its own, or a step of the ramp. */
  const classFill = (measure, c) => (measure.fills ? measure.fills[c] : `r${RAMPS[measure.titles.length - 1][c]}`);

  /** The fill of a unit where a layer's coverage is shown; from `units` on, numbers mean shared land. */
  function coverageFill(u, units) {
    if (u === NO_EVIDENCE) return "cross";
    if (u === NOT_COVERED) return "bare";
    if (u < 0) return "none";
    return u >= units ? "stripe" : "r2";
  }

  /** The fill of a unit where a measure is shown; `patterns` says which of them the recipe asks for. */
  function measureFill(measure, u, units, patterns) {
    if (u < 0) return patterns.includes("not_found") ? (u === NOT_COVERED ? "bare" : "cross") : "none";
    if (u >= units) return patterns.includes("shared") ? "stripe" : "none";
    const c = measure.c[u];
    if (c === TOO_FEW && patterns.includes("too_few")) return "dots";
    return c < 0 ? "blank" : classFill(measure, c);
  }

  /** The address of a pattern of the map `id`; "" for a fill that is a plain colour. */
  const patternOf = (id, fill) => (PATTERNS.has(fill) ? `url(#${id}-${fill})` : "");

  Object.assign(geolls, {NO_EVIDENCE, NOT_COVERED, NOT_LOCATED, NO_VALUE, TOO_FEW});
  Object.assign(geolls, {SYMBOLS, classFill, coverageFill, measureFill, patternOf});
})(globalThis.geolls);
