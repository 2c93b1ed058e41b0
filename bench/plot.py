# SPDX-License-Identifier: Apache-2.0
"""Small SVG plots: curves and bars, on white or dark pages alike."""
import math
from xml.sax.saxutils import escape

COLORS = ["#0b6e99", "#d9730d", "#0f7b6c", "#ad1a72", "#6940a5", "#b59b00", "#e03e3e", "#64473a", "#5b6770",
          "#58b2dc", "#f2b179", "#7dc0a7", "#e38fbc", "#a58fd0", "#d8c96a", "#9aa5ab"]
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 640, 330, 58, 34, 150, 44


def text(x, y, words, anchor="middle", more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(words)}</text>'


def page(parts, width=WIDTH, height=HEIGHT):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" font-family="sans-serif" font-size="12">'
            '<style>text{fill:#333}path,polyline{fill:none}.g{stroke:#999;stroke-opacity:.35}'
            '@media (prefers-color-scheme:dark){text{fill:#ddd}}</style>' + "".join(parts) + "</svg>\n")


def nice(low, high, count=5):
    """Round steps inside of a range."""
    span = (high - low) / count or 1
    power = 10 ** math.floor(math.log10(span))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= span)
    first = math.ceil(low / step)
    return [k * step for k in range(first, int(math.floor(high / step)) + 1)]


def logs(low, high):
    """1, 2, 5 of each decade inside of a range."""
    found = [m * 10.0 ** k for k in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
             for m in (1, 2, 5)]
    return [v for v in found if low <= v <= high]


def number(value):
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"


def curves(title, series, x_name, y_name, log_x=False, log_y=False):
    """series: {name: [(x, y)]}; each gets a colour in order, the first a thicker line."""
    points = [p for line in series.values() for p in line]
    if not points:
        return None
    fx = math.log10 if log_x else float
    fy = math.log10 if log_y else float
    x0, x1 = min(fx(p[0]) for p in points), max(fx(p[0]) for p in points)
    y0, y1 = min(fy(p[1]) for p in points), max(fy(p[1]) for p in points)
    pad = 0.04 * (y1 - y0 or abs(y1) or 1)
    y0, y1, x1 = y0 - pad, y1 + pad, x1 if x1 > x0 else x0 + 1
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def at(p):
        return (LEFT + (fx(p[0]) - x0) / (x1 - x0) * wide, TOP + high - (fy(p[1]) - y0) / (y1 - y0) * high)

    parts = [text(LEFT, 18, title, "start", 'font-size="14" font-weight="bold"')]
    ticks_y = logs(10 ** y0, 10 ** y1) if log_y else nice(y0, y1)
    for tick in ticks_y:
        y = TOP + high - (fy(tick) - y0) / (y1 - y0) * high
        parts += [f'<path class="g" d="M{LEFT} {y:.1f}h{wide}"/>', text(LEFT - 6, y + 4, number(tick), "end")]
    for tick in logs(10 ** x0, 10 ** x1) if log_x else nice(x0, x1):
        x = LEFT + (fx(tick) - x0) / (x1 - x0) * wide
        parts += [f'<path class="g" d="M{x:.1f} {TOP}v{high}"/>', text(x, TOP + high + 16, number(tick))]
    parts += [text(LEFT + wide / 2, HEIGHT - 8, x_name),
              text(14, TOP + high / 2, y_name, "middle", f'transform="rotate(-90 14 {TOP + high / 2})"')]
    for i, (name, line) in enumerate(series.items()):
        color = COLORS[i % len(COLORS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(at, sorted(line)))
        parts.append(f'<polyline points="{path}" stroke="{color}" stroke-width="{3 if i == 0 else 1.6}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{color}"/>' for x, y in map(at, line)]
        parts.append(f'<path d="M{WIDTH - RIGHT + 12} {TOP + 8 + 18 * i}h18" stroke="{color}" stroke-width="3"/>')
        parts.append(text(WIDTH - RIGHT + 36, TOP + 12 + 18 * i, name, "start"))
    return page(parts)


def bars(title, groups, unit):
    """groups: {heading: [(name, value)]}; one bar a name, the same colour for the same name."""
    names = list(dict.fromkeys(name for rows in groups.values() for name, _ in rows))
    parts, y = [text(10, 18, title, "start", 'font-size="14" font-weight="bold"')], 34
    for heading, rows in groups.items():
        most = max((value for _, value in rows), default=0) or 1
        parts.append(text(10, y + 12, heading, "start", 'font-weight="bold"'))
        y += 20
        for name, value in rows:
            color = COLORS[names.index(name) % len(COLORS)]
            long = 340 * value / most
            parts += [text(132, y + 11, name, "end"),
                      f'<rect x="140" y="{y}" width="{max(1, long):.1f}" height="13" fill="{color}"/>',
                      text(146 + long, y + 11, f"{value:,.3g} {unit}", "start")]
            y += 17
        y += 10
    return page(parts, WIDTH, y + 6)
