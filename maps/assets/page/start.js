// What a page of an atlas does once it is there.
((geolls) => {
  "use strict";
  const {PageNames, Reporter, bodiesHere, el, findTables, listenToTables} = geolls;
  const {restoreOrder, root, revealSchool, wholeForPrint} = geolls;
  const {isSheet, listenToSheet} = geolls;

  const TYPING = /^(input|textarea|select)$/i;

  const tables = findTables();
  listenToTables(tables);
  restoreOrder(tables);
  addEventListener("hashchange", () => revealSchool(tables));
  tables.schools?.loaded.then(() => revealSchool(tables));

  const template = document.getElementById("report");
  if (template) new Reporter(template);

  const names = new PageNames(tables);
  self.geollsPages = {
    tables,
    /** Called by assets/search.js with the names of the whole atlas; how they are read comes with them. */
    index: async (data) => {
      names.take(geolls.atlasNames(data, root));
      const bodies = await bodiesHere();
      names.bodies = bodies;
      if (bodies) names.take([...names.list, ...geolls.landEntries(bodies, data.homes, root)]);
    },
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (TYPING.test(event.target.tagName) || !names.boxes.length) return;
    event.preventDefault();
    names.boxes[0].input.focus();
  });

  // A page that is sent alone has its tools inside it.
  document.addEventListener("geolls:ready", () => {
    if (!geolls.tools) document.body.append(el("script", {src: `${root}assets/tools.js`}));
  });

  listenToSheet();
  addEventListener("beforeprint", () => {
    if (!isSheet()) wholeForPrint(tables);
  });
})(globalThis.geolls);
