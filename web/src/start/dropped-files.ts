// SPDX-License-Identifier: Apache-2.0
// Files out of a drop, a picker or the clipboard, folders walked.
import type { LocalFile } from "../state/uploads";

async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    // A reader gives at most 100 at a time, and none at the end.
    const some = await new Promise<FileSystemEntry[]>((ok, bad) => reader.readEntries(ok, bad));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

async function walk(entry: FileSystemEntry, out: LocalFile[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((ok, bad) => (entry as FileSystemFileEntry).file(ok, bad));
    out.push({ path: entry.fullPath.replace(/^\//, ""), file });
  } else if (entry.isDirectory) {
    for (const inner of await entriesOf(entry as FileSystemDirectoryEntry)) await walk(inner, out);
  }
}

export async function fromDrop(data: DataTransfer): Promise<LocalFile[]> {
  // The items die when the event is over: take the entries before the first await.
  const entries = [...data.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  const files = [...data.files];
  if (entries.every((entry) => entry === null)) return fromFiles(files);
  const out: LocalFile[] = [];
  for (const entry of entries) if (entry) await walk(entry, out);
  return out;
}

export function fromFiles(files: Iterable<File>): LocalFile[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

export function fromClipboard(data: DataTransfer): LocalFile[] {
  return fromFiles(data.files);
}
