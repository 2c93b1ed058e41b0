// SPDX-License-Identifier: Apache-2.0
// Jobs from drop to download, in place and back, and what a person can do to them.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { api, check, checkThat, dropFiles, jobOf, jobState, openPage, REAL, samplePng, scratch, startServer, test, until } from "./harness.mjs";

const dropped = (n, width, height) => Array.from({ length: n }, (_, i) => ({ name: `drop-${i}.png`, bytes: samplePng(i, width, height) }));

/** Files under a root that the server can see; the mock has its own. */
export function makeRoot(n, width, height) {
  const root = scratch();
  mkdirSync(path.join(root, "site"));
  for (let i = 0; i < n; i++) writeFileSync(path.join(root, "site", `image-${i}.png`), samplePng(i, width, height));
  return root;
}

export async function startFolderJob(page) {
  await page.click("text=Files on the server");
  await page.click(".entry-name >> text=site");
  await page.waitForSelector(".entry >> nth=3");
  await page.click("text=Optimize this folder");
  await page.waitForSelector(".run-head");
  return jobOf(page);
}

test("100 dropped files are optimized and can be downloaded as one zip and one by one", async () => {
  const server = await startServer({ rate: 200 });
  const page = await openPage(server);
  const told = page.waitForSelector("text=1 file was left out"); // it goes by itself
  await dropFiles(page, [...dropped(100), { name: "notes.txt", type: "text/plain", bytes: Buffer.from("no image") }]);
  await told;
  await page.waitForSelector(".run-head");
  const id = await jobOf(page);
  const job = await jobState(page, id, "done");
  check("files", [job.progress.files_done, job.progress.files_total], [100, 100]);
  await page.waitForSelector(".list-body[aria-rowcount='100']");
  const one = page.waitForEvent("download");
  await page.click(".row-line.optimized .c-more a >> nth=0");
  check("name of one download", /\.(png|jpe?g|webp|avif)$/.test((await one).suggestedFilename()), true);
  if (!REAL) return;
  const all = page.waitForEvent("download");
  await page.click("text=Download all");
  const zip = path.join(scratch(), "all.zip");
  await (await all).saveAs(zip);
  const names = execFileSync("python3", ["-c", "import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nprint(len(z.namelist()))", zip]).toString().trim();
  check("files in the zip", names, "100");
  check("problems", page.problems, []);
});

test("a folder is optimized in place and put back", async () => {
  const root = makeRoot(24);
  const before = readFileSync(path.join(root, "site/image-0.png"));
  const server = await startServer({ root, rate: 100 });
  const page = await openPage(server);
  await page.selectOption("select:near(:text('Results of files on the server'))", "in_place");
  const id = await startFolderJob(page);
  const job = await jobState(page, id, "done");
  checkThat("something was optimized", job.progress.optimized > 0, job.progress);
  if (REAL) checkThat("smaller on the disk", readFileSync(path.join(root, "site/image-0.png")).length < before.length, before.length);
  await page.click(".run-actions >> text=Undo");
  await page.click("dialog >> text=Put back");
  await until("undone", () => api(page, `/jobs/${id}`), (j) => j.undone);
  await page.waitForSelector(".run-name >> text=undone");
  // Nothing is saved any more, and there is no result to have.
  await page.waitForSelector("h1 >> text=The originals are back");
  check("results to download", await page.locator(".row-line .c-more a").count(), 0);
  check("what can be tried again", await page.locator(".run-actions >> text=/Retry|Undo|Resume/").count(), 0);
  await page.click(".row-line.optimized .c-input a >> nth=0");
  await page.waitForFunction(() => document.querySelector(".stage img")?.naturalWidth > 0);
  check("pictures and ways to do it again", [await page.locator(".stage img").count(), await page.locator(".redo button").count()], [1, 0]);
  await page.keyboard.press("Escape");
  if (REAL) check("the original is back", readFileSync(path.join(root, "site/image-0.png")).equals(before), true);
  check("problems", page.problems, []);
});

test("what failed can be tried again once it is mended", async () => {
  if (!REAL) return;
  const root = makeRoot(6, 320, 240);
  const whole = [0, 3].map((i) => readFileSync(path.join(root, `site/image-${i}.png`)));
  for (const i of [0, 3]) writeFileSync(path.join(root, `site/image-${i}.png`), whole[0].subarray(0, whole[0].length / 2));
  const server = await startServer({ root });
  const page = await openPage(server);
  const id = await startFolderJob(page);
  const first = (await jobState(page, id, "done")).progress;
  check("failed at first", [first.failed, first.files_done, first.files_total], [2, 6, 6]);
  // Nothing was mended: they fail once more, and are counted once.
  await page.click(".run-actions >> text='Retry failed (2)'");
  await until("the second try", () => api(page, `/jobs/${id}/results`), ({ results }) => results.length === 6 && results.some((row) => row.seq > 6));
  check("failed again", (await jobState(page, id, "done")).progress.failed, 2);
  [0, 3].forEach((i, n) => writeFileSync(path.join(root, `site/image-${i}.png`), whole[n]));
  await page.click(".run-actions >> text='Retry failed (2)'");
  await until("no failure", () => api(page, `/jobs/${id}`), (j) => j.state === "done" && j.progress.failed === 0);
  const { results } = await api(page, `/jobs/${id}/results`);
  check("a result each", results.map((row) => row.input).sort(), [0, 1, 2, 3, 4, 5].map((i) => `site/image-${i}.png`));
  checkThat("all became smaller", results.every((row) => row.outcome === "optimized"), results);
  // The page says the same, and offers it no more.
  await page.waitForFunction(() => document.querySelectorAll(".row-line.optimized").length === 6 && !document.querySelector(".row-line.failed"));
  check("nothing left to try", await page.locator(".run-actions >> text=/Retry/").count(), 0);
  check("problems", page.problems, []);
});

