// Which area an arrow key leads to. No page is needed.
((geolls) => {
  "use strict";
  /** The number of the point an arrow key leads to; -1 where there is none further that way.

      `points` holds [x, y], or null for what cannot be chosen. `from` is [x, y]. With `way` the
      nearest point within about 63 degrees of that direction counts, and what lies aside of it
      counts twice; without `way`, the nearest of all. */
  function neighbour(points, from, way) {
    let best = -1;
    let least = Infinity;
    points.forEach((point, i) => {
      if (!point) return;
      const x = point[0] - from[0];
      const y = point[1] - from[1];
      let cost = Math.hypot(x, y);
      if (way) {
        const ahead = x * way[0] + y * way[1];
        const aside = Math.abs(x * way[1] - y * way[0]);
        cost = ahead > 0.5 && aside < ahead * 2 ? ahead + 2 * aside : Infinity;
      }
      if (cost < least) {
        least = cost;
        best = i;
      }
    });
    return best;
  }

  Object.assign(geolls, {neighbour});
})(globalThis.geolls);
