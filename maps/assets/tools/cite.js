// Cite keeps the words of the address, and names the view that they say.
((geolls) => {
  "use strict";
  const {el} = geolls;

  geolls.tools.push(() => {
    const cite = document.getElementById("cite-page");
    const view = el("span", {});
    for (const link of document.querySelectorAll('[href="#cite-page"]'))
      link.addEventListener("click", (event) => {
        event.preventDefault();
        view.textContent = ` This view: ${location.href}`;
        cite.append(view);
        cite.tabIndex = -1;
        cite.focus();
      });
  });
})(globalThis.geolls);
