#!/usr/bin/env python3
"""Turn captured terminal text with colour escapes into an SVG picture.

  tmux capture-pane -ep | tools/terminal_svg.py 'pare photos/' > docs/images/run.svg
"""
import re
import sys
import unicodedata
from html import escape

COLORS = ["#2e3436", "#e06c6c", "#8ccf7e", "#e5c76b", "#67b0e8", "#c47fd5", "#6cbfbf", "#c5c8c9"]
PAPER, INK, DIM = "#14191b", "#d6dadb", "#7d868a"
CELL_W, CELL_H, PAD = 8.4, 18, 16


def apply(codes, style):
    codes = [int(c or 0) for c in codes.split(";")]
    while codes:
        code = codes.pop(0)
        if code == 0:
            style.clear()
        elif code == 1:
            style["bold"] = True
        elif code == 2:
            style["dim"] = True
        elif code == 22:
            style.pop("bold", None)
            style.pop("dim", None)
        elif 30 <= code <= 37:
            style["color"] = COLORS[code - 30]
        elif 90 <= code <= 97:
            style["color"] = COLORS[code - 90]
        elif code == 39:
            style.pop("color", None)
        elif code in (38, 48) and codes[:1] == [5]:
            del codes[:2]
        elif code in (38, 48) and codes[:1] == [2]:
            del codes[:4]


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def runs(line, style):
    """Yield (column, text, style) for one line; style goes on from line to line."""
    column = 0
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        match = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if match:
            apply(match.group(1), style)
        elif part:
            yield column, part, dict(style)
            column += width(part)


def main():
    lines = sys.stdin.read().rstrip("\n").split("\n")
    if len(sys.argv) > 1:
        lines.insert(0, f"\x1b[32m$\x1b[0m \x1b[1m{sys.argv[1]}\x1b[0m")
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    w = max(width(line.rstrip()) for line in plain) * CELL_W + 2 * PAD
    h = len(lines) * CELL_H + 2 * PAD
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{w:.0f}" height="{h:.0f}" '
          f'viewBox="0 0 {w:.0f} {h:.0f}" role="img">')
    print(f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>')
    print('<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace" '
          f'font-size="14" fill="{INK}" xml:space="preserve">')
    style = {}
    for row, line in enumerate(lines):
        for column, text, look in runs(line, style):
            if not text.strip():
                continue
            fill = look.get("color", DIM if look.get("dim") else INK)
            bold = ' font-weight="bold"' if look.get("bold") else ""
            print(f'<text x="{PAD + column * CELL_W:.1f}" y="{PAD + (row + 0.75) * CELL_H:.1f}" '
                  f'textLength="{width(text) * CELL_W:.1f}" fill="{fill}"{bold}>{escape(text)}</text>')
    print("</g></svg>")


if __name__ == "__main__":
    main()
