// Gives its tools to every map that stands, and to those to come. The last file of the bundle.
((geolls) => {
  "use strict";
  const {breath, el} = geolls;

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(geolls.toolStyle);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

  const equip = async (app) => {
    app.bar = el("div", {class: "gl-tools", role: "group", "aria-label": "Tools of the map"});
    // Below the map, and not below what stands beside it.
    const stage = app.$(".gl-stage");
    const column = el("div", {class: "gl-column"});
    stage.before(column);
    column.append(stage, app.bar);
    for (const tool of geolls.tools) {
      await breath();
      tool(app);
    }
    app.node.dataset.tools = geolls.tools.length;
  };
  for (const node of document.querySelectorAll(".geolls-app[data-ready]")) equip(node.geolls);
  document.addEventListener("geolls:ready", ({target}) => equip(target.geolls));
})(globalThis.geolls);
