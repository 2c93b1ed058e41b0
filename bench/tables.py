# SPDX-License-Identifier: Apache-2.0
"""The tables of the document: one for each kind of workload, one at a glance, one of where Pare is not ahead."""
import json
import os

from results import (AGREE, DB, SCORE, apart, at_rung, auto_time, count, equal, fixed, measured, pace, rivals, size_ratio, sums,
                     time_ratio, total, typical)

HERE = os.path.dirname(os.path.abspath(__file__))
CAUSES = os.path.join(HERE, "causes.json")
LESS, FASTER = 1.005, 0.95  # from here on a peer is ahead in bytes, in time


def row(*cells):
    return "| " + " | ".join(str(c) for c in cells) + " |"


def table(heads, rows):
    return "\n".join([row(*heads), "|" + "---|" * len(heads), *rows])


def number(value, digits=2):
    return "-" if value is None else f"{value:,.{digits}f}"


def span(found):
    return f"{found[0]:.3f} ({found[1]:.3f}-{found[2]:.3f})" if found else "-"


def peak(entry):
    return f"{entry['peak_kib'] / 1024:.0f}"


def curve_rows(workload, result):
    lines = []
    for peer, entries in result["peers"].items():
        here, is_pare = at_rung(entries, workload.rung), peer == "pare"
        lines.append(row(peer, "1" if is_pare else span(equal(result, peer, SCORE, "ssimulacra2")),
                         "1" if is_pare else span(equal(result, peer, DB, "ms-ssim")),
                         number(time_ratio(workload, result, peer)), number(pace(workload, result, peer)), peak(here),
                         total(result, fixed(entries), "bigger"), total(result, fixed(entries), "failed")))
        if is_pare and auto_time(result):
            auto = at_rung(entries, "auto")
            lines.append(row("pare, `-q auto`", "-", "-", number(auto_time(result) / typical(here["cpu"])),
                             number(pace(workload, result, peer, "auto")), peak(auto), *(sums(result, auto)[key] for key in ("bigger", "failed"))))
    return table(["tool", "Pare's bytes at equal SSIMULACRA2", "at equal MS-SSIM", "CPU, Pare = 1", "CPU s / Mpx",
                  "peak MB", "made bigger", "failed"], lines)


def ratio_rows(workload, result):
    lines = []
    for peer, entries in result["peers"].items():
        here = at_rung(entries, workload.rung)
        found = sums(result, here)
        lines.append(row(peer, number(found["bytes"] / found["bytes_in"], 3) if found["bytes_in"] else "-",
                         number(size_ratio(workload, result, peer), 3), number(time_ratio(workload, result, peer)),
                         number(pace(workload, result, peer), 3), peak(here),
                         *([number(found["least"], 1)] if workload.scored else []), found["bigger"], found["failed"]))
    note = "" if workload.same_looks else (
        f"\n\nEach tool at its own quality {workload.rung}, which does not look the same: here only time and memory are "
        "compared.")
    return table(["tool", "bytes out/in", "Pare's bytes / its bytes", "CPU, Pare = 1", "CPU s / Mpx", "peak MB",
                  *(["least score (100: the same pixels)"] if workload.scored else []), "made bigger", "failed"],
                 lines) + note


def batch_rows(workload, result):
    lines, ours = [], sums(result, result["peers"]["pare"][0])
    for peer, entries in result["peers"].items():
        here, found = entries[0], sums(result, entries[0])
        lines.append(row(peer, number(found["bytes"] / (found["bytes_in"] or 1), 3),
                         number(ours["bytes"] / found["bytes"], 3) if found["bytes"] else "-",
                         number(time_ratio(workload, result, peer)), number(time_ratio(workload, result, peer, "cpu")),
                         f"{count(result) / min(here['wall']):,.0f}", number(min(here["second"], default=None)), peak(here),
                         number(found["mean"], 1), number(found["least"], 1), found["bigger"]))
    note = "" if workload.same_looks else (
        f"\n\nQuality {workload.rung} is another one for each tool (Pare makes palettes of PNG at it, the peers keep all their pixels): "
        "bytes mean something only beside the scores. `pare-auto` asks for a score instead.")
    return table(["tool", "bytes out/in", "Pare's bytes / its bytes", "time, Pare = 1", "CPU, Pare = 1", "files / s",
                  "second run, s", "peak MB", "mean score", "least score", "made bigger"], lines) + note


