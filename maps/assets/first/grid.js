// The British National Grid (EPSG:27700): degrees to metres and back. No page is needed.
((geolls) => {
  "use strict";
  // So many metres are a pixel at zoom 0, so that 100 m are one at zoom 10 and 3.125 m at zoom 15.
  const METRES = 102400;

  const RADIAN = Math.PI / 180;
  const ellipsoid = (a, b) => ({a, b, e2: 1 - (b / a) ** 2});
  const WGS84 = ellipsoid(6378137, 6356752.314245);
  const AIRY = ellipsoid(6377563.396, 6356256.909);

  // From the grid's datum to WGS84, the one shift that geolls uses everywhere (geolls/land/locate.py):
  // metres, turns and stretch. Within 4.7 m of the official OSTN15 on all land of England.
  const SHIFT = [446.448, -125.157, 542.06];
  const [RX, RY, RZ] = [0.15, 0.247, 0.842].map((seconds) => (seconds / 3600) * RADIAN);
  const STRETCH = 1 - 20.489e-6;

  // The projection: a transverse Mercator by Krueger's series, to a tenth of a millimetre.
  const [EAST, NORTH, ORIGIN, MERIDIAN] = [400000, -100000, 49 * RADIAN, -2 * RADIAN];
  const n = (AIRY.a - AIRY.b) / (AIRY.a + AIRY.b);
  const RADIUS = ((0.9996012717 * AIRY.a) / (1 + n)) * (1 + n ** 2 / 4 + n ** 4 / 64);
  const THERE = [n / 2 - (2 / 3) * n ** 2 + (5 / 16) * n ** 3, (13 / 48) * n ** 2 - (3 / 5) * n ** 3];
  THERE.push((61 / 240) * n ** 3);
  const BACK = [n / 2 - (2 / 3) * n ** 2 + (37 / 96) * n ** 3, n ** 2 / 48 + n ** 3 / 15, (17 / 480) * n ** 3];

  /** x and y with a series of waves taken `sign` times from or to them. */
  function wavy([x, y], series, sign) {
    const sum = (wave) => series.reduce((total, factor, j) => total + factor * wave(2 * (j + 1)), 0);
    return [
      x + sign * sum((k) => Math.sin(k * x) * Math.cosh(k * y)),
      y + sign * sum((k) => Math.cos(k * x) * Math.sinh(k * y)),
    ];
  }

  const squeezed = (sine) => Math.sqrt(AIRY.e2) * Math.atanh(Math.sqrt(AIRY.e2) * sine);

  /** Radians of the grid's own datum to its plane. */
  function plane(lat, lon) {
    const sine = Math.sin(lat);
    const t = Math.sinh(Math.atanh(sine) - squeezed(sine));
    const turn = lon - MERIDIAN;
    const ball = [Math.atan2(t, Math.cos(turn)), Math.asinh(Math.sin(turn) / Math.hypot(t, Math.cos(turn)))];
    return wavy(ball, THERE, 1);
  }

  const [FOOT] = plane(ORIGIN, MERIDIAN);

  /** The same the other way. */
  function unplane(x, y) {
    const [up, aside] = wavy([x, y], BACK, -1);
    const ball = Math.atanh(Math.sin(up) / Math.cosh(aside));
    let sine = Math.tanh(ball);
    for (let i = 0; i < 5; i++) sine = Math.tanh(ball + squeezed(sine));
    return [Math.asin(sine), MERIDIAN + Math.atan2(Math.sinh(aside), Math.cos(up))];
  }

  /** A point on an ellipsoid as metres from the middle of the earth. */
  function middle({a, e2}, lat, lon) {
    const radius = a / Math.sqrt(1 - e2 * Math.sin(lat) ** 2);
    const out = radius * Math.cos(lat);
    return [out * Math.cos(lon), out * Math.sin(lon), radius * (1 - e2) * Math.sin(lat)];
  }

  /** The same the other way, by Bowring: the height is let go. */
  function surface({a, b, e2}, [x, y, z]) {
    const out = Math.hypot(x, y);
    const t = Math.atan2(z * a, out * b);
    const up = z + (e2 / (1 - e2)) * b * Math.sin(t) ** 3;
    return [Math.atan2(up, out - e2 * a * Math.cos(t) ** 3), Math.atan2(y, x)];
  }

  /** Easting and northing of a latitude and longitude (WGS84, degrees). */
  function gridOf(lat, lon) {
    const [x, y, z] = middle(WGS84, lat * RADIAN, lon * RADIAN).map((metres, i) => (metres - SHIFT[i]) / STRETCH);
    const turned = [x + RZ * y - RY * z, y - RZ * x + RX * z, z + RY * x - RX * y];
    const [up, aside] = plane(...surface(AIRY, turned));
    return [EAST + RADIUS * aside, NORTH + RADIUS * (up - FOOT)];
  }

  /** Latitude and longitude of an easting and northing. */
  function degreesOf(east, north) {
    const [lat, lon] = unplane((north - NORTH) / RADIUS + FOOT, (east - EAST) / RADIUS);
    const [x, y, z] = middle(AIRY, lat, lon);
    const turned = [x - RZ * y + RY * z, y + RZ * x - RX * z, z - RY * x + RX * y];
    return surface(
      WGS84,
      turned.map((metres, i) => metres * STRETCH + SHIFT[i]),
    ).map((radians) => radians / RADIAN);
  }

  /** Where an easting and a northing are drawn: world coordinates, pixels at zoom 0 from the origin southward. */
  const spotOf = (east, north) => [east / METRES, -north / METRES];

  Object.assign(geolls, {METRES, gridOf, degreesOf, spotOf});
})(globalThis.geolls);