test("a job can be paused, resumed and cancelled, and tells the same as the server", async () => {
  const server = await startServer({ root: makeRoot(200, 640, 480), rate: 20 });
  const page = await openPage(server);
  const id = await startFolderJob(page);
  await until("first results", () => api(page, `/jobs/${id}`), (j) => j.progress.files_done > 2);
  await page.click(".run-actions >> text=Pause");
  await jobState(page, id, "paused");
  // What was in work is finished; then nothing moves.
  await page.waitForTimeout(1500);
  const held = (await api(page, `/jobs/${id}`)).progress.files_done;
  await page.waitForTimeout(1200);
  check("done while paused", (await api(page, `/jobs/${id}`)).progress.files_done, held);
  await page.click(".run-actions >> text=Resume");
  await until("goes on", () => api(page, `/jobs/${id}`), (j) => j.progress.files_done > held);
  await page.click(".run-actions >> text=Cancel");
  await page.click("dialog >> text=Cancel the job");
  const job = await jobState(page, id, "cancelled");
  checkThat("not everything was done", job.progress.files_done < job.progress.files_total, job.progress);
  await page.waitForSelector(`.segmented label:first-of-type .extra >> text="${job.progress.files_done}"`);
  check("problems", page.problems, []);
});

test("the ring and the number done never go back", async () => {
  const server = await startServer({ root: makeRoot(120, 320, 240), rate: 30 });
  const page = await openPage(server);
  const id = await startFolderJob(page);
  await page.evaluate(() => {
    window.seen = [];
    const circle = document.querySelector(".arc-value");
    const look = () => {
      window.seen.push([-Number(circle.getAttribute("stroke-dashoffset")), Number(document.querySelector(".segmented .extra").textContent)]);
      requestAnimationFrame(look);
    };
    look();
  });
  await jobState(page, id, "done");
  // Read in the frames right after the state is shown: the end does not wait for the ring's glide.
  const said = await page.evaluate(() => new Promise((resolve) =>
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(document.querySelector(".arc text").textContent)))));
  check("the ring of a finished job", said, "100%");
  await page.waitForTimeout(1500);
  const seen = await page.evaluate(() => window.seen);
  for (const i of [0, 1]) {
    const back = seen.findIndex((value, at) => at > 0 && value[i] < seen[at - 1][i]);
    checkThat(["ring", "number done"][i], back < 0, seen.slice(Math.max(0, back - 1), back + 1));
  }
});

test("settings are kept across visits, and as presets on the server", async () => {
  const server = await startServer();
  const page = await openPage(server);
  await page.click(".quality >> text=Exact number");
  await page.fill("input[type=range][aria-label='Exact number']", "63");
  await page.selectOption("select:near(:text('Format'))", "webp");
  await page.click(".presets button");
  await page.fill("dialog input", "for the shop");
  await page.click("dialog footer button");
  await page.waitForSelector("#preset option:has-text('for the shop')", { state: "attached" });
  await page.reload();
  await page.waitForSelector(".quality label.on >> text=Exact number");
  check("number", await page.inputValue("input[type=range][aria-label='Exact number']"), "63");
  await page.waitForFunction(() => document.querySelector("#preset").selectedOptions[0]?.textContent === "for the shop");
  await page.click("text=Reset");
  await page.waitForSelector(".quality label.on >> text=Auto");
  await page.selectOption("#preset", "for the shop");
  await page.waitForSelector(".quality label.on >> text=Exact number");
  check("problems", page.problems, []);
});

test("a largest size may make pictures smaller when that is allowed", async () => {
  const server = await startServer({ rate: 100 });
  const page = await openPage(server);
  await page.click("summary >> text=More settings");
  check("not offered without a size", await page.locator("text=May make the picture smaller").count(), 0);
  await page.fill("input:near(:text('At most per file'))", "2KB");
  await page.check("text=May make the picture smaller");
  await page.fill("input:near(:text('Score never below'))", "60");
  const sent = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/api/v1/jobs"));
  await dropFiles(page, dropped(4, 300, 200));
  const { settings } = (await sent).postDataJSON();
  check("settings", [settings.target_size, settings.downscale, settings.min_score], ["2KB", true, 60]);
  await page.waitForSelector(".run-head");
  const id = await jobOf(page);
  await jobState(page, id, "done");
  if (!REAL) return;
  const { results } = await api(page, `/jobs/${id}/results`);
  checkThat("each is small enough", results.every((row) => row.outcome === "optimized" && row.bytes_out <= 2000), results.map((row) => [row.outcome, row.bytes_out]));
  check("problems", page.problems, []);
});
