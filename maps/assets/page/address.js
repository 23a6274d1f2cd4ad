// The address of a page: "#~sort-places=-schools&...". Words of a map in it stand beside ours.
((geolls) => {
  "use strict";
  const partsOf = (hash) => (hash.startsWith("#~") ? hash.slice(2).split("&") : []);
  const sortsIn = (hash) => partsOf(hash).filter((part) => part.startsWith("sort-"));

  /** The hash with one more word, in place of what it said under the same key. */
  function hashWith(hash, key, value) {
    const kept = partsOf(hash).filter((part) => !part.startsWith(`${key}=`));
    return `#~${[...kept, `${key}=${value}`].join("&")}`;
  }

  /** The orders a hash asks for: [id of the table, key of the column, falling]. */
  const ordersIn = (hash) =>
    sortsIn(hash).map((part) => {
      const [id, asked = ""] = part.slice("sort-".length).split("=");
      return [id, asked.replace(/^-/, ""), asked.startsWith("-")];
    });

  function keepInAddress(key, value) {
    try {
      history.replaceState(null, "", hashWith(location.hash, key, value));
    } catch {
      // A frame without an address.
    }
  }

  Object.assign(geolls, {hashWith, ordersIn, keepInAddress});
})(globalThis.geolls);
