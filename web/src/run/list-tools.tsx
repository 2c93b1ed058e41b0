// SPDX-License-Identifier: Apache-2.0
// Filter, search and order of the list.
import { useEffect, useState } from "react";
import type { Job } from "../api/schema";
import * as format from "../format";
import { useT } from "../i18n";
import { useApp } from "../state/app-state";
import { changeQuery, DEFAULT_QUERY } from "../state/list";
import { Segmented, Select } from "../ui/controls";
import { Icon } from "../ui/icons";

const SEARCH_WAIT_MS = 250;
const OUTCOMES = ["", "optimized", "kept", "skipped", "failed"] as const;
const ORDERS = [
  "seq desc", "seq asc", "score asc", "saved_bytes desc", "ratio desc", "bytes_in desc", "bytes_out desc", "ms desc", "input asc", "outcome asc",
] as const;

export function ListTools({ job }: { job: Job }) {
  const t = useT();
  const query = useApp((s) => s.list?.query) ?? DEFAULT_QUERY;
  const p = job.progress;
  const counts: Record<string, number> = { "": p.files_done, optimized: p.optimized, kept: p.kept, skipped: p.skipped, failed: p.failed };
  const order = `${query.sort} ${query.order}`;
  const orders: readonly string[] = (ORDERS as readonly string[]).includes(order) ? ORDERS : [...ORDERS, order];
  return (
    <div className="tools">
      <Segmented label={t("list.filter")} value={query.outcome} onChange={(outcome) => changeQuery({ outcome })}
        choices={OUTCOMES.map((value) => ({ value: value as string, label: t(value ? `outcome.${value}` : "list.all"), extra: format.count(counts[value]) }))} />
      <Search value={query.q} />
      <div className="order">
        <Icon name="sort" size={18} />
        <Select label={t("list.order")} hideLabel value={order}
          onChange={(value) => { const [sort, dir] = value.split(" "); changeQuery({ sort, order: dir as "asc" | "desc" }); }}
          choices={orders.map((value) => ({ value, label: orderLabel(t, value) }))} />
      </div>
    </div>
  );
}

function orderLabel(t: ReturnType<typeof useT>, order: string): string {
  const [sort, dir] = order.split(" ");
  if ((ORDERS as readonly string[]).includes(order)) return t(`order.${sort}_${dir}`);
  return `${t(`column.${sort}`)} ${dir === "asc" ? "↑" : "↓"}`;
}

function Search({ value }: { value: string }) {
  const t = useT();
  const [text, setText] = useState(value);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => changeQuery({ q: text }), SEARCH_WAIT_MS);
    return () => clearTimeout(timer);
  }, [text, value]);
  return (
    <label className="search">
      <Icon name="search" size={18} />
      <span className="sr">{t("list.search")}</span>
      <input type="search" value={text} placeholder={t("list.search")} spellCheck={false} onChange={(event) => setText(event.target.value)} />
    </label>
  );
}
