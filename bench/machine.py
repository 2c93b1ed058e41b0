# SPDX-License-Identifier: Apache-2.0
"""What a result was measured with: machine, compiler, commit, versions of Pare and of the peers."""
import json
import os
import platform
import re
import shutil
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = {"jpegoptim": ["--version"], "jpegtran": ["-version"], "pngquant": ["--version"],
            "optipng": ["--version"], "zopflipng": [], "cwebp": ["-version"], "avifenc": ["--version"],
            "gifsicle": ["--version"], "vips": ["--version"], "node": ["--version"]}
PACKAGES = {"zopflipng": "zopfli"}
MODULES = ["sharp", "@napi-rs/image", "svgo"]


def first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
        text = (done.stdout + done.stderr).strip()
        return text.splitlines()[0][:80] if text else ""
    except (OSError, subprocess.SubprocessError):
        return ""


def processor():
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            text = file.read()
        name = re.search(r"model name\s*:\s*(.*)", text)
        flags = re.search(r"flags\s*:\s*(.*)", text)
        sets = [s for s in ("avx2", "avx512f") if flags and s in flags.group(1).split()]
        return " ".join([name.group(1).strip() if name else platform.machine(), *sets])
    except OSError:
        return platform.machine()


def memory_gib():
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)


def system():
    try:
        release = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        release = ""
    return f"{release}, Linux {platform.release()}".strip(", ")


def peers():
    """{name: version} of every peer that is here, "" for those that are not."""
    found = {}
    for name, option in PROGRAMS.items():
        line = first_line([name, *option]) if shutil.which(name) else ""
        if name in PACKAGES and shutil.which(name):
            line = first_line(["dpkg-query", "-W", "-f", "${Version}", PACKAGES[name]])
        number = re.search(r"\d+\.\d+[\w.+-]*", line)
        found[name] = number.group(0) if number else line
    for name in MODULES:
        path = os.path.join(HERE, "peers", "node", "node_modules", name, "package.json")
        try:
            with open(path, encoding="utf-8") as file:
                found[name] = json.load(file)["version"]
        except (OSError, ValueError, KeyError):
            found[name] = ""
    return found


def describe(pare, build):
    top = os.path.dirname(HERE)
    git = ["git", "-C", top]
    version = subprocess.run([pare, "--version"], capture_output=True, text=True, check=False).stdout
    return {"date": time.strftime("%Y-%m-%d"), "processor": processor(), "cores": os.cpu_count(),
            "memory_gib": memory_gib(), "system": system(),
            "load": round(os.getloadavg()[0], 1),
            "compiler": first_line(["cc", "--version"]), "build_type": build_type(build),
            "commit": first_line([*git, "rev-parse", "--short=12", "HEAD"]),
            "changed": bool(first_line([*git, "status", "--porcelain", "--untracked-files=no"])),
            "pare": [line.strip() for line in version.splitlines() if line.strip()], "peers": peers()}


def build_type(build):
    try:
        with open(os.path.join(build, "meson-info", "intro-buildoptions.json"), encoding="utf-8") as file:
            return next(o["value"] for o in json.load(file) if o["name"] == "buildtype")
    except (OSError, ValueError, StopIteration):
        return ""
