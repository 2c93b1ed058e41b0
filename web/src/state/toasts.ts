// SPDX-License-Identifier: Apache-2.0
// Short messages; errors stay until they are closed.
import { ApiError } from "../api/client";
import { t } from "../i18n";
import { store, type Toast } from "./app-state";

let last = 0;
const SHOWN_MS = 5000;

export function toast(kind: Toast["kind"], text: string): void {
  const id = ++last;
  store.update((s) => ({
    toasts: [...s.toasts.filter((other) => other.text !== text), { id, kind, text }].slice(-4),
  }));
  if (kind !== "error") setTimeout(() => closeToast(id), SHOWN_MS);
}

export function closeToast(id: number): void {
  store.update((s) => ({ toasts: s.toasts.filter((other) => other.id !== id) }));
}

/** What went wrong and what to do, for people. */
export function errorText(error: unknown): string {
  if (error instanceof ApiError) {
    if (error.status === 0) return t("error.unreachable");
    if (error.status === 401) return t("error.unauthorized");
    return error.message || t("error.http", { status: error.status });
  }
  return error instanceof Error ? error.message : String(error);
}

export function report(error: unknown): void {
  if (error instanceof ApiError && error.status === 401) store.update(() => ({ connection: "unauthorized" }));
  toast("error", errorText(error));
}
