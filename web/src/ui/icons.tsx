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
  folder: "M3.5 7.5a2 2 0 0 1 2-2h4l2 2.5h7a2 2 0 0 1 2 2v6.500a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2z",
  image: "M4 6.500a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2zM4.500 17l4.500-4.500 3.500 3.500 3-3 4 4M15.200 9.200h.1",
  server: "M4.500 5.500h15v5h-15zM4.500 13.500h15v5h-15zM8 8h.1M8 16h.1",
  left: "M14.5 5.5 8 12l6.500 6.500",
  right: "M9.5 5.5 16 12l-6.500 6.500",
  up: "M6 14.500l6-6 6 6",
  down: "M6 9.500l6 6 6-6",
  trash: "M5 7h14M9.500 7V4.500h5V7M7 7l.8 12.500h8.400L17 7",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 3v1.500M12 19.500V21M3 12h1.500M19.500 12H21M5.600 5.600l1.100 1.100M17.300 17.300l1.100 1.100M5.600 18.400l1.100-1.100M17.300 6.700l1.100-1.100",
  moon: "M19.500 14.200A7.800 7.800 0 0 1 9.800 4.500a7.800 7.800 0 1 0 9.700 9.700z",
  auto: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 4v16M12 8l5.500 0M12 12h8M12 16h5.500",
  globe: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM4 12h16M12 4c2.500 2.300 3.500 5 3.500 8s-1 5.700-3.500 8c-2.500-2.300-3.500-5-3.500-8s1-5.700 3.500-8z",
  check: "M5 12.500l4.500 4.500L19 7.500",
  warn: "M12 4.500 21 19.500H3zM12 10v4.500M12 17h.1",
  compare: "M12 3.500v17M4.500 6.500H9v11H4.500zM15 6.500h4.500v11H15",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  fit: "M4.500 9V4.500H9M15 4.500h4.500V9M19.500 15v4.500H15M9 19.500H4.500V15",
  save: "M6 4.500h10l3.500 3.500V19.500H4.500V6A1.500 1.500 0 0 1 6 4.500zM8.500 4.500V9h6V4.500M8 19.500v-6h8v6",
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
        d="M33 14c6 0 9.500 4.200 10 10.500.3 4.500 1.500 7 4.200 10.800 2.700 3.700 3.800 6.600 3.800 10C51 54.500 43.500 61 32 61S13 54.500 13 45.300c0-3.400 1.100-6.300 3.800-10 2.700-3.800 3.900-6.300 4.200-10.800C21.500 18.200 26 14 33 14z"
      />
      <path className="mark-cut" d="M47.500 33.500C41 41 29.500 44.500 14 41.500c-.7 1.600-1 3.300-1 5 17 3.500 30.500-.5 37.300-9.300-.7-1.300-1.600-2.500-2.800-3.700z" />
      <path className="mark-stem" d="M33 14c-.6-4.200.6-8 4.500-11" />
    </svg>
  );
}
