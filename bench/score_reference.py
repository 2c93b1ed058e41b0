#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare Pare's score with a table of scores from the reference implementation.

  CORPUS=/folder bench/score_reference.py BUILD TABLE.csv    agreement for each folder of the corpus
  CORPUS=/folder bench/score_reference.py BUILD --probe      probe against full score, q 60..95

TABLE.csv has the columns image (below CORPUS), codec (cjpeg), quality, ssimulacra2: the score that
the reference gives the image after `vips copy X.png X.ppm`, `cjpeg -quality Q`, `djpeg`.
Needs vips, cjpeg and djpeg.
"""
import csv
import glob
import os
import subprocess
import sys
import tempfile

PROBE_QUALITIES = (60, 70, 80, 90, 95)


def pairs_of_table(path):
    with open(path, newline="", encoding="utf-8") as text:
        for row in csv.DictReader(text):
            yield row["image"], int(row["quality"]), float(row["ssimulacra2"])


def pairs_of_probe(corpus):
    for path in sorted(glob.glob(os.path.join(corpus, "photo-*", "*.png"))):
        for quality in PROBE_QUALITIES:
            yield os.path.relpath(path, corpus), quality, None


def measure(tool, corpus, image, quality, folder):
    original = os.path.join(folder, "original.ppm")
    decoded = os.path.join(folder, "decoded.ppm")
    subprocess.run(["vips", "copy", os.path.join(corpus, image), original], check=True)
    jpeg = subprocess.run(["cjpeg", "-quality", str(quality), original], check=True,
                          capture_output=True).stdout
    subprocess.run(["djpeg", "-outfile", decoded], input=jpeg, check=True)
    out = subprocess.run([tool, original, decoded], check=True, stdout=subprocess.PIPE, text=True)
    return [float(word) for word in out.stdout.split()]


def report(label, errors, times):
    worst = max(errors, key=abs)
    mean = sum(abs(error) for error in errors) / len(errors)
    megapixels = sum(time[0] for time in times) / 1e6
    create, score, probe = (sum(time[i] for time in times) / megapixels for i in (1, 2, 3))
    print(f"{label:14} {len(errors):4} {mean:12.9f} {worst:+12.8f} "
          f"{create:8.2f} {score:8.2f} {probe:8.2f}")


def main():
    if len(sys.argv) != 3 or "CORPUS" not in os.environ:
        sys.exit(__doc__)
    corpus, tool = os.environ["CORPUS"], os.path.join(sys.argv[1], "bench", "score_reference")
    probing = sys.argv[2] == "--probe"
    pairs = pairs_of_probe(corpus) if probing else pairs_of_table(sys.argv[2])
    folders = {}
    with tempfile.TemporaryDirectory() as folder:
        for image, quality, want in pairs:
            score, probe, pixels, *times = measure(tool, corpus, image, quality, folder)
            if probing and probe == score:
                continue  # too small for a probe
            error = probe - score if probing else score - want
            if os.environ.get("VERBOSE"):
                print(f"{image} {quality} {score:.8f} {error:+.8f}")
            errors, costs = folders.setdefault(os.path.dirname(image), ([], []))
            errors.append(error)
            costs.append((pixels, *times))
    print("folder           n     mean|err|    worst err   create    score    probe  (ms CPU per Mpx)")
    for label in sorted(folders):
        report(label, *folders[label])


if __name__ == "__main__":
    main()
