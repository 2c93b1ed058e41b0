// SPDX-License-Identifier: Apache-2.0
// A server that dies, or falls silent.
import { api, check, jobState, openPage, startServer, test, until } from "./harness.mjs";
import { makeRoot, startFolderJob } from "./jobs.mjs";

test("a server killed in the middle of a job is missed, found again, and the numbers are right at the end", async () => {
  const server = await startServer({ root: makeRoot(160, 480, 320), rate: 25 });
  const page = await openPage(server);
  const id = await startFolderJob(page);
  await until("some results", () => api(page, `/jobs/${id}`), (j) => j.progress.files_done > 5);
  await server.kill();
  await page.waitForSelector(".connection >> text=cannot be reached");
  await page.waitForSelector(".numbers.stale");
  await page.waitForTimeout(1000);
  await server.restart();
  await page.waitForSelector(".connection", { state: "detached" });
  const job = await jobState(page, id, "done");
  const { total, results } = await api(page, `/jobs/${id}/results?limit=1000`);
  const sum = (pick) => results.reduce((all, row) => all + pick(row), 0);
  check("rows", total, job.progress.files_total);
  check("every file once", new Set(results.map((row) => row.input)).size, total);
  check("bytes", [job.progress.bytes_in, job.progress.bytes_out], [sum((r) => r.bytes_in), sum((r) => r.bytes_out)]);
  await page.waitForSelector(`.list-body[aria-rowcount='${total}']`);
  const text = await page.textContent(".segmented .extra");
  check("number shown", text, String(total));
  check("problems", page.problems, []);
});

test("a silent server is noticed and the stream is taken up again", async () => {
  const server = await startServer({ root: makeRoot(160, 480, 320), rate: 5 });
  const page = await openPage(server);
  await startFolderJob(page);
  await page.waitForTimeout(1500);
  server.process.kill("SIGSTOP");
  await page.waitForSelector(".connection");
  server.process.kill("SIGCONT");
  await page.waitForSelector(".connection", { state: "detached" });
  check("problems", page.problems, []);
});
