#!/usr/bin/env python3
"""What a desktop needs: the page can be installed as an app out of its manifest, and its entry in the menu starts it.

    serve_app_test.py PARE DESKTOP_FILE ICONS    (ICONS: where each installed icon comes from, NAME=PATH)
"""
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import urllib.parse
import xml.etree.ElementTree
from html.parser import HTMLParser

from serve_support import HERE, Server, equal, run, scratch, true

PARE, DESKTOP = sys.argv[1:3]
ICONS = dict(word.split("=", 1) for word in sys.argv[3:])
PUBLIC = os.path.join(HERE, "..", "..", "web", "public")
# https://www.w3.org/TR/appmanifest: what browsers want before they offer to install
DISPLAYS = ("standalone", "fullscreen", "minimal-ui")


class Links(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.by_rel = {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "link":
            attrs = dict(attrs)
            self.by_rel.setdefault(attrs.get("rel"), []).append(attrs)


def size_of_png(data):
    true(data.startswith(b"\x89PNG\r\n\x1a\n"), "no PNG")
    return "%dx%d" % struct.unpack(">II", data[16:24])


def fetch(server, path, want_type):
    """A file of the page, as the browser gets it with its cookie."""
    cookie = {"Cookie": f"pare_session_{server.port}={server.token}"}
    answer = server.ask("GET", path, headers=cookie, token=False)
    equal((answer.status, answer.headers["Content-Type"]), (200, want_type), path)
    equal(answer.headers["X-Content-Type-Options"], "nosniff", path)
    return answer.body


def page_links(server):
    page = fetch(server, "/", "text/html; charset=utf-8").decode()
    return Links(page).by_rel


def has_page(server):
    """Not when the program was built without its page."""
    if page_links(server).get("manifest"):
        return True
    print("# built without the page (make web): nothing to install")
    return False


def the_page_can_be_installed():
    with scratch() as folder:
        server = Server(PARE, folder)
        if not has_page(server):
            return
        links = page_links(server)
        equal(len(links["manifest"]), 1, "manifests")
        path = "/" + links["manifest"][0]["href"]
        manifest = json.loads(fetch(server, path, "application/manifest+json"))
        for key in ("name", "short_name", "description", "start_url", "scope", "background_color", "theme_color"):
            true(isinstance(manifest.get(key), str) and manifest[key], f"{key}: {manifest.get(key)!r}")
        true(manifest["display"] in DISPLAYS, manifest["display"])
        for key in ("background_color", "theme_color"):
            true(re.fullmatch("#[0-9a-f]{6}", manifest[key]), f"{key}: {manifest[key]}")
        base = f"http://127.0.0.1:{server.port}{path}"
        for key in ("start_url", "scope"):
            equal(urllib.parse.urljoin(base, manifest[key]), f"http://127.0.0.1:{server.port}/", key)
        fetch(server, urllib.parse.urlparse(urllib.parse.urljoin(base, manifest["start_url"])).path,
              "text/html; charset=utf-8")
        server.stop()


def check_icon(server, icon):
    data = fetch(server, "/" + icon["src"], icon["type"])
    with open(os.path.join(PUBLIC, icon["src"]), "rb") as file:
        true(data == file.read(), f"{icon['src']}: not the bytes of web/public")
    if icon["type"] == "image/svg+xml":
        equal(icon["sizes"], "any", icon["src"])
        drawing = xml.etree.ElementTree.fromstring(data)
        box = drawing.get("viewBox").split()
        equal(box[2], box[3], f"{icon['src']}: width and height")
        true(b"href" not in data and b"<script" not in data, f"{icon['src']}: names other files")
    else:
        equal(size_of_png(data), icon["sizes"], icon["src"])


def its_icons_are_there_in_the_sizes_it_names():
    with scratch() as folder:
        server = Server(PARE, folder)
        if not has_page(server):
            return
        links = page_links(server)
        manifest = json.loads(fetch(server, "/" + links["manifest"][0]["href"], "application/manifest+json"))
        for icon in manifest["icons"]:
            check_icon(server, icon)
        plain = {icon["sizes"] for icon in manifest["icons"] if "any" in icon.get("purpose", "any").split()}
        true({"192x192", "512x512"} <= plain, f"browsers want 192 and 512: {plain}")
        true(any("maskable" in icon.get("purpose", "") for icon in manifest["icons"]), "no icon that may be masked")
        for link in links["icon"] + links["apple-touch-icon"]:
            true(link["href"] in [icon["src"] for icon in manifest["icons"]], f"{link['href']} is not in the manifest")
        server.stop()


def entry_of(path):
    """Keys of the one group of a .desktop file."""
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]
    equal(lines[0], "[Desktop Entry]", "first group")
    found = {}
    for line in lines[1:]:
        key, equals, value = line.partition("=")
        true(equals and re.fullmatch(r"[A-Za-z-]+(\[[a-zA-Z_@.]+\])?", key), f"no key and value: {line}")
        true(key not in found, f"twice: {key}")
        found[key] = value
    return found


def the_entry_of_the_menu_starts_the_page():
    entry = entry_of(DESKTOP)
    equal((entry["Type"], entry["Terminal"] in ("true", "false")), ("Application", True))
    for key in ("Name", "GenericName", "Comment", "Exec", "Icon"):
        true(entry.get(key), f"{key} is missing")
    for key in ("Categories", "Keywords"):
        true(entry[key].endswith(";"), f"{key} is a list, which ends with a semicolon: {entry[key]}")
    program, *words = entry["Exec"].split()
    equal(program, os.path.basename(PARE), "Exec")
    told = subprocess.run([PARE, words[0], "--help"], capture_output=True, check=True).stdout.decode()
    for word in words[1:]:
        true(word in told, f"Exec: {words[0]} knows no {word}")
    # Icon is a name, looked up among the icons of the desktop: one file of that name is installed.
    true("/" not in entry["Icon"] and "." not in entry["Icon"], entry["Icon"])
    equal({os.path.splitext(os.path.basename(name))[0] for name in ICONS}, {entry["Icon"]}, "names of installed icons")
    with open(os.path.join(HERE, "..", "..", "web", "src", "i18n", "index.ts"), encoding="utf-8") as file:
        languages = set(re.findall(r"import\(\"\./(\w\w)\.json\"\)", file.read()))
    true(len(languages) >= 5, f"languages of the page: {languages}")
    for language in languages:
        for key in ("GenericName", "Comment"):
            true(f"{key}[{language}]" in entry, f"{key} is not told in {language}")
    if shutil.which("desktop-file-validate"):
        said = subprocess.run(["desktop-file-validate", DESKTOP], capture_output=True, check=False)
        equal((said.returncode, said.stdout), (0, b""), "desktop-file-validate")


def installed_icons_are_ours():
    for name, path in ICONS.items():
        with open(path, "rb") as file:
            data = file.read()
        if name.endswith(".svg"):
            xml.etree.ElementTree.fromstring(data)
        else:
            size = size_of_png(data)
            true(name.startswith(size + "/"), f"{name}: {size}")
        true(os.path.samefile(os.path.dirname(path), PUBLIC), f"{name} comes from {path}")


run([the_page_can_be_installed, its_icons_are_there_in_the_sizes_it_names, the_entry_of_the_menu_starts_the_page,
     installed_icons_are_ours])
