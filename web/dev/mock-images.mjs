// SPDX-License-Identifier: Apache-2.0
// Invented results and pictures for the mock server; the same seq gives the same again.
import zlib from "node:zlib";

function noise(seed) {
  let x = (seed * 2654435761) >>> 0;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 4294967296;
  };
}

const EXTENSION_FORMATS = { jpg: "jpeg", jpeg: "jpeg", png: "png", webp: "webp", avif: "avif", tif: "tiff", tiff: "tiff", gif: "gif" };

export function makeResult(seq, input, size, settings) {
  const random = noise(seq + input.length * 31);
  for (let i = 0; i < 5; i++) random();
  const extension = input.split(".").pop().toLowerCase();
  const format_in = EXTENSION_FORMATS[extension] ?? "jpeg";
  const dice = random();
  const outcome = dice < 0.86 ? "optimized" : dice < 0.95 ? "kept" : dice < 0.98 ? "skipped" : "failed";
  const reasons = { optimized: null, kept: "not_smaller", skipped: "already_done", failed: ["truncated", "corrupt", "timeout"][seq % 3] };
  const bytes_in = size ?? Math.round(300_000 + random() ** 2 * 6_000_000);
  const bytes_out = outcome === "optimized" ? Math.max(1, Math.round(bytes_in * (0.25 + random() * 0.6))) : bytes_in;
  const wanted = settings.format && !["original", "auto"].includes(settings.format) ? settings.format : format_in;
  const format_out = wanted === "smallest" ? ["webp", "avif", "jpeg"][seq % 3] : wanted === "tiff" || wanted === "gif" ? "png" : wanted;
  const done = outcome === "optimized";
  return {
    seq, replaces: null, input, output: done ? input.replace(/\.\w+$/, `.${format_out === "jpeg" ? "jpg" : format_out}`) : null, outcome,
    format_in, format_out: done ? format_out : format_in, width: 4032, height: 3024, bytes_in, bytes_out, saved_bytes: bytes_in - bytes_out,
    ratio: bytes_in ? bytes_out / bytes_in : 1, score: done ? Math.round((78 + random() * 14) * 100) / 100 : null, quality: done ? 60 + Math.floor(random() * 30) : null,
    lossless: false, ms: Math.round(90 + random() * 1600), worker: 1 + (seq % 8), error: outcome === "failed" ? "corrupt" : null, reason: reasons[outcome], message: reasons[outcome],
  };
}

function crc32(bytes) {
  if (zlib.crc32) return zlib.crc32(bytes); // from Node 20.15 on
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return (crc ^ -1) >>> 0;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

export function encodePng(width, height, rgbAt) {
  const raw = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0, at = 0; y < height; y++) {
    raw[at++] = 0;
    for (let x = 0; x < width; x++) for (const value of rgbAt(x, y)) raw[at++] = value;
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head), chunk("IDAT", zlib.deflateSync(raw)), chunk("IEND", Buffer.alloc(0))]);
}

const pictures = new Map();

/** Hills under a sky, coarser when optimized so that the difference view has something to show. */
export function picture(seq, size, optimized) {
  const key = `${seq % 12} ${size} ${optimized}`;
  if (!pictures.has(key)) pictures.set(key, paint((seq % 12) + 1, size, optimized));
  return pictures.get(key);
}

function paint(seed, width, optimized) {
  const height = Math.round(width * 0.67);
  const step = optimized ? 6 : 1;
  const hue = seed * 0.52;
  return encodePng(width, height, (x, y) => {
    const u = x / width;
    const v = y / height;
    const ridge = 0.5 + 0.09 * Math.sin(u * 6 + seed) + 0.04 * Math.sin(u * 17 + seed * 2);
    const near = 0.72 + 0.06 * Math.sin(u * 4 + seed * 3) + 0.015 * Math.sin(u * 60);
    const grain = Math.sin(x * 12.9898 + y * 78.233 + seed) * 6;
    const tone = (a, b, c) => [a, b, c].map((t) => Math.max(0, Math.min(255, Math.round((t + grain) / step) * step)));
    const warm = 40 * Math.sin(hue);
    if (v > near) return tone(46 + warm / 2, 84 - (v - near) * 120, 58);
    if (v > ridge) return tone(92 + warm, 124, 128 - warm / 2);
    return tone(232 - v * 120 + warm / 2, 206 - v * 60, 176 + v * 90 - warm);
  });
}
