#!/usr/bin/env python3
"""Undo of a run on the server, and what may not happen to the run meanwhile and afterwards.

    serve_undo_test.py PARE        (environment: MAKE, PARE_WORKER)
"""
import contextlib
import os
import sqlite3
import sys
import threading

from serve_support import (Events, Server, check_totals, equal, make_images, make_many, root_job, run, scratch, true)

PARE = sys.argv[1]


def files_of(root):
    found = {}
    for parent, _, names in os.walk(root):
        for name in names:
            with open(os.path.join(parent, name), "rb") as file:
                found[os.path.relpath(os.path.join(parent, name), root)] = file.read()
    return found


def refusals(server, job, seq):
    """What says no, and in which words, when the originals are on their way back or there."""
    base = f"/api/v1/jobs/{job}"
    asked = {"smaller": (f"{base}/results/{seq}/redo", {"quality_delta": -10}),
             "better": (f"{base}/results/{seq}/redo", {"quality_delta": 10}),
             "other settings": (f"{base}/results/{seq}/redo", {"settings": {"format": "webp"}}),
             "retry": (base + "/retry", b"")}
    for what, (path, body) in asked.items():
        answer = server.ask("POST", path, body)
        equal(answer.status, 409, f"{what}: {answer.body[:200]}")
        yield what, answer.json["error"]["message"]


def in_place_is_undone():
    with served_images() as (server, root, before):
        job = root_job(server, settings={"output": {"mode": "in_place"}, "quality": "score:70"})
        found = server.wait_job(job)
        equal((found["state"], found["can_undo"]), ("done", True))
        _, rows = check_totals(server, job)
        done = next(r for r in rows if r["outcome"] == "optimized")
        got = server.ask("GET", f"/api/v1/jobs/{job}/results/{done['seq']}/original").body
        true(got == before[done["input"]], "original out of the backup")
        answer = server.post(f"/api/v1/jobs/{job}/undo")
        equal((answer["restored"], answer["failed"]), (found["progress"]["optimized"], 0))
        true(files_of(root) == before, "not everything is as it was")
        found = server.get(f"/api/v1/jobs/{job}")
        equal((found["undone"], found["can_undo"]), (True, False))
        equal(server.ask("POST", f"/api/v1/jobs/{job}/undo", b"").status, 409)
        result = f"/api/v1/jobs/{job}/results/{done['seq']}"
        true(server.ask("GET", result + "/original").body == before[done["input"]], "original out of its place")
        for query in ("", "?display=1", "?thumbnail=64", "?download=1"):  # and never under the name of the result
            equal(server.ask("GET", result + "/output" + query).status, 410, "output" + query)
        equal(server.ask("GET", f"/api/v1/jobs/{job}/download.zip").status, 409, "zip")
        server.stop()


@contextlib.contextmanager
def an_undo_that_waits(server, job):
    """An undo in the middle of its work for as long as this lasts: it waits for the ledger, which is held. Of two
    requests one is refused because the other one is in work. Gives the list that the answers come into."""
    answers = []
    ledger = sqlite3.connect(server.ledger(), isolation_level=None)
    ledger.execute("BEGIN IMMEDIATE")
    refused = threading.Event()

    def ask():
        answers.append(server.ask("POST", f"/api/v1/jobs/{job}/undo", b""))
        refused.set()

    both = [threading.Thread(target=ask) for _ in range(2)]
    try:
        for thread in both:
            thread.start()
        true(refused.wait(60), "neither of two undos was refused")
        yield answers
        equal(len(answers), 1, "the undo did not wait")
    finally:
        ledger.execute("ROLLBACK")
        ledger.close()
        for thread in both:
            thread.join()


@contextlib.contextmanager
def served_images():
    """(server, folder of images it may use, what they were like)."""
    with scratch() as folder:
        root = os.path.join(folder, "root")
        make_images(root)
        yield Server(PARE, folder, roots=[root]), root, files_of(root)


