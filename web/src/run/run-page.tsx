// SPDX-License-Identifier: Apache-2.0
// One job: how far it is, what it saved, its list, and the comparison of one image.
import { useEffect, useRef, useState } from "react";
import type { Job } from "../api/schema";
import { Compare } from "../compare/compare";
import * as format from "../format";
import { useT } from "../i18n";
import { isActive, savedBytes, useApp, type Upload } from "../state/app-state";
import { jobError } from "../state/jobs";
import { DEFAULT_QUERY, openList } from "../state/list";
import { Icon } from "../ui/icons";
import { Arc } from "./arc";
import { ListTools } from "./list-tools";
import { ResultList } from "./result-list";
import { RunActions } from "./run-actions";

export function RunPage({ id, compare }: { id: number; compare: number | null }) {
  const t = useT();
  const job = useApp((s) => s.jobs.get(id));
  const loaded = useApp((s) => s.jobsLoaded);
  const upload = useApp((s) => s.uploads.get(id)) ?? null;
  useEffect(() => openList(id, DEFAULT_QUERY), [id]);
  useTitle(job);
  if (!job) {
    return (
      <div className="page empty-page">
        {loaded ? <><h1>{t("run.gone")}</h1><p className="muted">{t("run.goneHint")}</p><a className="button primary" href="#/">{t("run.new")}</a></> : <p className="muted">{t("common.loading")}</p>}
      </div>
    );
  }
  return (
    <div className="run">
      <section className="run-head" aria-label={t("run.summary")}>
        <Arc fraction={job.state === "done" ? 1 : Math.min(job.progress.fraction, 0.999)} upload={uploadShare(job, upload)}
          run={`${job.id} ${job.started_unix_s ?? 0}`} busy={job.state === "running"} />
        <Numbers job={job} upload={upload} />
        <RunActions job={job} upload={upload} />
      </section>
      {job.state === "failed" && <p className="notice bad" role="alert"><Icon name="warn" size={18} />{jobError(job)}</p>}
      <NowWorking job={job} />
      <ListTools job={job} />
      <ResultList job={job} />
      <Announcer job={job} />
      {compare !== null && <Compare job={job} seq={compare} />}
    </div>
  );
}

function uploadShare(job: Job, upload: Upload | null): number | null {
  if (job.state !== "collecting" || !upload) return null;
  return upload.bytesTotal > 0 ? upload.bytesDone / upload.bytesTotal : upload.filesDone / Math.max(1, upload.filesTotal);
}

function Numbers({ job, upload }: { job: Job; upload: Upload | null }) {
  const t = useT();
  const stale = useApp((s) => s.connection !== "open");
  const p = job.progress;
  const saved = savedBytes(p);
  return (
    <div className={`numbers ${stale ? "stale" : ""}`}>
      <p className="run-name">
        <span title={job.name}>{job.name}</span>
        <span className={`state ${job.state}`}>{t(`state.${job.undone ? "undone" : job.state}`)}</span>
      </p>
      <h1>
        {job.undone ? t("run.undone") : p.files_done === 0 && job.state !== "done"
          ? t(job.state === "collecting" ? "run.uploading" : `run.head_${job.state}`)
          : saved > 0
            ? <>{t("run.saved", { bytes: format.bytes(saved) })} <span className="saved-share">{format.percent(format.shareSaved(p.bytes_in, p.bytes_out), 1)}</span></>
            : t("run.nothingSaved")}
      </h1>
      <p className="facts num"><Facts job={job} upload={upload} /></p>
    </div>
  );
}

function Facts({ job, upload }: { job: Job; upload: Upload | null }) {
  const t = useT();
  const p = job.progress;
  const facts: string[] = [];
  if (job.state === "collecting" && upload) {
    facts.push(t("run.uploaded", { done: format.count(upload.filesDone), total: format.count(upload.filesTotal) }));
    facts.push(`${format.bytes(upload.bytesDone)} / ${format.bytes(upload.bytesTotal)}`);
  } else if (job.state === "collecting") {
    facts.push(t("run.uploadStopped", { n: job.uploaded }));
  } else {
    facts.push(t(p.scan_done ? "run.nOfN" : "run.nOfMore", { done: format.count(p.files_done), total: format.count(p.files_total) }));
    if (p.bytes_in > 0 && !job.undone) facts.push(t("run.beforeAfter", { before: format.bytes(p.bytes_in), after: format.bytes(p.bytes_out) }));
    if (job.state === "running" && p.images_per_s > 0) facts.push(t("run.rate", { rate: format.decimal(p.images_per_s) }));
    if (job.state === "running") {
      const known = p.eta_ms !== null && p.eta_ms >= 0;
      facts.push(known ? t("run.left", { time: format.roughDuration(p.eta_ms!) }) : t("run.leftUnknown"));
    } else if (!isActive(job) && p.elapsed_ms > 0) {
      facts.push(t("run.took", { time: format.duration(p.elapsed_ms) }));
    }
  }
  return <>{facts.map((fact, i) => <span key={i}>{fact}</span>)}</>;
}

/** What the workers have in hand: the sign of life between two finished rows. */
function NowWorking({ job }: { job: Job }) {
  const t = useT();
  const workers = useApp((s) => s.metrics?.workers);
  if (job.state !== "running" || !workers) return null;
  const busy = workers.filter((worker) => worker.name && worker.step !== "idle").slice(0, 8);
  return (
    <ul className="now" aria-label={t("run.now")}>
      {busy.map((worker) => (
        <li key={worker.number}><span className="dot" aria-hidden="true" />{t(`step.${worker.step}`)} <b>{format.baseName(worker.name!)}</b></li>
      ))}
    </ul>
  );
}

/** Says each quarter and the end to who cannot see the ring. */
function Announcer({ job }: { job: Job }) {
  const t = useT();
  const [text, setText] = useState("");
  const said = useRef(-1);
  const quarter = job.state === "done" ? 4 : Math.min(3, Math.floor(job.progress.fraction * 4));
  useEffect(() => {
    const first = said.current < 0;
    if (quarter <= said.current) return;
    said.current = quarter;
    if (first) return;
    setText(quarter === 4
      ? t("run.announceDone", { n: job.progress.files_done, bytes: format.bytes(savedBytes(job.progress)) })
      : t("run.announce", { percent: format.percent(quarter / 4) }));
  }, [quarter, job, t]);
  return <p className="sr" role="status">{text}</p>;
}

function useTitle(job: Job | undefined): void {
  const share = job ? Math.floor(job.progress.fraction * 100) : 0;
  const state = job?.state;
  const name = job?.name ?? "";
  useEffect(() => {
    document.title = state === "running" ? `${format.percent(share / 100)} · ${name} · Pare` : name ? `${name} · Pare` : "Pare";
  }, [share, state, name]);
}
