// SPDX-License-Identifier: Apache-2.0
// One image in the list.
import { memo, useState } from "react";
import { urls } from "../api/client";
import type { Result } from "../api/schema";
import * as format from "../format";
import { known, useT, type Translate } from "../i18n";
import { Icon } from "../ui/icons";

export const rowId = (index: number) => `row-${index}`;

interface RowProps {
  index: number;
  top: number;
  job: number;
  undone: boolean;
  row: Result | undefined;
  active: boolean;
  settled: boolean;
}

export const ResultRow = memo(function ResultRow({ index, top, job, undone, row, active, settled }: RowProps) {
  const t = useT();
  const position = { transform: `translateY(${top}px)` };
  if (!row) {
    return <div className="row-line loading" style={position} role="row" aria-rowindex={index + 1}><span role="gridcell" aria-label={t("common.loading")} /></div>;
  }
  const compare = `#/job/${job}/${row.seq}`;
  const saved = row.outcome === "optimized" ? row.saved_bytes : 0;
  const share = format.shareSaved(row.bytes_in, row.bytes_out);
  return (
    <div id={rowId(index)} className={`row-line ${active ? "active" : ""} ${row.outcome}`} style={position} role="row" aria-rowindex={index + 1}>
      <span className="c-thumb" role="gridcell"><Thumbnail job={job} which={row.outcome === "optimized" && !undone ? "output" : "original"} row={row} settled={settled} /></span>
      <span className="c-input" role="gridcell">
        <a href={compare} tabIndex={-1} title={row.input}>{format.baseName(row.input)}</a>
        <span className="sub">{formatChange(row)}{row.width > 0 && <> · {row.width}×{row.height}</>}</span>
      </span>
      <span className="c-bytes_in num" role="gridcell">{row.bytes_in > 0 ? format.bytes(row.bytes_in) : ""}</span>
      <span className="c-bytes_out num" role="gridcell">{row.outcome === "optimized" ? format.bytes(row.bytes_out) : ""}</span>
      <span className="c-saved_bytes num" role="gridcell">
        {saved > 0 && <><b>{format.percent(share)}</b><span className="sub">{format.bytes(saved)}</span></>}
      </span>
      <span className="c-score num" role="gridcell">{scoreText(row, t)}</span>
      <span className="c-ms num" role="gridcell">{row.ms > 0 ? format.duration(row.ms) : ""}</span>
      <span className="c-outcome" role="gridcell">
        <span className={`outcome ${row.outcome}`}><i aria-hidden="true" />{t(`outcome.${row.outcome}`)}</span>
        {row.outcome !== "optimized" && <span className="sub" title={row.message ?? undefined}>{reasonText(row, t)}</span>}
      </span>
      <span className="c-more" role="gridcell">
        {row.outcome === "optimized" && !undone && (
          <a href={urls.image(job, row.seq, "output", "download=1")} download={format.baseName(row.output ?? row.input)} tabIndex={-1}
            aria-label={t("list.download", { name: format.baseName(row.input) })} title={t("list.downloadShort")}><Icon name="download" size={18} /></a>
        )}
      </span>
    </div>
  );
});

function Thumbnail({ job, which, row, settled }: { job: number; which: "original" | "output"; row: Result; settled: boolean }) {
  const [broken, setBroken] = useState(false);
  const [wanted, setWanted] = useState(settled);
  if (settled && !wanted) setWanted(true);
  if (row.outcome === "failed" || broken || !wanted) return <span className="thumb"><Icon name="image" size={20} /></span>;
  return <img className="thumb" src={urls.image(job, row.seq, which, "thumbnail=96")} alt="" decoding="async" onError={() => setBroken(true)} />;
}

const FORMAT_NAMES: Record<string, string> = { webp: "WebP" };
const formatName = (name: string | null) => (name ? FORMAT_NAMES[name] ?? name.toUpperCase() : "");

export function formatChange(row: Result): string {
  const from = formatName(row.format_in);
  const to = formatName(row.format_out);
  return row.outcome === "optimized" && to && to !== from ? `${from} → ${to}` : from;
}

export function scoreText(row: Result, t: Translate): string {
  if (row.outcome !== "optimized") return "";
  if (row.lossless) return t("score.lossless");
  return row.score === null || row.score < 0 ? "" : format.decimal(row.score);
}

export function reasonText(row: Result, t: Translate): string {
  const name = row.reason ?? row.error;
  if (name && known(`reason.${name}`)) return t(`reason.${name}`);
  return row.message ?? name ?? "";
}
