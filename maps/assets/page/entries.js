// What the file of names of an atlas holds, as entries of a search. No page is needed.
((geolls) => {
  "use strict";
  const {fold, undelta} = geolls;

  /** The entries of a search out of the file of names; `root` is the way to the folder of the atlas. */
  function atlasNames({homes, places, schools, trusts}, root) {
    const entry =
      (group) =>
      ([name, text, path]) => ({group, name, text, href: root + path, key: fold(name)});
    const urns = undelta(schools.urn);
    const codes = schools.postcode.split("\n");
    const [homeNames, homePaths] = homes;
    const school = (name, i) => {
      // -1 where it has no page to lead to
      const home = schools.home[i];
      return {
        group: "Schools",
        name,
        text: [home < 0 ? "" : homeNames[home], codes[i], `URN ${urns[i]}`].filter(Boolean).join(", "),
        href: home < 0 ? null : `${root}${homePaths[home]}#s${urns[i]}`,
        key: fold(name),
        code: codes[i].replace(/ /g, "").toLowerCase(),
        urn: String(urns[i]),
      };
    };
    return [...places.map(entry("Places")), ...trusts.map(entry("Trusts")), ...schools.name.split("\n").map(school)];
  }

  Object.assign(geolls, {atlasNames});
})(globalThis.geolls);
