// SPDX-License-Identifier: Apache-2.0
// What is kept in the browser across visits: settings, theme, language.
import { loadMessages, pickLanguage } from "../i18n";
import type { System } from "../api/schema";
import { LOSSY_FORMATS, restore, type UiSettings } from "../settings/model";
import { store, type Theme } from "./app-state";

const KEY = "pare.";

function read(name: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(KEY + name) ?? "null");
  } catch {
    return null; // no storage, or something else wrote there: start fresh
  }
}

function write(name: string, value: unknown): void {
  try {
    localStorage.setItem(KEY + name, JSON.stringify(value));
  } catch {
    // A private window may refuse; the setting still holds until the page is left.
  }
}

export function changeSettings(change: Partial<UiSettings>): void {
  store.commit((s) => ({ settings: { ...s.settings, ...change } }));
  write("settings", store.get().settings);
}

/** A format that was chosen on another server, or before this one was built without it. */
export function dropFormatNotWritten(system: System): void {
  const { format } = store.get().settings;
  const isKnown = !(LOSSY_FORMATS as readonly string[]).includes(format) || system.formats_out.includes(format);
  if (!isKnown) changeSettings({ format: "original" });
}

export function setTheme(theme: Theme): void {
  store.commit(() => ({ theme }));
  write("theme", theme);
  applyTheme(theme);
}

function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export async function setLanguage(language: string, keep = true): Promise<void> {
  const messages = await loadMessages(language);
  document.documentElement.lang = language;
  store.commit(() => ({ language, messages }));
  if (keep) write("language", language);
}

export function restorePrefs(): void {
  const theme = read("theme");
  if (theme === "light" || theme === "dark") {
    applyTheme(theme);
    store.commit(() => ({ theme }));
  }
  store.commit(() => ({ settings: restore(read("settings")) }));
  const language = pickLanguage(read("language"), navigator.languages);
  if (language !== "en") void setLanguage(language, false);
}
