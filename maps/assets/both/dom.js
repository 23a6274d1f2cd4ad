// Elements made in one call. Text enters a page as text, never as markup.
((geolls) => {
  "use strict";
  // Milliseconds until a saved file's memory is given back.
  const HELD = 1000;

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

  /** Save what a page made as a file: a Blob, under a name made safe. */
  function saveAs(file, name) {
    const link = el("a", {href: URL.createObjectURL(file), download: name.replace(/[^\w .-]+/g, "_")});
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), HELD);
  }

  /** Rows of fields that are csv already, as a file. The mark tells Excel it is UTF-8. */
  const csvFile = (rows) => new Blob([`\ufeff${rows.map((row) => `${row.join(",")}\n`).join("")}`], {type: "text/csv"});

  /** Let the browser answer what waits, in the midst of long work. */
  const breath = () => self.scheduler?.yield?.() ?? new Promise((go) => setTimeout(go));

  Object.assign(geolls, {breath, el, svg, saveAs, csvFile});
})(globalThis.geolls);
