// A search box of a page, with what it finds below it.
((geolls) => {
  "use strict";
  const {closestNames, el, findNames, matchIn, nothingFound, plural, queryAll} = geolls;

  // Milliseconds: a click on a hit takes the focus first.
  const LEAVING = 150;

  class SearchBox {
    constructor(input, names) {
      this.input = input;
      this.names = names;
      this.panel = document.getElementById(input.getAttribute("aria-controls"));
      this.live = this.panel.nextElementSibling;
      // The marked hit.
      this.at = -1;
      input.addEventListener("focus", () => names.load());
      input.addEventListener("input", () => {
        names.load();
        this.look();
      });
      input.addEventListener("keydown", (event) => this.key(event));
      input.addEventListener("blur", () => {
        setTimeout(() => {
          if (!this.panel.contains(document.activeElement)) this.close();
        }, LEAVING);
      });
    }

    look() {
      const text = this.input.value.trim();
      this.at = -1;
      this.input.removeAttribute("aria-activedescendant");
      if (!text || !this.names.list) {
        this.close();
        return;
      }
      const groups = findNames(this.names.list, this.names.bodies?.dfe.get(text) || text);
      const found = groups.flatMap(([, hits]) => hits);
      this.panel.replaceChildren(...(found.length ? this.groups(groups, text) : this.nearest(text)));
      this.panel.hidden = false;
      this.input.setAttribute("aria-expanded", "true");
      this.live.textContent = found.length ? `${found.length} found` : this.panel.querySelector(".none").textContent;
    }

    groups(groups, text) {
      let n = 0;
      return groups.map(([name, hits, more]) => {
        const head = el("div", {class: "group", id: `${this.input.id}-${name}`}, name);
        const options = hits.map((hit) => this.option(hit, text, n++));
        const rest =
          more && el("div", {class: "none"}, `and ${plural(more, "more", "more")}: add a word, or the place`);
        return el("div", {role: "group", "aria-labelledby": head.id}, head, ...options, rest || null);
      });
    }

    nearest(text) {
      const {list} = this.names;
      const near = closestNames(list, text);
      const words = nothingFound(list, text, this.names.bodies) + (near.length ? " The nearest:" : "");
      const said = el("div", {class: "none", role: "presentation"}, words);
      return [said, ...near.map((hit, n) => this.option(hit, "", n))];
    }

    option(hit, text, n) {
      const name = matchIn(hit.name, text).map((part, i) => (i % 2 ? el("b", {}, part) : part));
      const state = {href: hit.href, tabindex: "-1", "aria-selected": "false"};
      const attributes = {role: "option", id: `${this.input.id}-${n}`, ...state};
      const link = el("a", attributes, ...name, el("small", {}, hit.text));
      link.addEventListener("click", () => this.close());
      return link;
    }

    close() {
      this.panel.hidden = true;
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
    }

    key(event) {
      if (event.key === "Escape") {
        if (this.panel.hidden) this.input.value = "";
        this.close();
        return;
      }
      const options = queryAll("[role=option]", this.panel);
      if (this.panel.hidden || !options.length) return;
      if (event.key === "ArrowDown") this.mark(options, this.at + 1);
      else if (event.key === "ArrowUp") this.mark(options, Math.max(this.at, 0) - 1);
      else if (event.key === "Enter") options[Math.max(this.at, 0)].click();
      else return;
      event.preventDefault();
    }

    mark(options, i) {
      this.at = (i + options.length) % options.length;
      options.forEach((option, j) => option.setAttribute("aria-selected", String(j === this.at)));
      this.input.setAttribute("aria-activedescendant", options[this.at].id);
      options[this.at].scrollIntoView({block: "nearest"});
    }
  }

  Object.assign(geolls, {SearchBox});
})(globalThis.geolls);
