// SPDX-License-Identifier: Apache-2.0
// The API of docs/api/openapi.json with made-up work, for work on the page without the server.
//
//   node dev/mock-server.mjs [--port N] [--rate IMAGES_PER_S] [--rows N] [--state FILE]
//
// --rows: start with a finished job of N images.  --state: jobs survive a restart, as on the server.
// Nothing is optimized: results are the originals with invented numbers.
import { createServer } from "node:http";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { makeResult, picture } from "./mock-images.mjs";

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at > 0 ? process.argv[at + 1] : otherwise;
};
const PORT = Number(option("port", 8080));
const RATE = Number(option("rate", 12));
const STATE = option("state", "");
const DIST = path.join(path.dirname(fileURLToPath(import.meta.url)), "../dist");
const TICK_MS = 100;
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png", ".webmanifest": "application/manifest+json" };

const started = Math.floor(Date.now() / 1000);
const jobs = new Map();
const uploads = new Map(); // job -> Map(path -> bytes)
const presets = new Map();
const listeners = new Set();
let nextId = 1;

const WORDS = ["harbour", "mountain", "portrait", "IMG", "DSC", "scan", "poster", "icon", "garden", "market", "façade", "Straße", "снимок"];
const TREE = {
  "": ["photos", "site", "archive"],
  photos: ["2024", "2025"],
  "photos/2024": 180, "photos/2025": 420, site: 64, archive: 10000,
};

function fileName(i) {
  return `${WORDS[i % WORDS.length]}-${String(1000 + i)}.${["jpg", "jpg", "png", "jpg", "webp", "tiff", "gif"][i % 7]}`;
}

function namesUnder(folder) {
  const here = TREE[folder];
  if (typeof here === "number") return Array.from({ length: here }, (_, i) => (folder ? `${folder}/` : "") + fileName(i));
  if (!here) return [folder];
  return here.flatMap((name) => namesUnder(folder ? `${folder}/${name}` : name));
}

function progressOf(job) {
  const live = job.rows.filter((row) => !job.replaced.has(row.seq));
  const sum = (pick) => live.reduce((all, row) => all + pick(row), 0);
  const of = (outcome) => live.filter((row) => row.outcome === outcome).length;
  const total = job.files.length;
  const left = job.files.length - job.next;
  return {
    seq: job.rows.length, scan_done: job.state !== "collecting", final: job.state === "done" || job.state === "cancelled",
    files_total: total, files_done: live.length, optimized: of("optimized"), kept: of("kept"), skipped: of("skipped"), failed: of("failed"),
    bytes_in: sum((r) => r.bytes_in), bytes_out: sum((r) => r.bytes_out), bytes_total: total * 2_400_000,
    fraction: total ? Math.min(1, job.next / total) : 0, elapsed_ms: Math.round(job.elapsed),
    eta_ms: job.state === "running" && job.next > 3 ? Math.round((left / RATE) * 1000) : null,
    images_per_s: job.state === "running" ? RATE * (0.9 + Math.random() * 0.2) : 0,
    queue_count: Math.min(64, left), queue_cap: 64, cache_hits: 0, retries: 0, worker_restarts: 0, duplicates: 0,
  };
}

function view(job) {
  const { id, name, state, created_unix_s, started_unix_s, ended_unix_s, settings, source, can_undo, undone } = job;
  return { id, name, state, created_unix_s, started_unix_s, ended_unix_s, priority: "normal", settings, source,
    uploaded: source.uploads ? uploads.get(id)?.size ?? job.files.length : 0, progress: (job.progress ??= progressOf(job)), error: null, run_id: id, can_undo, undone };
}

function send(event, data) {
  const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  for (const listener of listeners) listener.write(text);
}

function changed(job) {
  job.progress = progressOf(job);
  send("job", view(job));
}

function create(body) {
  const id = nextId++;
  const fromRoot = body.source.paths ?? [];
  const job = { id, name: body.name || fromRoot[0] || `job ${id}`, state: "collecting", created_unix_s: Math.floor(Date.now() / 1000),
    started_unix_s: null, ended_unix_s: null, settings: body.settings ?? {}, source: body.source, files: fromRoot.flatMap(namesUnder),
    rows: [], replaced: new Set(), next: 0, elapsed: 0, can_undo: false, undone: false, redo: [] };
  jobs.set(id, job);
  if (body.source.uploads) uploads.set(id, new Map());
  else start(job);
  changed(job);
  return job;
}

