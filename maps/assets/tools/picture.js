// This view as a picture that stands alone: title, finding, legend, map, dates, sources and link, as SVG or PNG.
((geolls) => {
  "use strict";
  const {Pen, saveAs, svg, toolButton} = geolls;

  const EDGE = 24;
  // A narrow map has room beside it, for words.
  const LEAST = 640;
  // Pixels of a PNG for each of the screen.
  const DENSE = 2;
  // What a style sheet says of a shape and a picture must say itself; what is as it would be anyhow is left out.
  const PLAIN = {
    fill: "rgb(0, 0, 0)",
    "fill-opacity": "1",
    "fill-rule": "nonzero",
    stroke: "none",
    "stroke-width": "1px",
    "stroke-opacity": "1",
    "stroke-dasharray": "none",
    "stroke-linecap": "butt",
    "stroke-linejoin": "miter",
    "paint-order": "normal",
    opacity: "1",
    "clip-path": "none",
  };
  const OF_GROUPS = {opacity: "1", "clip-path": "none"};
  const OF_TEXT = {"font-family": "", "font-size": "", "font-weight": "400", "text-anchor": "start"};
  const GEOMETRY =
    /^(d|x|y|x1|x2|y1|y2|cx|cy|r|rx|ry|dx|dy|width|height|viewBox|points|transform|preserveAspectRatio)$/;
  const OF_DEFS = /^(id|patternUnits|patternTransform|clipPathUnits)$/;
  const NO_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

  const wordsOf = (node) => (node?.textContent || "").replace(NO_XML, " ").replace(/\s+/g, " ").trim();

  /** A copy of a drawn node that needs no style sheet; null for what is not seen. */
  function copyOf(node) {
    if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.data.replace(NO_XML, " "));
    if (node.nodeType !== Node.ELEMENT_NODE || node.namespaceURI !== "http://www.w3.org/2000/svg") return null;
    const style = getComputedStyle(node);
    const hidden = style.display === "none" && !node.closest("defs,.gl-legend");
    if (hidden || style.visibility === "hidden" || node.classList.contains("gl-hot")) return null;
    const used = node.localName === "use" ? document.getElementById(node.getAttribute("href").slice(1)) : null;
    const copy = svg(used ? "g" : node.localName);
    for (const {name, value} of node.attributes)
      if (GEOMETRY.test(name) || (OF_DEFS.test(name) && node.closest("defs"))) copy.setAttribute(name, value);
    put(copy, style, looksOf(node));
    if (used) {
      put(copy, style, PLAIN);
      copy.append(shapeOf(used));
    }
    copy.append(...[...node.childNodes].map(copyOf).filter(Boolean));
    return copy;
  }

  /** What is said of a node: a group only of its own, so that what stands in it inherits nothing. */
  function looksOf({localName}) {
    if (localName === "text") return {...PLAIN, ...OF_TEXT};
    return /^(g|svg|defs|pattern|clipPath|title)$/.test(localName) ? OF_GROUPS : PLAIN;
  }

  function put(copy, style, plain) {
    for (const [name, usual] of Object.entries(plain)) {
      const value = style.getPropertyValue(name).replace(/"#/g, "#").replace(/"\)/g, ")");
      if (value && value !== usual) copy.setAttribute(name, value);
    }
  }

  /** A shape that others use: it has their paint, but for what it says itself. */
  function shapeOf(used) {
    const style = getComputedStyle(used);
    const shape = svg(used.localName);
    for (const {name, value} of used.attributes)
      if (GEOMETRY.test(name)) shape.setAttribute(name, value);
      else if (PLAIN[name]) shape.setAttribute(name, style.getPropertyValue(name));
    return shape;
  }

  class Picture {
    constructor(app) {
      this.app = app;
      const colour = getComputedStyle(app.node);
      this.colour = (name) => colour.getPropertyValue(name).trim();
      this.family = getComputedStyle(app.node).fontFamily;
      this.pen = document.createElement("canvas").getContext("2d");
      this.size = app.map.getSize();
      this.width = Math.max(LEAST, this.size.x) + 2 * EDGE;
      this.y = EDGE;
      this.root = svg("svg", {xmlns: "http://www.w3.org/2000/svg"});
    }

    /** The whole picture, always in the light colours. */
    static of(app) {
      const {dataset} = document.documentElement;
      const {theme} = dataset;
      dataset.theme = "light";
      try {
        return new Picture(app).make();
      } finally {
        if (theme === undefined) delete dataset.theme;
        else dataset.theme = theme;
      }
    }

    make() {
      const {app, root} = this;
      this.words(this.title(), {size: 22, weight: 700, after: 4});
      this.words(wordsOf(document.querySelector(".gl-demo, header .demo")), {size: 13, ink: "--elsewhere", after: 4});
      this.words(this.shown(".gl-finding"), {size: 15, weight: 700, after: 6});
      this.words(this.shown(".gl-filtered > span"), {size: 13, ink: "--ink2", after: 6});
      this.words(this.shown(".gl-lasso .gl-big"), {size: 13, weight: 700, after: 6});
      this.legend();
      this.map();
      this.words(wordsOf(app.$(".gl-dates") || document.querySelector("main .note")), {size: 12, after: 6});
      const sources = [...document.querySelectorAll(".gl-sources p, .foot p")].slice(0, 2).map(wordsOf);
      this.words(sources.filter(Boolean).join(" "), {size: 11, ink: "--ink2", after: 6});
      this.words(this.link(), {size: 11, ink: "--ink2", after: 0});
      const height = Math.ceil(this.y + EDGE);
      for (const [name, value] of Object.entries({width: this.width, height, viewBox: `0 0 ${this.width} ${height}`}))
        root.setAttribute(name, value);
      root.prepend(svg("title", {}, this.title()), this.rect(0, 0, this.width, height, this.colour("--page")));
      const text = new XMLSerializer().serializeToString(root);
      return {text, title: this.title(), width: this.width, height};
    }

    /** The map's own title, as its label has it before the keys. */
    title() {
      const label = this.app.map.getContainer().getAttribute("aria-label") || document.title;
      return label.replace(/\. Arrow keys .*$/s, "").replace(NO_XML, " ");
    }

    /** What a node of the map says, if it is seen. */
    shown(query) {
      const node = this.app.$(query);
      return node?.offsetParent ? wordsOf(node) : "";
    }

    /** Where the view is: its address; of a file on this machine only the name. */
    link() {
      const {protocol, pathname, hash, href} = location;
      const where = /^https?:$/.test(protocol) ? href : `${pathname.split("/").pop()}${hash}`;
      return `Saved with geolls on ${new Date().toISOString().slice(0, 10)} from ${where}`;
    }

    rect(x, y, width, height, fill, stroke = "none") {
      return svg("rect", {x, y, width, height, fill, stroke});
    }

    text(words, x, y, size, weight = 400, ink = "--ink") {
      const look = {"font-family": this.family, "font-size": size, "font-weight": weight, fill: this.colour(ink)};
      return svg("text", {x, y, ...look}, words);
    }

    wide(words, size, weight = 400) {
      this.pen.font = `${weight} ${size}px ${this.family}`;
      return this.pen.measureText(words).width;
    }

    /** Words in as many lines as they need; what has no space to break at is cut. */
    words(text, {size, weight = 400, ink = "--ink", after}) {
      if (!text) return;
      const most = Math.min(this.width - 2 * EDGE, 900);
      const pieces = text.split(" ").flatMap((word) => this.cut(word, size, weight, most));
      let line = "";
      const end = () => {
        this.y += size * 1.3;
        this.root.append(this.text(line, EDGE, this.y - size * 0.25, size, weight, ink));
      };
      for (const piece of pieces) {
        const longer = line ? `${line} ${piece}` : piece;
        if (line && this.wide(longer, size, weight) > most) {
          end();
          line = piece;
        } else line = longer;
      }
      end();
      this.y += after;
    }

    cut(word, size, weight, most) {
      const out = [];
      let rest = word;
      while (this.wide(rest, size, weight) > most) {
        let n = rest.length;
        while (n > 1 && this.wide(rest.slice(0, n), size, weight) > most) n = Math.floor(n * 0.9);
        out.push(rest.slice(0, n));
        rest = rest.slice(n);
      }
      return [...out, rest];
    }

    legend() {
      const {app} = this;
      const box = app.$(".gl-legend");
      if (box.hidden) return;
      const title = [...(box.querySelector(".gl-legend-title")?.childNodes || [])].map(wordsOf).join(". ");
      this.words(title, {size: 13, weight: 700, after: 4});
      for (const list of box.querySelectorAll("ul")) this.flow([...list.children].map((item) => this.key(item)));
      this.y += 6;
    }

    /** A row of the legend: its picture and its words, as a group, and how wide it is. */
    key(item) {
      const drawn = item.querySelector("svg");
      const [width, height] = ["width", "height"].map((name) => Number(drawn.getAttribute(name)));
      const said = [...item.querySelectorAll("span")].map(wordsOf).filter(Boolean).join(": ");
      const picture = copyOf(drawn);
      picture.setAttribute("y", (18 - height) / 2);
      return {
        node: svg("g", {}, picture, this.text(said, width + 8, 13, 12)),
        wide: width + 8 + this.wide(said, 12) + 20,
      };
    }

    flow(keys) {
      let x = EDGE;
      for (const {node, wide} of keys) {
        if (x > EDGE && x + wide > this.width - EDGE) {
          x = EDGE;
          this.y += 21;
        }
        node.setAttribute("transform", `translate(${x} ${this.y})`);
        this.root.append(node);
        x += wide;
      }
      if (keys.length) this.y += 24;
    }

    map() {
      const {app, root, size} = this;
      const {map, stage} = app;
      const {x, y} = map.containerPointToLayerPoint([0, 0]);
      const left = (this.width - size.x) / 2;
      const frame = {x: left, y: this.y, width: size.x, height: size.y};
      const marks = svg("g", {});
      stage.above._rootGroup.prepend(marks);
      stage.marks.draw(new Pen(marks), stage.dots._bounds, true);
      const drawn = [...map.getPane("overlayPane").querySelectorAll(":scope > svg"), stage.above._container];
      const layers = drawn.flatMap((one) => [...one.childNodes].map(copyOf)).filter(Boolean);
      marks.remove();
      const window_ = svg("svg", {...frame, viewBox: `${x} ${y} ${size.x} ${size.y}`}, ...layers);
      const sea = app.england ? "--page" : "--sea";
      root.append(this.rect(...Object.values(frame), this.colour(sea)), window_);
      this.inset(left);
      this.scale(left);
      root.append(this.rect(...Object.values(frame), "none", app.england ? "none" : this.colour("--rule2")));
      this.y += size.y + 14;
    }

    inset(left) {
      const {app} = this;
      const node = app.$(".gl-inset");
      if (!node?.offsetParent) return;
      const [x, y] = [left + node.offsetLeft, this.y + node.offsetTop];
      const picture = copyOf(node.querySelector("svg"));
      picture.setAttribute("x", x + 6);
      picture.setAttribute("y", y + 22);
      const box = this.rect(x, y, node.offsetWidth, node.offsetHeight, this.colour("--page"), this.colour("--rule2"));
      this.root.append(box, this.text(wordsOf(node.querySelector("b")), x + 6, y + 16, 12, 700), picture);
    }

    /** The bar of the scale and the arrow to the north, where the map has them. */
    scale(left) {
      const {app, root, size} = this;
      const bar = app.$(".leaflet-control-scale-line");
      if (bar?.offsetParent) {
        const [x, y] = [left + 10, this.y + size.y - 14];
        const d = `M${x} ${y - 6}v6h${bar.offsetWidth}v-6`;
        root.append(svg("path", {d, fill: "none", stroke: this.colour("--ink2")}));
        root.append(this.text(wordsOf(bar), x + 4, y - 4, 12, 400, "--ink2"));
        const truth = wordsOf(app.$(".gl-truth"));
        root.append(this.text(truth, x + bar.offsetWidth + 8, y, 11, 400, "--ink2"));
      }
      const north = app.$(".gl-north");
      if (!north?.offsetParent) return;
      const arrow = copyOf(north.querySelector("svg"));
      arrow.setAttribute("x", left + size.x - 30);
      arrow.setAttribute("y", this.y + 10);
      root.append(arrow);
    }
  }

  /** The same picture as pixels. */
  async function pixelsOf({text, width, height}) {
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = width * DENSE;
    canvas.height = height * DENSE;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }

  geolls.tools.push((app) => {
    const button = (kind, blobOf) =>
      toolButton(app, `Save this view (${kind})`, async () => {
        const made = Picture.of(app);
        saveAs(await blobOf(made), `${made.title.replace(/[\u2019',.]/g, "")}.${kind.toLowerCase()}`);
        app.tell(`The view is saved as ${kind}`);
      });
    button("SVG", ({text}) => new Blob([text], {type: "image/svg+xml"}));
    button("PNG", pixelsOf);
  });
})(globalThis.geolls);