def nothing_is_done_again_during_an_undo_nor_after_it():
    with served_images() as (server, root, before):
        job = root_job(server, settings={"output": {"mode": "in_place"}, "quality": "score:70"})
        found = server.wait_job(job)
        _, rows = check_totals(server, job)
        equal(found["progress"]["failed"], 1, "the cut file, so that there is something to try again")
        seq = next(r["seq"] for r in rows if r["outcome"] == "optimized")
        with an_undo_that_waits(server, job) as answers:
            for what, said in refusals(server, job, seq):
                true("is being undone" in said, f"{what}: {said}")
            deleted = server.ask("DELETE", f"/api/v1/jobs/{job}")
            equal(deleted.status, 409, "delete")
            true("is being undone" in deleted.json["error"]["message"], deleted.body)
        equal(sorted(a.status for a in answers), [200, 409], "two undos")
        true("is being undone" in answers[0].json["error"]["message"], answers[0].body)
        equal((answers[1].json["restored"], answers[1].json["failed"]), (found["progress"]["optimized"], 0))

        for what, said in refusals(server, job, seq):
            true("was undone" in said, f"{what}: {said}")
        equal(server.stop(), 0)
        server.start()
        for what, said in refusals(server, job, seq):
            true("was undone" in said, f"{what} after a restart: {said}")
        true(files_of(root) == before, "not everything is as it was")
        check_totals(server, job)  # and the history of what was done stays
        equal([row["seq"] for row in server.get(f"/api/v1/jobs/{job}/results")["results"]],
              [row["seq"] for row in rows])
        equal(server.ask("DELETE", f"/api/v1/jobs/{job}").status, 204)
        server.stop()


def a_run_that_has_an_image_to_do_again_is_undone_only_afterwards():
    with scratch() as folder:
        root = os.path.join(folder, "root")
        make_many(root, 40, 60)
        before = files_of(root)
        server = Server(PARE, folder, "-j1", roots=[root])
        job = root_job(server, settings={"effort": 5, "output": {"mode": "in_place"}})
        base = f"/api/v1/jobs/{job}"
        events = Events(server, f"?job={job}")
        events.wait(lambda name, data: any(r["outcome"] == "optimized" for r in events.results()))
        row = next(r for r in events.results() if r["outcome"] == "optimized")
        server.post(base + "/pause")
        server.post(f"{base}/results/{row['seq']}/redo", {"quality_delta": -10}, 202)
        answer = server.ask("POST", base + "/undo", b"")
        equal(answer.status, 409)
        true("it can be undone when it has ended" in answer.json["error"]["message"], answer.body)
        server.post(base + "/cancel")
        found = server.wait_job(job, "cancelled")
        events.close()
        answer = server.post(base + "/undo")
        equal((answer["restored"], answer["failed"]), (found["progress"]["optimized"], 0))
        equal(server.stop(), 0)
        server.start()  # the image that waited is not remembered
        equal([server.get(base)[key] for key in ("state", "undone")], ["cancelled", True])
        true(files_of(root) == before, "not everything is as it was")
        server.stop()


def an_image_done_again_comes_back_as_it_first_was():
    with served_images() as (server, root, before):
        job = root_job(server, ["photo.jpg"], settings={"output": {"mode": "in_place"}})
        server.wait_job(job)
        base = f"/api/v1/jobs/{job}"
        sizes = []
        for delta in (-20, -20, 20):
            _, rows = check_totals(server, job)
            sizes.append(os.path.getsize(os.path.join(root, "photo.jpg")))
            equal(sizes[-1], rows[0]["bytes_out"], "file and row")
            server.post(f"{base}/results/{rows[0]['seq']}/redo", {"quality_delta": delta}, 202)
            server.wait_job(job)
        true(sizes[0] > sizes[1] > sizes[2], f"not smaller each time: {sizes}")
        answer = server.post(base + "/undo")
        equal((answer["restored"], answer["failed"]), (1, 0))
        true(files_of(root) == before, "not everything is as it was")
        server.stop()


run([in_place_is_undone, nothing_is_done_again_during_an_undo_nor_after_it,
     a_run_that_has_an_image_to_do_again_is_undone_only_afterwards, an_image_done_again_comes_back_as_it_first_was])
