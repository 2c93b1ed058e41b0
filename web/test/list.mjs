// SPDX-License-Identifier: Apache-2.0
// Ten thousand rows.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { encodePng } from "../dev/mock-images.mjs";
import { api, check, checkThat, goTo, jobState, openPage, REAL, scratch, startServer, test, until } from "./harness.mjs";

const LONG_TASK_MS = 50;
const ROWS = 10_000;

/** CPU time of the longest tasks of the page's main thread: other programs cannot make it longer. */
async function longestTasks(page, work) {
  const session = await page.context().newCDPSession(page);
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["toplevel", "devtools.timeline", "__metadata"] } });
  const result = await work();
  await session.send("Tracing.end");
  await complete;
  const main = new Set(events.filter((e) => e.name === "thread_name" && e.args.name === "CrRendererMain").map((e) => `${e.pid} ${e.tid}`));
  const tasks = events.filter((e) => main.has(`${e.pid} ${e.tid}`) && e.name.endsWith("RunTask") && e.tdur !== undefined);
  checkThat("tasks were traced", tasks.length > 100, tasks.length);
  return { result, longest: tasks.map((e) => Math.round(e.tdur / 100) / 10).sort((a, b) => b - a).slice(0, 5) };
}

/** Scroll through the list, in steps and in leaps: the most rows that were in the document, and the longest tasks. */
async function scrollThrough(page) {
  const { result: most, longest } = await longestTasks(page, () => page.evaluate(async () => {
    const body = document.querySelector(".list-body");
    let most = 0;
    for (let i = 0; i < 240; i++) {
      body.scrollTop += i % 60 === 59 ? 60000 : 400;
      await new Promise(requestAnimationFrame);
      most = Math.max(most, document.querySelectorAll(".row-line").length);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    return most;
  }));
  console.log(`# longest tasks while scrolling: ${longest.join(", ")} ms of CPU; at most ${most} rows in the document`);
  checkThat("rows in the document", most < 60, most);
  checkThat(`no task over ${LONG_TASK_MS} ms`, longest[0] < LONG_TASK_MS, longest);
}

test("10,000 made-up rows: few in the document, no long task while scrolling, all can be reached", async () => {
  const server = await startServer({ rows: ROWS, mock: true });
  const page = await openPage(server, { route: "/job/1" });
  await page.waitForSelector(`.list-body[aria-rowcount='${ROWS}']`);
  await page.waitForSelector(".row-line .c-input a");
  await scrollThrough(page);
  await page.focus(".list-body");
  await page.keyboard.press("End");
  await page.waitForSelector(`#row-${ROWS - 1}.active .c-input a`);
  await page.fill(".search input", "harbour-10");
  await page.waitForFunction(() => Number(document.querySelector(".list-body").getAttribute("aria-rowcount")) < 200);
  check("problems", page.problems, []);
});

/** Files of about a kilobyte, none alike: the work is in their number. */
function makeTinyFiles(root) {
  for (let i = 0; i < ROWS; i++) {
    const folder = path.join(root, "site", `part-${Math.floor(i / 1000)}`);
    if (i % 1000 === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, `image-${i}.png`), encodePng(16, 16, (x, y) => [(x * 37 + i) & 255, (y * 29 + (i >> 8)) & 255, (x * y * 7 + i) & 255]));
  }
}

/** All rows of a job, as the ledger has them. */
async function ledgerSums(page, id) {
  const sums = { files: 0, optimized: 0, bytes_in: 0, bytes_out: 0, inputs: new Set() };
  for (let offset = 0; ; offset += 1000) {
    const { results } = await api(page, `/jobs/${id}/results?limit=1000&offset=${offset}`);
    for (const row of results) {
      sums.files++;
      sums.optimized += row.outcome === "optimized" ? 1 : 0;
      sums.bytes_in += row.bytes_in;
      sums.bytes_out += row.bytes_out;
      sums.inputs.add(row.input);
    }
    if (results.length < 1000) return { ...sums, inputs: sums.inputs.size };
  }
}

test("10,000 real files: watched while they are done, scrolled, found, and counted as in the ledger", async () => {
  if (!REAL) return "needs pare serve";
  const root = scratch();
  makeTinyFiles(root);
  const server = await startServer({ root });
  const page = await openPage(server);
  const settings = { quality: "lossless", effort: 0, output: { mode: "folder", path: "small" } };
  const { id } = await api(page, "/jobs", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ source: { root: "r1", paths: ["site"] }, settings }) });
  await goTo(page, `/job/${id}`);
  await until("some hundred rows", () => page.evaluate(() => Number(document.querySelector(".list-body")?.getAttribute("aria-rowcount"))), (rows) => rows > 300);
  const { longest } = await longestTasks(page, () => page.waitForTimeout(5000));
  console.log(`# longest tasks in five seconds of the run: ${longest.join(", ")} ms of CPU`);
  checkThat(`no task over ${LONG_TASK_MS} ms while rows arrive`, longest[0] < LONG_TASK_MS, longest);
  const job = await jobState(page, id, "done");
  await page.waitForSelector(`.list-body[aria-rowcount='${ROWS}']`);
  await page.waitForSelector(".row-line .c-input a");
  await scrollThrough(page);
  const sums = await ledgerSums(page, id);
  check("every file once", [sums.files, sums.inputs], [ROWS, ROWS]);
  const { files_done, optimized, bytes_in, bytes_out, failed } = job.progress;
  check("totals", { files_done, optimized, bytes_in, bytes_out, failed }, { files_done: ROWS, optimized: sums.optimized, bytes_in: sums.bytes_in, bytes_out: sums.bytes_out, failed: 0 });
  check("number shown", (await page.textContent(".segmented label:first-of-type .extra")).replace(/\D/g, ""), String(ROWS));
  await page.focus(".list-body");
  await page.keyboard.press("End");
  await page.waitForSelector(`#row-${ROWS - 1}.active .c-input a`);
  await page.fill(".search input", "part-7/image-70");
  await page.waitForSelector(".list-body[aria-rowcount='100']"); // image-7000 to image-7099; no image-70 is there
  check("problems", page.problems, []);
});
