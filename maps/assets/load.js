// Unpacks a page that stands alone: its scripts, which the policy allows by their text, and its
// data. All of it is deflated and written in base 85.
(async () => {
  "use strict";
  const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%()*+-;=?@^_`{|}~,./";
  const OLD = "This browser is too old to draw the map. Everything it shows is in the table below.";
  const digit = new Uint8Array(128);
  for (let i = 0; i < 85; i++) digit[LETTERS.charCodeAt(i)] = i;

  /** The bytes that a text stands for: five letters for every four, and one letter more than bytes at the end. */
  function bytesOf(text) {
    const spare = (5 - (text.length % 5)) % 5;
    const words = new DataView(new ArrayBuffer(((text.length + spare) / 5) * 4));
    for (let i = 0; i < text.length; i += 5) {
      let word = 0;
      for (let j = i; j < i + 5; j++) word = word * 85 + (j < text.length ? digit[text.charCodeAt(j)] : 84);
      words.setUint32((i / 5) * 4, word);
    }
    return new Uint8Array(words.buffer, 0, words.byteLength - spare);
  }

  self.geollsUnpack = (node) => {
    const packed = new Blob([bytesOf(node.textContent)]).stream();
    return new Response(packed.pipeThrough(new DecompressionStream("deflate")));
  };
  try {
    const script = document.createElement("script");
    script.textContent = await self.geollsUnpack(document.getElementById("packed")).text();
    document.body.append(script);
  } catch {
    // Where there is more of the script than this, it says so itself.
    if (!self.geolls) for (const map of document.querySelectorAll(".gl-map")) map.textContent = OLD;
  }
})();
