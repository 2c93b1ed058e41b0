# SPDX-License-Identifier: Apache-2.0
"""Rate against distortion: how many bytes one tool needs for the score of another.

The difference of two curves log(bytes) over score, averaged over the scores that both reach (G. Bjontegaard,
VCEG-M33, 2001), with monotone cubics between the points (F. N. Fritsch and J. Butland, 1984) in place of one
polynomial. One number for each image; then the mean over images, with Student's 95 % interval.
"""
import math

# two-sided 95 % quantiles of Student's t for 1, 2, 3, ... degrees of freedom
STUDENT = [12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
           2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086]


def rising(points):
    """Points (score, bytes) as a curve that rises in score: of equal or falling scores the smaller file stays."""
    curve = []
    for score, size in sorted(points, key=lambda p: (p[1], -p[0])):
        if not curve or score > curve[-1][0] + 1e-6:
            curve.append((score, math.log(size)))
    return curve


def slopes(curve):
    """Slope at each point, so that the cubics between them never overshoot."""
    steps = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in zip(curve, curve[1:])]
    inner = [3 * (wa + wb) / ((2 * wb + wa) / a + (2 * wa + wb) / b) if a * b > 0 else 0.0
             for a, b, wa, wb in zip(steps, steps[1:],
                                     [q[0] - p[0] for p, q in zip(curve, curve[1:])],
                                     [q[0] - p[0] for p, q in zip(curve[1:], curve[2:])])]
    return [steps[0], *inner, steps[-1]]


def value(curve, tangents, score):
    """log(bytes) at a score inside of the curve."""
    i = 0
    while i + 2 < len(curve) and score > curve[i + 1][0]:
        i += 1
    (x0, y0), (x1, y1) = curve[i], curve[i + 1]
    width = x1 - x0
    t = (score - x0) / width
    return (y0 * (1 + 2 * t) * (1 - t) ** 2 + y1 * t * t * (3 - 2 * t)
            + width * t * (1 - t) * (tangents[i] * (1 - t) - tangents[i + 1] * t))


def log_ratio(ours, theirs, low, high):
    """Mean of log(our bytes / their bytes) over the scores that both reach; None when they hardly meet."""
    a, b = rising(ours), rising(theirs)
    if len(a) < 2 or len(b) < 2:
        return None
    start, end = max(a[0][0], b[0][0], low), min(a[-1][0], b[-1][0], high)
    if end - start < 0.02 * (high - low):
        return None
    ta, tb, steps = slopes(a), slopes(b), 200
    total = 0.0
    for i in range(steps):
        score = start + (end - start) * (i + 0.5) / steps
        total += value(a, ta, score) - value(b, tb, score)
    return total / steps


def mean_interval(values):
    """(mean, low, high) of exp over the values with a 95 % interval; None for fewer than two."""
    if len(values) < 2:
        return None
    mean = sum(values) / len(values)
    deviation = math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1))
    t = STUDENT[min(len(values) - 2, len(STUDENT) - 1)]
    half = t * deviation / math.sqrt(len(values))
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


def bytes_at_equal_score(ours, theirs, low, high):
    """ours, theirs: {image: [(score, bytes)]}. ((ratio, low, high), images) or (None, images)."""
    logs = [log_ratio(ours[name], theirs[name], low, high) for name in sorted(ours.keys() & theirs.keys())]
    logs = [one for one in logs if one is not None]
    return mean_interval(logs), len(logs)
