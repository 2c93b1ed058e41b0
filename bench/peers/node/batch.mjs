// batch.mjs TOOL WORK QUALITY OUTDIR INDIR   what a careful script around a library does: each image on
// one thread, as many images at a time as there are cores, every format kept, the original when the
// result is not smaller.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const [tool, work, qualityText, out, root] = process.argv.slice(2);
const quality = Number(qualityText);
const writers = {};
try {
  if (tool === 'sharp') {
    const { default: sharp } = await import('sharp');
    sharp.concurrency(1);
    sharp.cache(false);
    const through = (write) => (input) => write(sharp(input).rotate()).toBuffer();
    writers['.png'] = through((image) => image.png({ compressionLevel: 9, adaptiveFiltering: true }));
    if (work === 'batch-web') {
      writers['.jpg'] = through((image) => image.jpeg({ quality }));
      writers['.webp'] = through((image) => image.webp({ quality }));
    }
  } else {
    const napi = await import('@napi-rs/image');
    writers['.png'] = (input) => napi.losslessCompressPng(input);
  }
} catch {
  process.exit(69);
}
const files = fs.readdirSync(root, { recursive: true })
  .filter((name) => fs.statSync(path.join(root, name)).isFile());
let next = 0;
async function worker() {
  while (next < files.length) {
    const name = files[next++];
    const target = path.join(out, name);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    const input = fs.readFileSync(path.join(root, name));
    const write = writers[path.extname(name)];
    let output = write ? await write(input) : input;
    if (output.length >= input.length) output = input;
    fs.writeFileSync(target, output);
  }
}
await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
