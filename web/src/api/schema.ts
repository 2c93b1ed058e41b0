// SPDX-License-Identifier: Apache-2.0
// Made by `npm run types` from docs/api/openapi.json; do not edit.

export type Error = {
  error: {
    /** One word for programs. */
    code: "bad_request" | "unauthorized" | "forbidden" | "not_found" | "method_not_allowed" | "conflict" | "gone" | "too_large" | "unsupported" | "invalid" | "too_many" | "busy" | "no_space" | "internal" | "unavailable";
    /** For people: what, which, and what to do. */
    message: string;
    /** The HTTP status. */
    status: number;
  };
};

/** An image format. */
export type Format = "jpeg" | "png" | "webp" | "avif" | "gif" | "tiff" | "bmp" | "svg" | "heic" | "jxl" | null;

/** What became of a file. none: not decided (a file that only a plan names). */
export type Outcome = "none" | "optimized" | "kept" | "skipped" | "failed";

export type Root = {
  /** Name of the folder in requests. */
  id: string;
  /** Last part of its path, for people. */
  name: string;
  /** Results can be written there. */
  writable: boolean;
};

export type System = {
  version: string;
  cores: number;
  /** Of the machine. */
  memory_bytes: number;
  /** Folders that jobs may read and write; may be empty. */
  roots: (Root)[];
  /** Formats that are read. */
  formats_in: (string)[];
  /** Formats that the setting `format` can ask for. GIF and SVG are written, too, each from its own kind only. */
  formats_out: (string)[];
  /** Files can be uploaded. */
  uploads: boolean;
  limits: {
    /** One file. */
    max_upload_bytes: number;
    /** One JSON body. */
    max_body_bytes: number;
    /** Jobs that are not ended, and of them in progress at one time. */
    max_jobs: number;
    /** Uploads at one time. */
    max_uploads: number;
    /** One image. */
    max_pixels: number;
    /** Rows of one answer. */
    max_page: number;
    /** One path. */
    max_path_bytes: number;
  };
  defaults: Settings;
  /** Start of this server; another value after a restart. */
  started_unix_s: number;
};

export type Entry = {
  /** A byte of a name that is no UTF-8 is given as the lone surrogate U+DCxx; ask for such a folder with percent-encoded bytes. */
  name: string;
  kind: "folder" | "file";
  /** 0 for folders. */
  size_bytes: number;
  modified_unix_s: number;
  /** The name ends as one of a format that is read. */
  image: boolean;
};

export type Entries = {
  /** Folder inside the root; "" is the root. */
  path: string;
  /** Entries of the folder. */
  total: number;
  offset: number;
  /** The folder has more entries than the server lists (100000). */
  truncated: boolean;
  /** Folders first, then by name. */
  entries: (Entry)[];
};

export type Output = {
  /** beside: optimized/ beside each source; folder: the tree mirrored under root and path; in_place: over the originals; suffix: beside the source with the suffix. */
  mode: "beside" | "folder" | "in_place" | "suffix";
  /** folder: id of the root; default: that of the source. */
  root?: string;
  /** folder: folder inside the root; made when missing. */
  path?: string;
  /** suffix: an ending without a slash, such as .min */
  suffix?: string;
  /** in_place: keep the originals, for undo. Default true. */
  backup?: boolean;
};

