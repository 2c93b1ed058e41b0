// SPDX-License-Identifier: Apache-2.0
// Settings as the page shows them, and their translation to the words of the server.
import type { Output, Settings } from "../api/schema";

export const QUALITY_MODES = ["auto", "visually_lossless", "balanced", "small", "lossless", "number"] as const;
export type QualityMode = (typeof QUALITY_MODES)[number];

/** SSIMULACRA2 against the input; auto is the server's own 80. */
export const QUALITY_SCORES: Partial<Record<QualityMode, number>> = {
  visually_lossless: 90,
  balanced: 70,
  small: 55,
};

export const FORMATS = ["original", "smallest", "auto", "jpeg", "png", "webp", "avif", "jxl"] as const;
export type FormatChoice = (typeof FORMATS)[number];
export const LOSSY_FORMATS = ["jpeg", "png", "webp", "avif", "jxl"] as const;
export type LossyFormat = (typeof LOSSY_FORMATS)[number];

export const RESIZE_MODES = ["none", "longest", "shortest", "width", "height", "fit", "percent"] as const;
export type ResizeMode = (typeof RESIZE_MODES)[number];

export const METADATA = ["icc", "copyright", "gainmap", "exif", "gps", "xmp", "iptc", "comment"] as const;
export type MetadataKind = (typeof METADATA)[number];
const KEPT_BY_DEFAULT: readonly MetadataKind[] = ["icc", "copyright", "gainmap"];

export type OutputMode = Output["mode"];
export const OUTPUT_MODES: readonly OutputMode[] = ["beside", "folder", "in_place", "suffix"];

export interface UiSettings {
  quality: QualityMode;
  qualityNumber: number;
  /** "" as above, "lossless", "score:S" or "N" */
  perFormat: Record<LossyFormat, string>;
  format: FormatChoice;
  resize: ResizeMode;
  resizeWidth: number;
  resizeHeight: number;
  resizePercent: number;
  enlarge: boolean;
  effort: number;
  targetSize: string;
  downscale: boolean;
  sanitize: boolean;
  minScore: string;
  minSavings: string;
  keep: Record<MetadataKind, boolean>;
  keepDates: boolean;
  outputMode: OutputMode;
  outputRoot: string;
  outputPath: string;
  suffix: string;
  backup: boolean;
}

export const DEFAULT_SETTINGS: UiSettings = {
  quality: "auto",
  qualityNumber: 80,
  perFormat: { jpeg: "", png: "", webp: "", avif: "", jxl: "" },
  format: "original",
  resize: "none",
  resizeWidth: 1920,
  resizeHeight: 1080,
  resizePercent: 50,
  enlarge: false,
  effort: 4,
  targetSize: "",
  downscale: false,
  sanitize: false,
  minScore: "",
  minSavings: "",
  keep: { icc: true, copyright: true, gainmap: true, exif: false, gps: false, xmp: false, iptc: false, comment: false },
  keepDates: false,
  outputMode: "beside",
  outputRoot: "",
  outputPath: "optimized",
  suffix: "-small",
  backup: true,
};

function resizeText(ui: UiSettings): string | undefined {
  switch (ui.resize) {
    case "none": return undefined;
    case "fit": return `fit:${ui.resizeWidth}x${ui.resizeHeight}`;
    case "percent": return `${ui.resizePercent}%`;
    case "height":
    case "shortest": return `${ui.resize}:${ui.resizeHeight}`;
    default: return `${ui.resize}:${ui.resizeWidth}`;
  }
}

const quality = (text: string) => (/^\d+$/.test(text) ? Number(text) : text);

/** uploads: results are downloaded, so where they go is not the person's business. */
export function toApi(ui: UiSettings, uploads: boolean): Settings {
  const out: Settings = {};
  const score = QUALITY_SCORES[ui.quality];
  if (ui.quality === "lossless") out.lossless = true;
  else out.quality = ui.quality === "number" ? ui.qualityNumber : score ? `score:${score}` : "auto";
  for (const format of LOSSY_FORMATS) {
    const text = ui.perFormat[format].trim();
    if (text) out[`quality_${format}`] = quality(text);
  }
  out.format = ui.format;
  const resize = resizeText(ui);
  if (resize) {
    out.resize = resize;
    if (ui.enlarge) out.enlarge = true;
  }
  if (ui.effort !== DEFAULT_SETTINGS.effort) out.effort = ui.effort;
  const kept = METADATA.filter((kind) => ui.keep[kind] && !KEPT_BY_DEFAULT.includes(kind));
  const dropped = KEPT_BY_DEFAULT.filter((kind) => !ui.keep[kind]);
  if (kept.length) out.keep = kept.join(",");
  if (dropped.length) out.strip = dropped.join(",");
  if (ui.targetSize.trim()) {
    out.target_size = ui.targetSize.trim();
    if (ui.downscale) out.downscale = true;
  }
  if (ui.sanitize) out.sanitize = true;
  if (ui.minScore.trim()) out.min_score = Number(ui.minScore);
  if (ui.minSavings.trim()) out.min_savings = ui.minSavings.trim();
  if (ui.keepDates) out.keep_dates = true;
  if (!uploads) {
    out.output = { mode: ui.outputMode };
    if (ui.outputMode === "folder") {
      out.output.root = ui.outputRoot;
      out.output.path = ui.outputPath;
    }
    if (ui.outputMode === "suffix") out.output.suffix = ui.suffix;
    if (ui.outputMode === "in_place") out.output.backup = ui.backup;
  }
  return out;
}

