// SPDX-License-Identifier: Apache-2.0
// Everything the page knows.
import type { ResultQuery } from "../api/client";
import type { Job, Metrics, Preset, Result, Run, System } from "../api/schema";
import english from "../i18n/en.json";
import { Store, useSelector } from "./store";
import { DEFAULT_SETTINGS, type UiSettings } from "../settings/model";

export type Connection = "connecting" | "open" | "lost" | "stalled" | "unauthorized";
export type Theme = "system" | "light" | "dark";

export interface Upload {
  filesTotal: number;
  filesDone: number;
  bytesTotal: number;
  bytesDone: number;
  failed: { path: string; message: string }[];
}

export interface Toast {
  id: number;
  kind: "info" | "error" | "done";
  text: string;
}

/** Rows of one job under one query, by their index in the server's order. */
export interface ListState {
  job: number;
  query: ResultQuery;
  total: number;
  rows: Map<number, Result>;
  loading: boolean;
  error: string | null;
}

export interface MetricsSample {
  at: number;
  cpu: number;
  rate: number;
  memory: number;
  queue: number;
}

export interface AppState {
  connection: Connection;
  retryAt: number;
  system: System | null;
  jobs: Map<number, Job>;
  jobsLoaded: boolean;
  metrics: Metrics | null;
  samples: MetricsSample[];
  uploads: Map<number, Upload>;
  list: ListState | null;
  redoing: Set<number>;
  settings: UiSettings;
  presets: Preset[];
  history: Run[] | null;
  toasts: Toast[];
  route: string;
  theme: Theme;
  language: string;
  messages: Record<string, string>;
}

export const store = new Store<AppState>({
  connection: "connecting",
  retryAt: 0,
  system: null,
  jobs: new Map(),
  jobsLoaded: false,
  metrics: null,
  samples: [],
  uploads: new Map(),
  list: null,
  redoing: new Set(),
  settings: DEFAULT_SETTINGS,
  presets: [],
  history: null,
  toasts: [],
  route: location.hash.slice(1) || "/",
  theme: "system",
  language: "en",
  messages: english,
});

export function useApp<T>(select: (state: AppState) => T): T {
  return useSelector(store, select);
}

export function go(route: string): void {
  location.hash = route;
}

export function isActive(job: Job): boolean {
  return job.state === "queued" || job.state === "running" || job.state === "paused";
}

export function isUpload(job: Job): boolean {
  return "uploads" in job.source;
}

export function savedBytes(progress: { bytes_in: number; bytes_out: number }): number {
  return Math.max(0, progress.bytes_in - progress.bytes_out);
}
