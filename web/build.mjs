// SPDX-License-Identifier: Apache-2.0
// Bundle the page into dist/: index.html, hashed scripts and style, icons, manifest. No network.
import * as esbuild from "esbuild";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const web = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(web, "dist");

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });

const result = await esbuild.build({
  absWorkingDir: web,
  entryPoints: { app: "src/main.tsx", style: "src/style/index.css" },
  outdir: "dist",
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  bundle: true,
  splitting: true, // one chunk per language, loaded when chosen
  format: "esm",
  target: ["es2020", "firefox102", "safari15"],
  jsx: "automatic",
  minify: true,
  legalComments: "none",
  define: { "process.env.NODE_ENV": '"production"' },
  metafile: true,
  logLevel: "warning",
});

function outputOf(entry) {
  const found = Object.entries(result.metafile.outputs).find(([, o]) => o.entryPoint === entry);
  return path.basename(found[0]);
}

const page = readFileSync(path.join(web, "src/index.html"), "utf8")
  .replace("%SCRIPT%", outputOf("src/main.tsx"))
  .replace("%STYLE%", outputOf("src/style/index.css"));
writeFileSync(path.join(dist, "index.html"), page);
cpSync(path.join(web, "public"), dist, { recursive: true });

let first = 0;
let all = 0;
for (const [name, output] of Object.entries(result.metafile.outputs)) {
  const size = gzipSync(readFileSync(path.join(web, name)), { level: 9 }).length;
  all += size;
  if (output.entryPoint === "src/main.tsx" || name.endsWith(".css")) first += size;
}
const kb = (bytes) => (bytes / 1000).toFixed(1);
console.log(`web: ${kb(first)} KB compressed to start, ${kb(all)} KB with every language`);
