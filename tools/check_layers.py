#!/usr/bin/env python3
"""Hold the one-way dependencies: base <- wire <- {core, host}; worker -> core; http -> host; cli -> host, http.

Reads the #include lines of src/. Also: one codec library in each codec file, every source folder
named in src/README.md; when built, no file, clock or print call in the objects of core, and no program
with the libraries of another.
"""
import os
import re
import subprocess
import sys

ALLOWED = {
    "base": {"base"},
    "wire": {"base", "wire"},
    "core": {"base", "wire", "core"},
    "worker": {"base", "wire", "core", "worker"},
    "host": {"base", "wire", "host"},
    "http": {"base", "wire", "host", "http"},
    "cli": {"base", "wire", "host", "http", "cli"},
}
# Which outside libraries a layer may see at all.
CODEC_LIBRARIES = {
    "jpeglib.h": "jpeg", "jerror.h": "jpeg", "turbojpeg.h": "jpeg",
    "png.h": "png", "spng.h": "png", "libdeflate.h": "deflate", "zlib.h": "deflate",
    "webp/encode.h": "webp", "webp/decode.h": "webp",
    "webp/mux.h": "webp", "webp/demux.h": "webp", "avif/avif.h": "avif", "jxl/decode.h": "jxl", "jxl/encode.h": "jxl", "gif_lib.h": "gif",
    "tiffio.h": "tiff", "tiff.h": "tiff", "libxml/tree.h": "xml", "libxml/parser.h": "xml",
    "libxml/hash.h": "xml",
}
PIXEL_LIBRARIES = {"lcms2.h": "lcms", "zimg.h": "zimg"}
ONLY = {"uv.h": {"host", "http", "cli"}, "sqlite3.h": {"host"}, "seccomp.h": {"worker"},
        "microhttpd.h": {"http"}, "jansson.h": {"http"}}
IMPURE = {"open", "open64", "openat", "fopen", "fopen64", "printf", "puts", "fprintf", "perror",
          "time", "gettimeofday", "getenv", "socket", "fork", "system", "exit", "abort"}
# May stop the process when a promise of our own code is broken.
IMPURE_OK = {"abort"}


def includes(path):
    with open(path, encoding="utf-8") as text:
        return re.findall(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', text.read(), re.M)


def check_file(path, problems):
    layer = path.split("/")[1]
    libraries = set()
    for name in includes(path):
        first = name.split("/")[0]
        if first in ALLOWED and first not in ALLOWED[layer]:
            problems.append(f"{path}: {layer} may not include {name}")
        if name in CODEC_LIBRARIES:
            libraries.add(CODEC_LIBRARIES[name])
        outside = CODEC_LIBRARIES.get(name) or PIXEL_LIBRARIES.get(name)
        if outside and layer not in ("core", "worker"):
            problems.append(f"{path}: only core may include {name}")
        if name in ONLY and layer not in ONLY[name]:
            problems.append(f"{path}: {layer} may not include {name}")
    if len(libraries) > 1:
        problems.append(f"{path}: more than one codec library: {', '.join(sorted(libraries))}")


def check_symbols(build, problems):
    library = os.path.join(build, "src/core/libpare-core.a")
    if not os.path.exists(library):
        return
    listing = subprocess.run(["nm", "-A", "-u", library], capture_output=True, text=True).stdout
    for line in listing.splitlines():
        where, _, symbol = line.rpartition(" ")
        symbol = symbol.split("@")[0]
        if symbol in IMPURE - IMPURE_OK:
            problems.append(f"{where.split(':')[1]}: core is pure, but calls {symbol}()")


def check_program(build, program, foreign, problems):
    """A program loads no library whose name begins with one of foreign."""
    path = os.path.join(build, program)
    if not os.path.exists(path):
        return
    listing = subprocess.run(["readelf", "-d", path], capture_output=True, text=True).stdout
    for library in re.findall(r"\(NEEDED\).*\[(.+)\]", listing):
        if library.startswith(foreign):
            problems.append(f"{program} loads {library}")


def main():
    problems = []
    with open("src/README.md", encoding="utf-8") as text:
        readme = text.read()
    for folder, _, files in os.walk("src"):
        for name in files:
            if name.endswith((".c", ".h")):
                check_file(os.path.join(folder, name), problems)
        parts = folder.split("/")
        if len(parts) == 2 and f"`{parts[1]}/`" not in readme:
            problems.append(f"src/README.md does not name {folder}/")
    build = sys.argv[1] if len(sys.argv) > 1 else "build"
    check_symbols(build, problems)
    codecs = ("libjpeg", "libpng", "libwebp", "libavif", "libaom", "libjxl", "libtiff", "libgif", "libimagequant",
              "libxml2", "liblcms2", "libzimg")
    server = ("libmicrohttpd", "libjansson", "libgnutls")
    check_program(build, "src/cli/pare", codecs + server, problems)
    check_program(build, "src/cli/pare-serve", codecs, problems)
    check_program(build, "src/worker/pare-worker", (*server, "libuv", "libsqlite3"), problems)
    print("\n".join(problems) if problems else "layers: ok")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
