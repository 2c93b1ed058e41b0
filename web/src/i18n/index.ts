// SPDX-License-Identifier: Apache-2.0
// One JSON file a language, the same keys in all. "{name}" is filled in; a key that counts has
// one entry a plural form: key_one, key_few, key_many, key_other.
import english from "./en.json";
import { store, useApp } from "../state/app-state";

export const LANGUAGES: readonly { id: string; name: string }[] = [
  { id: "en", name: "English" },
  { id: "de", name: "Deutsch" },
  { id: "fr", name: "Français" },
  { id: "es", name: "Español" },
  { id: "nl", name: "Nederlands" },
  { id: "ru", name: "Русский" },
];

type Messages = Record<string, string>;

const LOADERS: Record<string, () => Promise<{ default: Messages }>> = {
  de: () => import("./de.json"),
  fr: () => import("./fr.json"),
  es: () => import("./es.json"),
  nl: () => import("./nl.json"),
  ru: () => import("./ru.json"),
};

export async function loadMessages(language: string): Promise<Messages> {
  const load = LOADERS[language];
  return load ? (await load()).default : english;
}

export function pickLanguage(saved: unknown, wanted: readonly string[]): string {
  const known = (tag: string) => LANGUAGES.some((language) => language.id === tag);
  if (typeof saved === "string" && known(saved)) return saved;
  for (const tag of wanted) {
    const base = tag.slice(0, 2).toLowerCase();
    if (known(base)) return base;
  }
  return "en";
}

/** Numbers and dates as in the reader's country, when the browser names one for the language. */
export function localeOf(language: string): string {
  return navigator.languages.find((tag) => tag.slice(0, 2).toLowerCase() === language) ?? language;
}

export type Vars = Record<string, string | number>;
export type Translate = (key: string, vars?: Vars) => string;

function fill(text: string, vars: Vars | undefined): string {
  return vars ? text.replace(/\{(\w+)\}/g, (_, name: string) => String(vars[name] ?? "")) : text;
}

function translator(language: string, messages: Messages): Translate {
  const plural = new Intl.PluralRules(language);
  const number = new Intl.NumberFormat(localeOf(language));
  return (key, vars) => {
    const own = messages[key] ?? (english as Messages)[key];
    if (!vars || typeof vars.n !== "number") return fill(own ?? key, vars);
    const form = messages[`${key}_${plural.select(vars.n)}`] ?? messages[`${key}_other`];
    return fill(form ?? own ?? key, { ...vars, n: number.format(vars.n) });
  };
}

let made: { language: string; messages: Messages; t: Translate } | null = null;

function current(language: string, messages: Messages): Translate {
  if (!made || made.language !== language || made.messages !== messages) {
    made = { language, messages, t: translator(language, messages) };
  }
  return made.t;
}

export function useT(): Translate {
  const language = useApp((s) => s.language);
  const messages = useApp((s) => s.messages);
  return current(language, messages);
}

/** Outside of components. */
export const t: Translate = (key, vars) => {
  const { language, messages } = store.get();
  return current(language, messages)(key, vars);
};

/** Has this key a text? For names that come from the server. */
export function known(key: string): boolean {
  return key in english;
}
