// SPDX-License-Identifier: Apache-2.0
// Where a visit begins: a place to drop, the settings beside it, the latest jobs below.
import { useEffect, useRef, useState } from "react";
import * as format from "../format";
import { useT } from "../i18n";
import { SettingsPanel } from "../settings/settings-panel";
import { isUpload, savedBytes, useApp } from "../state/app-state";
import { optimizeFiles } from "../state/uploads";
import { Button } from "../ui/controls";
import { Icon, Mark } from "../ui/icons";
import type { Job } from "../api/schema";
import { fromFiles } from "./dropped-files";
import { ServerBrowser } from "./server-browser";

export function StartPage() {
  const t = useT();
  const jobs = useApp((s) => s.jobs);
  useEffect(() => {
    document.title = "Pare";
  }, []);
  const recent = [...jobs.values()].sort((a, b) => b.created_unix_s - a.created_unix_s).slice(0, 6);
  return (
    <div className="start-page">
      <div className="start-main">
        <h1 className="sr">{t("start.title")}</h1>
        <DropArea />
        {recent.length > 0 && (
          <section aria-labelledby="recent">
            <h2 id="recent">{t("start.recent")}</h2>
            <ul className="job-cards">{recent.map((job) => <JobCard key={job.id} job={job} />)}</ul>
          </section>
        )}
      </div>
      <SettingsPanel />
    </div>
  );
}

function DropArea() {
  const t = useT();
  const system = useApp((s) => s.system);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [browsing, setBrowsing] = useState(false);
  const take = (input: HTMLInputElement) => {
    const chosen = fromFiles(input.files ?? []);
    input.value = ""; // the same choice can be made again
    if (chosen.length > 0) void optimizeFiles(chosen);
  };
  const roots = system?.roots.length ?? 0;
  return (
    <section className="drop-area" aria-label={t("drop.title")}>
      <Mark size={84} />
      <h2>{t("drop.title")}</h2>
      <p className="muted">{t("drop.paste")}</p>
      <div className="drop-buttons">
        <Button look="primary" icon="image" onClick={() => files.current?.click()}>{t("drop.files")}</Button>
        <Button icon="folder" onClick={() => folder.current?.click()}>{t("drop.folder")}</Button>
        {roots > 0 && <Button icon="server" onClick={() => setBrowsing(true)}>{t("drop.server")}</Button>}
      </div>
      <p className="fine">{t("drop.promise")}</p>
      <input ref={files} type="file" multiple hidden accept="image/*,.heic,.heif,.jxl,.avif" data-test="files"
        onChange={(event) => take(event.target)} />
      <input ref={folder} type="file" multiple hidden {...{ webkitdirectory: "" }} data-test="folder"
        onChange={(event) => take(event.target)} />
      {browsing && <ServerBrowser onClose={() => setBrowsing(false)} />}
    </section>
  );
}

function JobCard({ job }: { job: Job }) {
  const t = useT();
  const p = job.progress;
  const saved = savedBytes(p);
  return (
    <li>
      <a className="job-card" href={`#/job/${job.id}`}>
        <Icon name={isUpload(job) ? "image" : "folder"} />
        <span className="job-card-name">{job.name}</span>
        <span className={`state ${job.state}`}>{t(`state.${job.undone ? "undone" : job.state}`)}</span>
        <span className="muted">
          {t("run.nOfN", { done: format.count(p.files_done), total: format.count(p.files_total) })}
          {job.undone ? <> · {t("run.undone")}</> : saved > 0 && <> · {t("run.savedShort", { bytes: format.bytes(saved), percent: format.percent(format.shareSaved(p.bytes_in, p.bytes_out)) })}</>}
        </span>
        <span className="job-card-bar"><span style={{ transform: `scaleX(${job.state === "done" ? 1 : p.fraction})` }} /></span>
      </a>
    </li>
  );
}
