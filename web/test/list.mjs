// SPDX-License-Identifier: Apache-2.0
// Ten thousand rows.
import { check, checkThat, openPage, startServer, test } from "./harness.mjs";

const LONG_TASK_MS = 50;

test("10,000 rows: few in the document, no long task while scrolling, all can be reached", async () => {
  const server = await startServer({ rows: 10000, mock: true });
  const page = await openPage(server, { route: "/job/1" });
  await page.waitForSelector(".list-body[aria-rowcount='10000']");
  await page.waitForTimeout(1500);
  const long = await page.evaluate(async () => {
    const seen = [];
    new PerformanceObserver((list) => seen.push(...list.getEntries().map((entry) => Math.round(entry.duration)))).observe({ type: "longtask" });
    const body = document.querySelector(".list-body");
    let most = 0;
    for (let i = 0; i < 240; i++) {
      body.scrollTop += i % 60 === 59 ? 60000 : 400;
      await new Promise(requestAnimationFrame);
      most = Math.max(most, document.querySelectorAll(".row-line").length);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    return { seen, most };
  });
  checkThat("rows in the document", long.most < 60, long.most);
  checkThat(`tasks over ${LONG_TASK_MS} ms`, long.seen.length === 0, long.seen);
  await page.focus(".list-body");
  await page.keyboard.press("End");
  await page.waitForSelector("#row-9999.active .c-input a");
  await page.fill(".search input", "harbour-10");
  await page.waitForFunction(() => Number(document.querySelector(".list-body").getAttribute("aria-rowcount")) < 200);
  check("problems", page.problems, []);
});
