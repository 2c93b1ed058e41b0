# SPDX-License-Identifier: Apache-2.0
"""Files to measure with, found on this machine or made from what is found: nothing is stored in the repository."""
import hashlib
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
PHOTOGRAPHS = "/usr/share/backgrounds/mate"        # Debian package mate-backgrounds
SCREENSHOTS = "/usr/share/help/C/mate-user-guide"  # mate-user-guide
ICONS = "/usr/share/icons/oxygen"                  # oxygen-icon-theme
THEMES = "/usr/share/icons"                      # SVG of any theme
LEFT_OUT = ("conformance", "hostile")              # odd and broken files are for tests
ICON_BYTES = 24_000                                # as icons of web sites are


def images(folder, endings, smallest=0, largest=1 << 40):
    """Paths below a folder, sorted; no links, none twice."""
    found = []
    for base, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if f not in LEFT_OUT]
        for name in names:
            path = os.path.join(base, name)
            if name.lower().endswith(endings) and not os.path.islink(path):
                if smallest <= os.path.getsize(path) <= largest:
                    found.append(path)
    return sorted(found)


def spread(paths, count):
    """At most count of them, evenly over the list."""
    if len(paths) <= count:
        return list(paths)
    return [paths[i * len(paths) // count] for i in range(count)]


def root():
    named = os.environ.get("CORPUS")
    if named:
        return named
    beside = os.path.join(os.path.dirname(TOP), "shared", "corpus")
    return beside if os.path.isdir(beside) else PHOTOGRAPHS


def is_deep(path):
    """A PNG of 16 bits a channel: some tools make 8 of them where all pixels are to stay."""
    with open(path, "rb") as file:
        return file.read(25)[24:] == b"\x10"


def by_folder(folder, endings, count, largest):
    """Evenly over the subfolders that hold images, so that a large one does not crowd out the others."""
    groups = {}
    for path in images(folder, endings, 0, largest):
        groups.setdefault(os.path.dirname(path), []).append(path)
    share = -(-count // max(1, len(groups)))
    return sorted(path for group in groups.values() for path in spread(group, share))[:count]


def all_icons():
    found = images(ICONS, (".png",)) or images(THEMES, (".png",))
    return [path for path in found if not is_deep(path)]


def unlike(paths):
    """Each content once: Pare would do twins once, the others would not."""
    found = {}
    for path in paths:
        with open(path, "rb") as file:
            found.setdefault(hashlib.sha256(file.read()).digest(), path)
    return list(found.values())


def aliases(pairs, folder):
    """Copies with names of their own: icons of many sizes share theirs. [(copy, reference)]"""
    made = []
    for number, (path, reference) in enumerate(pairs):
        copy = os.path.join(folder, f"{number:04}-{os.path.basename(path)}")
        shutil.copyfile(path, copy)
        made.append((copy, reference))
    return made


def shell(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class Inputs:
    """Lists of (path, reference) by kind, made when first asked for and kept in one folder."""

    def __init__(self, folder, size):
        self.folder, self.size, self.made = folder, size, {}

    def get(self, kind):
        if kind not in self.made:
            self.made[kind] = getattr(self, kind)()
        return self.made[kind]

    def place(self, *names):
        path = os.path.join(self.folder, *names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def photos(self):
        found = by_folder(root(), (".png",), self.size["photos"], self.size["photo_bytes"])
        return [(path, path) for path in found]

    def some_photos(self):
        """For what takes long."""
        return spread(self.get("photos"), self.size["some_photos"])

    def camera(self):
        """JPEGs as a camera writes them, of pristine photographs; the photograph is the reference."""
        made = []
        if shutil.which("cjpeg") and shutil.which("vips"):
            for number, (path, _) in enumerate(self.get("photos")):
                stem = os.path.splitext(os.path.basename(path))[0]
                jpeg, pixels = self.place("camera", stem + ".jpg"), self.place("camera", stem + ".ppm")
                how = ["-quality", "92", "-sample", "1x1"] if number % 2 else ["-quality", "95"]
                if not os.path.exists(jpeg):
                    shell("vips", "copy", path, pixels)
                    shell("cjpeg", *how, "-outfile", jpeg, pixels)
                    os.unlink(pixels)
                made.append((jpeg, path))
        return made

    def wild(self):
        """JPEGs as found; each is its own reference."""
        found = images(root(), (".jpg", ".jpeg"), 100_000) + images(PHOTOGRAPHS, (".jpg",), 100_000, 2_000_000)
        return [(path, path) for path in spread(sorted(set(found)), self.size["wild"])]

    def jpegs(self):
        return self.get("camera") + self.get("wild")

    def large(self):
        """JPEGs of about 12 megapixels, made from the largest photographs."""
        found = sorted(images(root(), (".jpg", ".png")), key=os.path.getsize)[-self.size["large"]:]
        made = []
        for number, path in enumerate(found):
            jpeg = self.place("large", f"large-{number}.jpg")
            if not os.path.exists(jpeg):
                shell("vipsthumbnail", path, "--size", "4000x3000!", "-o", jpeg + "[Q=92,strip]")
            made.append((jpeg, jpeg))
        return made

    def huge(self):
        """One JPEG of 300 megapixels: a photograph repeated."""
        jpeg, tile = self.place("huge", "huge.jpg"), self.get("large")[0][0]
        if not os.path.exists(jpeg):
            wide = self.place("huge", "tile.jpg")
            shell("vips", "replicate", tile, wide, "5", "5")
            os.rename(wide, jpeg)
        return [(jpeg, jpeg)]

    def strip(self):
        """A fifth of the huge one, for time."""
        jpeg, tile = self.place("huge", "strip.jpg"), self.get("large")[0][0]
        if not os.path.exists(jpeg):
            shell("vips", "replicate", tile, jpeg, "5", "1")
        return [(jpeg, jpeg)]

    def graphics(self):
        found = images(SCREENSHOTS, (".png",), 8_000) or images("/usr/share", (".png",), 8_000, 400_000)
        return [(path, path) for path in spread(found, self.size["graphics"])]

    def icons(self):
        return [(path, path) for path in spread(all_icons(), self.size["icons"])]

    def drawings(self):
        return [(path, path) for path in spread(images(THEMES, (".svg",)), self.size["drawings"])]

    def animations(self):
        found = images("/usr/share", (".gif",), 2_000)
        return [(path, path) for path in spread(found, self.size["animations"])]

    def tiny(self):
        return [min(self.get("icons"), key=lambda pair: os.path.getsize(pair[0]))]

    def icon_folder(self):
        """Many icons in folders of 500."""
        folder = self.place("icon_folder", "x")[:-2]
        found = spread(unlike(path for path in images(THEMES, (".png",), 0, ICON_BYTES) if not is_deep(path)),
                       self.size["icon_folder"])
        for number, path in enumerate(found):
            target = self.place("icon_folder", str(number // 500), f"{number:06}.png")
            if not os.path.exists(target):
                shutil.copyfile(path, target)
        return [(folder, folder)] if found else []

    def web_folder(self):
        """Crops of the photographs in the formats of the web; needs node and sharp (make bench-setup)."""
        folder = self.place("web_folder", "x")[:-2]
        ready = self.place("web_folder.ready")
        node = os.path.join(HERE, "peers", "node")
        if not os.path.exists(ready):
            if not os.path.isdir(os.path.join(node, "node_modules", "sharp")):
                return []
            sources = [path for path, _ in self.get("photos")]
            shutil.rmtree(folder, ignore_errors=True)
            shell("node", os.path.join(node, "mixed.mjs"), str(self.size["web_folder"]), folder, *sources)
            with open(ready, "w", encoding="ascii"):
                pass
        return [(folder, folder)]


FULL = {"photos": 9, "photo_bytes": 1 << 40, "some_photos": 4, "wild": 3, "large": 4, "graphics": 16, "icons": 120, "drawings": 100, "animations": 12,
        "icon_folder": 10_000, "web_folder": 600}
QUICK = {"photos": 3, "photo_bytes": 900_000, "some_photos": 2, "wild": 1, "large": 1, "graphics": 4, "icons": 30, "drawings": 20, "animations": 4,
         "icon_folder": 300, "web_folder": 160}
