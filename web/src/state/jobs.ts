// SPDX-License-Identifier: Apache-2.0
// Jobs: their state as the server tells it, and what a person can do to them.
import { api, type JobAction } from "../api/client";
import type { Job, NewJob, Progress, UndoResult } from "../api/schema";
import { t } from "../i18n";
import { toApi } from "../settings/model";
import { go, isActive, store } from "./app-state";
import { noteProgress, refreshList } from "./list";
import { report, toast } from "./toasts";

// An answer may be overtaken by events on the other connection. What an event said after the
// request was sent is newer than its answer.
let events = 0;
const lastEvent = new Map<number, number>();

function noteEvent(id: number): void {
  lastEvent.set(id, ++events);
}

/** A mark to hand to the functions that take an answer, made before the request. */
export function beforeRequest(): number {
  return events;
}

const overtaken = (id: number, mark: number) => (lastEvent.get(id) ?? 0) > mark;

/** All jobs, as an answer tells them. */
export function replaceJobs(list: Job[], mark: number): void {
  store.update((s) => {
    const jobs = new Map<number, Job>();
    for (const job of list) {
      const known = s.jobs.get(job.id);
      if (!overtaken(job.id, mark)) jobs.set(job.id, job);
      else if (known) jobs.set(job.id, known);
    }
    for (const [id, job] of s.jobs) if (!jobs.has(id) && overtaken(id, mark)) jobs.set(id, job);
    return { jobs, jobsLoaded: true };
  });
}

function takeAnswer(job: Job, mark: number): void {
  if (!overtaken(job.id, mark)) putJob(job);
}

export function jobEvent(job: Job): void {
  noteEvent(job.id);
  putJob(job);
}

function putJob(job: Job): void {
  const before = store.get().jobs.get(job.id);
  store.update((s) => ({ jobs: new Map(s.jobs).set(job.id, job) }));
  if (before && isActive(before) && !isActive(job)) ended(job);
  if (!before || before.state !== job.state || before.progress.seq !== job.progress.seq) refreshList(job.id);
}

export function putProgress(id: number, progress: Progress): void {
  const job = store.get().jobs.get(id);
  if (!job) return;
  noteEvent(id);
  store.update((s) => ({ jobs: new Map(s.jobs).set(id, { ...job, progress }) }));
  if (progress.seq !== job.progress.seq) noteProgress(id, progress);
}

export function removeJob(id: number): void {
  noteEvent(id);
  store.update((s) => {
    const jobs = new Map(s.jobs);
    jobs.delete(id);
    return { jobs };
  });
}

function ended(job: Job): void {
  store.update(() => ({ history: null }));
  if (job.state === "failed") {
    toast("error", t("run.failed", { reason: jobError(job) }));
  } else if (job.state === "done" && store.get().route !== `/job/${job.id}`) {
    toast("done", t("run.doneToast", { name: job.name }));
  }
}

export function jobError(job: Job): string {
  return job.error || t("error.unknown");
}

export async function createJob(source: NewJob["source"], name?: string): Promise<Job | null> {
  const settings = toApi(store.get().settings, "uploads" in source);
  const mark = beforeRequest();
  try {
    const job = await api.createJob({ name, source, settings });
    takeAnswer(job, mark);
    go(`/job/${job.id}`);
    return job;
  } catch (error) {
    report(error);
    return null;
  }
}

export async function act(id: number, action: JobAction): Promise<void> {
  const mark = beforeRequest();
  try {
    takeAnswer(await api.act(id, action), mark);
  } catch (error) {
    report(error);
  }
}

export async function deleteJob(id: number): Promise<void> {
  try {
    await api.deleteJob(id);
    removeJob(id);
    go("/");
  } catch (error) {
    report(error);
  }
}

export async function undoJob(id: number): Promise<void> {
  try {
    tellUndo(await api.undo(id));
    const mark = beforeRequest();
    takeAnswer(await api.job(id), mark);
  } catch (error) {
    report(error);
  }
}

export function tellUndo(result: UndoResult): void {
  store.update(() => ({ history: null }));
  if (result.failed === 0) toast("done", t("undo.done", { n: result.restored }));
  else toast("error", t("undo.partly", { n: result.restored, failed: result.failed, reason: result.problems[0]?.message ?? "" }));
}
