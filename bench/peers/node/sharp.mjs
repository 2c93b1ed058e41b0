// sharp.mjs VARIANT WORK QUALITY OUTDIR FILE...   one image at a time on one thread
import path from 'node:path';

const [variant, work, qualityText, out, ...files] = process.argv.slice(2);
const quality = Number(qualityText);
let sharp;
try {
  ({ default: sharp } = await import('sharp'));
} catch {
  process.exit(69);
}
sharp.concurrency(1);
sharp.cache(false);

const jpeg = { quality, mozjpeg: variant === 'mozjpeg' };
const works = {
  jpeg: (image) => [image.jpeg(jpeg), 'jpg'],
  'png-jpeg': (image) => [image.jpeg(jpeg), 'jpg'],
  'png-lossless': (image) => [image.png({ compressionLevel: 9, adaptiveFiltering: true }), 'png'],
  'png-palette': (image) => [image.png({ palette: true, quality, effort: 7 }), 'png'],
  webp: (image) => [image.webp({ quality }), 'webp'],
  'webp-lossless': (image) => [image.webp({ lossless: true }), 'webp'],
  avif: (image) => [image.avif({ quality, effort: 2, chromaSubsampling: '4:2:0' }), 'avif'],
  resize: (image) => [
    image.resize(1600, 1600, { fit: 'inside', withoutEnlargement: true }).jpeg(jpeg), 'jpg'],
};
if (!works[work]) process.exit(69);
for (const file of files) {
  const [image, extension] = works[work](sharp(file, { limitInputPixels: false }).rotate());
  await image.toFile(path.join(out, `${path.parse(file).name}.${extension}`));
}
