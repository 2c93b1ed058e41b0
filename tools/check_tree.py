#!/usr/bin/env python3
"""Sizes and manners of the sources: lines per function and file, width, SPDX, a sentence of purpose, public comments.

Refuses functions over 100 lines, files over 1200, lines over 100 columns; header declarations of
include/pare without a comment; words that mark unfinished work.
"""
import re
import subprocess
import sys

MAX_FUNCTION, MAX_FILE, MAX_COLUMNS = 100, 1200, 100
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b")


def functions(lines):
    """Yield (name, first line, length); a body starts with '{' in column 0 in the house format."""
    start = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{") and start is None:
            start = number
        elif line.startswith("}") and start is not None:
            if not line.startswith("};"):
                head = " ".join(lines[max(0, start - 6):start - 1])
                names = re.findall(r"(\w+)\s*\(", head)
                yield (names[-1] if names else "?"), start, number - start - 1
            start = None


def check_public_header(path, text, problems):
    for match in re.finditer(r"^PARE_API[^;]*;", text, re.M):
        before = text[:match.start()].rstrip().splitlines()
        above = before[-1].strip() if before else ""
        # A group of one-line declarations may share the comment above the first of them.
        if not above.endswith("*/") and not above.endswith(";"):
            name = re.findall(r"(\w+)\(", match.group(0))
            problems.append(f"{path}: {name[0] if name else '?'} has no comment")


def check_file(path, problems):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    lines = text.splitlines()
    if path.endswith((".c", ".h")):
        if not lines or "SPDX-License-Identifier: Apache-2.0" not in lines[0]:
            problems.append(f"{path}: no SPDX line at the top")
        if len(lines) > MAX_FILE:
            problems.append(f"{path}: {len(lines)} lines")
        for number, line in enumerate(lines, 1):
            if len(line) > MAX_COLUMNS and not path.startswith("tests/"):
                problems.append(f"{path}:{number}: {len(line)} columns")
        for name, number, length in functions(lines):
            if length > MAX_FUNCTION:
                problems.append(f"{path}:{number}: {name} has {length} lines")
        if path.startswith("include/pare/"):
            check_public_header(path, text, problems)
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line):
            problems.append(f"{path}:{number}: unfinished: {line.strip()[:60]}")


def main():
    listed = subprocess.run(["git", "ls-files", "*.c", "*.h", "*.py", "*.sh", "*.md"],
                            capture_output=True, text=True, check=True).stdout.split()
    problems = []
    for path in listed:
        try:
            check_file(path, problems)
        except FileNotFoundError:
            pass  # removed in the work tree, not yet committed
    print("\n".join(problems) if problems else f"tree: ok, {len(listed)} files")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
