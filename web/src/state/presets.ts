// SPDX-License-Identifier: Apache-2.0
// Named settings, kept on the server.
import { api } from "../api/client";
import { t } from "../i18n";
import { fromApi, toApi } from "../settings/model";
import { store } from "./app-state";
import { changeSettings } from "./prefs";
import { report, toast } from "./toasts";

export async function loadPresets(): Promise<void> {
  try {
    const { presets } = await api.presets();
    store.update(() => ({ presets }));
  } catch {
    // The connection banner says it; presets come with the next visit.
  }
}

export async function savePreset(name: string): Promise<void> {
  try {
    await api.savePreset(name, toApi(store.get().settings, true));
    toast("done", t("preset.saved", { name }));
  } catch (error) {
    report(error);
  }
  await loadPresets();
}

export async function deletePreset(name: string): Promise<void> {
  try {
    await api.deletePreset(name);
  } catch (error) {
    report(error);
  }
  await loadPresets();
}

export function applyPreset(name: string): void {
  const preset = store.get().presets.find((p) => p.name === name);
  if (preset) changeSettings(fromApi(preset.settings, store.get().settings));
}
