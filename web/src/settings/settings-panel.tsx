// SPDX-License-Identifier: Apache-2.0
// How good, what format, how large, what is kept, where results go.
import { useState } from "react";
import { useT } from "../i18n";
import { useApp } from "../state/app-state";
import { changeSettings } from "../state/prefs";
import { Button, Check, Select, TextField } from "../ui/controls";
import { ServerBrowser } from "../start/server-browser";
import {
  DEFAULT_SETTINGS, FORMATS, LOSSY_FORMATS, METADATA, OUTPUT_MODES, QUALITY_MODES, RESIZE_MODES,
  type FormatChoice, type LossyFormat, type UiSettings,
} from "./model";
import { PresetBar } from "./preset-bar";

interface PartProps {
  ui: UiSettings;
  set: (change: Partial<UiSettings>) => void;
}

export function SettingsPanel() {
  const t = useT();
  const ui = useApp((s) => s.settings);
  const hasRoots = useApp((s) => (s.system?.roots.length ?? 0) > 0);
  const part: PartProps = { ui, set: changeSettings };
  return (
    <aside className="settings" aria-labelledby="settings-title">
      <header>
        <h2 id="settings-title">{t("settings.title")}</h2>
        <Button look="quiet" onClick={() => changeSettings(DEFAULT_SETTINGS)}>{t("settings.reset")}</Button>
      </header>
      <PresetBar />
      <QualityPart {...part} />
      <FormatPart {...part} />
      <ResizePart {...part} />
      {hasRoots && <OutputPart {...part} />}
      <details>
        <summary>{t("settings.more")}</summary>
        <PerFormatPart {...part} />
        <LimitsPart {...part} />
        <MetadataPart {...part} />
      </details>
    </aside>
  );
}

function QualityPart({ ui, set }: PartProps) {
  const t = useT();
  return (
    <fieldset className="part">
      <legend>{t("quality.title")}</legend>
      <div className="quality">
        {QUALITY_MODES.map((mode) => (
          <label key={mode} className={ui.quality === mode ? "on" : ""}>
            <input type="radio" className="sr" name="quality" checked={ui.quality === mode} onChange={() => set({ quality: mode })} />
            {t(`quality.${mode}`)}
          </label>
        ))}
      </div>
      {ui.quality === "number" && (
        <div className="slider">
          <input type="range" min={1} max={100} value={ui.qualityNumber} aria-label={t("quality.number")}
            onChange={(event) => set({ qualityNumber: Number(event.target.value) })} />
          <output className="num">{ui.qualityNumber}</output>
        </div>
      )}
      <p className="hint" aria-live="polite">{t(`quality.${ui.quality}Hint`)}</p>
    </fieldset>
  );
}

/** What this server writes; everything until it has told. What is no format (original, smallest) always is. */
function useOffered(): (format: FormatChoice) => boolean {
  const written = useApp((s) => s.system?.formats_out);
  return (format) => !written || !LOSSY_FORMATS.includes(format as LossyFormat) || written.includes(format);
}

function FormatPart({ ui, set }: PartProps) {
  const t = useT();
  const offered = useOffered();
  return (
    <div className="part">
      <Select label={t("format.title")} value={ui.format} onChange={(format) => set({ format })}
        choices={FORMATS.filter(offered).map((value) => ({ value, label: formatLabel(t, value) }))} />
      {(ui.format === "smallest" || ui.format === "auto") && <p className="hint">{t(`format.${ui.format}Hint`)}</p>}
    </div>
  );
}

function formatLabel(t: ReturnType<typeof useT>, value: string): string {
  return value === "original" || value === "smallest" || value === "auto" ? t(`format.${value}`) : value === "webp" ? "WebP" : value === "jxl" ? "JPEG XL" : value.toUpperCase();
}

function ResizePart({ ui, set }: PartProps) {
  const t = useT();
  const number = (key: "resizeWidth" | "resizeHeight" | "resizePercent", label: string, max: number) => (
    <TextField type="number" label={label} min={1} max={max} value={ui[key] ? String(ui[key]) : ""}
      onChange={(text) => set({ [key]: Math.min(max, Math.max(0, Math.round(Number(text)) || 0)) })} />
  );
  const byHeight = ui.resize === "height" || ui.resize === "shortest";
  return (
    <div className="part">
      <Select label={t("resize.title")} value={ui.resize} onChange={(resize) => set({ resize })}
        choices={RESIZE_MODES.map((value) => ({ value, label: t(`resize.${value}`) }))} />
      {ui.resize !== "none" && (
        <>
          <div className="row">
            {ui.resize === "percent" && number("resizePercent", t("resize.percentOf"), 1000)}
            {ui.resize !== "percent" && !byHeight && number("resizeWidth", t(ui.resize === "fit" ? "resize.maxWidth" : "resize.pixels"), 65535)}
            {(byHeight || ui.resize === "fit") && number("resizeHeight", t(ui.resize === "fit" ? "resize.maxHeight" : "resize.pixels"), 65535)}
          </div>
          <Check label={t("resize.enlarge")} checked={ui.enlarge} onChange={(enlarge) => set({ enlarge })} />
        </>
      )}
    </div>
  );
}

