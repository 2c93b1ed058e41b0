# SPDX-License-Identifier: Apache-2.0
"""TAP for tests that run in one scratch folder: each promise is reported once, with what is wrong with it."""
import shutil
import tempfile


class Tap:
    """A bench of its own folder `top`, which is gone after do_all()."""

    def __init__(self, name):
        self.top = tempfile.mkdtemp(prefix=f"pare-{name}-")
        self.count = self.failed = 0

    def report(self, promise, problems):
        self.count += 1
        self.failed += bool(problems)
        for problem in problems[:10]:
            print(f"# {problem}")
        print(f"{'not ok' if problems else 'ok'} {self.count} - {promise}", flush=True)

    def do_all(self, parts):
        """Run each part with this bench; the exit code of the program."""
        try:
            for part in parts:
                part(self)
            print(f"1..{self.count}")
        finally:
            shutil.rmtree(self.top, ignore_errors=True)
        return 1 if self.failed else 0
