#!/usr/bin/env python3
"""Kill `pare` at every call that touches the disk, and let each of them fail in every way: no file is lost.

  crash_test.py PARE SHIM MAKE_IMAGES [kill|ENOSPC|EIO|EDQUOT|EROFS|EMFILE] [STEP]

After each fault: every original is entirely old or entirely new; a second run finishes the work,
leaves no temporary file, and `undo` brings every original back. Prints TAP.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

LIMIT_S = 60


class Bench:
    """One folder of originals, and what the same run makes of them when nothing goes wrong."""

    def __init__(self, pare, shim, make_images):
        self.pare, self.shim = os.path.abspath(pare), os.path.abspath(shim)
        self.top = tempfile.mkdtemp(prefix="pare-crash-")
        self.pristine = os.path.join(self.top, "pristine")
        os.mkdir(self.pristine)
        subprocess.run([make_images, self.pristine], check=True, stdout=subprocess.DEVNULL)
        self.old = self.contents(self.pristine)
        self.work = os.path.join(self.top, "work")
        self.reset()
        count = os.path.join(self.top, "count")
        code, _ = self.run({"FAULT_AT": "0", "FAULT_COUNT": count})
        assert code in (0, 1), f"the run without a fault ended with {code}"
        self.new = self.contents(self.photos)
        with open(count, encoding="ascii") as file:
            self.calls = int(file.read())

    @property
    def photos(self):
        return os.path.join(self.work, "photos")

    def reset(self):
        shutil.rmtree(self.work, ignore_errors=True)
        os.mkdir(self.work)
        shutil.copytree(self.pristine, self.photos)

    @staticmethod
    def contents(folder):
        found = {}
        for base, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(base, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, folder)] = file.read()
        return found

    def command(self, *words):
        return [self.pare, *words, "--ledger", os.path.join(self.work, "ledger.db")]

    def run(self, fault=None):
        env = dict(os.environ)
        if fault:
            env.update(fault, LD_PRELOAD=self.shim)
        words = ["run", "-i", "--backup", os.path.join(self.work, "kept"), "-q", "60", "-j", "2",
                 "--quiet", self.photos]
        done = subprocess.run(self.command(*words), env=env, timeout=LIMIT_S,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout.decode(errors="replace")

    def undo(self):
        done = subprocess.run(self.command("undo"), timeout=LIMIT_S, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout.decode(errors="replace")

    def problems_after_fault(self):
        """Files that are neither old nor new, right after the fault."""
        now = self.contents(self.photos)
        found = [f"{name} is lost" for name in self.old if name not in now]
        for name, data in now.items():
            if name in self.old and data not in (self.old[name], self.new[name]):
                found.append(f"{name} is neither old nor new ({len(data)} bytes)")
        return found

    def problems_after_resume(self):
        code, text = self.run()
        found = [] if code in (0, 1) else [f"the second run ended with {code}: {text[-300:]}"]
        now = self.contents(self.photos)
        found += [f"{name} is left behind" for name in now if name not in self.old]
        found += [f"{name} was not finished" for name in self.new
                  if not self.is_finished(name, now.get(name))]
        found += [f"{name} is left in the backup" for name in self.contents(os.path.join(self.work, "kept"))
                  if name.endswith(".tmp")]
        return found

    def is_finished(self, name, data):
        """The bytes of a run without a fault; or fewer with the same pixels, where a file that was
        replaced but not yet in the ledger was looked at once more."""
        if data == self.new[name]:
            return True
        if data is None or len(data) >= len(self.new[name]):
            return False
        reference = os.path.join(self.top, "reference")
        with open(reference, "wb") as file:
            file.write(self.new[name])
        done = subprocess.run([self.pare, "score", "--json", reference,
                               os.path.join(self.photos, name)], capture_output=True, check=False)
        return done.returncode == 0 and json.loads(done.stdout)["score"] == 100

    def problems_after_undo(self, runs):
        """Each run that replaced files can be undone; afterwards everything is as it was."""
        for _ in range(runs):
            self.undo()
        now = self.contents(self.photos)
        return [f"{name} did not come back" for name in self.old if now.get(name) != self.old[name]]


def one_point(bench, what, at):
    bench.reset()
    fault = {"FAULT_AT": str(at), "FAULT_DO": what}
    try:
        code, text = bench.run(fault)
    except subprocess.TimeoutExpired:
        return [f"hangs after {what} at call {at}"]
    problems = []
    if what != "kill" and code not in (0, 1):
        problems.append(f"ended with {code}: {text[-300:]}")
    problems += bench.problems_after_fault()
    if what == "kill":
        problems += bench.problems_after_resume()
        problems += bench.problems_after_undo(2)
    else:
        left = [name for name in bench.contents(bench.photos) if name not in bench.old]
        problems += [f"{name} is left behind" for name in left]
        problems += bench.problems_after_resume()
    return [f"{what} at call {at}: {problem}" for problem in problems]


def main():
    pare, shim, make_images = sys.argv[1:4]
    kinds = sys.argv[4].split(",") if len(sys.argv) > 4 else ["kill"]
    step = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    bench = Bench(pare, shim, make_images)
    print(f"1..{len(kinds)}")
    print(f"# {len(bench.old)} files, {bench.calls} calls that touch the disk")
    failed = 0
    try:
        for number, what in enumerate(kinds, 1):
            problems = []
            for at in range(1, bench.calls + 1, step):
                problems += one_point(bench, what, at)
            for problem in problems[:20]:
                print(f"# {problem}")
            failed += bool(problems)
            print(f"{'not ok' if problems else 'ok'} {number} - after {what} at each call every file is old or new")
            sys.stdout.flush()
    finally:
        shutil.rmtree(bench.top, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
