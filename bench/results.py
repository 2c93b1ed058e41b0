# SPDX-License-Identifier: Apache-2.0
"""What a run has found: read from its folder or from a file, with the sums and ratios that everything else uses."""
import json
import os

import rate
from workloads import RANGES, WORKLOADS

HERE = os.path.dirname(os.path.abspath(__file__))
PUBLISHED = os.path.join(HERE, "results", "published.json")
SCORE, DB = 1, 2  # columns of a file's row: bytes, SSIMULACRA2, MS-SSIM in dB
SAME = 99.999     # score of the same pixels
AGREE = 0.03      # so far may CPU ratios of two runs, or of two halves of one, be apart
FEW = 150         # of more files only sums are kept


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def save(path, value):
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(value, file, separators=(",", ":"))
    os.replace(path + ".new", path)


def load(run):
    """{machine, workloads: {name: result}} of a run by name, a folder, or a file like the published one."""
    folder = run if os.path.isdir(run) else os.path.join(HERE, "results", run)
    if not os.path.isdir(folder):
        return read(run if os.path.isfile(run) else PUBLISHED)
    found = {"machine": None, "workloads": {}}
    for name in sorted(os.listdir(folder)):
        if name == "machine.json":
            found["machine"] = read(os.path.join(folder, name))
        elif name.endswith(".json"):
            found["workloads"][name[:-5]] = slim(read(os.path.join(folder, name)))
    return found


def sums_of(files, sizes):
    """Totals of the rows of one entry: bytes, how often bigger or nothing, the least and the mean score."""
    rows = [(row, size) for row, size in zip(files, sizes) if row[0]]
    scores = [row[SCORE] for row, _ in rows if len(row) > 1 and row[SCORE] is not None]
    return {"bytes_in": sum(size for _, size in rows), "bytes": sum(row[0] for row, _ in rows),
            "bigger": sum(row[0] > size for row, size in rows), "failed": len(files) - len(rows),
            "least": min(scores, default=None), "mean": sum(scores) / len(scores) if scores else None}


def slim(result):
    """What the document needs: of thousands of files only their sums."""
    sizes = [one[1] for one in result.get("inputs", [])]
    for entries in result.get("peers", {}).values():
        for entry in entries:
            for taken in (entry, entry.get("part", {})):
                for key in ("cpu", "wall", "second"):
                    if key in taken:
                        taken[key] = [round(v, 4) for v in taken[key]]
            entry.pop("error", None)
            if len(entry["files"]) > FEW:
                entry["sums"] = sums_of(entry["files"], sizes)
                entry["files"] = []
    if len(sizes) > FEW:
        result["count"], result["inputs"] = len(sizes), []
    return result


def sums(result, entry):
    return entry.get("sums") or sums_of(entry["files"], [one[1] for one in result["inputs"]])


def total(result, entries, key):
    return sum(sums(result, entry)[key] for entry in entries)


def count(result):
    return result.get("count") or len(result["inputs"])


def at_rung(entries, rung):
    return next((entry for entry in entries if entry["quality"] == rung), entries[0])


def fixed(entries):
    return [entry for entry in entries if entry["quality"] != "auto"]


def rivals(result):
    return [peer for peer in result["peers"] if not peer.startswith("pare")]


def megapixels(result):
    return sum(one[2] for one in result["inputs"]) / 1e6


def measured(found):
    """(workload, result) of those that have something to compare."""
    for workload in WORKLOADS:
        result = found["workloads"].get(workload.name, {})
        if "pare" in result.get("peers", {}):
            yield workload, result


def clock(workload):
    """What is compared: batches run on all cores, so there the clock counts."""
    return "wall" if workload.kind in ("batch", "start") else "cpu"


def auto_time(result):
    """CPU seconds of -q auto; None where it was not timed."""
    entry = at_rung(result["peers"]["pare"], "auto")
    return typical(entry["cpu"]) if entry["quality"] == "auto" and entry.get("cpu") else None


def did_less(workload, result, peer):
    """Did it fail where Pare did not? Then its time says nothing."""
    here, ours = (sums(result, at_rung(result["peers"][p], workload.rung))["failed"] for p in (peer, "pare"))
    return here > ours


def typical(times):
    """One number of many timings: the mean of the fastest third. What is slower met other work on the machine; one
    fastest alone is chance."""
    fastest = sorted(times)[:max(1, len(times) // 3)]
    return sum(fastest) / len(fastest)


def first_half(times):
    return times[:len(times) // 2]


def second_half(times):
    return times[len(times) // 2:]


def is_part(entry):
    """Was it timed on a part of the files?"""
    return not entry.get("cpu")


def pace(workload, result, peer, rung=None):
    """CPU seconds a megapixel, or None."""
    entry = at_rung(result["peers"][peer], rung or workload.rung)
    pixels = result["part_mpx"] if is_part(entry) else megapixels(result)
    return typical((entry["part"] if is_part(entry) else entry)["cpu"]) / pixels if pixels else None


def time_ratio(workload, result, peer, key=None, of=list):
    """Its time, Pare's for the same files being 1; None when it did less. of: which of the timings, a
    function of their list."""
    here, ours = (at_rung(result["peers"][p], workload.rung) for p in (peer, "pare"))
    if is_part(here):
        here, ours = here["part"], ours["part"]
    key = key or clock(workload)
    here, ours = of(here[key]), of(ours[key])
    return typical(here) / typical(ours) if here and ours and not did_less(workload, result, peer) else None


def curves(result, entries, column):
    """{image: [(score, bytes)]}"""
    found = {}
    for entry in fixed(entries):
        for number, row in enumerate(entry["files"]):
            if row[0] and row[column] is not None:
                found.setdefault(number, []).append((row[column], row[0]))
    return found


def equal(result, peer, column, metric):
    """Pare's bytes for the same score, as (ratio, low, high) or None."""
    low, high = RANGES[metric]
    return rate.bytes_at_equal_score(curves(result, result["peers"]["pare"], column),
                                     curves(result, result["peers"][peer], column), low, high)[0]


def size_ratio(workload, result, peer):
    """Pare's bytes, the peer's being 1, where they look the same; else None."""
    if workload.kind == "curve":
        found = equal(result, peer, SCORE, "ssimulacra2")
        return found[0] if found else None
    if not workload.same_looks:
        return None
    ours, here = (sums(result, at_rung(result["peers"][p], workload.rung)) for p in ("pare", peer))
    if here["least"] is not None and here["least"] < SAME:
        return None
    return ours["bytes"] / here["bytes"] if here["bytes"] and here["failed"] == ours["failed"] else None


def apart(workload, result):
    """{peer: how far the CPU ratio of the first half of its timings is off that of the second}: what another run
    would find, and more, for a half has fewer timings."""
    found = {}
    for peer in result["peers"]:
        one, other = (time_ratio(workload, result, peer, "cpu", half) for half in (first_half, second_half))
        if peer != "pare" and one and other:
            found[peer] = abs(one / other - 1)
    return found


def time_ratios(found):
    """{(workload, peer): CPU ratio} of everything."""
    return {(workload.name, peer): time_ratio(workload, result, peer, "cpu")
            for workload, result in measured(found) for peer in result["peers"]
            if peer != "pare" and not did_less(workload, result, peer)}
