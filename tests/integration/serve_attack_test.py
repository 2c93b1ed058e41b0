#!/usr/bin/env python3
"""What strangers may try on `pare serve`: each is refused in clear words, and nothing leaks.

    serve_attack_test.py PARE      (environment: MAKE, PARE_WORKER)
"""
import contextlib
import os
import resource
import socket
import sys
import time
import urllib.parse
import zipfile

from serve_support import SCHEMAS, Server, equal, png, run, scratch, true

PARE = sys.argv[1]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def read_all(sock):
    data = b""
    with contextlib.suppress(OSError):
        while part := sock.recv(65536):
            data += part
    return data


def make_root(folder):
    """A root with a picture, and things around it that nobody may see."""
    root = os.path.join(folder, "root")
    os.makedirs(os.path.join(root, "inside"))
    with open(os.path.join(folder, "secret.png"), "wb") as file:
        file.write(png(20, 20, 1))
    with open(os.path.join(root, "inside", "ok.png"), "wb") as file:
        file.write(png(40, 40, 2))
    os.symlink(folder, os.path.join(root, "out"))
    os.symlink("/etc/passwd", os.path.join(root, "passwd.png"))
    os.symlink("/proc/self/root", os.path.join(root, "magic"))
    os.symlink("inside", os.path.join(root, "alias"))
    return root


def no_path_leads_out_of_a_root():
    with scratch() as folder:
        server = Server(PARE, folder, roots=[make_root(folder)])
        for path in ("..", "../", "inside/../..", "/etc", "//etc", "out", "magic", "magic/etc", "passwd.png",
                     "inside/..%2f..", "a%00b", "./inside", "inside//x", "x" * 5000, "a/" * 3000 + "a"):
            quoted = urllib.parse.quote(path, safe="%/")
            answer = server.ask("GET", f"/api/v1/roots/r1/entries?path={quoted}")
            true(answer.status in (400, 404), f"entries of {path[:40]!r}: {answer.status}")
            path = urllib.parse.unquote(path)
            answer = server.ask("POST", "/api/v1/jobs", {"source": {"root": "r1", "paths": [path]}})
            true(answer.status in (400, 404), f"job of {path[:40]!r}: {answer.status}")
            answer = server.ask("POST", "/api/v1/jobs", {
                "source": {"root": "r1", "paths": ["inside"]},
                "settings": {"output": {"mode": "folder", "path": path}}})
            true(answer.status in (400, 404, 409, 500), f"output to {path[:40]!r}: {answer.status}")
        equal(server.get("/api/v1/jobs")["jobs"], [], "jobs that stay")
        equal([e["name"] for e in server.get("/api/v1/roots/r1/entries")["entries"]],
              ["alias", "inside"], "links that lead out are not shown")
        equal(server.get("/api/v1/roots/r1/entries?path=alias")["total"], 1)
        for url in ("/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/api/v1/../../etc/passwd",
                    "/api/v1/roots/r2/entries", "/api/v1/roots/../entries", "/index.html/../x"):
            equal(server.ask("GET", url).status, 404, url)
        equal(sorted(os.listdir(folder)), ["log", "root", "secret.png", "state"], "files around the root")
        server.stop()


