// SPDX-License-Identifier: Apache-2.0
// One image before and after, over each other; smaller and better do it again.
import { useCallback, useEffect, useRef, useState } from "react";
import { api, urls } from "../api/client";
import type { Job, Result } from "../api/schema";
import * as format from "../format";
import { useT } from "../i18n";
import { go, store, useApp } from "../state/app-state";
import { redo } from "../state/redo";
import { isMirrored } from "../state/list";
import { errorText } from "../state/toasts";
import { formatChange, reasonText, scoreText } from "../run/result-row";
import { Button, Segmented } from "../ui/controls";
import { Icon } from "../ui/icons";
import { useView } from "./view";

type Mode = "slider" | "difference";
const QUALITY_STEP = 10;

const routeOf = (job: number, seq?: number) => `/job/${job}${seq === undefined ? "" : `/${seq}`}`;

export function Compare({ job, seq }: { job: Job; seq: number }) {
  const t = useT();
  const { row, error } = useRow(job.id, seq);
  const dialog = useRef<HTMLDialogElement>(null);
  const close = useCallback(() => go(routeOf(job.id)), [job.id]);
  useEffect(() => {
    const element = dialog.current!;
    element.showModal();
    return () => element.close();
  }, []);
  return (
    <dialog ref={dialog} className="compare" aria-label={t("compare.title", { name: row ? format.baseName(row.input) : "" })}
      onCancel={(event) => { event.preventDefault(); close(); }}>
      {row
        ? <Stage key={row.seq} job={job} row={row} onClose={close} />
        : <div className="compare-wait"><p>{error ?? t("common.loading")}</p><Button onClick={close}>{t("common.back")}</Button></div>}
    </dialog>
  );
}

/** The row, out of the list when it is there. */
function useRow(job: number, seq: number): { row: Result | null; error: string | null } {
  const listed = useApp((s) => s.list);
  const [state, setState] = useState<{ row: Result | null; error: string | null }>({ row: null, error: null });
  const t = useT();
  useEffect(() => {
    if (state.row?.seq === seq) return;
    const found = [...(listed?.rows.values() ?? [])].find((row) => row.seq === seq);
    if (found) setState({ row: found, error: null });
  }, [listed, seq, state.row]);
  useEffect(() => {
    let off = false;
    void findRow(job, seq).then(
      (row) => !off && setState((s) => (s.row?.seq === seq ? s : { row, error: row ? null : t("compare.gone") })),
      (error) => !off && setState((s) => ({ ...s, error: errorText(error) })),
    );
    return () => { off = true; };
  }, [job, seq, t]);
  return state.row?.seq === seq ? state : { row: null, error: state.error };
}

/** By its number: rows are in the order of numbers, so a bisection finds it in few pages. */
async function findRow(job: number, seq: number): Promise<Result | null> {
  const listed = [...(store.get().list?.rows.values() ?? [])].find((row) => row.seq === seq);
  if (listed) return listed;
  const query = { sort: "seq", order: "asc" as const, outcome: "", q: "" };
  let low = 0;
  let high = seq; // at most seq - 1 rows come before it
  while (low < high) {
    const offset = Math.max(low, high - 100);
    const { results } = await api.results(job, query, offset, 100);
    const found = results.find((row) => row.seq === seq);
    if (found) return found;
    if (results.length > 0 && results[results.length - 1].seq < seq) return null;
    high = offset;
  }
  return null;
}