function readQuality(ui: UiSettings, from: Settings): void {
  const value = from.lossless ? "lossless" : String(from.quality ?? "auto");
  const byScore = QUALITY_MODES.find((mode) => value === `score:${QUALITY_SCORES[mode]}`);
  if (byScore) ui.quality = byScore;
  else if (value === "auto" || value === "lossless") ui.quality = value;
  else if (/^\d+$/.test(value)) {
    ui.quality = "number";
    ui.qualityNumber = Number(value);
  }
}

function readResize(ui: UiSettings, text: string | undefined): void {
  const match = /^(?:(width|height|longest|shortest|fit):(\d+)(?:x(\d+))?|(\d+(?:\.\d+)?)%)$/.exec(text ?? "");
  if (!match) return;
  const [, mode, first, second, percent] = match;
  if (percent) {
    ui.resize = "percent";
    ui.resizePercent = Number(percent);
    return;
  }
  ui.resize = mode as ResizeMode;
  if (mode === "height" || mode === "shortest") ui.resizeHeight = Number(first);
  else ui.resizeWidth = Number(first);
  if (mode === "fit") ui.resizeHeight = Number(second ?? first);
}

const listOf = (list: string | string[] | undefined) => (Array.isArray(list) ? list : (list ?? "").split(","));

/** A preset's settings on top of the defaults; output is left as it is. */
export function fromApi(from: Settings, output: UiSettings): UiSettings {
  const ui: UiSettings = {
    ...DEFAULT_SETTINGS,
    perFormat: { ...DEFAULT_SETTINGS.perFormat },
    keep: { ...DEFAULT_SETTINGS.keep },
    outputMode: output.outputMode,
    outputRoot: output.outputRoot,
    outputPath: output.outputPath,
    suffix: output.suffix,
    backup: output.backup,
  };
  readQuality(ui, from);
  readResize(ui, from.resize);
  for (const format of LOSSY_FORMATS) ui.perFormat[format] = String(from[`quality_${format}`] ?? "");
  ui.format = from.format ?? "original";
  ui.enlarge = !!from.enlarge;
  ui.effort = Number(from.effort ?? DEFAULT_SETTINGS.effort);
  for (const kind of listOf(from.keep)) if (kind in ui.keep) ui.keep[kind as MetadataKind] = true;
  for (const kind of listOf(from.strip)) if (kind in ui.keep) ui.keep[kind as MetadataKind] = false;
  ui.targetSize = String(from.target_size ?? "");
  ui.downscale = !!from.downscale;
  ui.sanitize = !!from.sanitize;
  ui.minScore = from.min_score === undefined ? "" : String(from.min_score);
  ui.minSavings = String(from.min_savings ?? "");
  ui.keepDates = !!from.keep_dates;
  return ui;
}

/** What was kept in the browser, checked: an older page may have written it. */
export function restore(saved: unknown): UiSettings {
  const ui: UiSettings = structuredCloneOf(DEFAULT_SETTINGS);
  if (typeof saved !== "object" || saved === null) return ui;
  const from = saved as Record<string, unknown>;
  for (const key of Object.keys(ui) as (keyof UiSettings)[]) {
    const value = from[key];
    if (typeof value !== typeof ui[key] || value === null) continue;
    if (typeof value === "object") Object.assign(ui[key] as object, pick(value as object, ui[key] as object));
    else (ui as unknown as Record<string, unknown>)[key] = value;
  }
  if (!QUALITY_MODES.includes(ui.quality)) ui.quality = "auto";
  if (!RESIZE_MODES.includes(ui.resize)) ui.resize = "none";
  if (!FORMATS.includes(ui.format)) ui.format = "original";
  if (!OUTPUT_MODES.includes(ui.outputMode)) ui.outputMode = "beside";
  return ui;
}

function pick(from: object, like: object): object {
  return Object.fromEntries(Object.entries(from).filter(([key, value]) =>
    key in like && typeof value === typeof (like as Record<string, unknown>)[key]));
}

const structuredCloneOf = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
