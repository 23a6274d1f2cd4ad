// A zip of a few texts, stored as they are. No page is needed.
((geolls) => {
  "use strict";
  const TABLE = Uint32Array.from({length: 256}, (_, i) => {
    let v = i;
    for (let bit = 0; bit < 8; bit++) v = v & 1 ? (v >>> 1) ^ 0xedb88320 : v >>> 1;
    return v;
  });

  function crc32(bytes) {
    let sum = 0xffffffff;
    for (const byte of bytes) sum = (sum >>> 8) ^ TABLE[(sum ^ byte) & 255];
    return (sum ^ 0xffffffff) >>> 0;
  }

  /** Numbers as bytes, the low ones first: [value, how many bytes], one after another. */
  function bytesOf(fields) {
    const out = [];
    for (const [value, size] of fields) for (let i = 0; i < size; i++) out.push(Math.floor(value / 256 ** i) % 256);
    return out;
  }

  /** The bytes of a zip of files [name, text]. It bears the first day that a zip can, so that it is always the same. */
  function zipOf(files) {
    const encode = (text) => new TextEncoder().encode(text);
    const body = [];
    const index = [];
    for (const [title, text] of files) {
      const name = encode(title);
      const data = encode(text);
      // As read by version 2.0, names in UTF-8, stored, 1 January 1980.
      const size = [data.length, 4];
      const common = [[20, 2], [0x800, 2], [0, 2], [0, 2], [33, 2], [crc32(data), 4], size, size, [name.length, 2]];
      const at = body.length;
      body.push(...bytesOf([[0x04034b50, 4], ...common, [0, 2]]), ...name, ...data);
      index.push(...bytesOf([[0x02014b50, 4], [20, 2], ...common, [0, 2], [0, 4], [0, 2], [0, 4], [at, 4]]), ...name);
    }
    const n = [files.length, 2];
    const end = bytesOf([[0x06054b50, 4], [0, 4], n, n, [index.length, 4], [body.length, 4], [0, 2]]);
    return Uint8Array.from([...body, ...index, ...end]);
  }

  Object.assign(geolls, {zipOf});
})(globalThis.geolls);
