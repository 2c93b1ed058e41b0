#!/usr/bin/env python3
"""What can happen to the user's files and disk while `pare` works in place: nothing may be lost by it.

  disk_test.py PARE SHIM MAKE_IMAGES

Prints TAP.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import time

from tap import Tap

LIMIT_S = 300  # only a hang reaches it
NOBODY = 65534


class Bench(Tap):
    def __init__(self, pare, shim, make_images):
        self.pare, self.shim, self.make_images = (os.path.abspath(path) for path in (pare, shim, make_images))
        super().__init__("disk")
        self.photos = None
        self.keeps_backup = True

    def reset(self):
        """A fresh folder of images; its contents."""
        shutil.rmtree(self.top)
        os.mkdir(self.top)
        self.photos = os.path.join(self.top, "photos")
        subprocess.run([self.make_images, self.photos], check=True, stdout=subprocess.DEVNULL)
        return self.contents()

    def contents(self):
        found = {}
        for base, _, names in os.walk(self.photos):
            for name in names:
                path = os.path.join(base, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, self.photos)] = file.read()
        return found

    def command(self, *words):
        backup = ["--backup", os.path.join(self.top, "kept")] if self.keeps_backup else []
        return [self.pare, "run", "-i", "-q", "60", "-j", "2", "--json", *backup,
                "--ledger", os.path.join(self.top, "ledger.db"), *words, self.photos]

    def start(self, *words, env=None, user=None, new_session=False):
        return subprocess.Popen(self.command(*words), env={**os.environ, **(env or {})}, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, user=user, group=user, extra_groups=[] if user else None,
                                start_new_session=new_session)

    @staticmethod
    def finish(process):
        """The exit code and the results by name."""
        try:
            out, _ = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return "hangs", {}
        events = [json.loads(line) for line in out.decode(errors="replace").splitlines()]
        return process.returncode, {os.path.basename(event["input"]): event for event in events
                                    if event.get("event") == "result"}

    def run(self, *words, **how):
        return self.finish(self.start(*words, **how))

    def undo_once(self, env=None):
        return subprocess.run([self.pare, "undo", "--ledger", os.path.join(self.top, "ledger.db")], check=False,
                              timeout=LIMIT_S, env={**os.environ, **(env or {})}, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE)

    def undo(self):
        """As often as it brings something back."""
        restored = True
        while restored:
            done = self.undo_once()
            restored = b" restored," in done.stderr and not done.stderr.startswith(b"0 restored")

    def lost(self, old):
        """Names whose file is gone or neither the old nor a smaller one, and names that were not there."""
        now = self.contents()
        bad = [name for name in old if name not in now]
        bad += [name for name, data in now.items() if name not in old or
                (data != old[name] and not 0 < len(data) < len(old[name]))]
        return bad


def disk_that_stays_bad(bench):
    """Not one call fails but all from some call on: a full disk, one that was unmounted."""
    problems = []
    for what in ("ENOSPC", "EIO", "EDQUOT", "EROFS", "EMFILE"):
        for at in ("1", "40"):
            old = bench.reset()
            code, _ = bench.run(env={"LD_PRELOAD": bench.shim, "FAULT_AT": at, "FAULT_DO": what, "FAULT_STICKY": "1"})
            # A file that could not even be removed may stay; the next run removes it.
            lost = [name for name in bench.lost(old) if name in old]
            if code not in (0, 1) or lost:
                problems.append(f"{what} from call {at} on: exit {code}, lost {lost}")
            code, _ = bench.run()
            if code not in (0, 1) or bench.lost(old):
                problems.append(f"{what} from call {at} on, next run: exit {code}, lost {bench.lost(old)}")
            bench.undo()
            if bench.contents() != old:
                problems.append(f"{what} from call {at} on: undo did not bring everything back")
    bench.report("a disk that stays bad from some call on costs no file", problems)


def read_only_folder(bench):
    old = bench.reset()
    user = NOBODY if os.geteuid() == 0 else None
    if user:
        for base, _, names in os.walk(bench.top):
            for path in [base] + [os.path.join(base, name) for name in names]:
                os.chown(path, user, user)
    os.chmod(bench.photos, 0o555)
    code, results = bench.run(user=user)
    os.chmod(bench.photos, 0o755)
    problems = [f"lost {bench.lost(old)}"] if bench.lost(old) else []
    now = bench.contents()
    photo, below = results.get("photo.jpg", {}), results.get("photo2.jpg", {})
    if code != 1 or now["photo.jpg"] != old["photo.jpg"] or photo.get("outcome") != "failed":
        problems.append(f"exit {code}, {photo}")
    if below.get("outcome") != "optimized":
        problems.append(f"the folder below, which can be written to: {below}")
    bench.report("a folder that is read-only costs its own files only, and says so", problems)


def has_open(pid, path):
    folder = f"/proc/{pid}/fd"
    return path in [os.readlink(os.path.join(folder, fd)) for fd in os.listdir(folder)]


def wait_for_worker(process, path, waits=None):
    """The worker that has the file open, stopped; None when the run ended before.
    waits: a file that the run must have open while no worker has it."""
    while process.poll() is None:
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
            workers = [int(pid) for pid in file.read().split()]
        for pid in workers:
            try:
                os.kill(pid, signal.SIGSTOP)
                if has_open(pid, path) and (not waits or has_open(process.pid, waits)):
                    return pid
                os.kill(pid, signal.SIGCONT)
            except OSError:
                pass
        time.sleep(0.002)
    return None


def changes_meanwhile(bench, promise, change, want, in_queue=False):
    """change(path) while a worker has the file, or one that is before it in the queue; want: the bytes afterwards,
    None: no file."""
    problems = ["the worker was never seen with the file"]
    for _ in range(20):  # it may be over before it is seen
        old = bench.reset()
        path = os.path.join(bench.photos, "photo.jpg")
        process = bench.start("-j", "1", "--effort", "9")
        first = os.path.join(bench.photos, "sub", "page.tif")
        pid = wait_for_worker(process, first, path) if in_queue else wait_for_worker(process, path)
        if pid is None:
            bench.finish(process)
            continue
        change(path)
        os.kill(pid, signal.SIGCONT)
        code, results = bench.finish(process)
        now = bench.contents()
        problems = []
        if now.pop("photo.jpg", None) != want:
            problems.append("what the user did was undone")
        old.pop("photo.jpg")
        if set(now) != set(old):
            problems.append(f"left behind: {set(now) ^ set(old)}")
        if code != 1 or results.get("photo.jpg", {}).get("outcome") != "failed":
            problems.append(f"exit {code}, {results.get('photo.jpg')}")
        break
    bench.report(promise, problems)


def rewrite(path):
    with open(path, "r+b") as file:
        file.truncate(0)
        file.write(b"mine")


def replace(path):
    with open(path + ".new", "wb") as file:
        file.write(b"mine")
    os.rename(path + ".new", path)


def in_between(bench):
    """Somebody comes between the last look at a file and the rename; every other call goes on as ever."""
    problems = []
    for what, want in (("write", b"mine"), ("replace", b"mine"), ("remove", None)):
        for bench.keeps_backup in (True, False):
            old = bench.reset()
            how = f"{what}, {'with' if bench.keeps_backup else 'without'} backup"
            code, results = bench.run(env={"LD_PRELOAD": bench.shim, "FAULT_BETWEEN": what, "FAULT_NAME": "photo.jpg"})
            now = bench.contents()
            if now.pop("photo.jpg", None) != want:
                problems.append(f"{how}: what the user did was undone")
            photo = old.pop("photo.jpg")
            if set(now) != set(old):
                problems.append(f"{how}: left behind or lost: {set(now) ^ set(old)}")
            if code != 1 or results.get("photo.jpg", {}).get("outcome") != "failed":
                problems.append(f"{how}: exit {code}, {results.get('photo.jpg')}")
            bench.undo()
            now = bench.contents()
            # undo may bring back what was removed: a backup was made before
            may_be = (want, photo) if what == "remove" and bench.keeps_backup else (want,)
            if now.pop("photo.jpg", None) not in may_be or (bench.keeps_backup and now != old):
                problems.append(f"{how}: undo did not leave it, or did not bring back the others")
    bench.keeps_backup = True
    bench.report("a file that changes just before the rename keeps what was done to it", problems)


def in_between_undo(bench):
    """Somebody comes between the last look of an undo at a file and its putting back."""
    problems = []
    for what, want in (("write", b"mine"), ("replace", b"mine"), ("remove", None)):
        old = bench.reset()
        bench.run()
        done = bench.undo_once(env={"LD_PRELOAD": bench.shim, "FAULT_BETWEEN": what, "FAULT_NAME": "photo.jpg"})
        now = bench.contents()
        if now.pop("photo.jpg", None) != want:
            problems.append(f"{what}: what the user did was undone")
        if now != {name: data for name, data in old.items() if name != "photo.jpg"}:
            problems.append(f"{what}: the others did not come back, or something was left behind")
        if done.returncode != 1 or b"photo.jpg changed meanwhile; its backup stays" not in done.stderr:
            problems.append(f"{what}: exit {done.returncode}, {done.stderr}")
        if want:
            os.unlink(os.path.join(bench.photos, "photo.jpg"))
        bench.undo()
        if bench.contents() != old:
            problems.append(f"{what}: the backup was no longer there for another undo")
    bench.report("a file that changes just before an undo puts it back keeps what was done to it", problems)


def no_exchange(bench):
    """A file system that cannot exchange names: everything is replaced all the same."""
    old = bench.reset()
    code, results = bench.run(env={"LD_PRELOAD": bench.shim, "FAULT_NO_EXCHANGE": "1", "FAULT_NAME": "-"})
    photo, problems = results.get("photo.jpg", {}), []
    if code != 1 or photo.get("outcome") != "optimized" or bench.lost(old):
        problems.append(f"exit {code}, {photo}, lost {bench.lost(old)}")
    bench.undo()
    if bench.contents() != old:
        problems.append("undo did not bring everything back")
    bench.report("where names cannot be exchanged, they are renamed", problems)


def two_runs(bench):
    problems = []
    for round_number in range(4):
        old = bench.reset()
        processes = [bench.start(), bench.start()]
        codes = [bench.finish(process)[0] for process in processes]
        if any(code not in (0, 1) for code in codes) or bench.lost(old):
            problems.append(f"round {round_number}: exits {codes}, lost {bench.lost(old)}")
        code, _ = bench.run()
        if bench.lost(old):
            problems.append(f"round {round_number}: lost {bench.lost(old)} by the run after, exit {code}")
        bench.undo()
        if bench.contents() != old:
            now = bench.contents()
            problems.append(f"round {round_number}: not back: {[n for n in old if now.get(n) != old[n]]}")
    bench.report("two runs on one folder at the same time lose nothing, and undo brings all back", problems)


def what_belongs_to_a_file(bench):
    bench.reset()
    path = os.path.join(bench.photos, "photo.jpg")
    other = os.path.join(bench.photos, "graphic.png")
    linked = os.path.join(bench.top, "linked.png")
    os.chmod(path, 0o640)
    if os.geteuid() == 0:
        os.chown(path, 12345, 23456)
    has_xattr = True
    try:
        os.setxattr(path, "user.note", b"from the sea")
    except OSError:
        has_xattr = False
    os.link(other, linked)
    before, link_before = os.stat(path), os.stat(other)
    _, results = bench.run()
    after = os.stat(path)
    problems = []
    if not after.st_size < before.st_size:
        problems.append(f"not optimized: {results.get('photo.jpg')}")
    for field in ("st_mode", "st_uid", "st_gid"):
        if getattr(after, field) != getattr(before, field):
            problems.append(f"{field} was {getattr(before, field)}, is {getattr(after, field)}")
    if has_xattr and os.getxattr(path, "user.note") != b"from the sea":
        problems.append("the extended attribute is lost")
    if os.stat(other).st_ino != link_before.st_ino or os.stat(other).st_nlink != 2:
        problems.append("the hard link was broken")
    bench.report("mode, owner, attributes and hard links stay as they were", problems)


def clock_jumps(bench):
    """The wall clock goes forth and back by a day at each look."""
    old = bench.reset()
    env = {"LD_PRELOAD": bench.shim, "FAULT_CLOCK_S": "86400"}
    code, results = bench.run(env=env)
    problems = [f"lost {bench.lost(old)}"] if bench.lost(old) else []
    failed = [name for name, result in results.items() if result["outcome"] == "failed" and name != "broken.jpg"]
    if code != 1 or failed:
        problems.append(f"exit {code}, failed {failed}")
    code, results = bench.run(env=env)
    again = [name for name, result in results.items() if result["outcome"] == "optimized"]
    if again:
        problems.append(f"done again: {again}")
    bench.undo()
    if bench.contents() != old:
        problems.append("undo did not bring everything back")
    bench.report("a wall clock that jumps by days makes no file fail and nothing to be done twice", problems)


def wait_for_any_worker(process):
    """Whether a worker is there before the run ends."""
    while process.poll() is None:
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
            if file.read().strip():
                return True
        time.sleep(0.002)
    return False


def stopped(bench):
    """SIGSTOP in the middle, longer than any image may take, once of all processes and once of `pare` alone."""
    problems = []
    for what in ("all", "pare alone"):
        old = bench.reset()
        # slow enough that it is still at work when somebody looks
        process = bench.start("--timeout", "6s", new_session=True,
                              env={"LD_PRELOAD": bench.shim, "FAULT_SLOW_US": "5000"})
        send = os.killpg if what == "all" else os.kill
        if not wait_for_any_worker(process):
            problems.append(f"{what}: the run ended before it had a worker")
        for _ in range(2):
            if process.poll() is None:
                send(process.pid, signal.SIGSTOP)
                time.sleep(7)
                send(process.pid, signal.SIGCONT)
                time.sleep(0.05)
        code, results = bench.finish(process)
        failed = {name: result for name, result in results.items()
                  if result["outcome"] == "failed" and name != "broken.jpg"}
        if code != 1 or failed:
            problems.append(f"{what}: exit {code}, failed {failed}")
        unseen = [name for name in old if os.path.basename(name) not in results and not name.endswith(".txt")]
        if unseen or bench.lost(old):
            problems.append(f"{what}: without result {unseen}, lost {bench.lost(old)}")
        bench.undo()
        if bench.contents() != old:
            problems.append(f"{what}: undo did not bring everything back")
    bench.report("a run that is stopped and goes on fails no file and loses none", problems)


def rewritten(bench):
    changes_meanwhile(bench, "a file that is rewritten while it is worked on keeps what was written", rewrite, b"mine")


def replaced(bench):
    changes_meanwhile(bench, "a file that is replaced while it is worked on stays replaced", replace, b"mine")


def rewritten_in_queue(bench):
    changes_meanwhile(bench, "a file that is rewritten while it waits for a worker is not taken for what was planned",
                      rewrite, b"mine", in_queue=True)


def vanished(bench):
    changes_meanwhile(bench, "a file that vanishes while it is worked on stays away", os.unlink, None)


if __name__ == "__main__":
    sys.exit(Bench(*sys.argv[1:4]).do_all([disk_that_stays_bad, read_only_folder, rewritten, rewritten_in_queue, replaced, vanished,
                                           in_between, in_between_undo, no_exchange, stopped, two_runs, what_belongs_to_a_file,
                                           clock_jumps]))
