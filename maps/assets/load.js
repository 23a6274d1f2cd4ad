/* Unpacks the scripts of a page that stands alone: the policy allows exactly that text. */
(async function () {
"use strict";
try {
  const bytes = Uint8Array.from(atob(document.getElementById("packed").textContent), (c) => c.charCodeAt(0));
  const script = document.createElement("script");
  script.textContent = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
  document.body.append(script);
} catch {
  for (const map of document.querySelectorAll(".gl-map")) map.textContent = "This browser is too old to draw the map. Everything it shows is in the table below.";
}
})();
