"""For the tests of `pare serve`: a server of its own for each test, requests, events, schemas, TAP."""
import contextlib
import ctypes
import http.client
import json
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
OPENAPI = os.path.join(HERE, "..", "..", "docs", "api", "openapi.json")


# ---- schemas ----

class Schemas:
    """As much of OpenAPI 3.0 as docs/api/openapi.json uses."""

    def __init__(self, path=OPENAPI):
        with open(path, encoding="utf-8") as file:
            self.doc = json.load(file)

    def problems(self, value, schema, where="$"):
        if "$ref" in schema:
            target = self.doc
            for part in schema["$ref"].lstrip("#/").split("/"):
                target = target[part]
            return self.problems(value, target, where)
        if value is None:
            return [] if schema.get("nullable") else [f"{where}: null"]
        if "oneOf" in schema:
            fits = [s for s in schema["oneOf"] if not self.problems(value, s, where)]
            return [] if len(fits) == 1 else [f"{where}: fits {len(fits)} of oneOf"]
        found = []
        kind = schema.get("type")
        types = {"object": dict, "array": list, "string": str, "boolean": bool,
                 "integer": int, "number": (int, float)}
        if kind and (not isinstance(value, types[kind]) or
                     (isinstance(value, bool) and kind != "boolean")):
            return [f"{where}: {value!r} is no {kind}"]
        if "enum" in schema and value not in schema["enum"]:
            found.append(f"{where}: {value!r} is not in {schema['enum']}")
        if kind in ("integer", "number"):
            if value < schema.get("minimum", value) or value > schema.get("maximum", value):
                found.append(f"{where}: {value} is out of range")
        if kind == "string" and "pattern" in schema and not re.search(schema["pattern"], value):
            found.append(f"{where}: {value!r} does not fit {schema['pattern']}")
        if kind == "array":
            for number, item in enumerate(value):
                found += self.problems(item, schema["items"], f"{where}[{number}]")
        if kind == "object" and "properties" in schema:
            found += self.object_problems(value, schema, where)
        return found

    def object_problems(self, value, schema, where):
        found = [f"{where}: {name} is missing" for name in schema.get("required", ())
                 if name not in value]
        for name, item in value.items():
            if name in schema["properties"]:
                found += self.problems(item, schema["properties"][name], f"{where}.{name}")
            elif schema.get("additionalProperties") is False:
                found.append(f"{where}: {name} is not described")
        return found

    def named(self, name):
        return {"$ref": f"#/components/schemas/{name}"}

    def of_answer(self, method, path, status):
        """The schema of a JSON answer, or None."""
        path = path.split("?")[0]
        for pattern, operations in self.doc["paths"].items():
            shape = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(pattern))
            if not re.fullmatch(shape, path) or method.lower() not in operations:
                continue
            responses = operations[method.lower()]["responses"]
            found = responses.get(str(status), responses["default"])
            if "$ref" in found:
                found = self.doc["components"]["responses"]["Error"]
            return found.get("content", {}).get("application/json", {}).get("schema")
        return None


SCHEMAS = Schemas()


# ---- processes that do not outlive the one that started them ----

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def end_with(parent):
    """In a child: end when its parent does, however that ends. A test that runs out of time is killed without a word."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before
        os._exit(1)


# ---- a server ----

class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class Server:
    def __init__(self, pare, folder, *options, roots=()):
        self.pare, self.folder, self.options, self.roots = pare, folder, options, roots
        self.process = None
        self.port = 0
        self.start()

    def start(self):
        command = [self.pare, "serve", "--port", str(self.port),
                   "--state-dir", os.path.join(self.folder, "state"), *self.options]
        for root in self.roots:
            command += ["--root", root]
        self.log = open(os.path.join(self.folder, "log"), "ab")
        parent = os.getpid()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log,
                                        preexec_fn=lambda: end_with(parent))
        line = self.process.stdout.readline().decode()
        if "token=" not in line:
            raise AssertionError("the server did not start: " + self.read_log())
        self.token = line.strip().partition("token=")[2]
        self.port = int(re.search(r":(\d+)/", line).group(1))

    def ledger(self):
        return os.path.join(self.folder, "state", "ledger.db")

    def read_log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def stop(self):
        """As Ctrl-C. Returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        self.log.close()
        return code

    def connect(self, timeout=120):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def raw(self, data=b"", timeout=30):
        made = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        made.sendall(data)
        return made

    def ask(self, method, path, body=None, headers=None, token=True, check=True):
        """One request. Answers in JSON must fit their schema."""
        sent = {"Authorization": "Bearer " + self.token} if token else {}
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        connection = self.connect()
        try:
            connection.request(method, path, body, sent)
            got = connection.getresponse()
            answer = Answer(got.status, dict(got.getheaders()), got.read())
        finally:
            connection.close()
        schema = check and SCHEMAS.of_answer(method, path, answer.status)
        if schema and answer.headers.get("Content-Type") == "application/json":
            problems = SCHEMAS.problems(answer.json, schema)
            if problems:
                raise AssertionError(f"{method} {path}: {problems[:5]}")
        return answer

    def get(self, path):
        answer = self.ask("GET", path)
        equal(answer.status, 200, f"GET {path}: {answer.body[:300]}")
        return answer.json

    def post(self, path, body=None, status=200):
        answer = self.ask("POST", path, body if body is not None else b"")
        equal(answer.status, status, f"POST {path}: {answer.body[:300]}")
        return answer.json

    def wait_job(self, job, *states, seconds=240):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self.get(f"/api/v1/jobs/{job}")
            if found["state"] in (states or ("done", "cancelled", "failed")):
                return found
            time.sleep(0.05)
        raise AssertionError(f"job {job} is still {found['state']}, want {states}")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def rss(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class Events:
    """A listener in a thread of its own: all it hears, in order."""

    def __init__(self, server, query="", last_id=None):
        self.heard = []  # (seconds, id, name, data)
        self.error = None
        self.ended = threading.Event()
        self.socket = server.raw(
            (f"GET /api/v1/events{query} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
             f"Authorization: Bearer {server.token}\r\n" +
             (f"Last-Event-ID: {last_id}\r\n" if last_id else "") + "\r\n").encode(), timeout=60)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            response = http.client.HTTPResponse(self.socket)
            response.begin()
            self.status = response.status
            number, name, data = None, None, []
            while True:
                line = response.readline().decode().rstrip("\n")
                if not line and response.isclosed():
                    break
                if line.startswith("id: "):
                    number = int(line[4:])
                elif line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    data.append(line[6:])
                elif not line and name:
                    self.heard.append((time.monotonic(), number, name, json.loads("\n".join(data))))
                    number, name, data = None, None, []
        except (OSError, ValueError, http.client.HTTPException) as error:
            self.error = error
        self.ended.set()

    def wait(self, wanted, seconds=240):
        """Until an event fits; it is given back."""
        end = time.monotonic() + seconds
        seen = 0
        while time.monotonic() < end:
            while seen < len(self.heard):
                if wanted(*self.heard[seen][2:]):
                    return self.heard[seen]
                seen += 1
            if self.ended.is_set() and seen == len(self.heard):
                break
            time.sleep(0.02)
        raise AssertionError(f"no such event among {[h[2] for h in self.heard[-20:]]}")

    def named(self, name):
        return [h[3] for h in self.heard if h[2] == name]

    def results(self):
        return [r for data in self.named("results") for r in data["results"]]

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)
        self.socket.close()