def start_rows(workload, result):
    lines = [row(peer, f"{typical(e[0]['wall']) * 1000:.0f}", number(time_ratio(workload, result, peer)),
                 f"{typical(e[0]['cpu']) * 1000:.0f}", number(time_ratio(workload, result, peer, "cpu")), peak(e[0]))
             for peer, e in result["peers"].items()]
    return table(["tool", "time, ms", "time, Pare = 1", "CPU ms", "CPU, Pare = 1", "peak MB"], lines)


ROWS = {"curve": curve_rows, "ratio": ratio_rows, "batch": batch_rows, "start": start_rows}


def promise(workload, result):
    """One quality for all images against one score for all: what it costs that no image is below 80."""
    if workload.name == "jpeg":  # scored against what the input was made from, which no tool has seen
        return []
    auto = next((e for e in result["peers"]["pare"] if e["quality"] == "auto"), None)
    if not auto:
        return []
    ours = sums(result, auto)
    lines = [row("pare", "auto", number(ours["least"], 1), "1")]
    for peer, entries in result["peers"].items():
        enough = [(e["quality"], found) for e in sorted(fixed(entries), key=lambda e: e["quality"])
                  for found in [sums(result, e)] if found["least"] is not None and found["least"] >= 80]
        if enough:
            quality, found = enough[0]
            lines.append(row(peer, quality, number(found["least"], 1), number(ours["bytes"] / found["bytes"])))
        else:
            lines.append(row(peer, "none of those tried", "-", "-"))
    return ["", "So that no image scores below 80 (`-q auto` of Pare, the first quality of the ladder that does it "
            "for all images otherwise):", "",
            table(["tool", "quality", "least score", "Pare's bytes / its bytes"], lines)]


def best(workload, result):
    """(peer, Pare's bytes / its bytes, its time) of the peer that needs the fewest bytes, or is the fastest where
    bytes are not compared; None when there is no peer."""
    found = [(peer, size_ratio(workload, result, peer), time_ratio(workload, result, peer))
             for peer in rivals(result)]
    sized = [one for one in found if one[1] is not None]
    if sized:
        return max(sized, key=lambda one: one[1])
    return min((one for one in found if one[2] is not None), key=lambda one: one[2], default=None)


def glance(found):
    """One line a workload: Pare against the peer that needs the fewest bytes there."""
    lines = []
    for workload, result in measured(found):
        one = best(workload, result)
        if one:
            lines.append(row(workload.title, one[0], number(one[1], 3), number(one[2])))
    return table(["work", "best peer", "Pare's bytes / its bytes", "its time, Pare = 1"], lines)


def cause_of(causes, workload, peer, what):
    """The words for it: of this peer, or of the workload."""
    here = causes.get(workload.name, {})
    return here.get(f"{peer} {what}") or here.get(what) or ""


def behind(found):
    """Every peer that needs fewer bytes or less time than Pare somewhere, with the cause. ([line], [what has none])"""
    with open(CAUSES, encoding="utf-8") as file:
        causes = json.load(file)
    lines, unknown = [], []
    for workload, result in measured(found):
        for peer in rivals(result):
            size, time = size_ratio(workload, result, peer), time_ratio(workload, result, peer)
            for what, ahead in (("bytes", size is not None and size > LESS), ("time", time is not None and time < FASTER)):
                if not ahead:
                    continue
                cause = cause_of(causes, workload, peer, what)
                if not cause:
                    unknown.append(f"{workload.name}: {peer} {what}")
                lines.append(row(workload.title, peer, what, number(size, 3), number(time), cause or "not found yet"))
    return lines, unknown


def unsure(found):
    """How many CPU ratios would be found again, and those that would not."""
    rows = [(far, workload.title, peer) for workload, result in measured(found) if workload.kind != "batch"
            for peer, far in apart(workload, result).items()]
    wide = [row(title, peer, f"{100 * far:.1f} %") for far, title, peer in sorted(rows, reverse=True) if far > AGREE]
    words = (f"The CPU ratios of the first half of the timings and of the second agree within {100 * AGREE:.0f} % for {len(rows) - len(wide)} "
             f"of {len(rows)}" + ("; the others:" if wide else "."))
    return [words, *(["", table(["work", "tool", "apart"], wide)] if wide else [])]


def least_memory(found):
    """Where a peer needs less memory than Pare: the one that needs least."""
    lines = []
    for workload, result in measured(found):
        at = {peer: at_rung(entries, workload.rung)["peak_kib"] for peer, entries in result["peers"].items()}
        peer = min(rivals(result), key=lambda p: at[p], default=None)
        if peer and at[peer] < 0.95 * at["pare"]:
            lines.append(row(workload.title, peer, f"{at[peer] / 1024:.0f}", f"{at['pare'] / 1024:.0f}"))
    return lines
