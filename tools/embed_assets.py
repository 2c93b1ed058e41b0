#!/usr/bin/env python3
"""Write the files of the page, and the description of the interface, as one C table.

    embed_assets.py OUTPUT.c DEPFILE OPENAPI.json FOLDER|-

Every file is there plain; what can be compressed also by gzip and, when node is found, brotli.
The output depends on nothing but the contents, so that builds can be repeated.
"""
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys

TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png",
    ".ico": "image/x-icon", ".json": "application/json", ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
}
COMPRESSED = {".html", ".js", ".css", ".svg", ".json", ".webmanifest", ".txt"}
HASHED = re.compile(r"[-.][0-9A-Za-z]{8,}\.(js|css|woff2|png|svg|webp)$")
NO_PAGE = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Pare</title>
<h1>Pare</h1>
<p>The server runs, but this program was built without its page.
Build it with <code>make web</code> and build the program again.</p>
<p>The interface for programs is at <code>/api/v1</code>; its description is at
<a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p>
</html>
"""
BROTLI = ("const z=require('zlib'),b=[];process.stdin.on('data',d=>b.push(d)).on('end',()=>{"
          "const i=Buffer.concat(b);process.stdout.write(z.brotliCompressSync(i,{params:{"
          "[z.constants.BROTLI_PARAM_QUALITY]:11,[z.constants.BROTLI_PARAM_SIZE_HINT]:i.length}}))})")


def brotli(data):
    node = shutil.which("node")
    if not node:
        return None
    made = subprocess.run([node, "-e", BROTLI], input=data, capture_output=True, check=False)
    return made.stdout if made.returncode == 0 and made.stdout else None


def find_files(folder, depends):
    found = {}
    if folder != "-":
        # a folder that comes into being changes the one above it
        depends.append(folder if os.path.isdir(folder) else os.path.dirname(folder))
        if not os.path.isdir(depends[-1]):
            depends[-1] = os.path.dirname(depends[-1])
    if folder != "-" and os.path.isfile(os.path.join(folder, "index.html")):
        for parent, folders, names in os.walk(folder):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(parent, name)
                if os.path.splitext(name)[1] not in TYPES:
                    continue
                depends.append(path)
                with open(path, "rb") as file:
                    found["/" + os.path.relpath(path, folder).replace(os.sep, "/")] = file.read()
    if "/index.html" not in found:
        found["/index.html"] = NO_PAGE
    return found


def array(out, name, data):
    out.append(f"static const uint8_t {name}[] = {{")
    for at in range(0, len(data), 32):
        out.append("".join(f"{byte}," for byte in data[at:at + 32]))
    out.append("};")
    return f"{{{name}, sizeof {name}}}"


def main():
    output, depfile, openapi, folder = sys.argv[1:]
    depends = []
    files = find_files(folder, depends)
    with open(openapi, "rb") as file:
        files["/openapi.json"] = file.read()
    out = ["/* Written by tools/embed_assets.py. */", '#include "http/assets.h"', ""]
    rows = []
    for number, (path, data) in enumerate(sorted(files.items())):
        kind = os.path.splitext(path)[1]
        small = {}
        if kind in COMPRESSED and len(data) > 256:
            small["gzip"] = gzip.compress(data, 9, mtime=0)
            small["brotli"] = brotli(data)
        etag = hashlib.sha256(data).hexdigest()[:20]
        parts = [f'"{path}"', f'"{TYPES[kind]}"', f'"\\"{etag}\\""',
                 "1" if HASHED.search(path) else "0", array(out, f"plain_{number}", data or b" ")]
        for name in ("gzip", "brotli"):
            made = small.get(name)
            parts.append(array(out, f"{name}_{number}", made)
                         if made and len(made) < len(data) else "{0, 0}")
        rows.append("    {" + ", ".join(parts) + "},")
    out += ["", "const pare_asset PARE_ASSETS[] = {", *rows, "    {0},", "};", ""]
    with open(output, "w", encoding="utf-8") as file:
        file.write("\n".join(out))
    with open(depfile, "w", encoding="utf-8") as file:
        file.write(f"{output}: " + " ".join(name.replace(" ", "\\ ") for name in depends) + "\n")


if __name__ == "__main__":
    main()
