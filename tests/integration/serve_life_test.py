#!/usr/bin/env python3
"""`pare serve` from a job's beginning to its end, through the door of HTTP.

    serve_life_test.py PARE        (environment: MAKE, PARE_WORKER)
"""
import csv
import gzip
import io
import json
import os
import subprocess
import sys
import time
import zipfile

from serve_support import (Events, SCHEMAS, Server, TOTALS, check_totals, equal, make_images, make_many, png_of, root_job,
                           run, scratch, totals_of, true, upload_job)

PARE = sys.argv[1]


def a_folder_becomes_smaller_and_its_results_can_be_had():
    with scratch() as folder:
        root = os.path.join(folder, "root")
        make_images(root)
        server = Server(PARE, folder, roots=[root])
        job = root_job(server, name="My job")
        found = server.wait_job(job)
        equal((found["state"], found["name"]), ("done", "My job"))
        events = Events(server, f"?job={job}")
        events.wait(lambda name, data: name == "job" and data["state"] == "done" and
                    len(events.results()) >= found["progress"]["seq"])
        _, rows = check_totals(server, job, events.results())
        events.close()
        true(any(r["outcome"] == "optimized" for r in rows), "nothing was optimized")
        for r in rows:
            equal(os.path.getsize(os.path.join(root, r["input"])), r["bytes_in"], r["input"])
            if r["outcome"] == "optimized":
                equal(os.path.getsize(os.path.join(root, r["output"])), r["bytes_out"], r["input"])

        base = f"/api/v1/jobs/{job}/results"
        by_saved = server.get(base + "?sort=saved_bytes&order=desc")["results"]
        equal([r["saved_bytes"] for r in by_saved], sorted((r["saved_bytes"] for r in rows), reverse=True))
        equal(server.get(base + "?offset=2&limit=3")["results"], rows[2:5], "a page")
        equal(server.get(base + "?q=PHOTO2")["total"], sum("photo2" in r["input"] for r in rows), "search")
        equal(server.get(base + "?outcome=failed")["total"], 1, "the cut file")
        equal(server.ask("GET", base + "?sort=beauty").status, 400)

        table = list(csv.DictReader(io.StringIO(server.ask("GET", base + ".csv").body.decode())))
        equal([(int(t["seq"]), t["input"], int(t["bytes_out"])) for t in table],
              [(r["seq"], r["input"], r["bytes_out"]) for r in rows], "CSV")
        whole = server.ask("GET", base + ".json")
        equal(whole.json, rows, "JSON")

        best = by_saved[0]
        out = server.ask("GET", f"{base}/{best['seq']}/output")
        with open(os.path.join(root, best["output"]), "rb") as file:
            true(out.body == file.read(), "output: other bytes")
        original = server.ask("GET", f"{base}/{best['seq']}/original")
        with open(os.path.join(root, best["input"]), "rb") as file:
            true(original.body == file.read(), "original: other bytes")
        equal(server.ask("GET", f"{base}/{best['seq']}/output",
                         headers={"If-None-Match": out.headers["ETag"]}).status, 304)
        small = server.ask("GET", f"{base}/{best['seq']}/original?thumbnail=64")
        equal((small.status, small.headers["Content-Type"]), (200, "image/webp"))
        tiff = next(r for r in rows if r["input"].endswith(".tif"))
        shown = server.ask("GET", f"{base}/{tiff['seq']}/original?display=1")
        equal((shown.status, shown.headers["Content-Type"], shown.body[:4]), (200, "image/png", b"\x89PNG"))
        equal(server.ask("GET", f"{base}/999999/output").status, 404)

        text = server.ask("GET", "/metrics").body.decode()
        true("pare_files_optimized_total" in text, text[:200])
        server.get("/api/v1/metrics")
        server.get("/api/v1/system")
        server.get("/api/v1/history")
        equal(server.get("/api/v1/roots/r1/entries?path=sub")["total"], 4, "sub and its results")
        equal(server.ask("DELETE", f"/api/v1/jobs/{job}").status, 204)
        equal(server.ask("GET", f"/api/v1/jobs/{job}").status, 404)
        equal(server.stop(), 0, "exit code")


