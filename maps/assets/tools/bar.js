// The tools of a map: what comes after it stands. `geolls.tools.push((app) => ...)` makes one; its buttons go into
// `app.bar`, a row below the map.
((geolls) => {
  "use strict";
  const {el} = geolls;

  geolls.tools = [];

  /** A button of the bar; `on` is what it does. */
  const toolButton = (app, title, on) => {
    const button = el("button", {type: "button", class: "gl-button", on}, title);
    app.bar.append(button);
    return button;
  };

  Object.assign(geolls, {toolButton});
})(globalThis.geolls);
