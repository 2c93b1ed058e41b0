// SPDX-License-Identifier: Apache-2.0
// Choose files and folders that the server can see.
import { useCallback, useEffect, useRef, useState } from "react";
import { api } from "../api/client";
import type { Entry } from "../api/schema";
import * as format from "../format";
import { useT } from "../i18n";
import { useApp } from "../state/app-state";
import { createJob } from "../state/jobs";
import { errorText } from "../state/toasts";
import { Button, Dialog, Select } from "../ui/controls";
import { Icon } from "../ui/icons";

const PAGE = 200;
const join = (path: string, name: string) => (path ? `${path}/${name}` : name);

interface Listing {
  path: string;
  total: number;
  entries: Entry[];
  error: string | null;
  loading: boolean;
}

function useListing(root: string, path: string) {
  const [listing, setListing] = useState<Listing>({ path, total: 0, entries: [], error: null, loading: true });
  const abort = useRef<AbortController | null>(null);
  const load = useCallback(async (offset: number) => {
    abort.current?.abort();
    const own = (abort.current = new AbortController());
    setListing((l) => (offset === 0 ? { path, total: 0, entries: [], error: null, loading: true } : { ...l, loading: true }));
    try {
      const page = await api.entries(root, path, offset, PAGE, own.signal);
      setListing((l) => ({
        path, total: page.total ?? page.entries.length, error: null, loading: false,
        entries: offset === 0 ? page.entries : [...l.entries, ...page.entries],
      }));
    } catch (error) {
      if (!own.signal.aborted) setListing((l) => ({ ...l, loading: false, error: errorText(error) }));
    }
  }, [root, path]);
  useEffect(() => {
    void load(0);
    return () => abort.current?.abort();
  }, [load]);
  return { listing, more: () => void load(listing.entries.length) };
}

interface BrowserProps {
  onClose: () => void;
  /** Given: choose one folder for results, instead of sources. */
  onFolder?: (root: string, path: string) => void;
}

export function ServerBrowser({ onClose, onFolder }: BrowserProps) {
  const t = useT();
  const roots = useApp((s) => s.system?.roots ?? []);
  const output = useApp((s) => s.settings.outputMode);
  const backup = useApp((s) => s.settings.backup);
  const [root, setRoot] = useState(roots[0]?.id ?? "");
  const [path, setPath] = useState("");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { listing, more } = useListing(root, path);
  const enter = (to: string) => {
    setPath(to);
    setChosen(new Set());
  };
  const toggle = (name: string) => {
    const next = new Set(chosen);
    if (!next.delete(name)) next.add(name);
    setChosen(next);
  };
  const start = async () => {
    const paths = chosen.size ? [...chosen].map((name) => join(path, name)) : [path];
    const name = chosen.size === 1 ? [...chosen][0] : path || (roots.find((r) => r.id === root)?.name ?? "");
    if (await createJob({ root, paths }, name)) onClose();
  };
  const shown = onFolder ? listing.entries.filter((e) => e.kind === "folder") : listing.entries;
  const inPlaceNote = output === "in_place" ? t(backup ? "output.inPlaceNote" : "output.inPlaceNoBackupNote") : t(`output.${output}Note`);
  return (
    <Dialog title={t(onFolder ? "browse.folderTitle" : "browse.title")} onClose={onClose} className="browser" footer={
      <>
        <p className="muted">{onFolder ? "" : inPlaceNote}</p>
        {onFolder
          ? <Button look="primary" onClick={() => onFolder(root, path)}>{t("browse.useFolder")}</Button>
          : <Button look="primary" icon="play" onClick={() => void start()} disabled={!!listing.error}>
              {chosen.size ? t("browse.start", { n: chosen.size }) : t("browse.startFolder")}
            </Button>}
      </>
    }>
      <div className="browser-bar">
        {roots.length > 1 && (
          <Select label={t("browse.root")} hideLabel value={root} onChange={(id) => { setRoot(id); enter(""); }}
            choices={roots.map(({ id, name }) => ({ value: id, label: name }))} />
        )}
        <Crumbs root={roots.find((r) => r.id === root)?.name ?? ""} path={path} onEnter={enter} />
      </div>
      {listing.error && <p className="notice bad" role="alert">{listing.error}</p>}
      <ul className="entries" aria-busy={listing.loading}>
        {shown.map((entry) => (
          <EntryRow key={entry.name} entry={entry} chosen={chosen.has(entry.name)} choose={onFolder ? null : toggle}
            enter={() => enter(join(path, entry.name))} />
        ))}
        {!listing.loading && !listing.error && shown.length === 0 && <li className="empty">{t("browse.empty")}</li>}
        {listing.loading && <li className="empty">{t("common.loading")}</li>}
        {!listing.loading && listing.entries.length < listing.total && (
          <li><Button onClick={more}>{t("browse.more", { n: listing.total - listing.entries.length })}</Button></li>
        )}
      </ul>
    </Dialog>
  );
}

function Crumbs({ root, path, onEnter }: { root: string; path: string; onEnter: (path: string) => void }) {
  const t = useT();
  const parts = path ? path.split("/") : [];
  return (
    <nav className="crumbs" aria-label={t("browse.where")}>
      <button type="button" onClick={() => onEnter("")}>{root}</button>
      {parts.map((part, i) => (
        <span key={i}>
          <span aria-hidden="true"> / </span>
          <button type="button" onClick={() => onEnter(parts.slice(0, i + 1).join("/"))}>{part}</button>
        </span>
      ))}
    </nav>
  );
}

function EntryRow({ entry, chosen, choose, enter }: {
  entry: Entry;
  chosen: boolean;
  choose: ((name: string) => void) | null;
  enter: () => void;
}) {
  const t = useT();
  const folder = entry.kind === "folder";
  const usable = folder || entry.image;
  return (
    <li className={`entry ${usable ? "" : "off"} ${chosen ? "on" : ""}`}>
      {choose && (
        <input type="checkbox" checked={chosen} disabled={!usable} onChange={() => choose(entry.name)}
          aria-label={t("browse.choose", { name: entry.name })} />
      )}
      <Icon name={folder ? "folder" : "image"} />
      {folder
        ? <button type="button" className="entry-name" onClick={enter}>{entry.name}</button>
        : <span className="entry-name" onClick={() => usable && choose?.(entry.name)}>{entry.name}</span>}
      {!folder && <span className="muted num">{format.bytes(entry.size_bytes)}</span>}
      {folder && <Icon name="right" size={16} />}
    </li>
  );
}