/** The command line's options by their names. What is left out has the command line's default. Unknown members are refused. */
export type Settings = {
  /** auto: the smallest file that looks the same (SSIMULACRA2 of at least 80); score:S another score, 1..100 (90 visually lossless, 70 good); lossless; a number 1..100 on the encoder's scale. */
  quality?: string | number;
  /** auto: the smallest file that looks the same (SSIMULACRA2 of at least 80); score:S another score, 1..100 (90 visually lossless, 70 good); lossless; a number 1..100 on the encoder's scale. */
  quality_jpeg?: string | number;
  /** auto: the smallest file that looks the same (SSIMULACRA2 of at least 80); score:S another score, 1..100 (90 visually lossless, 70 good); lossless; a number 1..100 on the encoder's scale. */
  quality_png?: string | number;
  /** auto: the smallest file that looks the same (SSIMULACRA2 of at least 80); score:S another score, 1..100 (90 visually lossless, 70 good); lossless; a number 1..100 on the encoder's scale. */
  quality_webp?: string | number;
  /** auto: the smallest file that looks the same (SSIMULACRA2 of at least 80); score:S another score, 1..100 (90 visually lossless, 70 good); lossless; a number 1..100 on the encoder's scale. */
  quality_avif?: string | number;
  /** auto: the smallest file that looks the same (SSIMULACRA2 of at least 80); score:S another score, 1..100 (90 visually lossless, 70 good); lossless; a number 1..100 on the encoder's scale. */
  quality_jxl?: string | number;
  /** Every pixel stays as it is; as quality lossless. */
  lossless?: boolean;
  /** original (default), auto (TIFF, BMP and still GIF become PNG or JPEG), smallest (best of JPEG, PNG, WebP and AVIF; JPEG XL, which few browsers show, only by its name). */
  format?: "original" | "auto" | "smallest" | "jpeg" | "png" | "webp" | "avif" | "jxl";
  /** width:N, height:N, longest:N, shortest:N, fit:WxH or N%; meant after rotation, never enlarges. */
  resize?: string;
  /** resize may enlarge. Default false. */
  enlarge?: boolean;
  /** Time for bytes, 0..9 or max; default 4. */
  effort?: number | string;
  /** Metadata to keep as well: exif, icc, xmp, iptc, gps, copyright, gainmap, comment, all. Default: icc, copyright, gainmap. */
  keep?: string | (string)[];
  /** Metadata to remove; wins over keep. */
  strip?: string | (string)[];
  /** At most so many bytes a file: a number, or a text such as 200KB. */
  target_size?: number | string;
  /** With target_size: an image that cannot be that small at min_score gets smaller edges, at least an eighth of what they were. Default false. */
  downscale?: boolean;
  /** SVG loses scripts, handlers and everything that would be fetched; a drawing of which that cannot be done fails. Default false. */
  sanitize?: boolean;
  /** Never worse than this SSIMULACRA2 score; files that cannot be are left alone. */
  min_score?: number;
  /** Leave a file alone when less than this is saved: bytes, or a text such as 2% or 1KB. */
  min_savings?: number | string;
  /** Under transparent pixels of JPEG. */
  background?: string;
  /** Results get the dates of their sources. */
  keep_dates?: boolean;
  /** Redo what was done before; overwrite outputs that are not Pare's. */
  force?: boolean;
  /** Patterns of names to leave out. */
  exclude?: (string)[];
  output?: Output;
};

export type RootSource = {
  root: string;
  /** Files and folders inside the root; "" is the root. */
  paths: (string)[];
};

export type UploadSource = {
  uploads: true;
};

export type Source = RootSource | UploadSource;

/** high jobs come first; low jobs last. */
export type Priority = "low" | "normal" | "high";

/** collecting: its files are still being uploaded, start it when they are there. done, also when files failed; failed: the job as a whole could not go on. */
export type JobState = "collecting" | "queued" | "running" | "paused" | "done" | "cancelled" | "failed";

/** Totals are always the sums over the results that no later one replaces. */
export type Progress = {
  /** The largest result number so far. */
  seq: number;
  /** false: files_total still grows. */
  scan_done: boolean;
  /** The job has ended, and these are its totals. */
  final: boolean;
  files_total: number;
  files_done: number;
  optimized: number;
  kept: number;
  skipped: number;
  failed: number;
  /** Of the files done. */
  bytes_in: number;
  /** Of the files done. */
  bytes_out: number;
  /** Of all files planned. */
  bytes_total: number;
  /** By estimated cost; never falls while a job runs. */
  fraction: number;
  elapsed_ms: number;
  /** Not known: null. */
  eta_ms: number | null;
  images_per_s: number;
  queue_count: number;
  queue_cap: number;
  cache_hits: number;
  retries: number;
  worker_restarts: number;
  duplicates: number;
};

export type Job = {
  id: number;
  name: string;
  state: JobState;
  created_unix_s: number;
  started_unix_s: number | null;
  ended_unix_s: number | null;
  priority: Priority;
  settings: Settings;
  source: Source;
  /** Files uploaded so far; 0 for jobs from roots. */
  uploaded: number;
  progress: Progress;
  /** Why it failed, or what to know, for people. */
  error: string | null;
  /** Number of its run in the history. */
  run_id: number | null;
  /** The originals are kept in backups, and can be put back. */
  can_undo: boolean;
  undone: boolean;
};

export type Jobs = {
  /** Newest first. */
  jobs: (Job)[];
};