function start(job) {
  if (job.source.uploads) job.files = [...(uploads.get(job.id)?.keys() ?? job.files)];
  job.state = "running";
  job.started_unix_s ??= Math.floor(Date.now() / 1000);
  changed(job);
}

function end(job, state) {
  job.state = state;
  job.ended_unix_s = Math.floor(Date.now() / 1000);
  job.can_undo = job.settings.output?.mode === "in_place" && job.settings.output.backup !== false;
  job.progress = progressOf(job);
  send("progress", { job: job.id, at_ms: Math.round(performance.now()), progress: job.progress });
  changed(job);
}

function addRow(job, index, extra = {}) {
  const size = uploads.get(job.id)?.get(job.files[index])?.length;
  job.rows.push({ ...makeResult(job.rows.length + 1, job.files[index], size, job.settings), ...extra });
}

let owed = 0;
function tick() {
  owed += (RATE * TICK_MS) / 1000;
  const whole = Math.floor(owed);
  owed -= whole;
  for (const job of jobs.values()) {
    for (const { seq, delta } of job.redo.splice(0)) redoRow(job, seq, delta);
    if (job.state !== "running") continue;
    job.elapsed += TICK_MS;
    for (let i = 0; i < whole && job.next < job.files.length; i++) addRow(job, job.next++);
    job.progress = progressOf(job);
    if (job.next >= job.files.length) end(job, "done");
    else send("progress", { job: job.id, at_ms: Math.round(performance.now()), progress: job.progress });
  }
}

function redoRow(job, seq, delta) {
  const old = job.rows.find((row) => row.seq === seq);
  job.replaced.add(seq);
  const factor = delta < 0 ? 0.72 : 1.3;
  const bytes_out = Math.min(old.bytes_in - 1, Math.round(old.bytes_out * factor));
  job.rows.push({ ...old, seq: job.rows.length + 1, replaces: seq, bytes_out, saved_bytes: old.bytes_in - bytes_out, ratio: bytes_out / old.bytes_in,
    score: Math.min(98, old.score + delta / 2), quality: Math.max(1, Math.min(100, old.quality + delta)) });
  changed(job);
}

function metrics() {
  const busy = [...jobs.values()].filter((job) => job.state === "running");
  const load = busy.length ? 90 : 3;
  const steps = ["decode", "transform", "encode", "encode", "verify"];
  send("metrics", {
    cpu_pct: load + Math.random() * 8, cores_pct: Array.from({ length: 8 }, () => Math.min(100, load + Math.random() * 10)),
    memory_used_bytes: busy.length ? 600e6 + Math.random() * 500e6 : 0, memory_budget_bytes: 4e9, rss_bytes: 84e6,
    queue_count: busy.length ? 40 + Math.floor(Math.random() * 24) : 0, queue_cap: 64, images_per_s: busy.length ? RATE * (0.85 + Math.random() * 0.3) : 0,
    bytes_in_per_s: 0, jobs_running: busy.length, jobs_waiting: 0, listeners: listeners.size, files_done: 0,
    workers: busy.length ? Array.from({ length: 8 }, (_, i) => ({ number: i + 1, step: steps[Math.floor(Math.random() * 5)],
      name: path.basename(busy[0].files[Math.min(busy[0].files.length - 1, busy[0].next + i)] ?? ""), tasks_done: Math.floor(busy[0].next / 8), step_ms: 100,
      cpu_pct: 80 + Math.random() * 20, rss_bytes: 60e6 + Math.random() * 90e6, mean_ms: 380 + i * 11, p95_ms: 1200, bytes: busy[0].next * 300000, restarts: 0 })) : [],
  });
}

function rowsOf(job, params) {
  const q = (params.get("q") ?? "").toLowerCase();
  const outcome = params.get("outcome");
  const sort = params.get("sort") ?? "seq";
  const sign = params.get("order") === "desc" ? -1 : 1;
  const rows = job.rows.filter((row) => !job.replaced.has(row.seq) && (!outcome || row.outcome === outcome) && (!q || row.input.toLowerCase().includes(q)));
  if (sort !== "seq" || sign < 0) {
    rows.sort((a, b) => {
      if (a[sort] === null || b[sort] === null) return (a[sort] === null) - (b[sort] === null);
      return sign * (a[sort] < b[sort] ? -1 : a[sort] > b[sort] ? 1 : 0);
    });
  }
  return rows;
}

