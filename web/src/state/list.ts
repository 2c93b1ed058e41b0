// SPDX-License-Identifier: Apache-2.0
// The rows of one job under one query. The server sorts and filters; the page holds the pages it
// has seen.
//
// Order by time is asked oldest first and shown from the end: so an index keeps its row while
// new rows arrive, and a person who has scrolled is not moved.
import { api, type ResultQuery } from "../api/client";
import type { Progress, Result } from "../api/schema";
import { store } from "./app-state";
import { errorText } from "./toasts";

export const PAGE = 100;
const REFRESH_MS = 400;
const REFRESH_SORTED_MS = 1000;

export const DEFAULT_QUERY: ResultQuery = { sort: "seq", order: "desc", outcome: "", q: "" };

let abort = new AbortController();
let fresh = new Set<number>(); // pages that are as the server has them
let loading = new Set<number>();
let visible: [number, number] = [0, 30]; // indices in the server's order
let refreshTimer = 0;

export function isMirrored(query: ResultQuery): boolean {
  return query.sort === "seq" && query.order === "desc";
}

export function openList(job: number, query: ResultQuery): void {
  const before = store.get().list;
  abort.abort();
  abort = new AbortController();
  fresh = new Set();
  loading = new Set();
  visible = [0, 30];
  const total = before && before.job === job ? before.total : 0;
  store.commit(() => ({ list: { job, query, total, rows: new Map(), loading: true, error: null } }));
  void load(0);
}

export function changeQuery(change: Partial<ResultQuery>): void {
  const list = store.get().list;
  if (list) openList(list.job, { ...list.query, ...change });
}

/** Rows first..last (as shown) are in view: get what is missing. */
export function showRange(first: number, last: number): void {
  const list = store.get().list;
  if (!list) return;
  visible = isMirrored(list.query)
    ? [Math.max(0, list.total - 1 - last), Math.max(0, list.total - 1 - first)]
    : [first, last];
  loadVisible();
}

function loadVisible(): void {
  for (let page = Math.floor(visible[0] / PAGE); page <= Math.floor(visible[1] / PAGE); page++) {
    if (!fresh.has(page)) void load(page);
  }
}

/** There are new rows. */
export function noteProgress(job: number, progress: Progress): void {
  const list = store.get().list;
  if (!list || list.job !== job) return;
  // A row that is done again leaves its old place, and all after it move up.
  const replaced = progress.seq > progress.files_done;
  if (list.query.sort === "seq" && !replaced) {
    fresh.delete(Math.floor(list.total / PAGE)); // rows are only added at the end
    fresh.delete(Math.floor(Math.max(0, list.total - 1) / PAGE));
  } else {
    fresh.clear();
  }
  schedule(list.query.sort === "seq" ? REFRESH_MS : REFRESH_SORTED_MS);
}

export function refreshList(job = store.get().list?.job): void {
  if (store.get().list?.job !== job) return;
  fresh.clear();
  schedule(0);
}

function schedule(ms: number): void {
  if (refreshTimer) return;
  refreshTimer = window.setTimeout(() => {
    refreshTimer = 0;
    const list = store.get().list;
    if (!list) return;
    // In time order the new rows are at the end: its page also tells the new total.
    if (list.query.sort === "seq") {
      const end = Math.floor(list.total / PAGE);
      if (!fresh.has(end)) void load(end);
    }
    loadVisible();
  }, ms);
}

async function load(page: number): Promise<void> {
  const list = store.get().list;
  if (!list || loading.has(page)) return;
  const { signal } = abort;
  loading.add(page);
  fresh.add(page);
  const query = isMirrored(list.query) ? { ...list.query, order: "asc" as const } : list.query;
  try {
    const answer = await api.results(list.job, query, page * PAGE, PAGE, signal);
    if (signal.aborted) return;
    put(page, answer.total, answer.results);
    if (!fresh.has(page)) schedule(REFRESH_MS); // rows came while this answer was on its way
  } catch (error) {
    if (signal.aborted) return;
    fresh.delete(page);
    store.update((s) => ({ list: s.list && { ...s.list, loading: false, error: errorText(error) } }));
  } finally {
    if (!signal.aborted) loading.delete(page);
  }
}

function put(page: number, total: number, results: Result[]): void {
  const before = store.get().list?.total ?? 0;
  store.update((s) => {
    if (!s.list) return {};
    const rows = new Map(s.list.rows);
    for (let i = 0; i < PAGE; i++) {
      if (i < results.length) rows.set(page * PAGE + i, results[i]);
      else rows.delete(page * PAGE + i);
    }
    return { list: { ...s.list, rows, total, loading: false, error: null } };
  });
  const list = store.get().list;
  if (list && total > before && isMirrored(list.query) && visible[1] >= before - 1) {
    visible = [visible[0], total - 1]; // what is shown at the top moved on with the total
    loadVisible();
  }
}
