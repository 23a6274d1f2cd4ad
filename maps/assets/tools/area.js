// Areas that a reader draws, in metres of the British National Grid: rings as flat lists of whole metres.
// No page is needed.
((geolls) => {
  "use strict";
  const {contains} = geolls;

  const SIDES = 720;
  // A circle's line may be drawn so much further out or in, in metres, for its polygon to hold the same schools.
  const SHIFTS = [0, 0.5, -0.5, 1, -1, 1.5, -1.5, 2, -2];
  const IN_METRES = {km: 1000, m: 1, mile: 1609.344};
  const FAR = /^(\d+(?:\.\d+)?)\s*(km|m|mile)?s?$/i;

  /** Whole metres of points [x, y], each once where it repeats. */
  function ringOf(points) {
    const flat = [];
    for (const point of points) {
      const [x, y] = point.map(Math.round);
      if (x !== flat.at(-2) || y !== flat.at(-1)) flat.push(x, y);
    }
    if (flat.length > 2 && flat[0] === flat.at(-2) && flat[1] === flat.at(-1)) flat.length -= 2;
    return flat;
  }

  function circleRing([x, y], metres) {
    const turns = Array.from({length: SIDES}, (_, i) => (2 * Math.PI * i) / SIDES);
    return ringOf(turns.map((turn) => [x + metres * Math.sin(turn), y + metres * Math.cos(turn)]));
  }

  /** Which of many points lie within so many metres of a middle: a straight line, the edge inside. */
  const withinOf = ([x, y], metres, points) => points.map(([px, py]) => Math.hypot(px - x, py - y) <= metres);

  /** The ring of a circle that holds the same of the points as the circle does. */
  function fittedRing(middle, metres, points) {
    const inside = withinOf(middle, metres, points);
    const rings = SHIFTS.map((shift) => circleRing(middle, metres + shift));
    return rings.find((ring) => points.every((point, i) => contains(ring, ...point) === inside[i])) || rings[0];
  }

  /** Metres from a point to the nearest side of a ring. */
  function metresTo(flat, px, py) {
    let best = Infinity;
    for (let i = 0, j = flat.length - 2; i < flat.length; j = i, i += 2) {
      const [dx, dy] = [flat[j] - flat[i], flat[j + 1] - flat[i + 1]];
      const long = dx * dx + dy * dy;
      const t = long ? Math.max(0, Math.min(1, ((px - flat[i]) * dx + (py - flat[i + 1]) * dy) / long)) : 0;
      best = Math.min(best, Math.hypot(px - flat[i] - t * dx, py - flat[i + 1] - t * dy));
    }
    return best;
  }

  /** Metres that a text means: "5", "2.5 km", "800 m", "3 miles"; NaN where it means none. */
  function metresIn(text) {
    const [, number, unit = "km"] = FAR.exec(text.trim()) || [];
    const metres = Number(number) * IN_METRES[unit.toLowerCase()];
    return metres > 0 && metres < 1e6 ? metres : NaN;
  }

  /** The key of a layer made of a name. */
  const keyOf = (name) => `drawn_${geolls.fold(name).replaceAll(" ", "_").slice(0, 60)}`.replace(/_$/, "");

  /** The files of a layer of one polygon, as geolls reads a folder of boundaries. */
  function layerFiles(name, ring, day, note) {
    const corners = Array.from({length: ring.length / 2}, (_, i) => [ring[2 * i], ring[2 * i + 1]]);
    const said = {
      title: name,
      unit_title: "Drawn area",
      source: `drawn by hand in geolls on ${day}`,
      licence: "as you choose: it is your own drawing",
      confidence: "high",
      geometry: "area.geojson",
      name_column: "name",
      note,
    };
    const lines = Object.entries(said).map(([key, text]) => `${key} = ${JSON.stringify(text)}`);
    // A piece however small is a part of it: a school counts where its point lies.
    lines.push("sliver_m2 = 0.0");
    const collection = {
      type: "FeatureCollection",
      crs: {type: "name", properties: {name: "urn:ogc:def:crs:EPSG::27700"}},
      features: [
        {
          type: "Feature",
          properties: {name},
          geometry: {type: "Polygon", coordinates: [[...corners, corners[0]]]},
        },
      ],
    };
    const key = keyOf(name);
    return [
      [`${key}/layer.toml`, `${lines.join("\n")}\n`],
      [`${key}/area.geojson`, `${JSON.stringify(collection)}\n`],
    ];
  }

  Object.assign(geolls, {ringOf, circleRing, withinOf, fittedRing, metresTo, metresIn, keyOf, layerFiles});
})(globalThis.geolls);
