// SPDX-License-Identifier: Apache-2.0
// Before and after.
import { api, check, checkThat, dropFiles, jobOf, jobState, openPage, samplePng, startServer, test, until } from "./harness.mjs";

async function done(server, n) {
  const page = await openPage(server);
  await dropFiles(page, Array.from({ length: n }, (_, i) => ({ name: `photo-${i}.png`, bytes: samplePng(i, 600, 400) })));
  await page.waitForSelector(".run-head");
  const id = await jobOf(page);
  await jobState(page, id, "done");
  return { page, id };
}

test("one image is compared by slider and difference, zoomed, and done again smaller", async () => {
  const server = await startServer({ rate: 100 });
  const { page, id } = await done(server, 12);
  await page.click(".segmented >> text=Optimized");
  await page.click(".row-line.optimized .c-input a >> nth=0");
  await page.waitForSelector(".stage img >> nth=1");
  await page.waitForFunction(() => [...document.querySelectorAll(".stage img")].every((img) => img.complete && img.naturalWidth > 0));
  const clip = () => page.evaluate(() => document.querySelectorAll(".stage img")[1].style.clipPath);
  const first = await clip();
  await page.focus(".split");
  await page.keyboard.press("ArrowRight");
  const second = await clip();
  checkThat("the slider moves by key", first !== second, [first, second]);
  await page.click("[aria-label='Zoom'] button >> nth=1");
  await page.waitForFunction(() => document.querySelector(".zoom output").textContent === "150%");
  await page.keyboard.press("d");
  await page.waitForSelector(".stage.difference img.blend");
  const seq = await page.evaluate(() => location.hash.split("/")[3]);
  const total = (await api(page, `/jobs/${id}/results`)).total;
  await page.click(".redo >> text=Smaller");
  await until("taken to the new version", () => page.evaluate(() => location.hash.split("/")[3]), (now) => now !== seq);
  const rows = (await api(page, `/jobs/${id}/results?limit=1000`)).results;
  const redone = rows.find((row) => row.replaces === Number(seq));
  checkThat("the new row names the old one", !!redone, rows.map((row) => row.replaces));
  check("rows", rows.length, total);
  const job = await api(page, `/jobs/${id}`);
  check("totals are the sum of the rows", job.progress.bytes_out, rows.reduce((sum, row) => sum + row.bytes_out, 0));
  await page.keyboard.press("Escape");
  await page.waitForSelector(".compare", { state: "detached" });
  check("problems", page.problems, []);
});

test("the list comes worst score first when asked", async () => {
  const server = await startServer({ rate: 100 });
  const { page, id } = await done(server, 30);
  await page.selectOption(".order select", "score asc");
  const { results } = await api(page, `/jobs/${id}/results?sort=score&order=asc&limit=1`);
  await page.waitForFunction((name) => document.querySelector("#row-0 .c-input a")?.textContent === name, results[0].input);
});
