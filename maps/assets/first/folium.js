// Popups and tooltips that a user adds through folium build their markup with three idioms of
// jQuery; this stands in for it, so that it need not be fetched.
(() => {
  "use strict";
  if (self.$) return;
  self.$ = (what) => {
    if (typeof what !== "string") return {ready: (then) => then(), 0: what};
    if (!what.trim().startsWith("<")) return document.querySelectorAll(what);
    const holder = document.createElement("template");
    holder.innerHTML = what.trim();
    return holder.content.children;
  };
})();
