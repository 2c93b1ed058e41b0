# SPDX-License-Identifier: Apache-2.0
"""One command measured: CPU, wall, peak memory of its whole tree; and what two metrics say of pairs of images.

  python3 bench/measure.py [--rounds N] COMMAND...      on one core; of several rounds the one with the least CPU
"""
import argparse
import os
import shutil
import subprocess
import threading
import time

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


def memory(pid):
    """(bytes in memory now, most that it ever had) of one process; zeros when it is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            fields = dict(line.split(":", 1) for line in file if line.startswith("Vm"))
        return int(fields["VmRSS"].split()[0]) * 1024, int(fields["VmHWM"].split()[0]) * 1024
    except (OSError, KeyError, ValueError, IndexError):
        return 0, 0


def watch(pid, peak, stop, pause_s):
    """The largest sum over the tree, and at least the largest of one process. The kernel's own maximum of the
    children is of no use: it counts the moment before a child became another program."""
    while pause_s:
        looked = [memory(one) for one in tree(pid)]
        peak[0] = max([peak[0], sum(now for now, _ in looked), *(most for _, most in looked)])
        if stop.wait(pause_s):
            return


def cores():
    return max(1, os.cpu_count() or 1)


def run(command, env, core=0, pause_s=0.02):
    """On one core, or on all (None); {code, cpu_s, wall_s, peak_kib, error}; CPU is user and system time with all children, memory that of the
    tree at its largest moment, looked at every pause_s; of 0: never, which disturbs nothing."""
    if core is not None and shutil.which("taskset"):
        command = ["taskset", "-c", str(core), *command]
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
            "peak_kib": peak[0] // 1024, "error": error[:500]}


def user_time(command, env, core, stdout=subprocess.DEVNULL):
    """(exit status, seconds of user time with all children) on one core; nothing looks on while it runs."""
    if shutil.which("taskset"):
        command = ["taskset", "-c", str(core), *command]
    child = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=stdout)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, usage.ru_utime


def compare(tool, pairs):
    """[(SSIMULACRA2, MS-SSIM dB, width, height) or None] for pairs (reference, image), on all cores."""
    order = sorted(range(len(pairs)), key=lambda i: pairs[i])
    size = -(-len(order) // cores())
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    done = min((run(options.command, os.environ) for _ in range(options.rounds)), key=lambda one: one["cpu_s"])
    print(f"CPU {done['cpu_s']:.3f} s, {done['wall_s']:.3f} s by the clock, at the peak {done['peak_kib'] / 1024:.1f} MB"
          f" (exit {done['code']})")


if __name__ == "__main__":
    main()
