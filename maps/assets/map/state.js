// The state of a map in its address: "#~on=...&shade=...&kinds=...&pick=...",
// "&base=hexes" where areas are hexagons, and "&ground=" where nothing of the ground is named. No page is needed.
((geolls) => {
  "use strict";
  /** The hash for a state: layers and kinds that are on, the shading, what is picked, the bare ground and hexagons. */
  function hashOf({on, shade, kinds, pick, ground, base}) {
    const parts = [`on=${on.join(",")}`, `shade=${shade}`, `kinds=${kinds.join(",")}`];
    if (base) parts.push(`base=${base}`);
    if (ground && !ground.length) parts.push("ground=");
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
    if (!text.startsWith("#~")) return {};
    const pair = (part) => [part.split("=")[0], part.slice(part.indexOf("=") + 1)];
    const said = Object.fromEntries(text.slice(2).split("&").map(pair));
    const list = (words) => (words === undefined ? undefined : words.split(",").filter(Boolean));
    return {
      on: list(said.on),
      shade: said.shade,
      kinds: list(said.kinds),
      ground: list(said.ground),
      base: said.base,
      pick: said.pick ? said.pick.split(",") : undefined,
    };
  }

  Object.assign(geolls, {hashOf, stateOf});
})(globalThis.geolls);
