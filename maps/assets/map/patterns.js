// The patterns of fills that are more than a colour: none found, not covered, shared, low confidence, few.
((geolls) => {
  "use strict";
  const {svg} = geolls;

  const plate = (name, width, height = width) => svg("rect", {class: `gl-p-${name}`, width, height});
  const stroke = (name, d, width) => svg("path", {class: `gl-p-${name}`, d, "stroke-width": width});

  /** The `defs` of a map; ids begin with the map's own, because a page may hold several. */
  function patterns(id) {
    const pattern = (name, size, angle, ...children) =>
      svg(
        "pattern",
        {
          id: `${id}-${name}`,
          width: size,
          height: size,
          patternUnits: "userSpaceOnUse",
          patternTransform: `rotate(${angle})`,
        },
        ...children,
      );
    return svg(
      "defs",
      {},
      pattern("cross", 7, 45, plate("page", 7), stroke("else", "M0 3.5H7", 1), stroke("else", "M3.5 0V7", 1)),
      pattern("bare", 7, 0, plate("page", 7), stroke("else", "M0 3.5H7", 1)),
      pattern("stripe", 10, -45, plate("1", 10), plate("3", 10, 5)),
      pattern("hatch", 6, 45, stroke("ink", "M0 3H6", 0.9)),
      pattern("dots", 6, 0, plate("land", 6), svg("circle", {class: "gl-p-dot", cx: 3, cy: 3, r: 0.95})),
    );
  }

  Object.assign(geolls, {patterns});
})(globalThis.geolls);
