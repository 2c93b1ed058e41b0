// SPDX-License-Identifier: Apache-2.0
// One image again, smaller or better. The new row names the one it replaces; whoever looks at the
// old one is taken to the new.
import { api } from "../api/client";
import { t } from "../i18n";
import { store } from "./app-state";
import { refreshList } from "./list";
import { report, toast } from "./toasts";

const LOOK_MS = 500;
const GIVE_UP_MS = 180_000;

export async function redo(job: number, seq: number, delta: number): Promise<void> {
  mark(seq, true);
  try {
    await api.redo(job, seq, delta);
    const next = await replacementOf(job, seq);
    refreshList(job);
    if (next === null) toast("error", t("compare.redoLost"));
    else if (store.get().route === `/job/${job}/${seq}`) location.replace(`#/job/${job}/${next}`);
  } catch (error) {
    report(error);
  } finally {
    mark(seq, false);
  }
}

async function replacementOf(job: number, seq: number): Promise<number | null> {
  const newest = { sort: "seq", order: "desc" as const, outcome: "", q: "" };
  for (const until = Date.now() + GIVE_UP_MS; Date.now() < until; ) {
    const { results } = await api.results(job, newest, 0, 20);
    const found = results.find((row) => row.replaces === seq);
    if (found) return found.seq;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return null;
}

function mark(seq: number, busy: boolean): void {
  store.commit((s) => {
    const redoing = new Set(s.redoing);
    if (busy) redoing.add(seq);
    else redoing.delete(seq);
    return { redoing };
  });
}
