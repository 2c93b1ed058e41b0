#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cut the power at every point of a run: whatever the disk then holds, no file is lost and undo brings all back.

  power_test.py PARE SHIM MAKE_IMAGES [SHARE [SCENARIO]]

A SIGKILL loses nothing that was written; a power cut loses what is not yet on the disk. Every call of `pare`
that changes the disk is recorded, the ledger's too. power_disk.py makes the states that a cut behind each of
them may leave; each is laid out at the same path, the next `pare` is shown the inode numbers and times
of before, and then runs, or undoes. Of all states every SHARE-th is tried (default 1). Prints TAP.
"""
import os
import shutil
import subprocess
import sys
import tempfile

from power_disk import Cut, read_log, snapshot
from tap import Tap

LIMIT_S = 120  # only a hang reaches it
BEFORE, AFTER = 50, 51  # bits of inode numbers: made before the cut, after it
IN_PLACE = ("-i", "--backup", "kept")


def is_temporary(path):
    name = os.path.basename(path)
    return name.startswith(".pare-") and name.endswith((".tmp", ".old"))


class Bench(Tap):
    def __init__(self, pare, shim, make_images, share):
        super().__init__("power")
        if os.access("/dev/shm", os.W_OK):  # each state is laid out and synced anew: no need for a slow disk
            os.rmdir(self.top)
            self.top = tempfile.mkdtemp(prefix="pare-power-", dir="/dev/shm")
        self.pare, self.shim, self.share = os.path.abspath(pare), os.path.abspath(shim), share
        self.disk, self.files = os.path.join(self.top, "disk"), os.path.join(self.top, "files")
        made = os.path.join(self.top, "made")
        subprocess.run([make_images, made], check=True, stdout=subprocess.DEVNULL)
        self.pristine = os.path.join(self.top, "pristine")
        os.makedirs(os.path.join(self.pristine, "photos", "sub"))
        for name in ("alpha.png", "sub/photo2.jpg", "sub/same.jpg"):
            shutil.copy2(os.path.join(made, name), os.path.join(self.pristine, "photos", name))
        self.old = self.contents(self.pristine)

    @staticmethod
    def contents(folder, below="photos"):
        found = {}
        for base, _, names in os.walk(os.path.join(folder, below)):
            for name in names:
                path = os.path.join(base, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, folder)] = file.read()
        return found

    def call(self, words, bit, log=None, **more):
        env = {**os.environ, "LD_PRELOAD": self.shim, "POWER_BIT": str(bit),
               "XDG_STATE_HOME": os.path.join(self.disk, "state"), **more}
        if log:
            env["POWER_LOG"] = log
        else:
            env["POWER_FILES"] = self.files
        done = subprocess.run([self.pare, *words], env=env, cwd=self.disk, timeout=LIMIT_S, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout.decode(errors="replace")

    def fresh(self):
        shutil.rmtree(self.disk, ignore_errors=True)
        shutil.copytree(self.pristine, self.disk)
        with open(self.files, "w", encoding="ascii"):
            pass

    def record(self, words, before=(), **more):
        """The disk before a command, what the command did to it, and what the disk holds afterwards."""
        self.fresh()
        for one in before:
            self.call(one, BEFORE, **more)
        start, log = snapshot(self.disk, BEFORE), os.path.join(self.top, "log")
        if os.path.exists(log):
            os.remove(log)
        code, text = self.call(words, BEFORE, log, **more)
        assert code == 0, f"the run without a cut ended with {code}: {text}"
        return start, read_log(log, self.disk, start)

    def states(self, words, before=(), **more):
        """All states after all cuts, each once."""
        start, calls = self.record(words, before, **more)
        seen, found = set(), []
        for count in range(len(calls) + 1):
            for model, state in Cut(start, calls, count).states(lambda name: name.startswith("ledger.db")):
                key = state.key()
                if key not in seen:
                    seen.add(key)
                    last = calls[count - 1] if count else None
                    where = f"{last.what} {' '.join(name for _, name in last.names)}" if last else "nothing"
                    found.append((f"cut behind call {count} ({where.strip()}), {model}", state))
        print(f"# {len(calls)} calls, {len(found)} states")
        return found

    # ---- what must hold ----

    def mixed(self, new):
        """Originals that are lost, or neither old nor new."""
        now = self.contents(self.disk)
        bad = []
        for name, data in self.old.items():
            other = new.get(name)
            made = other[0] if other else name
            if now.get(name) == data or (other and now.get(made) == other[1]):
                continue
            have = f"{len(now[name])} bytes" if name in now else "nothing"
            bad.append(f"{name} is neither old nor new: {have}")
        return bad

    def left_behind(self):
        return [f"{os.path.join(base, name)} is left behind" for base, _, names in os.walk(self.disk)
                for name in names if is_temporary(name)]

    def undo(self, **more):
        said = []
        for _ in range(4):
            code, text = self.call(("undo",), AFTER, **more)
            said.append(f"{code} {text.strip()}")
            if "no run can be undone" in text or " 0 restored" in f" {text}":
                break
        now = self.contents(self.disk)
        bad = [f"{name} did not come back" for name in self.old if now.get(name) != self.old[name]]
        bad += [f"{name} is there after undo" for name in now if name not in self.old and not is_temporary(name)]
        return bad + said if bad else []

    def check_states(self, states, check):
        problems = []
        for number, (where, state) in enumerate(states):
            if number % self.share:
                continue
            state.lay_out(self.disk, self.files)
            found = check(number // self.share)
            problems += [f"{where}: {one}" for one in found[:4]]
        return problems

    def in_place(self, promise, words, before=(), command=None, **more):
        """Cuts through a run in place, or through `command` after it."""
        self.fresh()
        self.call(words, BEFORE, **more)
        now = self.contents(self.disk)
        new = {}
        for name in self.old:
            stem = os.path.splitext(name)[0]
            new[name] = next((made, data) for made, data in now.items() if os.path.splitext(made)[0] == stem)

        def check(number):
            bad = self.mixed(new)
            if number % 2 == 0:  # in turn: undo at once, or the next run first
                bad += self.next_run(words, new, **more)
            return bad + self.undo(**more)

        states = self.states(command or words, before, **more)
        self.report(promise, self.check_states(states, check))

    def next_run(self, words, new, **more):
        """It finishes the work; a file that was new already may become smaller once more."""
        code, text = self.call(words, AFTER, **more)
        bad = [] if code == 0 else [f"the next run ended with {code}: {text.strip()}"]
        now = self.contents(self.disk)
        for name, (made, data) in new.items():
            if not 0 < len(now.get(made, b"")) <= len(data):
                bad.append(f"{made} was not finished by the next run")
        return bad + self.left_behind()


    def apart(self, promise, words):
        """Cuts through a run whose results lie apart: they can be made again, and are."""
        self.fresh()
        self.call(words, BEFORE)
        want = self.contents(self.disk, "out")

        def check(_):
            code, text = self.call(words, AFTER)
            bad = [] if code == 0 else [f"the next run ended with {code}: {text.strip()}"]
            if self.contents(self.disk) != self.old:
                bad.append("an original changed")
            now = self.contents(self.disk, "out")
            bad += [f"{name} is not as it should be: {len(now.get(name, b''))} bytes" for name in want
                    if now.get(name) != want[name]]
            return bad + self.left_behind()

        self.report(promise, self.check_states(self.states(words), check))


def replaced(bench):
    bench.in_place("a run in place with backup", ("run", *IN_PLACE, "-q", "60", "-j", "1", "photos"))


def renamed(bench):
    bench.in_place("a run in place that changes the format",
                   ("run", *IN_PLACE, "-q", "60", "-j", "1", "-f", "webp", "photos"))


def made_apart(bench):
    bench.apart("a run into another folder", ("run", "-o", "out", "-q", "60", "-j", "1", "photos"))


def copied(bench):
    bench.in_place("a run in place whose backup is on another file system",
                   ("run", *IN_PLACE, "-q", "60", "-j", "1", "photos"), POWER_APART="kept")


def copied_back(bench):
    words = ("run", *IN_PLACE, "-q", "60", "-j", "1", "photos")
    bench.in_place("an undo from another file system", words, before=[words], command=("undo",), POWER_APART="kept")


def undone(bench):
    words = ("run", *IN_PLACE, "-q", "60", "-j", "1", "photos")
    bench.in_place("an undo", words, before=[words], command=("undo",))


SCENARIOS = {part.__name__: part for part in (replaced, renamed, copied, undone, copied_back, made_apart)}

if __name__ == "__main__":
    chosen = [SCENARIOS[name] for name in sys.argv[5:]] or list(SCENARIOS.values())
    sys.exit(Bench(*sys.argv[1:4], int(sys.argv[4]) if len(sys.argv) > 4 else 1).do_all(chosen))