def uploads_come_back_as_a_zip():
    with scratch() as folder:
        make_images(os.path.join(folder, "in"))
        files = {}
        for name in ("photo.jpg", "graphic.png", "sub/photo2.jpg"):
            with open(os.path.join(folder, "in", name), "rb") as file:
                files[name] = file.read()
        files["sub/%C3%A4%20%26.png"] = files["graphic.png"] + b"\0"
        server = Server(PARE, folder)
        job = upload_job(server, files)
        found = server.wait_job(job)
        equal((found["state"], found["uploaded"]), ("done", 4))
        _, rows = check_totals(server, job)
        answer = server.ask("GET", f"/api/v1/jobs/{job}/download.zip")
        equal(answer.headers["Content-Type"], "application/zip")
        path = os.path.join(folder, "got.zip")
        with open(path, "wb") as file:
            file.write(answer.body)
        equal(subprocess.run(["unzip", "-tq", path], stdout=subprocess.DEVNULL).returncode, 0, "unzip -t")
        with zipfile.ZipFile(path) as archive:
            sizes = {i.filename: i.file_size for i in archive.infolist()}
            equal(archive.testzip(), None)
        equal(sorted(sizes), ["graphic.png", "photo.jpg", "sub/photo2.jpg", "sub/ä &.png"], "names")
        equal(sum(sizes.values()), sum(r["bytes_out"] for r in rows), "bytes of the zip")
        equal(server.ask("PUT", f"/api/v1/jobs/{job}/files?path=late.png", b"x").status, 409)
        equal(server.ask("DELETE", f"/api/v1/jobs/{job}").status, 204)
        end = time.monotonic() + 20
        while os.listdir(os.path.join(folder, "state", "uploads")) and time.monotonic() < end:
            time.sleep(0.05)
        equal(os.listdir(os.path.join(folder, "state", "uploads")), [], "uploads that stay")
        server.stop()


def pause_resume_cancel_and_retry():
    with scratch() as folder:
        root = os.path.join(folder, "root")
        make_many(root, 40, 120)
        server = Server(PARE, folder, "-j1", roots=[root])
        job = root_job(server, settings={"effort": 5})
        base = f"/api/v1/jobs/{job}"
        server.wait_job(job, "running")
        server.post(base + "/pause")
        server.wait_job(job, "paused")
        time.sleep(1.5)
        first = server.get(base)["progress"]["files_done"]
        time.sleep(0.7)
        equal(server.get(base)["progress"]["files_done"], first, "files done while paused")
        server.post(base + "/resume")
        server.wait_job(job, "running", "done")
        server.post(base + "/cancel")
        found = server.wait_job(job, "cancelled", "done")
        check_totals(server, job)
        equal(server.ask("POST", base + "/pause", b"").status, 409)
        if found["state"] == "cancelled":
            server.post(base + "/retry")
            equal(server.wait_job(job)["state"], "done", "what was left is done")
        found, _ = check_totals(server, job)
        equal(found["progress"]["files_done"], 40)
        server.stop()


