// Elements made in one call. Text enters a page as text, never as markup.
((geolls) => {
  "use strict";
  /** An HTML element; attributes that are null, undefined or false are left out, `on` is a click. */
  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key === "on") node.addEventListener("click", value);
      else if (value !== null && value !== undefined && value !== false)
        node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return node;
  }

  /** An SVG element. */
  function svg(tag, attributes, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }

  Object.assign(geolls, {el, svg});
})(globalThis.geolls);
