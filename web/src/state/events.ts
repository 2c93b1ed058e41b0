// SPDX-License-Identifier: Apache-2.0
// The one event stream. It is watched: metrics come every second, so silence means a stalled
// stream. After every (re)connect the truth is read again, so no number is ever guessed.
import { api, ApiError, urls } from "../api/client";
import type { Job, Metrics, ProgressEvent as JobProgress, RemovedEvent } from "../api/schema";
import { store, type Connection } from "./app-state";
import { beforeRequest, jobEvent, putProgress, removeJob, replaceJobs } from "./jobs";
import { refreshList } from "./list";
import { dropFormatNotWritten } from "./prefs";

const SILENCE_MS = 6000;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 8000;
const HIDDEN_CLOSE_MS = 120_000;
const SAMPLES = 180;

let source: EventSource | null = null;
let lastHeard = 0;
let retryMs = RETRY_FIRST_MS;
let retryTimer = 0;
let hiddenTimer = 0;

export function startEvents(): void {
  void connect();
  setInterval(watch, 1000);
  document.addEventListener("visibilitychange", onVisibility);
  window.addEventListener("online", () => retryNow());
}

export function retryNow(): void {
  if (source) return;
  clearTimeout(retryTimer);
  void connect();
}

async function connect(): Promise<void> {
  clearTimeout(retryTimer);
  const mark = beforeRequest();
  try {
    // Before the stream: tells a lost server from a refused key, which EventSource cannot.
    const [system, jobs] = await Promise.all([api.system(), api.jobs()]);
    store.update(() => ({ system }));
    dropFormatNotWritten(system);
    replaceJobs(jobs.jobs, mark);
  } catch (error) {
    lost(error instanceof ApiError && error.status === 401 ? "unauthorized" : "lost");
    return;
  }
  open();
}

function open(): void {
  source?.close();
  const stream = (source = new EventSource(urls.events));
  lastHeard = performance.now();
  stream.onopen = () => {
    if (stream !== source) return;
    heard();
    retryMs = RETRY_FIRST_MS;
    store.update(() => ({ connection: "open", retryAt: 0 }));
    void resync();
  };
  stream.onerror = () => {
    if (stream === source) lost("lost");
  };
  on<Metrics>(stream, "metrics", (metrics) => addMetrics(metrics));
  on<Job>(stream, "job", jobEvent);
  on<RemovedEvent>(stream, "removed", ({ job }) => removeJob(job));
  on<JobProgress>(stream, "progress", ({ job, progress }) => putProgress(job, progress));
}

function on<T>(stream: EventSource, name: string, handle: (data: T) => void): void {
  stream.addEventListener(name, (event) => {
    if (stream !== source) return;
    const message = event as MessageEvent<string>;
    heard();
    handle(JSON.parse(message.data) as T);
  });
}

function heard(): void {
  lastHeard = performance.now();
}

/** Read again what may have changed between the snapshot and the stream. */
async function resync(): Promise<void> {
  const mark = beforeRequest();
  try {
    replaceJobs((await api.jobs()).jobs, mark);
    refreshList();
  } catch {
    // The stream itself will notice that the server is gone.
  }
}

function lost(connection: Connection): void {
  source?.close();
  source = null;
  clearTimeout(retryTimer);
  store.update((s) => ({
    connection,
    retryAt: Date.now() + retryMs,
    metrics: null,
    samples: s.samples,
  }));
  retryTimer = window.setTimeout(() => void connect(), retryMs);
  retryMs = Math.min(RETRY_MAX_MS, retryMs * 1.7);
}

function watch(): void {
  if (source && !document.hidden && performance.now() - lastHeard > SILENCE_MS) lost("stalled");
}

/** A browser allows few connections to one host: a page that nobody sees gives its own back. */
function onVisibility(): void {
  clearTimeout(hiddenTimer);
  if (!document.hidden) {
    heard();
    retryNow();
    return;
  }
  hiddenTimer = window.setTimeout(() => {
    const busy = [...store.get().uploads.values()].some((upload) => upload.filesDone < upload.filesTotal);
    if (busy) return;
    source?.close();
    source = null;
    clearTimeout(retryTimer);
  }, HIDDEN_CLOSE_MS);
}

function addMetrics(metrics: Metrics): void {
  const sample = {
    at: Date.now(),
    cpu: metrics.cpu_pct,
    rate: metrics.images_per_s,
    memory: metrics.memory_used_bytes,
    queue: metrics.queue_count,
  };
  store.update((s) => ({ metrics, samples: [...s.samples.slice(1 - SAMPLES), sample] }));
}