def only_our_own_page_and_programs_with_the_token_come_in():
    with scratch() as folder:
        server = Server(PARE, folder)
        host = f"127.0.0.1:{server.port}"
        good = {"Authorization": "Bearer " + server.token}
        cookie = {"Cookie": f"pare_session_{server.port}={server.token}"}
        ask = lambda headers, method="GET", path="/api/v1/system", body=None: server.ask(
            method, path, body, headers, token=False).status
        equal(ask({}), 401, "no token")
        equal(ask({"Authorization": "Bearer " + "x" * len(server.token)}), 401, "wrong token")
        equal(ask({"Authorization": "Bearer " + server.token[:-1]}), 401, "a part of the token")
        equal(ask({"Cookie": f"pare_session_{server.port}="}), 401, "empty cookie")
        equal(ask({"Cookie": "pare_session=" + server.token}), 401, "cookie of another port")
        equal(ask(good), 200, "bearer")
        equal(ask(cookie), 200, "cookie")
        equal(ask({**good, "Host": "evil.example"}), 403, "another Host")
        equal(ask({**good, "Host": f"evil.example:{server.port}"}), 403, "another Host with our port")
        equal(ask({**good, "Host": "127.0.0.1:1"}), 403, "another port")
        equal(ask({**good, "Host": f"localhost:{server.port}"}), 200, "localhost")
        for origin in ("http://evil.example", "null", "http://127.0.0.1:1", f"http://{host}.evil.example"):
            equal(ask({**good, "Origin": origin}), 403, f"Origin {origin}")
        equal(ask({**good, "Origin": f"http://{host}"}), 200, "our Origin")
        job = {"source": {"uploads": True}}
        equal(ask(cookie, "POST", "/api/v1/jobs", job), 403, "cookie without Origin")
        equal(ask({**cookie, "Origin": "http://evil.example"}, "POST", "/api/v1/jobs", job), 403)
        equal(ask({**cookie, "Sec-Fetch-Site": "cross-site"}), 403, "another site")
        equal(ask({**cookie, "Origin": f"http://{host}"}, "POST", "/api/v1/jobs", job), 201)
        equal(ask({}, path="/metrics"), 401)
        equal(ask({}, path="/healthz"), 200)
        equal(ask({"Host": "evil.example"}, path="/healthz"), 403)
        page = server.ask("GET", "/?token=" + server.token, token=False)
        equal((page.status, page.headers["Location"]), (303, "/"))
        for word in ("HttpOnly", "SameSite=Strict", "Path=/"):
            true(word in page.headers["Set-Cookie"], page.headers["Set-Cookie"])
        equal(server.ask("GET", "/?token=wrong", token=False).status, 401)
        for path in ("/", "/api/v1/system", "/api/v1/nothing"):
            headers = server.ask("GET", path).headers
            equal(headers["X-Content-Type-Options"], "nosniff")
            equal(headers["X-Frame-Options"], "DENY")
            true("default-src" in headers["Content-Security-Policy"], path)
            true("Access-Control-Allow-Origin" not in headers, path)
        server.stop()


def bodies_and_headers_have_limits():
    with scratch() as folder:
        server = Server(PARE, folder, "--max-upload", "100KB", "--max-jobs", "3")
        job = server.post("/api/v1/jobs", {"source": {"uploads": True}}, 201)["id"]
        files = f"/api/v1/jobs/{job}/files?path=a.png"
        equal(server.ask("PUT", files, b"x" * 100001).status, 413, "upload")
        equal(server.ask("POST", "/api/v1/optimize", b"x" * 100001).status, 413, "single image")
        equal(server.ask("PUT", files, b"x" * 100000).status, 201)
        head = (f"%s HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAuthorization: Bearer {server.token}\r\n")
        # no length told, and more than is allowed
        chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
        for line in (f"PUT {files}", "POST /api/v1/optimize", "POST /api/v1/jobs"):
            sock = server.raw((head % line + "Transfer-Encoding: chunked\r\n\r\n").encode())
            with contextlib.suppress(OSError):
                for _ in range(64):
                    sock.sendall(chunk)
            true(b" 201 " not in read_all(sock), line)
            sock.close()
        sock = server.raw((head % "POST /api/v1/jobs" + "Content-Length: 99999999999\r\n\r\n").encode())
        true(b" 413 " in sock.recv(4096), "a huge JSON body")
        sock.close()
        for flood in ("X-Flood: " + "y" * 100000, "\r\n".join(f"X-{n}: {n}" for n in range(20000))):
            sock = server.raw()
            with contextlib.suppress(OSError):
                sock.sendall((head % "GET /api/v1/system" + flood + "\r\n\r\n").encode())
            true(b" 200 " not in read_all(sock), "a flood of headers")
            sock.close()
        for junk in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"\0" * 1000, b"GET / HTTP/9.9\r\n\r\n"):
            sock = server.raw(junk)
            sock.shutdown(socket.SHUT_WR)
            read_all(sock)
            sock.close()
        for body in (b"{", b"[1]", b"\xff\xfe", b'{"source":{"uploads":true},"source":1}', b"[" * 100000,
                     b'{"source":{"uploads":true},"extra":1}', b'{"source":{}}', b'{"source":{"root":"r9","paths":["a"]}}',
                     b'{"source":{"uploads":true},"settings":{"quality":1e9}}', b'{"source":{"uploads":true},"priority":7}'):
            equal(server.ask("POST", "/api/v1/jobs", body).status, 400, str(body[:40]))
        for _ in range(2):
            server.post("/api/v1/jobs", {"source": {"uploads": True}}, 201)
        equal(server.ask("POST", "/api/v1/jobs", {"source": {"uploads": True}}).status, 429, "a fourth job")
        equal(server.ask("BREW", "/api/v1/jobs").status, 405)
        equal(server.ask("GET", "/api/v1/jobs/999999999999999999999").status, 404)
        equal(server.ask("GET", "/healthz").status, 200)
        left = os.listdir(os.path.join(folder, "state", "uploads", str(job)))
        equal([name for name in left if name.startswith("part-")], [], "parts that stay")
        server.stop()


