// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them, in their language.
import { localeOf } from "./i18n";
import { store } from "./state/app-state";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
const NARROW = new Set(["byte", "second", "millisecond"]); // "secs" is no better than "s"
const formats = new Map<string, Intl.NumberFormat>(); // costly to make, asked for in every row

function format(kind: string, digits: number, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const { language } = store.get();
  const key = `${language} ${kind} ${digits}`;
  let found = formats.get(key);
  if (!found) formats.set(key, (found = new Intl.NumberFormat(localeOf(language), { maximumFractionDigits: digits, ...options })));
  return found;
}

function unit(value: number, name: string, digits = 0): string {
  return format(name, digits, { style: "unit", unit: name, unitDisplay: NARROW.has(name) ? "narrow" : "short", minimumFractionDigits: digits })
    .format(value).replace(/(\d)(\p{L})/u, "$1\u00a0$2"); // "0B" in some languages
}

export function bytes(value: number): string {
  let step = 0;
  let scaled = value;
  while (scaled >= 999.5 && step < UNITS.length - 1) {
    scaled /= 1000;
    step++;
  }
  const digits = step === 0 || scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2;
  return unit(scaled, UNITS[step], digits);
}

export function count(value: number): string {
  return format("count", 0, {}).format(value);
}

export function decimal(value: number, digits = 1): string {
  return format("decimal", digits, { minimumFractionDigits: digits }).format(value);
}

/** 0..1 */
export function percent(share: number, digits = 0): string {
  return format("percent", digits, { style: "percent", minimumFractionDigits: digits }).format(share);
}

export function shareSaved(before: number, after: number): number {
  return before > 0 ? Math.max(0, 1 - after / before) : 0;
}

export function duration(ms: number): string {
  if (ms < 1000) return unit(Math.round(ms), "millisecond");
  const s = ms / 1000;
  if (s < 60) return unit(s, "second", s < 10 ? 1 : 0);
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return `${unit(minutes, "minute")} ${unit(Math.floor(s % 60), "second")}`;
  return `${unit(Math.floor(minutes / 60), "hour")} ${unit(minutes % 60, "minute")}`;
}

/** Time left, only as exact as it is known: seconds near the end, minutes before. */
export function roughDuration(ms: number): string {
  const s = ms / 1000;
  if (s < 10) return unit(Math.max(1, Math.ceil(s)), "second");
  if (s < 60) return unit(Math.ceil(s / 5) * 5, "second");

  if (s < 5400) return unit(Math.round(s / 60), "minute");
  return `${unit(Math.floor(s / 3600), "hour")} ${unit(Math.round((s % 3600) / 60), "minute")}`;
}

export function date(unixSeconds: number): string {
  const { language } = store.get();
  return new Intl.DateTimeFormat(localeOf(language), { dateStyle: "medium", timeStyle: "short" }).format(unixSeconds * 1000);
}

export const baseName = (path: string) => path.slice(path.lastIndexOf("/") + 1);
export const folderOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")));
