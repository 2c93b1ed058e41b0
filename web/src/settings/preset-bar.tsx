// SPDX-License-Identifier: Apache-2.0
// Choose, save and delete named settings.
import { useState } from "react";
import { useT } from "../i18n";
import { useApp } from "../state/app-state";
import { applyPreset, deletePreset, savePreset } from "../state/presets";
import { Button, Dialog, TextField } from "../ui/controls";
import { toApi } from "./model";

const sorted = (value: object) => JSON.stringify(Object.entries(value).filter(([key]) => key !== "output").sort());

export function PresetBar() {
  const t = useT();
  const presets = useApp((s) => s.presets);
  const ui = useApp((s) => s.settings);
  const [naming, setNaming] = useState(false);
  const now = sorted(toApi(ui, true));
  const current = presets.find((preset) => sorted(preset.settings) === now)?.name ?? "";
  return (
    <div className="presets">
      <div className="field">
        <label className="sr" htmlFor="preset">{t("preset.title")}</label>
        <select id="preset" value={current} onChange={(event) => applyPreset(event.target.value)}>
          <option value="" disabled={presets.length > 0}>{t(presets.length ? "preset.none" : "preset.empty")}</option>
          {presets.map(({ name }) => <option key={name} value={name}>{name}</option>)}
        </select>
      </div>
      <Button icon="save" bare look="quiet" onClick={() => setNaming(true)}>{t("preset.save")}</Button>
      {current && <Button icon="trash" bare look="quiet" onClick={() => void deletePreset(current)}>{t("preset.delete", { name: current })}</Button>}
      {naming && <NameDialog onClose={() => setNaming(false)} />}
    </div>
  );
}

function NameDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const [name, setName] = useState("");
  const save = () => {
    void savePreset(name.trim());
    onClose();
  };
  return (
    <Dialog title={t("preset.save")} onClose={onClose} className="small"
      footer={<Button look="primary" disabled={!name.trim()} onClick={save}>{t("common.save")}</Button>}>
      <form onSubmit={(event) => { event.preventDefault(); if (name.trim()) save(); }}>
        <TextField label={t("preset.name")} value={name} onChange={setName} />
      </form>
    </Dialog>
  );
}