def evil_names_stay_where_they_are():
    with scratch() as folder:
        server = Server(PARE, folder)
        job = server.post("/api/v1/jobs", {"source": {"uploads": True}}, 201)["id"]
        data = png(30, 30, 3)
        for name in ("../x.png", "/x.png", "a/../../x.png", "..", ".", "a//b.png", "a\\b.png", "C:x.png",
                     "a\nb.png", "a\x7f.png", "x" * 2000, "x" * 201 + ".png", " x.png", "x.png ", "x.png.",
                     "/".join("abcdefgh" * 5), "\u202egnp.exe", ""):
            path = f"/api/v1/jobs/{job}/files?path=" + urllib.parse.quote(name, safe="")
            equal(server.ask("PUT", path, data).status, 400, repr(name[:40]))
        equal(server.ask("PUT", f"/api/v1/jobs/{job}/files?path=a%00b.png", data).status, 201, "%00 is three letters")
        equal(server.ask("PUT", f"/api/v1/jobs/{job}/files?path=%ff.png", data).status, 400, "no UTF-8")
        equal(server.ask("PUT", f"/api/v1/jobs/{job}/files", data).status, 400)
        for name in ("ok.png", "OK.png", "sub/<b>&\"'.png", "sub/=cmd.png"):
            path = f"/api/v1/jobs/{job}/files?path=" + urllib.parse.quote(name, safe="")
            equal(server.ask("PUT", path, png(30, 30, len(name) + 3)).status, 201, name)
        server.post(f"/api/v1/jobs/{job}/start")
        server.wait_job(job)
        with open(os.path.join(folder, "got.zip"), "wb") as file:
            file.write(server.ask("GET", f"/api/v1/jobs/{job}/download.zip").body)
        with zipfile.ZipFile(os.path.join(folder, "got.zip")) as archive:
            names = archive.namelist()
            equal(archive.testzip(), None)
        equal(len({name.lower() for name in names}), 5, f"names of the zip: {names}")
        for name in names:
            true(not name.startswith("/") and ".." not in name.split("/") and
                 not set(name) & set('\\:<>"|?*\n'), name)
        true("'=cmd" in server.ask("GET", f"/api/v1/jobs/{job}/results.csv").body.decode() or
             "sub/=cmd" in server.ask("GET", f"/api/v1/jobs/{job}/results.csv").body.decode(), "CSV")
        server.stop()


