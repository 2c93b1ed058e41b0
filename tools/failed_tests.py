#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What failed in the last run of the tests, for whoever sees only the end of a log.

  failed_tests.py BUILD_FOLDER
"""
import json
import os
import sys

LINES = 12  # of each test


def telling(test):
    """The lines that say what is wrong: those before each `not ok`, or the last ones."""
    out = test.get("stdout", "").splitlines()
    told = []
    for at, line in enumerate(out):
        if line.startswith("not ok"):
            told += [before for before in out[max(0, at - 5):at] if before.startswith("#")] + [line]
    return told[-LINES:] + test.get("stderr", "").splitlines()[-LINES:] or out[-LINES:]


def main():
    path = os.path.join(sys.argv[1], "meson-logs", "testlog.json")
    with open(path, encoding="utf-8") as file:
        tests = [json.loads(line) for line in file]
    for test in tests:
        if test["result"] not in ("OK", "SKIP", "EXPECTEDFAIL"):
            print(f"{test['name']}: {test['result']}")
            print("\n".join("  " + line for line in telling(test)))


if __name__ == "__main__":
    main()
