// A canvas in a pane of Leaflet, kept in place as Leaflet keeps its own.
((geolls) => {
  "use strict";
  /** Options: `wanted()` says whether there is anything to draw, `draw(pen, bounds)` draws it. */
  const Dots = L.Renderer.extend({
    initialize(options) {
      L.Renderer.prototype.initialize.call(this, options);
      this._layers = {};
    },

    _initContainer() {
      this._container = document.createElement("canvas");
      this._container.setAttribute("aria-hidden", "true");
      this._pen = this._container.getContext("2d");
    },

    _destroyContainer() {
      this._container.remove();
      delete this._container;
      delete this._pen;
    },

    _update() {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      const canvas = this._container;
      // A large canvas takes time to make: not before there is something to draw.
      this._blank = !this.options.wanted();
      if (this._blank) {
        canvas.width = canvas.height = 0;
        return;
      }
      const {min} = this._bounds;
      const size = this._bounds.getSize();
      const dense = Math.max(2, self.devicePixelRatio || 1);
      L.DomUtil.setPosition(canvas, min);
      canvas.width = dense * size.x;
      canvas.height = dense * size.y;
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
      this._pen.setTransform(dense, 0, 0, dense, -min.x * dense, -min.y * dense);
      this.redraw();
    },

    redraw() {
      if (!this._pen || !this._bounds) return;
      const wanted = this.options.wanted();
      if (wanted === this._blank) this._update();
      else if (wanted) {
        const {min, max} = this._bounds;
        this._pen.clearRect(min.x, min.y, max.x - min.x, max.y - min.y);
        this.options.draw(this._pen, this._bounds);
      }
    },
  });

  Object.assign(geolls, {Dots});
})(globalThis.geolls);
