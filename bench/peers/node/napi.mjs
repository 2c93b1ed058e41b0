// napi.mjs WORK QUALITY OUTDIR FILE...
import fs from 'node:fs';
import path from 'node:path';

const [work, qualityText, out, ...files] = process.argv.slice(2);
const quality = Number(qualityText);
let napi;
try {
  napi = await import('@napi-rs/image');
} catch {
  process.exit(69);
}
const works = {
  jpeg: (bytes) => [napi.compressJpegSync(bytes, { quality }), 'jpg'],
  'jpeg-lossless': (bytes) => [napi.compressJpegSync(bytes), 'jpg'],
  'png-lossless': (bytes) => [napi.losslessCompressPngSync(bytes), 'png'],
  'png-palette': (bytes) => [
    napi.pngQuantizeSync(bytes, { maxQuality: quality, minQuality: 0 }), 'png'],
};
if (!works[work]) process.exit(69);
for (const file of files) {
  const [bytes, extension] = works[work](fs.readFileSync(file));
  fs.writeFileSync(path.join(out, `${path.parse(file).name}.${extension}`), bytes);
}
