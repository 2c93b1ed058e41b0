// SPDX-License-Identifier: Apache-2.0
// What the machine is doing now.
import { useEffect, type ReactNode } from "react";
import type { Worker } from "../api/schema";
import * as format from "../format";
import { useT } from "../i18n";
import { useApp } from "../state/app-state";
import { Cores, Meter, Sparkline } from "./charts";

const LENGTH = 180; // samples, one a second

export function ActivityPage() {
  const t = useT();
  const metrics = useApp((s) => s.metrics);
  const samples = useApp((s) => s.samples);
  const system = useApp((s) => s.system);
  useEffect(() => {
    document.title = `${t("nav.activity")} · Pare`;
  }, [t]);
  const m = metrics;
  return (
    <div className="page activity">
      <h1>{t("nav.activity")}</h1>
      {!m && <p className="muted" role="status">{t("activity.waiting")}</p>}
      <div className="tiles">
        <Tile title={t("activity.rate")} value={m ? format.decimal(m.images_per_s) : "–"} unit={t("activity.perSecond")}>
          <Sparkline values={samples.map((s) => s.rate)} length={LENGTH} label={t("activity.overTime", { what: t("activity.rate") })} />
        </Tile>
        <Tile title={t("activity.cpu")} value={m ? format.percent(m.cpu_pct / 100) : "–"} unit={system ? t("activity.cores", { n: system.cores }) : ""}>
          <Sparkline values={samples.map((s) => s.cpu)} max={100} length={LENGTH} label={t("activity.overTime", { what: t("activity.cpu") })} />
          <Cores values={m?.cores_pct ?? []} label={t("activity.perCore", { list: (m?.cores_pct ?? []).map((v) => format.percent(v / 100)).join(", ") })} />
        </Tile>
        <Tile title={t("activity.memory")} value={m ? format.bytes(m.memory_used_bytes) : "–"} unit={m ? t("activity.of", { total: format.bytes(m.memory_budget_bytes) }) : ""}>
          <Sparkline values={samples.map((s) => s.memory)} max={m?.memory_budget_bytes ?? 1} length={LENGTH} label={t("activity.overTime", { what: t("activity.memory") })} />
          {m && <Meter scarce value={m.memory_used_bytes} max={m.memory_budget_bytes} label={t("activity.memory")} text={format.bytes(m.memory_used_bytes)} />}
        </Tile>
        <Tile title={t("activity.queue")} value={m ? format.count(m.queue_count) : "–"} unit={m?.queue_cap ? t("activity.of", { total: format.count(m.queue_cap) }) : ""}>
          <Sparkline values={samples.map((s) => s.queue)} max={m?.queue_cap || 1} length={LENGTH} label={t("activity.overTime", { what: t("activity.queue") })} />
          {m && <Meter value={m.queue_count} max={m.queue_cap} label={t("activity.queue")} text={format.count(m.queue_count)} />}
        </Tile>
      </div>
      <h2>{t("activity.workers")}</h2>
      {m && m.workers.length > 0 ? <Workers workers={m.workers} /> : <p className="muted">{t("activity.noWorkers")}</p>}
      {system && <p className="fine">{t("activity.server", { version: system.version, memory: m ? format.bytes(m.rss_bytes) : "–" })}</p>}
    </div>
  );
}

function Tile({ title, value, unit, children }: { title: string; value: string; unit: string; children: ReactNode }) {
  return (
    <section className="tile">
      <h2>{title}</h2>
      <p className="tile-value num">{value}<small>{unit}</small></p>
      {children}
    </section>
  );
}

function Workers({ workers }: { workers: Worker[] }) {
  const t = useT();
  return (
    <div className="table-wrap" tabIndex={0} role="region" aria-label={t("activity.workers")}>
      <table className="table">
        <thead>
          <tr>
            {["worker", "state", "file", "tasks", "mean", "p95", "cpu", "rss", "bytes", "restarts"].map((key) => (
              <th key={key} scope="col" className={key === "state" || key === "file" ? "" : "num"}>{t(`activity.col_${key}`)}</th>
            ))}
          </tr>
        </thead>
        <tbody>{workers.map((w) => (
          <tr key={w.number}>
            <th scope="row" className="num">{w.number}</th>
            <td><span className={`step ${w.step}`}>{t(`step.${w.step}`)}</span></td>
            <td className="clip" title={w.name ?? undefined}>{w.name ? format.baseName(w.name) : ""}</td>
            <td className="num">{format.count(w.tasks_done)}</td>
            <td className="num">{w.mean_ms ? format.duration(w.mean_ms) : "–"}</td>
            <td className="num">{w.p95_ms ? format.duration(w.p95_ms) : "–"}</td>
            <td className="num">{format.percent(w.cpu_pct / 100)}</td>
            <td className="num">{format.bytes(w.rss_bytes)}</td>
            <td className="num">{format.bytes(w.bytes)}</td>
            <td className="num">{format.count(w.restarts)}</td>
          </tr>
        ))}</tbody>
      </table>
    </div>
  );
}