function Stage({ job, row, onClose }: { job: Job; row: Result; onClose: () => void }) {
  const t = useT();
  const [mode, setMode] = useState<Mode>("slider");
  const [split, setSplit] = useState(50);
  const view = useView();
  const changed = row.outcome === "optimized" && !job.undone; // else there is one picture to show
  const [before, after] = (["original", "output"] as const).map((which) => urls.image(job.id, row.seq, which, "display=1"));
  useKeys({ job: job.id, row, view, split, setSplit, setMode });
  return (
    <>
      <header className="compare-head">
        <div className="compare-name"><b title={row.input}>{format.baseName(row.input)}</b><span className="muted">{formatChange(row)}</span></div>
        {changed && <Segmented label={t("compare.mode")} value={mode} onChange={setMode}
          choices={[{ value: "slider", label: t("compare.slider") }, { value: "difference", label: t("compare.difference") }]} />}
        <div className="zoom" role="group" aria-label={t("compare.zoom")}>
          <Button icon="minus" look="quiet" bare onClick={() => view.zoomBy(1 / 1.5)}>{t("compare.zoomOut")}</Button>
          <output className="num">{format.percent(view.zoom)}</output>
          <Button icon="plus" look="quiet" bare onClick={() => view.zoomBy(1.5)}>{t("compare.zoomIn")}</Button>
          <Button icon="fit" look="quiet" bare onClick={view.fit}>{t("compare.fit")}</Button>
        </div>
        <Button icon="close" look="quiet" bare onClick={onClose}>{t("common.close")}</Button>
      </header>
      <div className={`stage ${mode}`} ref={view.stage} onPointerDown={view.onPointerDown} onDoubleClick={view.toggle}>
        <Picture src={before} alt={t("compare.beforeAlt")} view={view} onSize={view.setNatural} />
        {changed && <Picture src={after} alt={t("compare.afterAlt")} view={view} clip={mode === "slider" ? split : null} blend={mode === "difference"} />}
        {changed && mode === "slider" && <SplitHandle split={split} setSplit={setSplit} view={view} />}
        {changed && mode === "slider" && <><span className="tag left">{t("compare.before")}</span><span className="tag right">{t("compare.after")}</span></>}
        {mode === "difference" && <span className="tag left">{t("compare.differenceHint")}</span>}
      </div>
      <CompareFoot job={job} row={row} />
    </>
  );
}

type View = ReturnType<typeof useView>;

function Picture({ src, alt, view, onSize, clip = null, blend = false }: {
  src: string; alt: string; view: View; onSize?: (width: number, height: number) => void; clip?: number | null; blend?: boolean;
}) {
  const t = useT();
  const [broken, setBroken] = useState(false);
  const box = view.box;
  const at = clip === null ? 0 : Math.max(0, Math.min(box.width, (clip / 100) * view.width - box.x));
  const style = {
    width: box.width,
    height: box.height,
    transform: `translate(${box.x}px, ${box.y}px)`,
    clipPath: clip === null ? undefined : `inset(0 0 0 ${at}px)`,
  };
  if (broken) return <p className="stage-error">{t("compare.broken")}</p>;
  return (
    <img src={src} alt={alt} draggable={false} className={`${blend ? "blend" : ""} ${view.zoom >= 3 ? "pixels" : ""}`} style={style}
      onError={() => setBroken(true)}
      onLoad={(event) => onSize?.(event.currentTarget.naturalWidth, event.currentTarget.naturalHeight)} />
  );
}

function SplitHandle({ split, setSplit, view }: { split: number; setSplit: (split: number) => void; view: View }) {
  const t = useT();
  const drag = (event: React.PointerEvent) => {
    event.stopPropagation();
    event.preventDefault();
    const stage = view.stage.current!.getBoundingClientRect();
    const move = (e: PointerEvent) => setSplit(Math.max(0, Math.min(100, ((e.clientX - stage.left) / stage.width) * 100)));
    const up = () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", up);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", up);
    (event.currentTarget as HTMLElement).focus();
  };
  return (
    <div className="split" style={{ left: `${split}%` }} onPointerDown={drag} role="slider" tabIndex={0} aria-label={t("compare.split")}
      aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(split)}>
      <span><Icon name="left" size={14} /><Icon name="right" size={14} /></span>
    </div>
  );
}