function OutputPart({ ui, set }: PartProps) {
  const t = useT();
  const roots = useApp((s) => s.system?.roots ?? []);
  const [choosing, setChoosing] = useState(false);
  const rootName = roots.find((root) => root.id === ui.outputRoot)?.name ?? roots[0]?.name ?? "";
  return (
    <div className="part">
      <Select label={t("output.title")} value={ui.outputMode}
        onChange={(outputMode) => set({ outputMode, outputRoot: ui.outputRoot || roots[0]?.id || "" })}
        choices={OUTPUT_MODES.map((value) => ({ value, label: t(`output.${value}`) }))} />
      {ui.outputMode === "folder" && (
        <div className="row end">
          <TextField label={t("output.path", { root: rootName })} value={ui.outputPath} onChange={(outputPath) => set({ outputPath })} />
          <Button icon="folder" bare onClick={() => setChoosing(true)}>{t("output.choose")}</Button>
        </div>
      )}
      {ui.outputMode === "suffix" && <TextField label={t("output.suffixText")} value={ui.suffix} onChange={(suffix) => set({ suffix })} />}
      {ui.outputMode === "in_place" && <Check label={t("output.backup")} checked={ui.backup} onChange={(backup) => set({ backup })} hint={t("output.backupHint")} />}
      <p className="hint">{t("output.uploadsHint")}</p>
      {choosing && (
        <ServerBrowser onClose={() => setChoosing(false)}
          onFolder={(outputRoot, outputPath) => { set({ outputRoot, outputPath }); setChoosing(false); }} />
      )}
    </div>
  );
}

const FORMAT_QUALITIES = ["", "lossless", "score:90", "score:80", "score:70", "90", "80", "70", "60", "50"];

function PerFormatPart({ ui, set }: PartProps) {
  const t = useT();
  const offered = useOffered();
  const label = (value: string) => {
    if (value === "") return t("perFormat.same");
    if (value === "lossless") return t("quality.lossless");
    return value.startsWith("score:") ? t("perFormat.score", { score: value.slice(6) }) : t("perFormat.number", { number: value });
  };
  const one = (format: LossyFormat) => {
    const value = ui.perFormat[format];
    const values = FORMAT_QUALITIES.includes(value) ? FORMAT_QUALITIES : [...FORMAT_QUALITIES, value];
    return (
      <Select key={format} label={formatLabel(t, format)} value={value} choices={values.map((v) => ({ value: v, label: label(v) }))}
        onChange={(chosen) => set({ perFormat: { ...ui.perFormat, [format]: chosen } })} />
    );
  };
  return (
    <fieldset className="part">
      <legend>{t("perFormat.title")}</legend>
      <div className="grid2">{LOSSY_FORMATS.filter(offered).map(one)}</div>
    </fieldset>
  );
}

const SIZE = /^\d+(\.\d+)?\s*([kmgt]i?)?b?$/i;
const SAVINGS = /^\d+(\.\d+)?\s*(%|([kmgt]i?)?b?)$/i;

function LimitsPart({ ui, set }: PartProps) {
  const t = useT();
  const bad = (text: string, pattern: RegExp) => text.trim() !== "" && !pattern.test(text.trim());
  return (
    <fieldset className="part">
      <legend>{t("limits.title")}</legend>
      <div className="slider labelled">
        <label htmlFor="effort">{t("limits.effort")}</label>
        <input id="effort" type="range" min={0} max={9} value={ui.effort} onChange={(event) => set({ effort: Number(event.target.value) })} />
        <output className="num">{ui.effort}</output>
      </div>
      <div className="grid2">
        <TextField label={t("limits.targetSize")} example="200KB" value={ui.targetSize} onChange={(targetSize) => set({ targetSize })}
          invalid={bad(ui.targetSize, SIZE) && t("limits.sizeBad")} />
        <TextField label={t("limits.minSavings")} example="2%" value={ui.minSavings} onChange={(minSavings) => set({ minSavings })}
          invalid={bad(ui.minSavings, SAVINGS) && t("limits.savingsBad")} />
        <TextField label={t("limits.minScore")} type="number" min={1} max={100} example="70" value={ui.minScore}
          onChange={(minScore) => set({ minScore })} />
      </div>
      {ui.targetSize.trim() !== "" && (
        <Check label={t("limits.downscale")} checked={ui.downscale} onChange={(downscale) => set({ downscale })} hint={t("limits.downscaleHint")} />
      )}
    </fieldset>
  );
}

function MetadataPart({ ui, set }: PartProps) {
  const t = useT();
  return (
    <fieldset className="part">
      <legend>{t("metadata.title")}</legend>
      <div className="grid2">
        {METADATA.map((kind) => (
          <Check key={kind} label={t(`metadata.${kind}`)} checked={ui.keep[kind]}
            onChange={(on) => set({ keep: { ...ui.keep, [kind]: on, ...(kind === "gps" && on ? { exif: true } : {}), ...(kind === "exif" && !on ? { gps: false } : {}) } })} />
        ))}
      </div>
      <Check label={t("metadata.sanitize")} checked={ui.sanitize} onChange={(sanitize) => set({ sanitize })} hint={t("metadata.sanitizeHint")} />
      <Check label={t("metadata.dates")} checked={ui.keepDates} onChange={(keepDates) => set({ keepDates })} />
    </fieldset>
  );
}