def nothing_active_is_served():
    with scratch() as folder:
        server = Server(PARE, folder)
        job = server.post("/api/v1/jobs", {"source": {"uploads": True}}, 201)["id"]
        for name in ("a.svg", "b.png", "c.html.svg"):
            equal(server.ask("PUT", f"/api/v1/jobs/{job}/files?path={name}", SVG).status, 201)
        equal(server.ask("PUT", f"/api/v1/jobs/{job}/files?path=d.png", png(50, 50, 4)).status, 201)
        server.post(f"/api/v1/jobs/{job}/start")
        server.wait_job(job)
        rows = server.get(f"/api/v1/jobs/{job}/results")["results"]
        true(any(r["input"] == "a.svg" for r in rows), "the SVG is told of")
        for row in rows:
            for which in ("original", "output"):
                for query in ("", "?display=1", "?thumbnail=64", "?download=1"):
                    answer = server.ask("GET", f"/api/v1/jobs/{job}/results/{row['seq']}/{which}{query}")
                    kind = answer.headers["Content-Type"]
                    true("svg" not in kind and "html" not in kind and "xml" not in kind, kind)
                    equal(answer.headers["X-Content-Type-Options"], "nosniff")
                    equal(answer.headers["Content-Security-Policy"], "default-src 'none'; sandbox")
                    if answer.status == 200 and b"<script" in answer.body:
                        true("attachment" in answer.headers.get("Content-Disposition", ""), which + query)
        answer = server.ask("POST", "/api/v1/optimize", SVG)
        equal(answer.headers["Content-Type"], "image/svg+xml")
        equal(answer.headers["Content-Security-Policy"], "default-src 'none'; sandbox")
        equal(answer.headers["X-Content-Type-Options"], "nosniff")
        true("attachment" in answer.headers["Content-Disposition"], "a drawing that is not a download")
        server.stop()


def slow_clients_are_dropped():
    with scratch() as folder:
        server = Server(PARE, folder)
        before = server.descriptors()
        socks = [server.raw(b"GET / HTTP/1.1\r\n") for _ in range(20)]
        end = time.monotonic() + 60
        open_socks = list(socks)
        while open_socks and time.monotonic() < end:
            for sock in list(open_socks):  # a letter at a time, so that the line is never silent
                try:
                    sock.send(b"X")
                    sock.setblocking(False)
                    if sock.recv(1) == b"":
                        open_socks.remove(sock)
                except BlockingIOError:
                    pass
                except OSError:
                    open_socks.remove(sock)
            time.sleep(0.5)
        equal(len(open_socks), 0, "slow clients after a minute")
        equal(server.ask("GET", "/healthz").status, 200)
        for sock in socks:
            sock.close()
        end = time.monotonic() + 20
        while server.descriptors() > before and time.monotonic() < end:
            time.sleep(0.1)
        true(server.descriptors() <= before, f"{server.descriptors()} descriptors, were {before}")
        server.stop()


def a_thousand_connections_do_no_harm():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    with scratch() as folder:
        server = Server(PARE, folder)
        server.get("/api/v1/system")
        before = server.descriptors()
        socks = []
        for _ in range(1000):
            with contextlib.suppress(OSError):
                socks.append(server.raw(timeout=5))
        true(len(socks) >= 400, f"only {len(socks)} connections")
        true(server.process.poll() is None, "the server died")
        end = time.monotonic() + 90
        answered = False
        while not answered and time.monotonic() < end:  # the silent ones make room
            with contextlib.suppress(OSError):
                answered = server.ask("GET", "/healthz").status == 200
        true(answered, "no answer among a thousand silent connections")
        for sock in socks:
            sock.close()
        end = time.monotonic() + 60
        while server.descriptors() > before and time.monotonic() < end:
            time.sleep(0.2)
        true(server.descriptors() <= before, f"{server.descriptors()} descriptors, were {before}")
        equal(server.get("/api/v1/system")["version"] != "", True)
        equal(server.stop(), 0, "exit code")


def clients_that_leave_leave_nothing_behind():
    with scratch() as folder:
        server = Server(PARE, folder)
        job = server.post("/api/v1/jobs", {"source": {"uploads": True}}, 201)["id"]
        server.get("/api/v1/metrics")
        before = server.descriptors()
        head = (f"%s HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAuthorization: Bearer {server.token}\r\n"
                "Content-Length: 100000\r\n\r\n")
        for _ in range(40):
            for line in (f"PUT /api/v1/jobs/{job}/files?path=x.png", "POST /api/v1/optimize",
                         "POST /api/v1/jobs"):
                server.raw((head % line).encode() + b"x" * 5000).close()
            sock = server.raw((head % "GET /api/v1/events").replace("Content-Length: 100000\r\n", "").encode())
            sock.recv(100)
            sock.close()
        end = time.monotonic() + 60
        while server.descriptors() > before and time.monotonic() < end:
            time.sleep(0.2)
        true(server.descriptors() <= before, f"{server.descriptors()} descriptors, were {before}")
        left = os.listdir(os.path.join(folder, "state", "uploads", str(job)))
        equal([name for name in left if name.startswith("part-")], [], "parts that stay")
        equal(server.get("/api/v1/metrics")["listeners"], 0, "listeners")
        equal(server.stop(), 0, "exit code")