# ---- checks and TAP ----

def equal(have, want, what=""):
    if have != want:
        raise AssertionError(f"{what}: have {have!r}, want {want!r}")


def true(have, what):
    if not have:
        raise AssertionError(what)


TOTALS = ("files_done", "optimized", "kept", "skipped", "failed", "bytes_in", "bytes_out")


def totals_of(results):
    """Sums over the rows that no later one replaces."""
    gone = {r["replaces"] for r in results if r["replaces"]}
    rows = [r for r in results if r["seq"] not in gone]
    count = lambda outcome: sum(r["outcome"] == outcome for r in rows)
    return {"files_done": len(rows), "optimized": count("optimized"), "kept": count("kept"),
            "skipped": count("skipped"), "failed": count("failed"),
            "bytes_in": sum(r["bytes_in"] for r in rows),
            "bytes_out": sum(r["bytes_out"] for r in rows)}


# ---- jobs ----

def upload_job(server, files, settings=None):
    job = server.post("/api/v1/jobs", {"source": {"uploads": True}, "settings": settings or {}}, 201)
    equal(job["state"], "collecting")
    for path, data in files.items():
        answer = server.ask("PUT", f"/api/v1/jobs/{job['id']}/files?path={path}", data)
        equal(answer.status, 201, str(answer.body))
    return server.post(f"/api/v1/jobs/{job['id']}/start")["id"]


def root_job(server, paths=("",), **more):
    return server.post("/api/v1/jobs", {"source": {"root": "r1", "paths": list(paths)}, **more},
                       201)["id"]


def check_totals(server, job, heard=None):
    """The job's numbers are the sums of its rows, as pages, and as events told them."""
    found = server.get(f"/api/v1/jobs/{job}")
    rows = server.get(f"/api/v1/jobs/{job}/results?limit=1000")
    equal(rows["total"], found["progress"]["files_done"], "rows")
    want = totals_of(rows["results"])
    equal({k: found["progress"][k] for k in TOTALS}, want, "totals of the job")
    if heard is not None:
        equal(totals_of(heard), want, "totals of the events")
        equal([r["seq"] for r in heard], sorted({r["seq"] for r in heard}), "order of the events")
    return found, rows["results"]


# ---- images ----

def make_images(folder):
    """The nine files of tests/support/make_images.c."""
    subprocess.run([os.environ["MAKE"], folder], check=True, stdout=subprocess.DEVNULL)


def png_of(width, height, pixels):
    """A PNG of RGB pixels, stored without compression."""
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    rows = b"".join(b"\0" + pixels[at:at + 3 * width] for at in range(0, len(pixels), 3 * width))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b""))


def png(width, height, seed):
    """A PNG that can be made smaller: it is smooth."""
    return png_of(width, height, bytes((x * 3 + y * seed + (x * y * seed) // 50 + c * 40) & 255
                                       for y in range(height) for x in range(width) for c in range(3)))


def make_many(folder, count, size=24):
    os.makedirs(folder, exist_ok=True)
    for number in range(count):
        with open(os.path.join(folder, f"image-{number:05}.png"), "wb") as file:
            file.write(png(size, size, number + 1))


@contextlib.contextmanager
def scratch():
    folder = tempfile.mkdtemp(prefix="pare-serve-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(tests, limit_s=280):
    """Each test in a process of its own with a time limit."""
    only = os.environ.get("PARE_TEST_ONLY")
    tests = [test for test in tests if not only or only in test.__name__]
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, test in enumerate(tests, 1):
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            end_with(parent)
            os.setpgid(0, 0)
            signal.alarm(limit_s)
            code = 1
            try:
                test()
                code = 0
            except BaseException:  # noqa: B902  every failure is shown
                for line in traceback.format_exc().splitlines():
                    print("# " + line, flush=True)
            os._exit(code)
        _, status = os.waitpid(child, 0)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        failed += status != 0
        print(f"{'ok' if status == 0 else 'not ok'} {number} - {test.__name__}", flush=True)
    sys.exit(1 if failed else 0)
