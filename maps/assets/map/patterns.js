// The patterns of fills that are more than a colour: none found, not covered, shared, low confidence, few.
((geolls) => {
  "use strict";
  const {svg} = geolls;

  const plate = (ink, width, height = width) => svg("rect", {class: `gl-p-${ink}`, width, height});
  const stroke = (ink, d, width) => svg("path", {class: `gl-p-${ink}`, d, "stroke-width": width});
  /** What is repeated, by its name in `vocabulary.patterns`. */
  const figures = {
    lines: (ink, size, wide) => stroke(ink, `M0 ${size / 2}H${size}`, wide),
    cross: (ink, size, wide) => stroke(ink, `M0 ${size / 2}H${size}M${size / 2} 0V${size}`, wide),
    band: (ink, size, wide) => plate(ink, size, wide),
    dot: (ink, size, r) => svg("circle", {class: `gl-p-${ink}`, cx: size / 2, cy: size / 2, r}),
  };

  /** The `defs` of a map; ids begin with the map's own, because a page may hold several. */
  function patterns(id) {
    const pattern = ([name, [size, wide, turn, ground, figure, ink]]) =>
      svg(
        "pattern",
        {
          id: `${id}-${name}`,
          width: size,
          height: size,
          patternUnits: "userSpaceOnUse",
          patternTransform: `rotate(${turn})`,
        },
        ...(ground ? [plate(ground, size)] : []),
        figures[figure](ink, size, wide),
      );
    return svg("defs", {}, ...Object.entries(geolls.vocabulary.patterns).map(pattern));
  }

  Object.assign(geolls, {patterns});
})(globalThis.geolls);
