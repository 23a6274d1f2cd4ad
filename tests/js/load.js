// Loads scripts of maps/assets as a page does, one after another into the global object `geolls`.
"use strict";

globalThis.geolls = {vocabulary: JSON.parse(process.env.GEOLLS_VOCABULARY)};

/** `load("both/text", "map/words")` returns the global object with what these define. */
module.exports = (...names) => {
  for (const name of names) require(`../../maps/assets/${name}.js`);
  return globalThis.geolls;
};
