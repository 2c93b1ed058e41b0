// SPDX-License-Identifier: Apache-2.0
// Every page in both themes and at phone width: pictures for people, axe for the rest.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { api, check, checkThat, dropFiles, goTo, jobOf, jobState, openPage, samplePng, startServer, test, WEB } from "./harness.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SHOTS = process.env.SHOTS ?? path.join(WEB, "test/shots");

const LOOKS = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  phone: { colorScheme: "light", viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
};

async function serious(page) {
  await page.evaluate(axe); // through the debugger: the page's own rules let no script in
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.filter((v) => v.impact === "serious" || v.impact === "critical")
    .map((v) => `${v.id}: ${v.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`);
}

for (const [look, options] of Object.entries(LOOKS)) {
  test(`every page is without serious faults of access: ${look}`, async () => {
    mkdirSync(SHOTS, { recursive: true });
    const server = await startServer({ rate: 60 });
    const page = await openPage(server, options);
    await dropFiles(page, Array.from({ length: 24 }, (_, i) => ({ name: `picture-${i}.png`, bytes: samplePng(i, 300, 200) })));
    await page.waitForSelector(".run-head");
    const id = await jobOf(page);
    await jobState(page, id, "done");
    const { results } = await api(page, `/jobs/${id}/results?outcome=optimized&limit=1`);
    const pages = { start: "/", run: `/job/${id}`, compare: `/job/${id}/${results[0].seq}`, activity: "/activity", history: "/history" };
    for (const [name, route] of Object.entries(pages)) {
      await goTo(page, route);
      await page.waitForTimeout(900);
      if (name === "start") await page.click("summary >> text=More settings");
      await page.screenshot({ path: path.join(SHOTS, `${look}-${name}.png`) });
      check(`${name} in ${look}`, await serious(page), []);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      checkThat(`${name} in ${look} fits the width`, wide <= 0, wide);
    }
    check("problems", page.problems, []);
  });
}

test("the page shows after a second of work at most, few requests and less than its size", async () => {
  const server = await startServer();
  const page = await openPage(server);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  // Of the page's main thread: other programs cannot make it longer.
  const cpuMs = async () => 1000 * (await session.send("Performance.getMetrics")).metrics.find(({ name }) => name === "ThreadTime").value;
  const before = await cpuMs();
  await page.reload();
  await page.waitForSelector(".drop-area");
  const cpu = Math.round(await cpuMs() - before);
  const [paint] = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint").map((entry) => Math.round(entry.startTime)));
  const files = await page.evaluate(() => performance.getEntriesByType("resource").filter((r) => /\.(js|css)$/.test(r.name)).map((r) => [r.encodedBodySize, r.decodedBodySize]));
  const sent = files.reduce((all, [bytes]) => all + bytes, 0);
  console.log(`# first contentful paint after ${paint} ms; CPU of the page ${cpu} ms; ${files.length} files, ${sent} bytes sent`);
  checkThat("CPU of the page's thread below a second", cpu > 0 && cpu < 1000, cpu);
  checkThat("scripts and styles", files.length <= 6, files.length);
  checkThat("bytes sent for them", sent > 0 && sent < 300_000, files);
});
