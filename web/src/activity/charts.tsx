// SPDX-License-Identifier: Apache-2.0
// Small charts, drawn as SVG.
import { useId } from "react";

const W = 320;
const H = 72;

/** The last values, newest at the right edge. max: top of the scale, or the highest value. */
export function Sparkline({ values, max, length, label }: { values: number[]; max?: number; length: number; label: string }) {
  const fill = useId();
  const top = Math.max(max ?? 0, ...(max === undefined ? values : []), 1e-9) * (max === undefined ? 1.15 : 1);
  const x = (i: number) => W - ((values.length - 1 - i) / (length - 1)) * W;
  const y = (v: number) => H - 1 - (Math.min(v, top) / top) * (H - 4);
  const line = values.map((v, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`).join("");
  const area = values.length > 1 ? `${line}L${W} ${H}L${x(0).toFixed(1)} ${H}Z` : "";
  return (
    <svg className="spark" viewBox={`0 0 ${W} ${H}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <defs>
        <linearGradient id={fill} x1="0" y1="0" x2="0" y2="1">
          <stop offset="0" className="spark-top" /><stop offset="1" className="spark-bottom" />
        </linearGradient>
      </defs>
      <path className="spark-grid" d={`M0 ${H / 2}H${W}M0 ${H - 0.5}H${W}`} />
      <path d={area} fill={`url(#${fill})`} />
      <path className="spark-line" d={line} />
    </svg>
  );
}

export function Meter({ value, max, label, text, scarce = false }: { value: number; max: number; label: string; text: string; scarce?: boolean }) {
  const share = max > 0 ? Math.min(1, value / max) : 0;
  return (
    <div className={`meter ${scarce && share > 0.95 ? "full" : ""}`} role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={max || 1} aria-valuenow={Math.min(value, max || 1)} aria-valuetext={text}>
      <span style={{ transform: `scaleX(${share})` }} />
    </div>
  );
}

/** One column a core. */
export function Cores({ values, label }: { values: number[]; label: string }) {
  return (
    <div className="cores" role="img" aria-label={label}>
      {values.map((value, i) => (
        <span key={i}><i style={{ transform: `scaleY(${Math.min(100, value) / 100})` }} /></span>
      ))}
    </div>
  );
}
