// SPDX-License-Identifier: Apache-2.0
// The ways in: folders dropped or picked, an image out of the clipboard, and what is asked of each format.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { api, check, checkThat, dropFiles, goTo, jobOf, jobState, openPage, REAL, samplePng, scratch, startServer, test } from "./harness.mjs";

/** holiday/: two pictures, one of them in a folder of its own, and a text. */
function makeHoliday() {
  const folder = path.join(scratch(), "holiday");
  mkdirSync(path.join(folder, "beach"), { recursive: true });
  writeFileSync(path.join(folder, "ferry.png"), samplePng(1));
  writeFileSync(path.join(folder, "beach", "shell.png"), samplePng(2));
  writeFileSync(path.join(folder, "notes.txt"), "no image");
  return folder;
}

async function inputsOfJob(page) {
  await page.waitForSelector(".run-head");
  const id = await jobOf(page);
  const job = await jobState(page, id, "done");
  const { results } = await api(page, `/jobs/${id}/results`);
  checkThat("each became smaller", !REAL || job.progress.optimized === results.length, job.progress);
  return results.map((row) => row.input).sort();
}

test("a dropped folder is walked, and its results keep their folders", async () => {
  const server = await startServer({ rate: 100 });
  const page = await openPage(server);
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [makeHoliday()], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) await session.send("Input.dispatchDragEvent", { type, x: 300, y: 300, data });
  check("files", await inputsOfJob(page), ["holiday/beach/shell.png", "holiday/ferry.png"]);
  check("problems", page.problems, []);
});

test("a chosen folder is taken with what is inside", async () => {
  const server = await startServer({ rate: 100 });
  const page = await openPage(server);
  await page.setInputFiles("[data-test=folder]", makeHoliday());
  check("files", await inputsOfJob(page), ["holiday/beach/shell.png", "holiday/ferry.png"]);
  check("problems", page.problems, []);
});

test("an image is pasted out of the clipboard", async () => {
  const server = await startServer({ rate: 100 });
  const page = await openPage(server);
  await page.evaluate((base64) => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], "image.png", { type: "image/png" }));
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, samplePng(3).toString("base64"));
  check("files", await inputsOfJob(page), ["image.png"]);
  check("problems", page.problems, []);
});

test("a format can have a quality of its own, and the list goes out as CSV and JSON", async () => {
  const server = await startServer({ rate: 100 });
  const page = await openPage(server);
  await page.click("summary >> text=More settings");
  await page.selectOption(".field:has(label:text-is('PNG')) select", { label: "Lossless" });
  const sent = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/api/v1/jobs"));
  await dropFiles(page, [{ name: "a.png", bytes: samplePng(4) }, { name: "b.png", bytes: samplePng(5) }]);
  const { settings } = (await sent).postDataJSON();
  check("quality of PNG", settings.quality_png, "lossless");
  check("files", await inputsOfJob(page), ["a.png", "b.png"]);
  if (!REAL) return;
  const { results } = await api(page, `/jobs/${await jobOf(page)}/results`);
  check("without loss", results.map((row) => row.lossless), [true, true]);
  for (const [words, name] of [["CSV", "results.csv"], ["JSON", "results.json"]]) {
    await page.click(".menu summary");
    const download = page.waitForEvent("download");
    await page.click(`.menu-items a >> text=${words}`);
    check("file", (await download).suggestedFilename(), name);
    await page.click(".menu summary");
  }
  check("problems", page.problems, []);
});

test("only formats that the server writes are offered", async () => {
  const server = await startServer({ rate: 100 });
  const page = await openPage(server);
  const offered = () => page.$$eval(".field:has(label:text-is('Format')) option", (all) => all.map((option) => option.textContent));
  const { formats_out: written } = await api(page, "/system");
  const words = { jpeg: "JPEG", png: "PNG", webp: "WebP", avif: "AVIF", jxl: "JPEG XL" };
  const want = (formats) => Object.keys(words).filter((format) => formats.includes(format)).map((format) => words[format]);
  check("as the server says", (await offered()).slice(3), want(written));
  // The same page from a server without AVIF, where AVIF had been chosen.
  await page.selectOption(".field:has(label:text-is('Format')) select", { label: "AVIF" });
  await page.route("**/api/v1/system", async (route) => {
    const response = await route.fetch();
    const system = await response.json();
    await route.fulfill({ response, json: { ...system, formats_out: system.formats_out.filter((format) => format !== "avif") } });
  });
  await page.reload();
  await page.waitForFunction(() => ![...document.querySelectorAll("option")].some((option) => option.textContent === "AVIF"));
  check("without AVIF", (await offered()).slice(3), want(written.filter((format) => format !== "avif")));
  check("chosen instead", await page.$eval(".field:has(label:text-is('Format')) select", (select) => select.value), "original");
  await page.click("summary >> text=More settings");
  check("qualities of formats", await page.locator(".grid2 .field:has(label:text-is('AVIF'))").count(), 0);
  check("problems", page.problems, []);
});

test("the history counts every run, however many there are", async () => {
  const server = await startServer({ rate: 100 });
  const page = await openPage(server);
  await page.route("**/api/v1/history?*", async (route) => { // as a ledger of years gives them
    const query = new URL(route.request().url()).searchParams;
    const [offset, limit] = ["offset", "limit"].map((name) => Number(query.get(name)));
    const run = (n) => ({ id: 2500 - n, job: null, started_unix_s: 1_700_000_000 - n * 60, ms: 1000, files: 2, optimized: 2, kept: 0, skipped: 0, failed: 0, bytes_in: 3000, bytes_out: 1000, command_line: `pare ${n}`, folder: null, finished: true, can_undo: false, undone: false });
    const runs = Array.from({ length: Math.max(0, Math.min(limit, 2500 - offset)) }, (_, i) => run(offset + i));
    await route.fulfill({ json: { runs, totals: { runs: runs.length, files: 2 * runs.length, bytes_in: 3000 * runs.length, bytes_out: 1000 * runs.length } } });
  });
  await goTo(page, "/history");
  await page.waitForSelector(".runs tbody tr");
  const text = (await page.textContent(".totals")).replace(/\s/g, " ");
  checkThat("totals", ["5.00 MB", "66.7%", "5,000", "2,500"].every((part) => text.includes(part)), text);
  check("rows first", await page.locator(".runs tbody tr").count(), 100);
  await page.click(".more button");
  check("rows then", await page.locator(".runs tbody tr").count(), 1100);
  check("problems", page.problems, []);
});
