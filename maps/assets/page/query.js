// Helpers that need the page: look elements up, and say something to those who listen to it.
((geolls) => {
  "use strict";
  const {el} = geolls;

  const queryAll = (selector, from = document) => Array.from(from.querySelectorAll(selector));
  /** The way from the page to the folder of the atlas. */
  const root = document.body.dataset.root || "";
  const live = document.body.appendChild(el("div", {class: "hush", "aria-live": "polite"}));
  const announce = (text) => {
    live.textContent = text;
  };

  Object.assign(geolls, {queryAll, root, announce});
})(globalThis.geolls);
