#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`perf script` on standard input, a flame graph (SVG) in FILE: width is time, callers below what they call.

  perf script -i perf.data | tools/flame.py FILE.svg
  perf script -i perf.data | tools/flame.py --top 25          the libraries and the functions that take most, as text
  perf script -i perf.data | tools/flame.py --within F,G,H    how much of the time is spent in these and what they call
"""
import sys
from collections import Counter
from xml.sax.saxutils import escape

WIDTH, ROW, LEAST = 1200, 17, 0.002  # pixels; boxes narrower than LEAST of the whole are left out


def library(place):
    """Of a frame's last word, (/usr/lib/x86_64-linux-gnu/libdeflate.so.0): the file without its version."""
    name = place.strip("()").rsplit("/", 1)[-1].split(".so")[0]
    return "the kernel" if name.startswith("[") and name != "[unknown]" else name


def stacks(lines):
    """{(program, outermost, ..., innermost): samples}, {library of the innermost: samples}"""
    found, libraries, frames, program, known = Counter(), Counter(), [], None, False
    for line in [*lines, "\n"]:
        if not line.strip():
            if program:
                found[(program, *reversed(frames))] += 1
            frames, program, known = [], None, False
        elif not line[0].isspace():
            program = line.split()[0]
        else:
            words = line.split()
            if not known and words[-1] != "(inlined)":
                libraries[library(words[-1])] += 1
                known = True
            name = " ".join(words[1:-1]) if len(words) > 2 else words[-1]
            frames.append(name.split("+0x")[0] if name != "[unknown]" else words[-1].strip("()").rsplit("/", 1)[-1])
    return found, libraries


def nest(found):
    """{name: [samples, children]}"""
    root = {}
    for stack, count in found.items():
        here = root
        for name in stack:
            entry = here.setdefault(name, [0, {}])
            entry[0] += count
            here = entry[1]
    return root


def color(name):
    seed = sum(ord(c) * (i + 1) for i, c in enumerate(name))
    return f"hsl({20 + seed % 35},{70 + seed % 20}%,{62 + seed % 14}%)"


def boxes(level, left, depth, total, out):
    """Returns the depth of the deepest box."""
    deepest = depth
    for name, (count, children) in sorted(level.items()):
        if count >= LEAST * total:
            out.append((left, depth, count, name))
            deepest = max(deepest, boxes(children, left, depth + 1, total, out))
        left += count
    return deepest


def svg(found):
    total, out = sum(found.values()) or 1, []
    depth = boxes(nest(found), 0, 0, total, out) + 1
    height = depth * ROW + 26
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
             f'font-size="11"><rect width="100%" height="100%" fill="#fff"/>']
    for left, level, count, name in out:
        x, width, y = left * WIDTH / total, count * WIDTH / total, height - 8 - (level + 1) * ROW
        room = int(width / 6.4)
        label = name if len(name) <= room else name[:room - 1] + "…" if room > 3 else ""
        parts.append(f'<g><title>{escape(name)}: {100 * count / total:.1f} %</title><rect x="{x:.1f}" y="{y}" '
                     f'width="{max(0.5, width - 0.5):.1f}" height="{ROW - 1}" fill="{color(name)}"/>'
                     f'<text x="{x + 3:.1f}" y="{y + 12}">{escape(label)}</text></g>')
    return "".join(parts) + "</svg>\n"


def top(found, libraries, count):
    own, total = Counter(), sum(found.values()) or 1
    for stack, samples in found.items():
        own[stack[-1]] += samples
    lists = (libraries.most_common(8), own.most_common(count))
    return "\n".join("".join(f"{100 * samples / total:5.1f} %  {name}\n" for name, samples in one) for one in lists)


def within(found, names):
    """A sample counts once, for the outermost of the names; so the lines add up."""
    inside, total = Counter(), sum(found.values()) or 1
    for stack, samples in found.items():
        for frame in stack[1:]:
            if frame in names:
                inside[frame] += samples
                break
    lines = [f"{100 * inside[name] / total:5.2f} %  {name}\n" for name in names]
    return "".join([*lines, f"{100 * sum(inside.values()) / total:5.2f} %  of {total} samples\n"])


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    found, libraries = stacks(sys.stdin)
    if sys.argv[1] == "--top":
        sys.stdout.write(top(found, libraries, int(sys.argv[2])))
        return
    if sys.argv[1] == "--within":
        sys.stdout.write(within(found, sys.argv[2].split(",")))
        return
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(svg(found))


if __name__ == "__main__":
    main()
