/* Unpacks a page that stands alone: its scripts, which the policy allows by their text, and its
   data. All of it is deflated and written in base 85. */
(async function () {
"use strict";
const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%()*+-;=?@^_`{|}~,./";
const worth = new Uint8Array(128);
for (let i = 0; i < 85; i++) worth[letters.charCodeAt(i)] = i;
const unpack = self.geollsUnpack = (node) => {
  const text = node.textContent, spare = (5 - (text.length % 5)) % 5;
  const bytes = new DataView(new ArrayBuffer(((text.length + spare) / 5) * 4));
  for (let i = 0; i < text.length; i += 5) {
    let word = 0;
    for (let j = i; j < i + 5; j++) word = word * 85 + (j < text.length ? worth[text.charCodeAt(j)] : 84);
    bytes.setUint32((i / 5) * 4, word);
  }
  const whole = new Uint8Array(bytes.buffer, 0, bytes.byteLength - spare);
  return new Response(new Blob([whole]).stream().pipeThrough(new DecompressionStream("deflate")));
};
try {
  const script = document.createElement("script");
  script.textContent = await unpack(document.getElementById("packed")).text();
  document.body.append(script);
} catch {
  for (const map of document.querySelectorAll(".gl-map")) map.textContent = "This browser is too old to draw the map. Everything it shows is in the table below.";
}
})();