def other_machines_need_a_token_file():
    with scratch() as folder:
        for options in (["--listen", "0.0.0.0"], ["--listen", "nonsense", "--token-file", "/dev/null"],
                        ["--token-file", "/dev/null"]):
            try:
                Server(PARE, folder, *options).stop()
                raise RuntimeError(f"it started with {options}")
            except AssertionError:
                pass
        path = os.path.join(folder, "token")
        with open(path, "w", encoding="ascii") as file:
            file.write("a-token-of-my-own-0123456789\n")
        server = Server(PARE, folder, "--listen", "0.0.0.0", "--token-file", path)
        equal(server.token, "a-token-of-my-own-0123456789")
        equal(server.ask("GET", "/api/v1/system", headers={"Host": f"192.0.2.7:{server.port}"}).status, 200)
        equal(server.ask("GET", "/api/v1/system", headers={"Host": f"{socket.gethostname()}:{server.port}"}).status, 200)
        refused = server.ask("GET", "/api/v1/system", headers={"Host": f"nas.example:{server.port}"})
        equal(refused.status, 403)
        true("--host" in refused.json["error"]["message"], refused.body)
        server.stop()


def names_that_were_given_are_good_and_no_others():
    with scratch() as folder:
        server = Server(PARE, folder, "--host", "photos.example", "--host", "nas.example")
        ask = lambda method="GET", body=None, **headers: server.ask(
            method, "/api/v1/jobs", body, headers, token=False).status
        cookie = f"pare_session_{server.port}={server.token}"
        job = {"source": {"uploads": True}}
        for host in ("photos.example", "Photos.Example:8443", f"nas.example:{server.port}"):
            equal(ask(Host=host), 401, f"{host} without the token")
            equal(ask(Host=host, Cookie=cookie), 200, host)
            equal(ask("POST", job, Host=host, Cookie=cookie, Origin="https://" + host), 201, host)
            equal(ask("POST", job, Host=host, Cookie=cookie, Origin="https://evil.example"), 403, host)
        for host in ("evil.example", "photos.example.evil.example", "xphotos.example",
                     f"{socket.gethostname()}-evil:{server.port}"):
            equal(ask(Host=host, Cookie=cookie), 403, host)
        server.stop()
        for name in ("", "a:80", "http://a", "a b"):
            try:
                Server(PARE, folder, "--host", name).stop()
                raise RuntimeError(f"it started with {name!r}")
            except AssertionError:
                pass


def all_addresses_of_ipv6_are_those_of_ipv4_too():
    with scratch() as folder:
        if not os.path.exists("/proc/net/if_inet6"):
            return  # a machine without IPv6
        path = os.path.join(folder, "token")
        with open(path, "w", encoding="ascii") as file:
            file.write("a-token-of-my-own-0123456789\n")
        server = Server(PARE, folder, "--listen", "::", "--token-file", path)
        equal(server.ask("GET", "/api/v1/system").status, 200)  # by 127.0.0.1
        equal(server.ask("GET", "/api/v1/system", headers={"Host": f"[2001:db8::7]:{server.port}"}).status, 200)
        server.stop()


true(SCHEMAS.doc["openapi"].startswith("3.0"), "openapi.json")
run([no_path_leads_out_of_a_root, only_our_own_page_and_programs_with_the_token_come_in,
     bodies_and_headers_have_limits, evil_names_stay_where_they_are, nothing_active_is_served,
     slow_clients_are_dropped, a_thousand_connections_do_no_harm,
     clients_that_leave_leave_nothing_behind, other_machines_need_a_token_file,
     names_that_were_given_are_good_and_no_others, all_addresses_of_ipv6_are_those_of_ipv4_too])
