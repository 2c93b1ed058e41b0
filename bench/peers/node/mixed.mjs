// mixed.mjs COUNT OUTDIR SOURCE...   COUNT small files of mixed kinds, cropped from the sources; the
// same arguments give the same files.
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';

const [countText, out, ...sources] = process.argv.slice(2);
const count = Number(countText);
sharp.concurrency(1);
fs.mkdirSync(out, { recursive: true });

let state = 12345;
const random = (below) => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return Math.floor((state / 4294967296) * below);
};

const kinds = [
  ['jpg', (image) => image.jpeg({ quality: 92 })],
  ['jpg', (image) => image.jpeg({ quality: 85, chromaSubsampling: '4:4:4' })],
  ['jpg', (image) => image.jpeg({ quality: 95, progressive: true })],
  ['png', (image) => image.png({ compressionLevel: 6 })],
  ['png', (image) => image.png({ palette: true, colours: 64 })],
  ['webp', (image) => image.webp({ quality: 90 })],
  ['gif', (image) => image.gif({ effort: 1 })],
];

const decoded = [];
for (const source of sources) {
  const { data, info } = await sharp(source).removeAlpha().toColourspace('srgb').raw()
    .toBuffer({ resolveWithObject: true });
  decoded.push({ data, raw: { width: info.width, height: info.height, channels: info.channels } });
}
for (let i = 0; i < count; i++) {
  const { data, raw } = decoded[random(decoded.length)];
  const width = Math.min(raw.width, 48 + random(i % 20 === 0 ? 1200 : 300));
  const height = Math.min(raw.height, 48 + random(i % 20 === 0 ? 900 : 300));
  const left = random(raw.width - width + 1);
  const top = random(raw.height - height + 1);
  const [extension, write] = kinds[i % kinds.length];
  const folder = path.join(out, `part-${Math.floor(i / 500)}`);
  if (i % 500 === 0) fs.mkdirSync(folder, { recursive: true });
  await write(sharp(data, { raw }).extract({ left, top, width, height }))
    .toFile(path.join(folder, `image-${String(i).padStart(6, '0')}.${extension}`));
}
