// The state of a map in its address: "#~on=...&shade=...&kinds=...&pick=...",
// "&base=hexes" where areas are hexagons, "&ground=" where nothing of the ground is named, and where a reader moved
// the map "&at=easting,northing,zoom" of its middle,
// "&only=..." where schools are filtered, "&pair=..." where two layers are side by side. No page is needed.
((geolls) => {
  "use strict";
  /** The hash for a state: layers and kinds that are on, shading, what is picked, ground, hexagons, the view, and what
      schools are filtered by. */
  function hashOf({on, shade, kinds, pick, ground, base, at, only, pair}) {
    const parts = [`on=${on.join(",")}`, `shade=${shade}`, `kinds=${kinds.join(",")}`];
    if (base) parts.push(`base=${base}`);
    if (ground && !ground.length) parts.push("ground=");
    if (at) parts.push(`at=${at.join(",")}`);
    if (only) parts.push(`only=${only}`);
    if (pair) parts.push(`pair=${pair.join(",")}`);
    if (pick) parts.push(`pick=${pick.join(",")}`);
    return `#~${parts.map(encodeURI).join("&")}`;
  }

  /** The state that a hash holds; what it does not say is undefined. */
  function stateOf(hash) {
    let text = "";
    try {
      text = decodeURI(hash);
    } catch {
      // Mistyped by hand.
      return {};
    }
    // A link to one school or postcode.
    const [, kind, code] = /^#(school|postcode)=([\w ]+)$/.exec(text) || [];
    if (kind) return {pick: [kind, code], reach: true};
    if (!text.startsWith("#~")) return {};
    const pair = (part) => [part.split("=")[0], part.slice(part.indexOf("=") + 1)];
    const said = Object.fromEntries(text.slice(2).split("&").map(pair));
    const list = (words) => (words === undefined ? undefined : words.split(",").filter(Boolean));
    const at = list(said.at)?.map(Number);
    return {
      on: list(said.on),
      shade: said.shade,
      kinds: list(said.kinds),
      ground: list(said.ground),
      base: said.base,
      only: said.only,
      pair: list(said.pair),
      at: at?.length === 3 && at.every((v) => v > 0 && v < 1e6) ? at : undefined,
      pick: said.pick ? said.pick.split(",") : undefined,
    };
  }

  Object.assign(geolls, {hashOf, stateOf});
})(globalThis.geolls);
