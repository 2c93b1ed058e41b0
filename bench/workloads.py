# SPDX-License-Identifier: Apache-2.0
"""What is measured. One line each: the work that adapters know, its files, and how it is judged.

  curve   a quality ladder: bytes at equal score; time at one rung
  ratio   no quality: bytes and time
  batch   one folder on all cores, then the same again
  start   the time until one tiny image is done
"""
from collections import namedtuple

Workload = namedtuple("Workload", "name title work kind inputs ladder rung scored in_quick same_looks slow part",
                      defaults=[True, (), 0])
# same_looks: files of all tools look the same at the rung, so that their bytes can be compared as they are
# slow, part: these tools are timed on so many of the files, or on other inputs; Pare is timed on all and on those

SLOW = ("zopflipng", "pare-slow", "optipng")
ALL = ("pare", "pare-fast", "jpegoptim", "napi-image", "sharp", "sharp-mozjpeg")

LADDER = [42, 62, 80, 88, 94]
WORKLOADS = [
    Workload("start", "Start-up: one icon", "png-lossless", "start", "tiny", [0], 0, False, True),
    Workload("jpeg", "Camera JPEG to a smaller JPEG", "jpeg", "curve", "jpegs", LADDER, 80, True, True),
    Workload("png-jpeg", "Pristine PNG to JPEG", "png-jpeg", "curve", "photos", LADDER, 80, True, True),
    Workload("webp", "Pristine PNG to WebP", "webp", "curve", "photos", LADDER, 80, True, True),
    Workload("avif", "Pristine PNG to AVIF", "avif", "curve", "some_photos", [35, 48, 60, 70, 80], 60, True, True),
    Workload("png-palette", "PNG to a palette of 256 colours", "png-palette", "curve", "some_photos",
             [50, 65, 80, 90, 97], 80, True, True),
    Workload("jpeg-lossless", "JPEG, the same pixels", "jpeg-lossless", "ratio", "jpegs", [0], 0, True, True),
    Workload("png-photo", "PNG photographs, the same pixels", "png-lossless", "ratio", "some_photos", [0], 0, True, True,
             True, SLOW, 1),
    Workload("png-graphics", "PNG screenshots, the same pixels", "png-lossless", "ratio", "graphics", [0], 0, True, True,
             True, SLOW, 2),
    Workload("png-icons", "PNG icons, the same pixels", "png-lossless", "ratio", "icons", [0], 0, True, True, True, SLOW, 15),
    Workload("webp-lossless", "PNG to WebP, the same pixels", "webp-lossless", "ratio", "some_photos", [0], 0, True,
             False),
    Workload("gif", "GIF, the same pixels", "gif", "ratio", "animations", [0], 0, False, True),
    Workload("svg", "SVG drawings", "svg", "ratio", "drawings", [0], 0, False, True),
    Workload("resize", "12 megapixels to 1600 pixels", "resize", "ratio", "large", [80], 80, False, True, False),
    Workload("huge", "300 megapixels to a smaller JPEG", "jpeg", "ratio", "huge", [80], 80, False, False, False, ALL, "strip"),
    Workload("huge-resize", "300 megapixels to 1600 pixels", "resize", "ratio", "huge", [80], 80, False, False,
             False),
    Workload("web-folder", "A folder of a web site", "batch-web", "batch", "web_folder", [80], 80, True, True,
             False),
    Workload("icon-folder", "A folder of icons, the same pixels", "batch-icons", "batch", "icon_folder", [0], 0, False,
             True),
]
# The scores over which curves are compared: below it nobody publishes, above it nobody sees.
RANGES = {"ssimulacra2": (50, 92), "ms-ssim": (12, 28)}
