// SPDX-License-Identifier: Apache-2.0
// The list: only rows in view are in the document, however many there are.
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import type { Job } from "../api/schema";
import { useT } from "../i18n";
import { go, useApp } from "../state/app-state";
import { changeQuery, isMirrored, showRange } from "../state/list";
import { Icon } from "../ui/icons";
import { ResultRow, rowId } from "./result-row";

const ROW_PX = 56;
const ROW_NARROW_PX = 76;
const SPARE_ROWS = 6;
const SETTLED_MS = 120;

const COLUMNS = [
  { key: "input", first: "asc" }, { key: "bytes_in", first: "desc" }, { key: "bytes_out", first: "desc" },
  { key: "saved_bytes", first: "desc" }, { key: "score", first: "asc" }, { key: "ms", first: "desc" }, { key: "outcome", first: "asc" },
] as const;

export function ResultList({ job }: { job: Job }) {
  const t = useT();
  const list = useApp((s) => s.list);
  const scroller = useRef<HTMLDivElement>(null);
  const rowPx = useRowHeight();
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [active, setActive] = useState(-1);
  const settled = useSettled(top);
  const total = list?.total ?? 0;
  const mirrored = !!list && isMirrored(list.query);
  const first = Math.max(0, Math.floor(top / rowPx) - SPARE_ROWS);
  const last = Math.min(total - 1, Math.ceil((top + height) / rowPx) + SPARE_ROWS);

  useEffect(() => {
    const element = scroller.current!;
    const watch = new ResizeObserver(() => setHeight(element.clientHeight));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    if (last >= first) showRange(first, last);
  }, [first, last, list?.query, total]);
  useKeepPlace(scroller, total, mirrored, rowPx, setActive);
  useEffect(() => {
    scroller.current?.scrollTo(0, 0);
    setActive(-1);
  }, [list?.query]);

  const rowAt = useCallback((index: number) => list?.rows.get(mirrored ? total - 1 - index : index), [list, mirrored, total]);
  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(height / rowPx) - 1);
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key === "Enter") {
      const row = rowAt(active);
      if (row) go(`/job/${job.id}/${row.seq}`);
      return;
    }
    const step = steps[event.key];
    if (step === undefined || total === 0) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(total - 1, (active < 0 ? (step > 0 ? -1 : 0) : active) + step));
    setActive(next);
    reveal(scroller.current!, next, rowPx);
  };

  const rows = [];
  for (let index = first; index <= last; index++) {
    const row = rowAt(index);
    rows.push(
      <ResultRow key={mirrored ? total - 1 - index : index} index={index} top={index * rowPx} job={job.id} undone={job.undone} row={row}
        active={index === active} settled={settled} />,
    );
  }
  return (
    <div className="list">
      <div className="list-head" aria-hidden="true"><HeadCells /></div>
      <div ref={scroller} className="list-body" role="grid" tabIndex={0} aria-label={t("list.label")} aria-rowcount={total} aria-colcount={8}
        aria-activedescendant={active >= first && active <= last ? rowId(active) : undefined}
        onKeyDown={onKeyDown} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
        <div className="list-space" role="rowgroup" style={{ height: total * rowPx }}>{rows}</div>
        {total === 0 && <ListEmpty job={job} />}
      </div>
    </div>
  );
}

function ListEmpty({ job }: { job: Job }) {
  const t = useT();
  const list = useApp((s) => s.list);
  const filtered = !!list && (list.query.outcome !== "" || list.query.q !== "");
  const text = list?.error ?? (list?.loading ? t("common.loading") : filtered ? t("list.noMatch") : t(job.state === "collecting" ? "list.emptyUpload" : job.state === "done" ? "list.emptyDone" : "list.empty"));
  return <p className="list-empty" role="row"><span role="gridcell">{text}</span></p>;
}

function HeadCells() {
  const t = useT();
  const query = useApp((s) => s.list?.query);
  return (
    <>
      <span className="c-thumb" />
      {COLUMNS.map(({ key, first }) => {
        const on = query?.sort === key;
        const other = query?.order === "asc" ? "desc" : "asc";
        return (
          <button key={key} type="button" tabIndex={-1} className={`c-${key} ${on ? "on" : ""}`}
            onClick={() => changeQuery({ sort: key, order: on ? other : first })}>
            {t(`column.${key}`)}
            {on && <Icon name={query!.order === "asc" ? "up" : "down"} size={14} />}
          </button>
        );
      })}
      <span className="c-more" />
    </>
  );
}

function reveal(scroller: HTMLElement, index: number, rowPx: number): void {
  const top = index * rowPx;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (top + rowPx > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + rowPx - scroller.clientHeight;
}

/** New rows come on top: who has scrolled stays at the row he looks at. */
function useKeepPlace(scroller: React.RefObject<HTMLDivElement>, total: number, mirrored: boolean, rowPx: number,
  setActive: React.Dispatch<React.SetStateAction<number>>): void {
  const before = useRef({ total, mirrored });
  useLayoutEffect(() => {
    const added = total - before.current.total;
    const same = mirrored && before.current.mirrored;
    before.current = { total, mirrored };
    if (!same || added <= 0) return;
    setActive((active) => (active < 0 ? active : active + added));
    const element = scroller.current!;
    if (element.scrollTop > rowPx / 2) element.scrollTop += added * rowPx;
  }, [scroller, total, mirrored, rowPx, setActive]);
}

/** False while scrolling fast: pictures are only asked for where the eye rests. */
function useSettled(top: number): boolean {
  const [at, setAt] = useState(top);
  useEffect(() => {
    const timer = setTimeout(() => setAt(top), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [top]);
  return Math.abs(at - top) < 4 * ROW_PX;
}

function useRowHeight(): number {
  const [narrow, setNarrow] = useState(() => matchMedia("(max-width: 760px)").matches);
  useEffect(() => {
    const query = matchMedia("(max-width: 760px)");
    const change = () => setNarrow(query.matches);
    query.addEventListener("change", change);
    return () => query.removeEventListener("change", change);
  }, []);
  return narrow ? ROW_NARROW_PX : ROW_PX;
}
