// SPDX-License-Identifier: Apache-2.0
// Files on their way to the server: a few at a time, each tried again while the server is away.
import { ApiError, urls } from "../api/client";
import { t } from "../i18n";
import { store, type Upload } from "./app-state";
import { act, createJob } from "./jobs";
import { errorText, toast } from "./toasts";

export interface LocalFile {
  path: string;
  file: File;
}

const PARALLEL = 3; // of the six connections a browser gives one host
const TRIES = 8;
const EXTENSIONS = /\.(jpe?g|jfif|png|webp|avif|tiff?|gif|heic|heif|jxl|svgz?|bmp)$/i;

export function looksLikeImage(file: File): boolean {
  return file.type.startsWith("image/") || EXTENSIONS.test(file.name);
}

/** Two dropped files may have one name: the server must not see one path twice. */
export function uniquePaths(files: LocalFile[]): LocalFile[] {
  const taken = new Set<string>();
  return files.map(({ path, file }) => {
    let name = path;
    const dot = path.lastIndexOf(".");
    for (let n = 2; taken.has(name); n++) {
      name = dot > 0 ? `${path.slice(0, dot)} (${n})${path.slice(dot)}` : `${path} (${n})`;
    }
    taken.add(name);
    return { path: name, file };
  });
}

function jobName(files: LocalFile[]): string {
  const folder = files[0].path.split("/");
  if (folder.length > 1 && files.every((f) => f.path.startsWith(folder[0] + "/"))) return folder[0];
  return files.length === 1 ? files[0].path : t("job.files", { n: files.length });
}

export async function optimizeFiles(all: LocalFile[]): Promise<void> {
  const images = all.filter(({ file }) => looksLikeImage(file));
  if (images.length === 0) {
    toast("error", t("drop.noImages"));
    return;
  }
  const limit = store.get().system?.limits.max_upload_bytes ?? Infinity;
  const fitting = images.filter(({ file }) => file.size <= limit);
  if (fitting.length < all.length) toast("info", t("drop.leftOut", { n: all.length - fitting.length }));
  if (fitting.length === 0) return;
  const files = uniquePaths(fitting);
  const job = await createJob({ uploads: true }, jobName(files));
  if (!job) return;
  const sent = await uploadAll(job.id, files);
  if (sent > 0) await act(job.id, "start");
}

async function uploadAll(job: number, files: LocalFile[]): Promise<number> {
  const upload: Upload = {
    filesTotal: files.length,
    filesDone: 0,
    bytesTotal: files.reduce((sum, { file }) => sum + file.size, 0),
    bytesDone: 0,
    failed: [],
  };
  const show = () => store.update((s) => ({ uploads: new Map(s.uploads).set(job, { ...upload }) }));
  show();
  window.addEventListener("beforeunload", askBeforeLeaving);
  let next = 0;
  const lane = async () => {
    while (next < files.length && store.get().jobs.has(job)) {
      const item = files[next++];
      try {
        await uploadOne(job, item);
      } catch (error) {
        upload.failed.push({ path: item.path, message: errorText(error) });
      }
      upload.filesDone++;
      upload.bytesDone += item.file.size;
      show();
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, lane));
  window.removeEventListener("beforeunload", askBeforeLeaving);
  store.update((s) => {
    const uploads = new Map(s.uploads);
    uploads.delete(job);
    return { uploads };
  });
  if (upload.failed.length > 0) {
    toast("error", t("upload.failed", { n: upload.failed.length, reason: upload.failed[0].message }));
  }
  return store.get().jobs.has(job) ? files.length - upload.failed.length : 0;
}

/** Files that are not sent yet are lost with the page. */
function askBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
  event.returnValue = ""; // browsers of before 2023 ask only with this
}

async function uploadOne(job: number, { path, file }: LocalFile): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await put(job, path, file);
      return;
    } catch (error) {
      const transient = error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status === 503);
      if (!transient || attempt === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.min(8000, 400 * 2 ** attempt)));
    }
  }
}

async function put(job: number, path: string, file: File): Promise<void> {
  let response: Response;
  try {
    response = await fetch(urls.upload(job, path), { method: "PUT", body: file });
  } catch {
    throw new ApiError(0, "unreachable", "");
  }
  if (response.ok) return;
  let message = `${response.status}`;
  try {
    message = (await response.json()).error.message;
  } catch {
    // not the server's own error: the number must do
  }
  throw new ApiError(response.status, "upload", message);
}
