// Rows that do not stand in a page but travel packed, as markup or out of the map's columns.
((geolls) => {
  "use strict";
  const {DASH, el, partOf, unpack, undelta, whole} = geolls;

  /** Rows as markup, made and escaped together with those that stand in the page. */
  function rowsOf(html) {
    const holder = el("template", {});
    holder.innerHTML = `<table><tbody>${html}</tbody></table>`;
    return Array.from(holder.content.querySelectorAll("tr"));
  }

  /** The map's own part, which holds the columns of its schools. */
  function mapData() {
    const key = document.querySelector(".geolls-app").dataset.parts.split(" ")[1];
    return partOf(key);
  }

  function phaseWords(phase) {
    const words = (phase || "not known").replace(/_/g, " ");
    return words[0].toUpperCase() + words.slice(1);
  }

  /** A name, a link where it has a page. */
  const named = (name, url) => (url ? el("a", {href: url}, name) : name);

  /** Rows of schools out of the map's columns; `rest` adds what the map does not know, in its order. */
  function schoolRows(rest, schools) {
    const lines = (text) => (text === null ? null : text.split("\n"));
    const trusts = lines(rest.trust);
    const codes = lines(rest.postcode);
    const urns = undelta(schools.urn);
    const row = (name, i) => {
      const [mark, oversight] = rest.kinds[schools.kind[i]];
      const t = schools.trust[i];
      const cells = [
        String(urns[i]),
        phaseWords(schools.phases[schools.phase[i]]),
        schools.pupils[i] < 0 ? DASH : whole(schools.pupils[i]),
        rest.areas[rest.area[i]],
        oversight,
        t >= 0 ? named(schools.trusts.name[t], schools.trusts.url[t]) : trusts[i] || DASH,
      ];
      if (codes) cells.push(codes[i] || DASH);
      const head = el("th", {scope: "row"}, name);
      return el("tr", {id: `s${urns[i]}`, class: `k-${mark} more`}, head, ...cells.map((cell) => el("td", {}, cell)));
    };
    return lines(schools.name).flatMap((name, i) => (rest.later[i] === "1" ? [row(name, i)] : []));
  }

  /** Rows by the text of their first cell, then by id. */
  function sortByName(rows) {
    const keyed = rows.map((row) => [row.cells[0].textContent.toLowerCase(), row.id, row]);
    keyed.sort(([a, i], [b, j]) => (a < b || (a === b && i < j) ? -1 : 1));
    return keyed.map(([, , row]) => row);
  }

  /** A function that makes the packed rows of a table; null where it has none. */
  async function packedRows(id) {
    const packed = document.querySelector(`[data-rest="${id}"]`);
    if (!packed) return null;
    const rest = await unpack(packed);
    if (!rest.kinds) return () => rowsOf(rest.html);
    const own = await mapData();
    return () => sortByName([...rowsOf(rest.html), ...schoolRows(rest, own.schools)]);
  }

  Object.assign(geolls, {packedRows});
})(globalThis.geolls);
