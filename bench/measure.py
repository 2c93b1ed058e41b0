# SPDX-License-Identifier: Apache-2.0
"""One command measured: CPU, wall, peak memory of its whole tree; and what two metrics say of pairs of images."""
import os
import shutil
import subprocess
import threading
import time

PAGE = os.sysconf("SC_PAGE_SIZE")
MISSING = 69  # an adapter's exit status: the tool is not here, or does not do this work


def tree(pid):
    """The process and its descendants."""
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        try:
            for thread in os.listdir(f"/proc/{one}/task"):
                with open(f"/proc/{one}/task/{thread}/children", encoding="ascii") as file:
                    todo += [int(child) for child in file.read().split()]
        except OSError:
            pass
    return found


def resident(pid):
    """Bytes in memory of one process; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def watch(pid, peak, stop, pause_s):
    while not stop.is_set():
        peak[0] = max(peak[0], sum(resident(one) for one in tree(pid)))
        stop.wait(pause_s)


def run(command, env, pinned=True, pause_s=0.02):
    """{code, cpu_s, wall_s, peak_kib, error}; CPU is user and system time with all children, memory the
    sum over the tree at its largest moment (looked at every pause_s) and at least the largest process."""
    if pinned and shutil.which("taskset"):
        command = ["taskset", "-c", "0", *command]
    start = time.monotonic()
    child = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak, stop = [0], threading.Event()
    watcher = threading.Thread(target=watch, args=(child.pid, peak, stop, pause_s))
    watcher.start()
    error = child.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stderr.close()
    stop.set()
    watcher.join()
    return {"code": child.returncode, "cpu_s": usage.ru_utime + usage.ru_stime, "wall_s": wall,
            "peak_kib": max(peak[0] // 1024, usage.ru_maxrss), "error": error[:500]}


def compare(tool, pairs):
    """[(SSIMULACRA2, MS-SSIM dB, width, height) or None] for pairs (reference, image), on all cores."""
    order = sorted(range(len(pairs)), key=lambda i: pairs[i])
    cores = max(1, os.cpu_count() or 1)
    size = -(-len(order) // cores)
    parts = [order[i:i + size] for i in range(0, len(order), size)] if order else []
    found = [None] * len(pairs)

    def one(part):
        text = "".join(f"{pairs[i][0]}\t{pairs[i][1]}\n" for i in part)
        done = subprocess.run([tool], input=text, stdout=subprocess.PIPE, text=True, check=False)
        for i, line in zip(part, done.stdout.splitlines()):
            a, b, width, height = line.split()
            if a != "-":
                found[i] = (float(a), float(b), int(width), int(height))

    threads = [threading.Thread(target=one, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
