// batch.mjs QUALITY OUTDIR INDIR   what a careful script around sharp does: each image on one thread,
// two images at a time, every format kept, the original when it is not larger.
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';

const [qualityText, out, root] = process.argv.slice(2);
const quality = Number(qualityText);
sharp.concurrency(1);
sharp.cache(false);

const writers = {
  '.jpg': (image) => image.jpeg({ quality, mozjpeg: process.env.MOZJPEG === '1' }),
  '.png': (image) => image.png({ compressionLevel: 9, adaptiveFiltering: true }),
  '.webp': (image) => image.webp({ quality }),
};
const files = fs.readdirSync(root, { recursive: true })
  .filter((name) => writers[path.extname(name)]);
let next = 0;
let bytesIn = 0;
let bytesOut = 0;
async function work() {
  while (next < files.length) {
    const name = files[next++];
    const target = path.join(out, name);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    const input = fs.readFileSync(path.join(root, name));
    let output = await writers[path.extname(name)](sharp(input).rotate()).toBuffer();
    if (output.length >= input.length) output = input;
    fs.writeFileSync(target, output);
    bytesIn += input.length;
    bytesOut += output.length;
  }
}
await Promise.all([work(), work()]);
console.log(JSON.stringify({ files: files.length, bytesIn, bytesOut }));
