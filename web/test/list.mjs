// SPDX-License-Identifier: Apache-2.0
// Ten thousand rows.
import { check, checkThat, openPage, startServer, test } from "./harness.mjs";

const LONG_TASK_MS = 50;

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

test("10,000 rows: few in the document, no long task while scrolling, all can be reached", async () => {
  const server = await startServer({ rows: 10000, mock: true });
  const page = await openPage(server, { route: "/job/1" });
  await page.waitForSelector(".list-body[aria-rowcount='10000']");
  await page.waitForSelector(".row-line .c-input a");
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
  await page.focus(".list-body");
  await page.keyboard.press("End");
  await page.waitForSelector("#row-9999.active .c-input a");
  await page.fill(".search input", "harbour-10");
  await page.waitForFunction(() => Number(document.querySelector(".list-body").getAttribute("aria-rowcount")) < 200);
  check("problems", page.problems, []);
});
