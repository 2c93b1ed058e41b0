// SPDX-License-Identifier: Apache-2.0
// What can be done to a job in its state.
import { useState } from "react";
import { urls } from "../api/client";
import type { Job } from "../api/schema";
import { useT } from "../i18n";
import { isUpload, type Upload } from "../state/app-state";
import { act, deleteJob, undoJob } from "../state/jobs";
import { Button, Dialog } from "../ui/controls";
import { Icon } from "../ui/icons";

export function RunActions({ job, upload }: { job: Job; upload: Upload | null }) {
  const t = useT();
  const [asking, setAsking] = useState<"undo" | "cancel" | "delete" | null>(null);
  const over = job.state === "done" || job.state === "cancelled" || job.state === "failed";
  const results = job.progress.files_done > 0;
  return (
    <div className="run-actions">
      {job.state === "collecting" && !upload && job.uploaded > 0 && (
        <Button look="primary" icon="play" onClick={() => void act(job.id, "start")}>{t("run.start")}</Button>
      )}
      {(job.state === "running" || job.state === "queued") && <Button icon="pause" onClick={() => void act(job.id, "pause")}>{t("run.pause")}</Button>}
      {job.state === "paused" && <Button look="primary" icon="play" onClick={() => void act(job.id, "resume")}>{t("run.resume")}</Button>}
      {!over && <Button icon="stop" onClick={() => setAsking("cancel")}>{t("run.cancel")}</Button>}
      {over && isUpload(job) && results && (
        <a className="button primary" href={urls.zip(job.id)} download><Icon name="download" size={18} />{t("run.downloadAll")}</a>
      )}
      {over && job.state !== "done" && !job.undone && <Button icon="play" onClick={() => void act(job.id, "retry")}>{t("run.resume")}</Button>}
      {job.state === "done" && !job.undone && job.progress.failed > 0 && <Button icon="retry" onClick={() => void act(job.id, "retry")}>{t("run.retry", { n: job.progress.failed })}</Button>}
      {over && job.can_undo && !job.undone && <Button icon="undo" onClick={() => setAsking("undo")}>{t("undo.button")}</Button>}
      {over && <a className="button plain" href="#/"><Icon name="add" size={18} />{t("run.new")}</a>}
      {over && <ExportMenu job={job} />}
      {over && <Button icon="trash" look="quiet" bare onClick={() => setAsking("delete")}>{t("run.delete")}</Button>}
      {asking && <Question job={job} what={asking} onClose={() => setAsking(null)} />}
    </div>
  );
}

function ExportMenu({ job }: { job: Job }) {
  const t = useT();
  return (
    <details className="menu">
      <summary className="button plain">{t("run.export")}<Icon name="down" size={16} /></summary>
      <div className="menu-items">
        <a href={urls.export(job.id, "csv")} download>{t("run.exportCsv")}</a>
        <a href={urls.export(job.id, "json")} download>{t("run.exportJson")}</a>
      </div>
    </details>
  );
}

function Question({ job, what, onClose }: { job: Job; what: "undo" | "cancel" | "delete"; onClose: () => void }) {
  const t = useT();
  const yes = () => {
    onClose();
    if (what === "delete") void deleteJob(job.id);
    else if (what === "undo") void undoJob(job.id);
    else void act(job.id, what);
  };
  const uploads = isUpload(job);
  return (
    <Dialog title={t(`ask.${what}`)} className="small" onClose={onClose} footer={
      <>
        <Button onClick={onClose}>{t("common.back")}</Button>
        <Button look={what === "undo" ? "primary" : "danger"} onClick={yes}>{t(`ask.${what}Yes`)}</Button>
      </>
    }>
      <p>{t(what === "delete" && uploads ? "ask.deleteUploadsText" : `ask.${what}Text`)}</p>
    </Dialog>
  );
}