def a_failed_file_is_tried_again():
    with scratch() as folder:
        root = os.path.join(folder, "root")
        make_many(root, 3, 60)
        with open(os.path.join(root, "image-00001.png"), "rb") as file:
            whole = file.read()
        with open(os.path.join(root, "image-00001.png"), "wb") as file:
            file.write(whole[:len(whole) // 2])
        server = Server(PARE, folder, roots=[root])
        job = root_job(server)
        equal(server.wait_job(job)["progress"]["failed"], 1)
        with open(os.path.join(root, "image-00001.png"), "wb") as file:
            file.write(whole)
        server.post(f"/api/v1/jobs/{job}/retry")
        found = server.wait_job(job)
        equal((found["progress"]["failed"], found["progress"]["files_done"]), (0, 3))
        check_totals(server, job)
        events = Events(server, f"?job={job}")
        events.wait(lambda name, data: name == "results" and data["results"][-1]["replaces"])
        equal(totals_of(events.results())["failed"], 0)
        events.close()
        equal(server.ask("POST", f"/api/v1/jobs/{job}/retry", b"").status, 409)
        server.stop()


def one_image_is_done_again_smaller():
    with scratch() as folder:
        make_images(os.path.join(folder, "in"))
        with open(os.path.join(folder, "in", "photo.jpg"), "rb") as file:
            photo = file.read()
        server = Server(PARE, folder)
        job = upload_job(server, {"photo.jpg": photo})
        server.wait_job(job)
        _, rows = check_totals(server, job)
        base = f"/api/v1/jobs/{job}"
        server.post(f"{base}/results/{rows[0]['seq']}/redo", {"quality_delta": -20}, 202)
        events = Events(server, f"?job={job}")
        found = events.wait(lambda name, data: name == "results" and
                            data["results"][-1]["replaces"] == rows[0]["seq"])[3]["results"][-1]
        true(found["bytes_out"] < rows[0]["bytes_out"], f"{found['bytes_out']} is not smaller")
        events.close()
        server.wait_job(job)
        found, rows = check_totals(server, job)
        equal(found["progress"]["files_done"], 1)
        equal(server.ask("POST", f"{base}/results/1/redo", {"quality_delta": 5}).status, 409)
        equal(server.ask("POST", f"{base}/results/{rows[0]['seq']}/redo", {"delta": 5}).status, 400)
        server.stop()


def a_redo_that_waits_outlives_the_server():
    with scratch() as folder:
        root = os.path.join(folder, "root")
        make_many(root, 60, 60)
        server = Server(PARE, folder, "-j1", roots=[root])
        job = root_job(server, settings={"effort": 5, "output": {"mode": "in_place"}})
        base = f"/api/v1/jobs/{job}"
        events = Events(server, f"?job={job}")
        events.wait(lambda name, data: len([r for r in events.results() if r["outcome"] == "optimized"]) >= 3)
        rows = [r for r in events.results() if r["outcome"] == "optimized"][:3]
        events.close()
        server.post(base + "/pause")
        for row in rows:
            for quality in (90, 30):  # the second wish counts
                server.post(f"{base}/results/{row['seq']}/redo", {"settings": {"quality": quality}}, 202)
        server.kill()
        server.start()
        equal(server.get(base)["state"], "paused")
        server.post(base + "/resume")
        events = Events(server, f"?job={job}")
        replaced = lambda: {r["replaces"]: r for r in events.results() if r["replaces"]}
        events.wait(lambda name, data: len(replaced()) == 3)
        equal(sorted(replaced()), sorted(r["seq"] for r in rows), "rows that were replaced")
        server.wait_job(job)
        found, all_rows = check_totals(server, job, events.results())
        equal(found["progress"]["files_done"], 60)
        for row in all_rows:
            equal(os.path.getsize(os.path.join(root, row["input"])), row["bytes_out"], row["input"])
        events.close()
        server.stop()
        server.start()  # and none comes back
        equal(server.get(base)["state"], "done")
        check_totals(server, job)
        equal(server.get(base + "/results?limit=1")["total"], 60)
        server.stop()


def a_single_file_in_place_with_a_new_name_is_done_again():
    with scratch() as folder:
        root = os.path.join(folder, "root")
        make_many(root, 2, 60)
        server = Server(PARE, folder, roots=[root])
        job = root_job(server, ["image-00000.png", "image-00001.png"],
                       settings={"format": "webp", "output": {"mode": "in_place"}})
        server.wait_job(job)
        _, rows = check_totals(server, job)
        equal(sorted(n for n in os.listdir(root)), ["image-00000.webp", "image-00001.webp"])
        server.post(f"/api/v1/jobs/{job}/results/{rows[0]['seq']}/redo", {"settings": {"format": "original"}}, 202)
        events = Events(server, f"?job={job}")
        events.wait(lambda name, data: name == "results" and data["results"][-1]["replaces"] == rows[0]["seq"])
        events.close()
        found = server.wait_job(job)
        check_totals(server, job)
        equal((found["error"], found["progress"]["files_done"]), (None, 2))
        equal(sorted(os.listdir(root)), sorted([rows[0]["input"], rows[1]["output"]]))
        server.stop()


def presets_are_kept():
    with scratch() as folder:
        server = Server(PARE, folder)
        path = "/api/v1/presets/Web%20%2F%20small"
        settings = {"quality": "score:70", "format": "webp", "resize": "longest:2000"}
        equal(server.ask("PUT", path, settings).status, 200)
        equal(server.ask("PUT", path, {"quality": "best"}).status, 400)
        equal(server.ask("PUT", path, {"colour": 1}).status, 400)
        equal(server.stop(), 0)
        server.start()
        equal(server.get("/api/v1/presets")["presets"], [{"name": "Web / small", "settings": settings}])
        equal(server.ask("DELETE", path).status, 204)
        equal(server.ask("DELETE", path).status, 404)
        server.stop()


def a_killed_server_goes_on_with_right_numbers():
    with scratch() as folder:
        root = os.path.join(folder, "root")
        make_many(root, 60, 60)
        server = Server(PARE, folder, "-j2", roots=[root])
        job = root_job(server)
        events = Events(server, f"?job={job}")
        events.wait(lambda name, data: name == "results" and len(events.results()) >= 10)
        server.kill()
        # as if it had been killed while it removed uploads
        removed = os.path.join(folder, "state", "removed-123")
        make_many(os.path.join(removed, "in", "sub"), 3)
        events.ended.wait(10)
        heard = events.results()
        events.close()
        server.start()
        again = Events(server, f"?job={job}", last_id=heard[-1]["seq"])
        again.wait(lambda name, data: name == "job" and data["state"] == "done")
        known = {r["seq"] for r in heard}
        # rows that were told but not yet on the disk when the server died come once more
        found, rows = check_totals(server, job)
        equal(found["progress"]["files_done"], 60, "files")
        equal(sorted(r["input"] for r in rows), sorted(os.path.basename(p) for p in os.listdir(root)
                                                       if p.endswith(".png")), "each file once")
        fresh = Events(server, f"?job={job}")
        fresh.wait(lambda name, data: len({r["seq"] for r in fresh.results()}) >= len(rows))
        equal(totals_of(fresh.results()), totals_of(rows), "replay from the start")
        true(known, "nothing was heard before the kill")
        true(not os.path.exists(removed), "what was being removed is still there")
        again.close()
        fresh.close()
        server.stop()


def a_thousand_files_watched_live():
    with scratch() as folder:
        root = os.path.join(folder, "root")
        make_many(root, 1000, 24)
        server = Server(PARE, folder, roots=[root])
        watch = Events(server)
        job = root_job(server, settings={"effort": 0})
        events = Events(server, f"?job={job}")
        late = None
        rss = []
        while not any(n == "job" and d["state"] == "done" for _, _, n, d in events.heard):
            true(not events.ended.is_set(), f"the stream ended: {events.error}")
            if late is None and len(events.results()) > 300:
                late = Events(server, f"?job={job}", last_id=events.results()[99]["seq"])
            rss.append(server.rss())
            time.sleep(0.1)
        watch.wait(lambda name, data: name == "job" and data["id"] == job and data["state"] == "done")
        found, rows = check_totals(server, job, events.results())
        equal(len(events.results()), 1000, "results heard")
        equal([h[1] for h in events.heard if h[2] == "results"],
              [h[3]["results"][-1]["seq"] for h in events.heard if h[2] == "results"], "ids")
        for stream in (events, watch):
            finals = [d for d in stream.named("progress") if d["progress"]["final"]]
            equal(len(finals), 1, "final progress events")
            equal({k: finals[0]["progress"][k] for k in TOTALS},
                  {k: found["progress"][k] for k in TOTALS}, "final totals")
            equal(sum(d["state"] == "done" for d in stream.named("job")), 1, "final job events")
            times = [d["at_ms"] for d in stream.named("progress")]
            gaps = [later - earlier for earlier, later in zip(times, times[1:])]
            true(len(gaps) > 2, f"only {len(times)} progress events")
            true(min(gaps) >= 100, f"two progress events within {min(gaps)} ms")
            fractions = [d["progress"]["fraction"] for d in stream.named("progress")]
            equal(fractions, sorted(fractions), "progress falls")
            for _, _, name, data in stream.heard:
                kind = {"results": "ResultsEvent", "progress": "ProgressEvent", "job": "Job",
                        "metrics": "Metrics", "removed": "RemovedEvent"}[name]
                equal(SCHEMAS.problems(data, SCHEMAS.named(kind)), [], name)
        order = [h[2] for h in events.heard if h[2] != "metrics"]
        equal(order[-2:], ["progress", "job"], "the last events")
        if late:
            late.wait(lambda name, data: name == "job" and data["state"] == "done")
            equal([r["seq"] for r in late.results()], list(range(101, 1001)), "replay")
            late.close()
        half = len(rss) // 2
        grown = max(rss[half:]) - max(rss[:half] or rss)
        true(grown < 16 << 20, f"the server grew by {grown} bytes")
        events.close()
        watch.close()
        server.stop()


def an_image_that_takes_long_does_not_count_for_others():
    """Ten images of the same size, so of the same cost. The first one, noise, is in work while others end quickly."""
    with scratch() as folder:
        root = os.path.join(folder, "root")
        os.makedirs(root)
        edge = 500
        for number in range(10):
            pixels = os.urandom(3 * edge * edge) if number == 0 else bytes([number]) * (3 * edge * edge)
            with open(os.path.join(root, f"{number}.png"), "wb") as file:
                file.write(png_of(edge, edge, pixels))
        server = Server(PARE, folder, "-j2", roots=[root])
        events = Events(server)
        job = root_job(server, settings={"effort": 5})
        events.wait(lambda name, data: name == "job" and data["id"] == job and data["state"] == "done")
        told = [d["progress"] for d in events.named("progress") if not d["progress"]["final"]]
        true(any(0 < p["files_done"] < 10 for p in told), "nothing was told in the middle")
        for p in told:  # what is done, and at most nine tenths of what two workers have in hand
            most = (p["files_done"] + 2 * 0.9) / 10
            true(p["fraction"] <= most + 1e-4, f"{p['fraction']} is told after {p['files_done']} of 10 files")
        events.close()
        server.stop()


def one_shot_gives_the_bytes_of_the_command_line():
    with scratch() as folder:
        make_images(os.path.join(folder, "in"))
        server = Server(PARE, folder)
        for name, query, options in (("photo.jpg", "", []), ("graphic.png", "?quality=70", ["-q70"]),
                                     ("photo.jpg", "?format=webp&resize=longest:200",
                                      ["-fwebp", "--resize", "longest:200"]),
                                     ("rotated.jpg", "?quality=score:60&strip=all", ["-qscore:60", "--strip", "all"])):
            with open(os.path.join(folder, "in", name), "rb") as file:
                data = file.read()
            want = subprocess.run([PARE, "-", *options], input=data, capture_output=True, check=True).stdout
            answer = server.ask("POST", "/api/v1/optimize" + query, data)
            equal(answer.status, 200, str(answer.body[:200]))
            true(answer.body == want, f"{name}{query}: other bytes than the command line")
            equal(int(answer.headers["X-Pare-Bytes-Out"]), len(want))
            equal(answer.headers["X-Pare-Outcome"], "optimized")
        drawing = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"> <!-- made by hand -->\n' \
                  b'  <path d="M 1.00000 1.00000 L 2.00000 2.00000" />\n</svg>\n'
        want_drawing = subprocess.run([PARE, "-"], input=drawing, capture_output=True, check=True).stdout
        answer = server.ask("POST", "/api/v1/optimize", drawing)
        equal((answer.status, answer.body, answer.headers["X-Pare-Format"]), (200, want_drawing, "svg"))
        true(len(want_drawing) < len(drawing), "the drawing did not get smaller")
        packed = gzip.compress(drawing, mtime=1)
        want_packed = subprocess.run([PARE, "-"], input=packed, capture_output=True, check=True).stdout
        equal(gzip.decompress(want_packed), want_drawing)
        true(len(want_packed) < len(packed), "the packed drawing did not get smaller")
        for accepts, kind, encoding in (("gzip, br", "image/svg+xml", "gzip"), ("gzip;q=0, br", "application/gzip", None)):
            answer = server.ask("POST", "/api/v1/optimize", packed, headers={"Accept-Encoding": accepts})
            equal((answer.status, answer.body, answer.headers["X-Pare-Format"]), (200, want_packed, "svg"))
            equal((answer.headers["Content-Type"], answer.headers.get("Content-Encoding")), (kind, encoding))
        equal(server.ask("POST", "/api/v1/optimize", gzip.compress(b"no drawing" * 9)).status, 415)
        formats = set(server.get("/api/v1/system")["formats_in"]) - {"jxl"}  # which not every build has
        equal(sorted(formats), ["avif", "bmp", "gif", "jpeg", "png", "svg", "tiff", "webp"])
        equal(server.ask("POST", "/api/v1/optimize", b"no image").status, 415)
        equal(server.ask("POST", "/api/v1/optimize", data[:len(data) // 3]).status, 422)
        equal(server.ask("POST", "/api/v1/optimize?quality=200", data).status, 400)
        equal(server.ask("POST", "/api/v1/optimize", b"").status, 400)
        small = server.ask("POST", "/api/v1/optimize", want)
        equal(small.status, 200)
        server.stop()


def size_of(folder, data):
    """Width and height, as `pare info` reads them."""
    path = os.path.join(folder, "some image")
    with open(path, "wb") as file:
        file.write(data)
    told = json.loads(subprocess.run([PARE, "info", "--json", path], capture_output=True, check=True).stdout)
    return told["width"], told["height"]


def one_shot_resizes_and_aims_at_a_size_as_the_command_line():
    with scratch() as folder:
        make_images(os.path.join(folder, "in"))
        with open(os.path.join(folder, "in", "photo.jpg"), "rb") as file:
            data = file.read()
        equal(size_of(folder, data), (640, 480))
        server = Server(PARE, folder)
        for query, options, want_size in (
                ("resize=50%25", ["--resize", "50%"], (320, 240)),
                ("resize=fit:120x120", ["--resize", "fit:120x120"], (120, 90)),
                ("resize=width:900&enlarge=true", ["--resize", "width:900", "--enlarge"], (900, 675)),
                ("resize=width:900", ["--resize", "width:900"], (640, 480)),
                ("target_size=3KB", ["--target-size", "3KB"], None),
                ("target_size=6KB&downscale=1", ["--target-size", "6KB", "--downscale"], None),
                ("target_size=6KB&downscale=true&resize=height:200&format=webp",
                 ["--target-size", "6KB", "--downscale", "--resize", "height:200", "-fwebp"], None)):
            want = subprocess.run([PARE, "-", *options], input=data, capture_output=True, check=True).stdout
            answer = server.ask("POST", "/api/v1/optimize?" + query, data)
            equal(answer.status, 200, str(answer.body[:200]))
            true(answer.body == want, f"{query}: other bytes than the command line")
            size = size_of(folder, answer.body)
            equal((int(answer.headers["X-Pare-Width"]), int(answer.headers["X-Pare-Height"])), size, query)
            if want_size:
                equal(size, want_size, query)
            kept = answer.headers["X-Pare-Outcome"] == "kept"
            true(kept or "target" not in query or len(want) <= (6000 if "6KB" in query else 3000),
                 f"{query}: {len(want)} bytes, which is over the target")
            true(not kept or answer.body == data, f"{query}: kept, but other bytes")
        for query in ("resize=fit:0x10", "resize=300", "target_size=-1", "target_size=small", "downscale=yes"):
            answer = server.ask("POST", "/api/v1/optimize?" + query, data)
            equal(answer.status, 400, query)
            name = query.partition("=")[0]
            true(name in answer.json["error"]["message"], f"{query}: {answer.json['error']['message']}")
        server.stop()


# As a program of tests that is killed in the middle of one: it tells the process of its server, and hangs.
HANGS = """
import sys, time
from serve_support import Server, make_many, root_job, run
PARE, folder, root = sys.argv[1:]
def hangs():
    server = Server(PARE, folder, "-j1", roots=[root])
    root_job(server, settings={"effort": 5})
    print("server", server.process.pid, flush=True)
    time.sleep(1000)
run([hangs])
"""


def parent_of(pid):
    """0 when there is no such process, or only what is left of it."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            state, parent = file.read().rpartition(")")[2].split()[:2]
        return 0 if state == "Z" else int(parent)
    except FileNotFoundError:
        return 0


def family_of(pid):
    """The process and its children."""
    return [pid] + [int(name) for name in os.listdir("/proc") if name.isdigit() and parent_of(name) == pid]


def a_test_that_is_killed_leaves_no_process():
    with scratch() as folder:
        root = os.path.join(folder, "root")
        make_many(root, 40, 120)
        test = subprocess.Popen([sys.executable, "-c", HANGS, PARE, folder, root], stdout=subprocess.PIPE,
                                env={**os.environ, "PARE_TEST_ONLY": "",
                                     "PYTHONPATH": os.path.dirname(os.path.abspath(__file__))})
        line = b""
        while not line.startswith(b"server "):
            line = test.stdout.readline()
            true(line, "the test ended")
        server = int(line.split()[1])
        end = time.monotonic() + 60
        while len(family_of(server)) < 2 and time.monotonic() < end:
            time.sleep(0.05)
        family = [parent_of(server)] + family_of(server)
        true(len(family) >= 3, f"no worker began: {family}")
        test.kill()
        test.wait()
        test.stdout.close()
        end = time.monotonic() + 30
        while (left := [pid for pid in family if parent_of(pid)]) and time.monotonic() < end:
            time.sleep(0.05)
        equal(left, [], "processes that stay")


run([a_folder_becomes_smaller_and_its_results_can_be_had, uploads_come_back_as_a_zip,
     pause_resume_cancel_and_retry, a_failed_file_is_tried_again,
     one_image_is_done_again_smaller,
     a_redo_that_waits_outlives_the_server, a_single_file_in_place_with_a_new_name_is_done_again, presets_are_kept, a_killed_server_goes_on_with_right_numbers,
     a_thousand_files_watched_live, an_image_that_takes_long_does_not_count_for_others, one_shot_gives_the_bytes_of_the_command_line,
     one_shot_resizes_and_aims_at_a_size_as_the_command_line, a_test_that_is_killed_leaves_no_process])