export type NewJob = {
  /** Default: after its source. */
  name?: string;
  source: Source;
  settings?: Settings;
  priority?: Priority;
};

export type Result = {
  /** 1, 2, 3, ... within the job, in the order of time. */
  seq: number;
  /** The earlier row of the same file, which counts no more. */
  replaces: number | null;
  /** Path inside the root, or name of the upload. */
  input: string;
  /** Path written, inside the root of the output, or name of the download. null: nothing was written. */
  output: string | null;
  outcome: Outcome;
  format_in: Format;
  format_out: Format;
  /** Of the result, or of the input when nothing was written. */
  width: number;
  height: number;
  bytes_in: number;
  /** Equals bytes_in unless optimized. */
  bytes_out: number;
  /** bytes_in - bytes_out. */
  saved_bytes: number;
  /** bytes_out / bytes_in; 1 when nothing went in. */
  ratio: number;
  /** SSIMULACRA2 of the written bytes against the input; null: not measured. */
  score: number | null;
  /** Encoder's scale; null: lossless or not applicable. */
  quality: number | null;
  lossless: boolean;
  ms: number;
  /** 0: no worker was needed. */
  worker: number;
  /** Class of a failure: io, processing, validation, timeout, memory, crashed, corrupt. */
  error: string | null;
  /** Name of the reason or error, such as not_smaller. */
  reason: string | null;
  /** For people. */
  message: string | null;
};

export type Results = {
  /** Rows that match. */
  total: number;
  offset: number;
  results: (Result)[];
};

/** Event `results`. */
export type ResultsEvent = {
  job: number;
  /** In the order of seq; the id of the event is the seq of the last. */
  results: (Result)[];
};

/** Event `progress`. */
export type ProgressEvent = {
  job: number;
  /** When the event was made, on a clock of the server that never goes back. Two `progress` events of one listener are at least 100 apart. */
  at_ms: number;
  progress: Progress;
};

/** Event `removed`: the job was deleted. */
export type RemovedEvent = {
  job: number;
};

export type Worker = {
  number: number;
  step: "idle" | "decode" | "transform" | "encode" | "verify";
  /** File in work, without its folder; "" when idle. */
  name: string;
  tasks_done: number;
  step_ms: number;
  /** Of one core. */
  cpu_pct: number;
  rss_bytes: number;
  mean_ms: number;
  p95_ms: number;
  /** Input bytes of its tasks. */
  bytes: number;
  restarts: number;
};

/** Event `metrics`, about once a second. */
export type Metrics = {
  /** Of the whole machine. */
  cpu_pct: number;
  cores_pct: (number)[];
  /** Admitted estimates. */
  memory_used_bytes: number;
  memory_budget_bytes: number;
  /** Of the server and its workers. */
  rss_bytes: number;
  queue_count: number;
  queue_cap: number;
  images_per_s: number;
  bytes_in_per_s: number;
  jobs_running: number;
  jobs_waiting: number;
  /** Open event streams. */
  listeners: number;
  /** Since the server started. */
  files_done: number;
  workers: (Worker)[];
};

export type Run = {
  id: number;
  /** The job of the run, when it still exists. */
  job: number | null;
  started_unix_s: number;
  ms: number;
  files: number;
  optimized: number;
  kept: number;
  skipped: number;
  failed: number;
  bytes_in: number;
  bytes_out: number;
  /** What was asked for; of jobs of the server: their name. */
  command_line: string;
  folder: string;
  finished: boolean;
  can_undo: boolean;
  undone: boolean;
};

export type History = {
  /** Newest first; runs of the command line too. */
  runs: (Run)[];
  /** Of the runs in this answer. */
  totals: {
    runs: number;
    files: number;
    bytes_in: number;
    bytes_out: number;
  };
};

export type UndoResult = {
  run_id: number;
  restored: number;
  /** Changed after the run, and so left alone, or not restored for another reason. */
  failed: number;
  /** The first 100. */
  problems: ({
    input: string;
    message: string;
  })[];
};

export type Preset = {
  name: string;
  settings: Settings;
};

export type Presets = {
  /** By name. */
  presets: (Preset)[];
};

export type Uploaded = {
  /** As stored. */
  path: string;
  size_bytes: number;
  /** Files of the job so far. */
  uploaded: number;
};

export type Health = {
  status: "ok";
  version: string;
};
