#!/usr/bin/env python3
"""Images made to hurt: larger than memory, bombs, loops. Each must end in bounded memory with a clear reason.

  hostile_test.py PARE

Every file is made here, by its specification. The memory limit is what makes the promise testable:
a worker that held the whole image, or unpacked the bomb, would fail with another outcome. Prints TAP.
"""
import json
import os
import shutil
import struct
import subprocess
import sys
import zlib

from tap import Tap

LIMIT_S = 240  # of one file; only a hang reaches it


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, idat, before=b"", depth=8, color=0, interlace=0):
    head = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + before + chunk(b"IDAT", idat) +
            chunk(b"IEND", b""))


def zeros(count):
    """zlib data of so many zero bytes, without holding them."""
    packer = zlib.compressobj(1)
    block = bytes(1 << 20)
    parts = [packer.compress(block) for _ in range(count >> 20)]
    return b"".join(parts) + packer.compress(bytes(count & ((1 << 20) - 1))) + packer.flush()


def flat_png(edge, interlace=0):
    """Gray, all black; an interlaced one has a filter byte for each row of each of seven passes."""
    if not interlace:
        return png(edge, edge, zeros(edge * (edge + 1)))
    steps = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    size = sum((len(range(x, edge, dx)) + 1) * len(range(y, edge, dy)) for x, y, dx, dy in steps)
    return png(edge, edge, zeros(size), interlace=1)


def tiff(entries, extra=b""):
    """Little-endian, one directory at 8; entries: (tag, type, count, value)."""
    body = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + struct.pack("<I", 0) + extra


def flat_tiff(path, edge):
    """One strip of gray pixels, which are a hole in the file."""
    at = 4096
    with open(path, "wb") as file:
        file.write(tiff([(256, 4, 1, edge), (257, 4, 1, edge), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
                         (273, 4, 1, at), (277, 3, 1, 1), (278, 4, 1, edge), (279, 4, 1, edge * edge)]))
        file.truncate(at + edge * edge)


def tiff_loop():
    """The second directory names the first as the next."""
    first = struct.pack("<H", 4) + b"".join(struct.pack("<HHII", *e) for e in (
        (256, 4, 1, 1), (257, 4, 1, 1), (258, 3, 1, 8), (262, 3, 1, 1)))
    at = 8 + len(first) + 4
    second = first + struct.pack("<I", 8)
    return b"II*\0" + struct.pack("<I", 8) + first + struct.pack("<I", at) + second


def gif(frames):
    screen = b"GIF89a" + struct.pack("<HHBBB", 8, 8, 0x80, 0, 0) + bytes(6)
    control = b"\x21\xf9\x04\x00\x0a\x00\x00\x00"
    image = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\x00"
    return screen + (control + image) * frames + b"\x3b"


class Bench(Tap):
    def __init__(self, pare):
        self.pare = os.path.abspath(pare)
        super().__init__("hostile")

    def path(self, name):
        return os.path.join(self.top, name)

    def put(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return name

    def run(self, name, *words):
        out = self.path("out")
        shutil.rmtree(out, ignore_errors=True)
        command = [self.pare, "run", "--json", "--no-ledger", "-j", "1", "-o", out, *words, self.path(name)]
        done = subprocess.run(command, capture_output=True, timeout=LIMIT_S, check=False)
        lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
        results = [line for line in lines if line.get("event") == "result"]
        return (results or [{"outcome": f"nothing, exit {done.returncode}: {done.stderr[-200:]!r}"}])[0]

    def check(self, promise, name, words, **want):
        try:
            have = self.run(name, *words)
        except subprocess.TimeoutExpired:
            have = {"outcome": "hangs"}
        wrong = {key: have.get(key) for key, value in want.items()
                 if not (have.get(key) in value if isinstance(value, tuple) else have.get(key) == value)}
        problems = [f"{name}: have {wrong}, want { {key: want[key] for key in wrong} }", str(have)] if wrong else []
        self.report(promise, problems)


def larger_than_memory(bench):
    """144 megabytes of pixels, in workers that may have 128 MiB."""
    small = ["--memory", "64MiB", "-f", "png", "--resize", "longest:300", "-q", "80"]
    done = {"outcome": "optimized", "width": 300, "height": 300}
    bench.put("rows.png", flat_png(12000))
    bench.check("a PNG larger than memory is resized row by row", "rows.png", small, **done)
    flat_tiff(bench.path("rows.tif"), 12000)
    bench.check("a TIFF larger than memory is resized row by row", "rows.tif", small, **done)
    bench.put("passes.png", flat_png(12000, interlace=1))
    bench.check("an interlaced PNG larger than memory is refused for its memory", "passes.png", small,
                outcome="failed", error="memory")
    bench.check("a PNG larger than memory that is not resized is refused for its memory", "rows.png",
                ["--memory", "64MiB", "-q", "80"], outcome="failed", error="memory")


def bombs(bench):
    small = ["--memory", "64MiB"]
    bench.put("claim.png", png(60000, 60000, zlib.compress(bytes(1000))))
    bench.check("a small PNG that claims 60000 x 60000 is refused by its header", "claim.png", small,
                outcome="failed", reason="too_large")
    bench.check("... and when its pixels are asked for, ends without memory or as cut off", "claim.png",
                small + ["--max-pixels", "4000000000"], outcome="failed", error=("memory", "corrupt"))
    bomb = zeros(1 << 30)
    row = zlib.compress(bytes(33 * 32))
    good = ("optimized", "kept")
    bench.put("iccp.png", png(32, 32, row, chunk(b"iCCP", b"x\0\0" + bomb)))
    bench.check("a profile that unpacks to 1 GB is not unpacked", "iccp.png", small, outcome=good)
    bench.put("ztxt.png", png(32, 32, row, chunk(b"zTXt", b"Comment\0\0" + bomb) * 3))
    bench.check("texts that unpack to 1 GB each are not unpacked", "ztxt.png", small, outcome=good)
    bench.put("itxt.png", png(32, 32, row, chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + bomb)))
    bench.check("an XMP packet that unpacks to 1 GB is not unpacked", "itxt.png", small, outcome=good)
    bench.put("texts.png", png(32, 32, row, chunk(b"tEXt", b"a\0b") * 100000))
    bench.check("100,000 texts are bounded", "texts.png", small, outcome=good)
    bench.put("frames.gif", gif(100001))
    bench.check("a GIF of more than 100,000 frames is left alone", "frames.gif", small + ["-f", "webp"],
                outcome=("kept", "skipped"))
    bench.put("many.gif", gif(100000))
    bench.check("a GIF of 100,000 frames, which can be read, is too much work for WebP", "many.gif",
                small + ["-f", "webp"], outcome="kept", reason="unsupported_variant")
    bench.put("loop.tif", tiff_loop())
    bench.check("a TIFF whose directories form a loop ends", "loop.tif", small + ["-f", "png"],
                outcome=("failed", "kept", "skipped"))
    bench.put("strip.tif", tiff([(256, 4, 1, 50000), (257, 4, 1, 15000), (258, 3, 1, 8), (259, 3, 1, 1),
                                 (262, 3, 1, 1), (273, 4, 1, 8), (278, 4, 1, 15000), (279, 4, 1, 0xfffffff0)]))
    bench.check("a small TIFF that claims a strip of 4 GB ends as damaged or without memory", "strip.tif",
                small + ["-f", "png"], outcome="failed", error=("memory", "corrupt"))


if __name__ == "__main__":
    sys.exit(Bench(sys.argv[1]).do_all([larger_than_memory, bombs]))
