// SPDX-License-Identifier: Apache-2.0
// Line icons on a grid of 24, all drawn here.
const PATHS = {
  play: "M8 5.5v13l10.5-6.5z",
  pause: "M8.5 5.5v13M15.5 5.5v13",
  stop: "M7 7h10v10H7z",
  retry: "M4.5 12a7.5 7.5 0 1 0 2.3-5.4M4.5 4.5v4h4",
  undo: "M8.5 5 4.5 9l4 4M5 9h9a5 5 0 0 1 0 10h-4",
  download: "M12 4v11m0 0 4.5-4.5M12 15l-4.5-4.5M5 19.5h14",
  search: "M10.5 17a6.5 6.5 0 1 1 0-13 6.5 6.5 0 0 1 0 13zm4.7-1.8L20 20",
  close: "M6 6l12 12M18 6 6 18",
  folder: "M3.5 7.5a2 2 0 0 1 2-2h4l2 2.5h7a2 2 0 0 1 2 2v6.5a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2z",
  image: "M4 6.5a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2zM4.5 17l4.5-4.5 3.5 3.5 3-3 4 4M15.2 9.2h.1",
  server: "M4.5 5.5h15v5h-15zM4.5 13.5h15v5h-15zM8 8h.1M8 16h.1",
  left: "M14.5 5.5 8 12l6.5 6.5",
  right: "M9.5 5.5 16 12l-6.5 6.5",
  up: "M6 14.5l6-6 6 6",
  down: "M6 9.5l6 6 6-6",
  trash: "M5 7h14M9.5 7V4.5h5V7M7 7l.8 12.5h8.4L17 7",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M5.6 18.4l1.1-1.1M17.3 6.7l1.1-1.1",
  moon: "M19.5 14.2A7.8 7.8 0 0 1 9.8 4.5a7.8 7.8 0 1 0 9.7 9.7z",
  auto: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 4v16M12 8l5.5 0M12 12h8M12 16h5.5",
  globe: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM4 12h16M12 4c2.5 2.3 3.5 5 3.5 8s-1 5.7-3.5 8c-2.5-2.3-3.5-5-3.5-8s1-5.7 3.5-8z",
  check: "M5 12.5l4.5 4.5L19 7.5",
  warn: "M12 4.5 21 19.5H3zM12 10v4.5M12 17h.1",
  compare: "M12 3.5v17M4.5 6.5H9v11H4.5zM15 6.5h4.5v11H15",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  fit: "M4.5 9V4.5H9M15 4.5h4.5V9M19.5 15v4.5H15M9 19.5H4.5V15",
  save: "M6 4.5h10l3.5 3.5V19.5H4.5V6A1.5 1.5 0 0 1 6 4.5zM8.5 4.5V9h6V4.5M8 19.5v-6h8v6",
  add: "M12 5v14M5 12h14",
  sort: "M8 5v14m0 0-3-3m3 3 3-3M16 19V5m0 0-3 3m3-3 3 3",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The mark: a pear, and the strip pared off it. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <path
        className="mark-body"
        d="M33 14c6 0 9.5 4.2 10 10.5.3 4.5 1.5 7 4.2 10.8 2.7 3.7 3.8 6.6 3.8 10C51 54.5 43.5 61 32 61S13 54.5 13 45.3c0-3.4 1.1-6.3 3.8-10 2.7-3.8 3.9-6.3 4.2-10.8C21.5 18.2 26 14 33 14z"
      />
      <path className="mark-cut" d="M47.5 33.5C41 41 29.5 44.5 14 41.5c-.7 1.6-1 3.3-1 5 17 3.5 30.5-.5 37.3-9.3-.7-1.3-1.6-2.5-2.8-3.7z" />
      <path className="mark-stem" d="M33 14c-.6-4.2.6-8 4.5-11" />
    </svg>
  );
}
