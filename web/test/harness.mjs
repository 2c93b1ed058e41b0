// SPDX-License-Identifier: Apache-2.0
// A browser, a server (pare serve, or the mock), and tests that say have and want in TAP.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { encodePng } from "../dev/mock-images.mjs";

export const WEB = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const PARE = process.env.PARE ?? "";
export const REAL = PARE !== "";
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

const tests = [];
export const test = (name, run) => tests.push({ name, run });

export function check(name, have, want) {
  const [a, b] = [JSON.stringify(have), JSON.stringify(want)];
  if (a !== b) throw new Error(`${name}: have ${a}, want ${b}`);
}

export function checkThat(name, truth, have) {
  if (!truth) throw new Error(`${name}: have ${JSON.stringify(have)}`);
}

export async function until(what, read, good, seconds = 120) {
  let have;
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    have = await read();
    if (good(have)) return have;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what}: not within ${seconds} s, have ${JSON.stringify(have)}`);
}

export function scratch() {
  const folder = mkdtempSync(path.join(os.tmpdir(), "pare-web-"));
  folders.push(folder);
  return folder;
}

const folders = [];
process.on("exit", () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A PNG that every optimizer makes smaller, another one for each number. */
export function samplePng(number, width = 96, height = 64) {
  return encodePng(width, height, (x, y) => [(x * 2 + number * 7) & 255, (y * 3 + number) & 255, ((x ^ y) + number * 3) & 255]);
}

/** A program and its words, so that it ends when these tests do, however they end. */
function bound([program, words]) {
  const setpriv = "/usr/bin/setpriv"; // of util-linux
  return existsSync(setpriv) ? [setpriv, ["--pdeathsig", "KILL", program, ...words]] : [program, words];
}

async function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Start a server; restart() gives the same one again after kill(). */
export async function startServer({ rate = 40, rows = 0, root = scratch(), mock = !REAL } = {}) {
  const state = scratch();
  const port = await freePort();
  const token = path.join(state, "token");
  writeFileSync(token, "0123456789abcdef0123456789abcdef0123456789abcdef\n", { mode: 0o600 });
  const command = !mock
    ? [PARE, ["serve", "--port", String(port), "--root", root, "--token-file", token, "--state-dir", path.join(state, "pare"), "--timeout", "10m"]]
    : ["node", [path.join(WEB, "dev/mock-server.mjs"), "--port", String(port), "--rate", String(rate), "--rows", String(rows), ...(rows ? [] : ["--state", path.join(state, "jobs.json")])]];
  const server = { root, port, process: null, url: "" };
  server.restart = async () => {
    const child = spawn(...bound(command), { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, XDG_STATE_HOME: state, XDG_CACHE_HOME: state, XDG_DATA_HOME: state } });
    server.process = child;
    let said = "";
    child.stdout.on("data", (data) => (said += data));
    child.stderr.on("data", (data) => (said += data));
    server.said = () => said;
    server.url = await until("address of the server", () => /http:\/\/\S+/.exec(said)?.[0] ?? said, (text) => text.startsWith("http"));
  };
  server.kill = () => new Promise((resolve) => {
    if (server.process.exitCode !== null || server.process.signalCode) return resolve();
    server.process.once("exit", resolve);
    server.process.kill("SIGKILL");
  });
  await server.restart();
  servers.push(server);
  return server;
}

const servers = [];
let browser = null;

export async function openPage(server, { route = "/", ...options } = {}) {
  browser ??= await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB", acceptDownloads: true, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(90_000); // a busy machine is no fault of the page
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error.message));
  page.on("console", (message) => {
    // A lost server and a picture that cannot be shown are part of some tests; broken rules are not.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) page.problems.push(message.text());
  });
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol.startsWith("http") && host !== new URL(server.url).host) page.problems.push(`request to ${host}`);
  });
  await page.goto(server.url);
  await page.waitForSelector(".drop-area");
  if (route !== "/") await goTo(page, route);
  return page;
}

export async function goTo(page, route) {
  await page.evaluate((to) => { location.hash = to; }, route);
}

/** As a person drops files: bytes come over the wire as base64. */
export async function dropFiles(page, files) {
  const data = files.map(({ name, bytes, type }) => ({ name, type: type ?? "image/png", base64: bytes.toString("base64") }));
  await page.evaluate((list) => {
    const transfer = new DataTransfer();
    for (const { name, type, base64 } of list) {
      transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name, { type }));
    }
    for (const kind of ["dragenter", "dragover", "drop"]) {
      window.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }
  }, data);
}

export const api = (page, route, options) =>
  page.evaluate(async ([to, how]) => {
    const answer = await fetch(`/api/v1${to}`, how);
    const text = await answer.text();
    return text ? JSON.parse(text) : null;
  }, [route, options]);

export const jobOf = (page) => page.evaluate(() => Number(/\/job\/(\d+)/.exec(location.hash)?.[1] ?? 0));

export async function jobState(page, id, ...states) {
  const job = await until(`job ${id} is ${states.join(" or ")}`, () => api(page, `/jobs/${id}`), (j) => states.includes(j.state), 600);
  await page.waitForSelector(`.run-name .state.${job.state}`);
  return job;
}

export async function runAll() {
  const only = process.argv[2];
  const chosen = tests.filter(({ name }) => !only || name.includes(only));
  console.log(`TAP version 13\n1..${chosen.length}`);
  let failed = 0;
  for (const [i, { name, run }] of chosen.entries()) {
    const began = Date.now();
    let skip;
    try {
      skip = await run();
      console.log(`ok ${i + 1} - ${name}${skip ? ` # SKIP ${skip}` : ""} # ${Date.now() - began} ms`);
    } catch (error) {
      failed++;
      console.log(`not ok ${i + 1} - ${name}\n# ${String(error.message).split("\n").join("\n# ")}`);
    }
    for (const server of servers.splice(0)) await server.kill();
    for (const context of browser?.contexts() ?? []) await context.close();
  }
  await browser?.close();
  process.exit(failed ? 1 : 0);
}
