// SPDX-License-Identifier: Apache-2.0
// Jobs: their state as the server tells it, and what a person can do to them.
import { api, type JobAction } from "../api/client";
import type { Job, NewJob, Progress, UndoResult } from "../api/schema";
import { t } from "../i18n";
import { toApi } from "../settings/model";
import { go, isActive, store } from "./app-state";
import { noteProgress, refreshList } from "./list";
import { report, toast } from "./toasts";

export function replaceJobs(list: Job[]): void {
  store.update(() => ({ jobs: new Map(list.map((job) => [job.id, job])), jobsLoaded: true }));
}

export function putJob(job: Job): void {
  const before = store.get().jobs.get(job.id);
  store.update((s) => ({ jobs: new Map(s.jobs).set(job.id, job) }));
  if (before && isActive(before) && !isActive(job)) ended(job);
  if (!before || before.state !== job.state || before.progress.seq !== job.progress.seq) refreshList(job.id);
}

export function putProgress(id: number, progress: Progress): void {
  const job = store.get().jobs.get(id);
  if (!job) return;
  store.update((s) => ({ jobs: new Map(s.jobs).set(id, { ...job, progress }) }));
  if (progress.seq !== job.progress.seq) noteProgress(id, progress);
}

export function removeJob(id: number): void {
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
  try {
    const job = await api.createJob({ name, source, settings });
    store.commit((s) => ({ jobs: new Map(s.jobs).set(job.id, job) }));
    go(`/job/${job.id}`);
    return job;
  } catch (error) {
    report(error);
    return null;
  }
}

export async function act(id: number, action: JobAction): Promise<void> {
  try {
    putJob(await api.act(id, action));
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
    putJob(await api.job(id));
  } catch (error) {
    report(error);
  }
}

export function tellUndo(result: UndoResult): void {
  store.update(() => ({ history: null }));
  if (result.failed === 0) toast("done", t("undo.done", { n: result.restored }));
  else toast("error", t("undo.partly", { n: result.restored, failed: result.failed, reason: result.problems[0]?.message ?? "" }));
}
