// SPDX-License-Identifier: Apache-2.0
// The PNG icons out of public/icon.svg, drawn by chromium.  node dev/make-icons.mjs
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), "../public");
const svg = readFileSync(path.join(folder, "icon.svg"), "utf8");
// A mask may cut away everything outside the middle 80 %: no round corners, the pear smaller.
const maskable = svg.replace('rx="29" ', "").replace("translate(25.6 22) scale(1.2)", "translate(33.3 30.5) scale(.96)");

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
for (const [name, size, source] of [["icon-192", 192, svg], ["icon-512", 512, svg], ["icon-maskable-512", 512, maskable]]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<body style="margin:0">${source.replace("<svg ", `<svg width="${size}" height="${size}" style="display:block" `)}`);
  await page.screenshot({ path: path.join(folder, `${name}.png`), omitBackground: true });
}
await browser.close();
