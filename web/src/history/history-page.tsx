// SPDX-License-Identifier: Apache-2.0
// Earlier runs, from the page and from the command line, with totals.
import { useCallback, useEffect, useState } from "react";
import { api } from "../api/client";
import type { Run } from "../api/schema";
import * as format from "../format";
import { useT } from "../i18n";
import { savedBytes, store, useApp } from "../state/app-state";
import { tellUndo } from "../state/jobs";
import { errorText, report } from "../state/toasts";
import { Button, Dialog } from "../ui/controls";

const PAGE = 1000;
const SHOWN_FIRST = 100;

/** All of them: totals of a part would be wrong. */
async function allRuns(): Promise<Run[]> {
  const found = new Map<number, Run>(); // a run that begins meanwhile moves the others on
  for (let offset = 0; ; offset += PAGE) {
    const { runs } = await api.history(offset, PAGE);
    for (const run of runs) found.set(run.id, run);
    if (runs.length < PAGE) return [...found.values()];
  }
}

export function HistoryPage() {
  const t = useT();
  const runs = useApp((s) => s.history);
  const connection = useApp((s) => s.connection);
  const [error, setError] = useState<string | null>(null);
  const [asked, setAsked] = useState<Run | null>(null);
  const load = useCallback(async () => {
    try {
      const history = await allRuns();
      store.update(() => ({ history }));
      setError(null);
    } catch (reason) {
      setError(errorText(reason));
    }
  }, []);
  useEffect(() => {
    document.title = `${t("nav.history")} · Pare`;
  }, [t]);
  useEffect(() => {
    if (connection === "open" || connection === "connecting") void load();
  }, [load, connection]);
  const undo = async (run: Run) => {
    setAsked(null);
    try {
      tellUndo(await api.undoRun(run.id));
    } catch (reason) {
      report(reason);
    }
    await load();
  };
  return (
    <div className="page history">
      <h1>{t("nav.history")}</h1>
      {error && <p className="notice bad" role="alert">{error}</p>}
      {runs && runs.length > 0 && <Totals runs={runs} />}
      {runs && runs.length === 0 && <p className="muted">{t("history.empty")}</p>}
      {!runs && !error && <p className="muted">{t("common.loading")}</p>}
      {runs && runs.length > 0 && <RunTable runs={runs} onUndo={setAsked} />}
      {asked && (
        <Dialog title={t("ask.undo")} className="small" onClose={() => setAsked(null)} footer={
          <>
            <Button onClick={() => setAsked(null)}>{t("common.back")}</Button>
            <Button look="primary" onClick={() => void undo(asked)}>{t("ask.undoYes")}</Button>
          </>
        }><p>{t("ask.undoText")}</p></Dialog>
      )}
    </div>
  );
}

function Totals({ runs }: { runs: Run[] }) {
  const t = useT();
  const sum = (pick: (run: Run) => number) => runs.filter((run) => !run.undone).reduce((all, run) => all + pick(run), 0);
  const before = sum((run) => run.bytes_in);
  const after = sum((run) => Math.min(run.bytes_in, run.bytes_out));
  return (
    <dl className="totals num">
      <div className="good"><dt>{t("history.saved")}</dt><dd>{format.bytes(before - after)}</dd></div>
      <div><dt>{t("history.share")}</dt><dd>{format.percent(format.shareSaved(before, after), 1)}</dd></div>
      <div><dt>{t("history.images")}</dt><dd>{format.count(sum((run) => run.files))}</dd></div>
      <div><dt>{t("history.runs")}</dt><dd>{format.count(runs.length)}</dd></div>
    </dl>
  );
}

function RunTable({ runs, onUndo }: { runs: Run[]; onUndo: (run: Run) => void }) {
  const t = useT();
  const jobs = useApp((s) => s.jobs);
  const [shown, setShown] = useState(SHOWN_FIRST);
  const stateOf = (run: Run) => (run.undone ? t("state.undone") : run.finished ? "" : t("history.stopped"));
  return (
    <div className="table-wrap" tabIndex={0} role="region" aria-label={t("nav.history")}>
      <table className="table runs">
        <thead>
          <tr>
            <th scope="col">{t("history.when")}</th><th scope="col">{t("history.what")}</th><th scope="col" className="num extra">{t("history.images")}</th>
            <th scope="col" className="num extra">{t("outcome.failed")}</th><th scope="col" className="num">{t("history.saved")}</th>
            <th scope="col" className="num extra">{t("history.share")}</th><th scope="col" className="num extra">{t("column.ms")}</th><th scope="col"><span className="sr">{t("undo.button")}</span></th>
          </tr>
        </thead>
        <tbody>{runs.slice(0, shown).map((run) => (
          <tr key={run.id}>
            <td className="when">{format.date(run.started_unix_s)}</td>
            <td className="clip" title={run.command_line ?? run.folder ?? ""}>
              {run.job && jobs.has(run.job) ? <a href={`#/job/${run.job}`}>{jobs.get(run.job)!.name}</a> : run.command_line || run.folder || "–"}
            </td>
            <td className="num extra">{format.count(run.files)}</td>
            <td className="num extra">{run.failed ? format.count(run.failed) : ""}</td>
            <td className="num">{run.undone ? "–" : format.bytes(savedBytes(run))}</td>
            <td className="num extra">{run.undone ? "–" : format.percent(format.shareSaved(run.bytes_in, run.bytes_out), 1)}</td>
            <td className="num extra">{format.duration(run.ms)}</td>
            <td className="end">{run.can_undo && !run.undone ? <Button icon="undo" onClick={() => onUndo(run)}>{t("undo.button")}</Button> : <span className="muted">{stateOf(run)}</span>}</td>
          </tr>
        ))}</tbody>
      </table>
      {shown < runs.length && <p className="more"><Button onClick={() => setShown(shown + PAGE)}>{t("history.more", { n: runs.length - shown })}</Button></p>}
    </div>
  );
}