function entries(params) {
  const folder = params.get("path") ?? "";
  const here = TREE[folder];
  if (here === undefined) return null;
  const all = typeof here === "number"
    ? Array.from({ length: here }, (_, i) => ({ name: fileName(i), kind: "file", size_bytes: 900000 + ((i * 7919) % 4000000), modified_unix_s: 1700000000, image: true }))
    : here.map((name) => ({ name, kind: "folder", size_bytes: 0, modified_unix_s: 1700000000, image: false }));
  const offset = Number(params.get("offset") ?? 0);
  return { path: folder, total: all.length, offset, truncated: false, entries: all.slice(offset, offset + Number(params.get("limit") ?? 100)) };
}

function history() {
  const runs = [...jobs.values()].filter((job) => job.ended_unix_s).reverse().map((job) => {
    const p = job.progress;
    return { id: job.id, job: job.id, started_unix_s: job.started_unix_s, ms: p.elapsed_ms, files: p.files_done, optimized: p.optimized, kept: p.kept, skipped: p.skipped,
      failed: p.failed, bytes_in: p.bytes_in, bytes_out: p.bytes_out, command_line: job.name, folder: "", finished: job.state === "done", can_undo: job.can_undo, undone: job.undone };
  });
  return { runs, totals: { runs: runs.length, files: 0, bytes_in: 0, bytes_out: 0 } };
}

const system = () => ({
  version: "0.0.0-mock", cores: 8, memory_bytes: 16e9, roots: [{ id: "r1", name: "pictures", writable: true }], uploads: true,
  formats_in: ["jpeg", "png", "webp", "avif", "tiff", "gif"], formats_out: ["jpeg", "png", "webp", "avif"],
  limits: { max_upload_bytes: 1e9, max_body_bytes: 1e6, max_jobs: 64, max_uploads: 16, max_pixels: 1e9, max_page: 1000, max_path_bytes: 4096 }, defaults: {}, started_unix_s: started,
});

const ACTIONS = {
  start: (job) => start(job),
  pause: (job) => { job.state = "paused"; changed(job); },
  resume: (job) => start(job),
  cancel: (job) => end(job, "cancelled"),
  retry: (job) => {
    for (const row of job.rows.filter((r) => r.outcome === "failed" && !job.replaced.has(r.seq))) {
      job.replaced.add(row.seq);
      job.rows.push({ ...makeResult(job.rows.length + 2, row.input, row.bytes_in, {}), seq: job.rows.length + 1, replaces: row.seq, outcome: "kept", error: null, reason: "not_smaller", bytes_out: row.bytes_in, saved_bytes: 0 });
    }
    end(job, "done");
  },
};

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

function image(job, seq, which, params, response) {
  const row = job.rows[seq - 1];
  const sent = uploads.get(job.id)?.get(row?.input);
  const bytes = sent ?? picture(seq, params.has("thumbnail") ? 96 : 900, which === "output");
  const download = params.has("download") ? { "Content-Disposition": `attachment; filename="${path.basename(row.output ?? row.input).replace(/[^ -~]/g, "_")}"` } : {};
  response.writeHead(200, { "Content-Type": sent ? "application/octet-stream" : "image/png", "Cache-Control": "private, max-age=3600", ...download }).end(bytes);
}

async function jobApi(request, response, job, rest, params, json) {
  const [what, seq, which] = rest;
  if (!what && request.method === "GET") return json(200, view(job));
  if (!what && request.method === "DELETE") {
    jobs.delete(job.id);
    uploads.delete(job.id);
    send("removed", { job: job.id });
    return response.writeHead(204).end();
  }
  if (what === "files" && request.method === "PUT") {
    const bytes = await bodyOf(request);
    uploads.get(job.id)?.set(params.get("path"), bytes);
    return json(201, { path: params.get("path"), size_bytes: bytes.length, uploaded: uploads.get(job.id)?.size ?? 0 });
  }
  if (what === "undo") {
    job.undone = true;
    job.can_undo = false;
    changed(job);
    return json(200, { run_id: job.id, restored: job.progress.optimized, failed: 0, problems: [] });
  }
  if (ACTIONS[what] && request.method === "POST") {
    ACTIONS[what](job);
    return json(200, view(job));
  }
  if (what === "results" && which === "redo") {
    const body = JSON.parse((await bodyOf(request)).toString());
    setTimeout(() => job.redo.push({ seq: Number(seq), delta: body.quality_delta }), 600);
    return json(202, view(job));
  }
  if (what === "results" && which) return image(job, Number(seq), which, params, response);
  if (what === "results") {
    const rows = rowsOf(job, params);
    const offset = Number(params.get("offset") ?? 0);
    return json(200, { total: rows.length, offset, results: rows.slice(offset, offset + Number(params.get("limit") ?? 100)) });
  }
  if (what === "results.json" || what === "results.csv") return json(200, rowsOf(job, params));
  return json(404, problem(404, "not_found", "No such thing in the mock."));
}

