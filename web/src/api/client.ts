// SPDX-License-Identifier: Apache-2.0
// Calls to the server; every failure is an ApiError whose message can be shown.
import type { Entries, History, Job, NewJob, Presets, Results, Settings, System, UndoResult } from "./schema";

const BASE = "/api/v1";

export class ApiError extends Error {
  constructor(
    /** 0: the server could not be reached */
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

async function errorOf(response: Response): Promise<ApiError> {
  try {
    const { error } = await response.json();
    return new ApiError(response.status, String(error.code), String(error.message));
  } catch {
    return new ApiError(response.status, "http", `${response.status} ${response.statusText}`);
  }
}

async function request<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(BASE + path, {
      method,
      signal,
      headers: body === undefined ? undefined : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "unreachable", "");
  }
  if (!response.ok) throw await errorOf(response);
  const text = await response.text();
  return (text ? JSON.parse(text) : null) as T;
}

const get = <T>(path: string, signal?: AbortSignal) => request<T>("GET", path, undefined, signal);
const post = <T>(path: string, body: unknown = {}) => request<T>("POST", path, body);
const id = encodeURIComponent;

export interface ResultQuery {
  sort: string;
  order: "asc" | "desc";
  outcome: string;
  q: string;
}

function resultParams(query: ResultQuery, offset: number, limit: number): string {
  const params = new URLSearchParams({ sort: query.sort, order: query.order });
  params.set("offset", String(offset));
  params.set("limit", String(limit));
  if (query.outcome) params.set("outcome", query.outcome);
  if (query.q) params.set("q", query.q);
  return params.toString();
}

export type JobAction = "start" | "pause" | "resume" | "cancel" | "retry";

export const api = {
  system: () => get<System>("/system"),
  entries: (root: string, path: string, offset: number, limit: number, signal?: AbortSignal) =>
    get<Entries>(`/roots/${id(root)}/entries?path=${id(path)}&offset=${offset}&limit=${limit}`, signal),
  jobs: () => get<{ jobs: Job[] }>("/jobs"),
  job: (job: number) => get<Job>(`/jobs/${job}`),
  createJob: (body: NewJob) => post<Job>("/jobs", body),
  deleteJob: (job: number) => request<null>("DELETE", `/jobs/${job}`),
  act: (job: number, action: JobAction) => post<Job>(`/jobs/${job}/${action}`),
  undo: (job: number) => post<UndoResult>(`/jobs/${job}/undo`),
  results: (job: number, query: ResultQuery, offset: number, limit: number, signal?: AbortSignal) =>
    get<Results>(`/jobs/${job}/results?${resultParams(query, offset, limit)}`, signal),
  redo: (job: number, seq: number, qualityDelta: number) =>
    post<Job>(`/jobs/${job}/results/${seq}/redo`, { quality_delta: qualityDelta }),
  history: (offset: number, limit: number) => get<History>(`/history?offset=${offset}&limit=${limit}`),
  undoRun: (run: number) => post<UndoResult>(`/history/${run}/undo`),
  presets: () => get<Presets>("/presets"),
  savePreset: (name: string, settings: Settings) =>
    request<null>("PUT", `/presets/${id(name)}`, settings),
  deletePreset: (name: string) => request<null>("DELETE", `/presets/${id(name)}`),
};

export const urls = {
  events: `${BASE}/events`,
  upload: (job: number, path: string) => `${BASE}/jobs/${job}/files?path=${id(path)}`,
  image: (job: number, seq: number, which: "original" | "output", query = "") =>
    `${BASE}/jobs/${job}/results/${seq}/${which}${query ? `?${query}` : ""}`,
  zip: (job: number) => `${BASE}/jobs/${job}/download.zip`,
  export: (job: number, kind: "csv" | "json") => `${BASE}/jobs/${job}/results.${kind}`,
};
