// SPDX-License-Identifier: Apache-2.0
// The frame around every page: navigation, connection, drops anywhere, messages.
import { useEffect, useState } from "react";
import { ActivityPage } from "./activity/activity-page";
import { HistoryPage } from "./history/history-page";
import { LANGUAGES, useT } from "./i18n";
import { RunPage } from "./run/run-page";
import { fromClipboard, fromDrop } from "./start/dropped-files";
import { StartPage } from "./start/start-page";
import { isActive, useApp, type Theme } from "./state/app-state";
import { retryNow } from "./state/events";
import { setLanguage, setTheme } from "./state/prefs";
import { closeToast } from "./state/toasts";
import { optimizeFiles } from "./state/uploads";
import { Button } from "./ui/controls";
import { Icon, Mark, type IconName } from "./ui/icons";

export function App() {
  const t = useT();
  const route = useApp((s) => s.route);
  const over = useWindowDrop();
  return (
    <>
      <a className="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>
        {t("nav.skip")}
      </a>
      <Header route={route} />
      <ConnectionBar />
      <main id="main" tabIndex={-1}><Page route={route} /></main>
      <Toasts />
      {over && (
        <div className="drop-veil" aria-hidden="true">
          <div><Mark size={72} /><p>{t("drop.release")}</p></div>
        </div>
      )}
    </>
  );
}

function Page({ route }: { route: string }) {
  const [, first, id, seq] = /^\/(\w*)(?:\/(\d+))?(?:\/(\d+))?$/.exec(route) ?? [];
  if (first === "job" && id) return <RunPage key={id} id={Number(id)} compare={seq ? Number(seq) : null} />;
  if (first === "activity") return <ActivityPage />;
  if (first === "history") return <HistoryPage />;
  return <StartPage />;
}

function Header({ route }: { route: string }) {
  const t = useT();
  const running = useApp((s) => [...s.jobs.values()].filter(isActive).length);
  const tab = (to: string, label: string, current: boolean, badge?: number) => (
    <a href={`#${to}`} aria-current={current ? "page" : undefined}>
      {label}
      {badge ? <span className="badge" aria-label={t("nav.running", { n: badge })}>{badge}</span> : null}
    </a>
  );
  return (
    <header className="top">
      <a className="brand" href="#/" aria-label={t("nav.home")}><Mark /><span>Pare</span></a>
      <nav aria-label={t("nav.label")}>
        {tab("/", t("nav.optimize"), route === "/" || route.startsWith("/job/"), running)}
        {tab("/activity", t("nav.activity"), route === "/activity")}
        {tab("/history", t("nav.history"), route === "/history")}
      </nav>
      <div className="top-end">
        <LanguagePicker />
        <ThemeButton />
      </div>
    </header>
  );
}

function LanguagePicker() {
  const t = useT();
  const language = useApp((s) => s.language);
  return (
    <label className="language" title={t("nav.language")}>
      <Icon name="globe" size={18} />
      <span className="sr">{t("nav.language")}</span>
      <select value={language} onChange={(event) => void setLanguage(event.target.value)}>
        {LANGUAGES.map(({ id, name }) => <option key={id} value={id} lang={id}>{name}</option>)}
      </select>
    </label>
  );
}

const NEXT_THEME: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const THEME_ICON: Record<Theme, IconName> = { system: "auto", light: "sun", dark: "moon" };

function ThemeButton() {
  const t = useT();
  const theme = useApp((s) => s.theme);
  return (
    <Button icon={THEME_ICON[theme]} look="quiet" bare onClick={() => setTheme(NEXT_THEME[theme])}>
      {`${t("nav.theme")}: ${t(`theme.${theme}`)}`}
    </Button>
  );
}

function ConnectionBar() {
  const t = useT();
  const connection = useApp((s) => s.connection);
  const retryAt = useApp((s) => s.retryAt);
  const hasJobs = useApp((s) => [...s.jobs.values()].some(isActive));
  const [, tick] = useState(0);
  const bad = connection === "lost" || connection === "stalled" || connection === "unauthorized";
  useEffect(() => {
    if (!bad) return;
    const timer = setInterval(() => tick((n) => n + 1), 500);
    return () => clearInterval(timer);
  }, [bad]);
  if (!bad) return null;
  const seconds = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
  return (
    <div className="connection" role="alert">
      <Icon name="warn" size={18} />
      <p>
        <strong>{t(`connection.${connection}`)}</strong>{" "}
        {t(connection === "unauthorized" ? "connection.unauthorizedHint" : hasJobs ? "connection.jobGoesOn" : "connection.hint")}
      </p>
      <span className="muted" aria-hidden="true">
        {seconds > 0 ? t("connection.retryIn", { n: seconds }) : t("connection.retrying")}
      </span>
      <Button onClick={retryNow}>{t("connection.retryNow")}</Button>
    </div>
  );
}

function Toasts() {
  const t = useT();
  const toasts = useApp((s) => s.toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {toasts.map(({ id, kind, text }) => (
        <div key={id} className={`toast ${kind}`}>
          <Icon name={kind === "error" ? "warn" : "check"} size={18} />
          <p>{text}</p>
          <Button icon="close" look="quiet" bare onClick={() => closeToast(id)}>{t("common.close")}</Button>
        </div>
      ))}
    </div>
  );
}

/** Files may be dropped or pasted anywhere. */
function useWindowDrop(): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    let depth = 0;
    const hasFiles = (event: DragEvent) => !!event.dataTransfer?.types.includes("Files");
    const enter = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth++;
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (hasFiles(event) && --depth <= 0) setOver(false);
    };
    const hover = (event: DragEvent) => {
      if (hasFiles(event)) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      if (!event.dataTransfer || !hasFiles(event)) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      void fromDrop(event.dataTransfer).then(optimizeFiles);
    };
    const paste = (event: ClipboardEvent) => {
      if (event.clipboardData && event.clipboardData.files.length > 0) void optimizeFiles(fromClipboard(event.clipboardData));
    };
    window.addEventListener("dragenter", enter);
    window.addEventListener("dragleave", leave);
    window.addEventListener("dragover", hover);
    window.addEventListener("drop", drop);
    window.addEventListener("paste", paste);
    return () => {
      window.removeEventListener("dragenter", enter);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("dragover", hover);
      window.removeEventListener("drop", drop);
      window.removeEventListener("paste", paste);
    };
  }, []);
  return over;
}