const problem = (status, code, message) => ({ error: { code, message, status } });

async function serve(request, response) {
  const url = new URL(request.url, "http://localhost");
  const json = (status, data) => response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" }).end(JSON.stringify(data));
  response.setHeader("Content-Security-Policy", CSP);
  if (!url.pathname.startsWith("/api/v1/")) return asset(url.pathname, response);
  const [first, second, ...rest] = url.pathname.slice("/api/v1/".length).split("/").map(decodeURIComponent);
  if (first === "system") return json(200, system());
  if (first === "events") return listen(request, response);
  if (first === "roots") {
    const found = entries(url.searchParams);
    return found ? json(200, found) : json(404, problem(404, "not_found", `There is no folder “${url.searchParams.get("path")}” on the server. Go back and choose another.`));
  }
  if (first === "history") {
    if (rest[0] === "undo") return jobApi(request, response, jobs.get(Number(second)), ["undo"], url.searchParams, json);
    return json(200, history());
  }
  if (first === "presets") return presetApi(request, response, second, json);
  if (first !== "jobs") return json(404, problem(404, "not_found", "No such address."));
  if (!second && request.method === "POST") return json(201, view(create(JSON.parse((await bodyOf(request)).toString()))));
  if (!second) return json(200, { jobs: [...jobs.values()].reverse().map(view) });
  const job = jobs.get(Number(second));
  if (!job) return json(404, problem(404, "not_found", `There is no job ${second}.`));
  return jobApi(request, response, job, rest, url.searchParams, json);
}

async function presetApi(request, response, name, json) {
  if (request.method === "PUT") {
    presets.set(name, JSON.parse((await bodyOf(request)).toString()));
    return json(200, { name, settings: presets.get(name) });
  }
  if (request.method === "DELETE") {
    presets.delete(name);
    return response.writeHead(204).end();
  }
  return json(200, { presets: [...presets].map(([id, settings]) => ({ name: id, settings })) });
}

function listen(request, response) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  for (const job of jobs.values()) response.write(`event: job\ndata: ${JSON.stringify(view(job))}\n\n`);
  listeners.add(response);
  request.on("close", () => listeners.delete(response));
}

function asset(name, response) {
  const file = path.join(DIST, path.basename(name) || "index.html");
  if (!existsSync(file)) return response.writeHead(404).end();
  response.writeHead(200, { "Content-Type": TYPES[path.extname(file)] ?? "application/octet-stream" }).end(readFileSync(file));
}

function saveState() {
  const all = [...jobs.values()].map((job) => ({ ...job, replaced: [...job.replaced] }));
  writeFileSync(`${STATE}.new`, JSON.stringify({ nextId, jobs: all }));
  renameSync(`${STATE}.new`, STATE);
}

function loadState() {
  const saved = JSON.parse(readFileSync(STATE, "utf8"));
  nextId = saved.nextId;
  for (const job of saved.jobs) jobs.set(job.id, { ...job, replaced: new Set(job.replaced) });
}

if (STATE && existsSync(STATE)) loadState();
if (STATE) setInterval(saveState, 200);
const rows = Number(option("rows", 0));
if (rows) {
  const job = create({ name: "archive", source: { root: "r1", paths: ["archive"] }, settings: { output: { mode: "in_place" } } });
  job.files = Array.from({ length: rows }, (_, i) => fileName(i));
  for (let i = 0; i < rows; i++) addRow(job, i);
  job.next = rows;
  end(job, "done");
}
setInterval(tick, TICK_MS);
setInterval(metrics, 1000);
createServer((request, response) => {
  serve(request, response).catch((error) => response.headersSent ? response.end() : response.writeHead(500).end(String(error)));
}).listen(PORT, "127.0.0.1", function () {
  console.log(`http://127.0.0.1:${this.address().port}/`);
});
