// Everything as it was when the page was first opened.
((geolls) => {
  "use strict";
  const {toolButton} = geolls;

  geolls.tools.push((app) => {
    toolButton(app, "Reset the map", () => {
      // The address is what a map is drawn from: without its words all is as at first.
      app.address.read("");
      app.stage.paint();
      app.address.write();
      app.lasso?.clear();
      app.tell("The map is as it was at first");
    });
  });
})(globalThis.geolls);