function CompareFoot({ job, row }: { job: Job; row: Result }) {
  const t = useT();
  const redoing = useApp((s) => s.redoing.has(row.seq));
  const changed = row.outcome === "optimized";
  const score = scoreText(row, t);
  const canRedo = job.state !== "collecting" && row.outcome !== "failed" && row.outcome !== "skipped" && !job.undone;
  const step = (by: number) => {
    const next = neighbour(row, by);
    if (next) location.replace(`#${routeOf(job.id, next.seq)}`);
  };
  return (
    <footer className="compare-foot">
      <Button icon="left" bare disabled={!neighbour(row, -1)} onClick={() => step(-1)}>{t("compare.previous")}</Button>
      <dl className="compare-facts num">
        <div><dt>{t("compare.before")}</dt><dd>{format.bytes(row.bytes_in)}</dd></div>
        {changed && <div><dt>{t("compare.after")}</dt><dd>{format.bytes(row.bytes_out)}</dd></div>}
        {changed && <div className="good"><dt>{t("column.saved_bytes")}</dt><dd>{format.percent(format.shareSaved(row.bytes_in, row.bytes_out), 1)}</dd></div>}
        {score && <div title={t("score.hint")}><dt>{t("column.score")}</dt><dd>{score}</dd></div>}
        {changed && !row.lossless && row.quality !== null && row.quality > 0 && <div><dt>{t("compare.quality")}</dt><dd>{row.quality}</dd></div>}
        {!changed && <div><dt>{t(`outcome.${row.outcome}`)}</dt><dd className="why">{reasonText(row, t)}</dd></div>}
      </dl>
      {canRedo && (
        <div className="redo" role="group" aria-label={t("compare.redo")} aria-busy={redoing}>
          {redoing && <span className="spinner" role="status" aria-label={t("compare.working")} />}
          <Button icon="minus" disabled={redoing} onClick={() => void redo(job.id, row.seq, -QUALITY_STEP)}>{t("compare.smaller")}</Button>
          <Button icon="plus" disabled={redoing} onClick={() => void redo(job.id, row.seq, QUALITY_STEP)}>{t("compare.better")}</Button>
        </div>
      )}
      {changed && !job.undone && (
        <a className="button plain" href={urls.image(job.id, row.seq, "output", "download=1")} download={format.baseName(row.output ?? row.input)}>
          <Icon name="download" size={18} /><span className="wide-only">{t("list.downloadShort")}</span>
        </a>
      )}
      <Button icon="right" bare disabled={!neighbour(row, 1)} onClick={() => step(1)}>{t("compare.next")}</Button>
    </footer>
  );
}

/** The next row of the list as it is sorted, when its page is at hand. */
function neighbour(row: Result, by: number): Result | undefined {
  const list = store.get().list;
  if (!list) return undefined;
  for (const [index, other] of list.rows) {
    if (other.seq === row.seq) return list.rows.get(index + (isMirrored(list.query) ? -by : by));
  }
  return undefined;
}

interface KeysProps {
  job: number;
  row: Result;
  view: View;
  split: number;
  setSplit: (split: number) => void;
  setMode: (change: (mode: Mode) => Mode) => void;
}

function useKeys({ job, row, view, split, setSplit, setMode }: KeysProps): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const inSegment = (event.target as HTMLElement).tagName === "INPUT";
      const step = event.shiftKey ? 10 : 2;
      const go = (by: number) => {
        const next = neighbour(row, by);
        if (next) location.replace(`#${routeOf(job, next.seq)}`);
      };
      const actions: Record<string, () => void> = {
        "+": () => view.zoomBy(1.5), "=": () => view.zoomBy(1.5), "-": () => view.zoomBy(1 / 1.5), "0": view.fit, "1": view.actual,
        ArrowLeft: () => setSplit(Math.max(0, split - step)), ArrowRight: () => setSplit(Math.min(100, split + step)),
        d: () => setMode((mode) => (mode === "slider" ? "difference" : "slider")), j: () => go(1), k: () => go(-1),
      };
      const action = actions[event.key];
      if (!action || (inSegment && event.key.startsWith("Arrow"))) return;
      event.preventDefault();
      action();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });
}
