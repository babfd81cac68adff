"""Serves the corpus on loopback.

    with running(cap_seconds=10) as corpus:
        ... poll corpus.base + "/c/xml-xxe-http" ...
        assert not corpus.canary_hits("xml-xxe-http")

Paths: `/c/CASE` a feed or server case (`?t=TOKEN` gives it a state of its own), `/c/_ok` a small
healthy feed, `/good/NAME` healthy feeds with ETag and 304, `/f/CASE` the bytes of another case.
The canary is a second port: no request must ever reach it, unless a case says so. What would
never end stops at `cap_seconds` or `cap_mb`.
"""
# ruff: noqa: UP031, PLR0917 - written close to the bytes that it sends
# mypy: ignore-errors

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ipaddress
import re
import threading
import time
from urllib.parse import parse_qs, urlsplit

from tests.hostile.corpus.behaviours import BEHAVIOURS
from tests.hostile.corpus.builders import ATOM_T, CANARY_TEXT, MB, RSS_T, Env, item, rss
from tests.hostile.corpus.cases import BY_ID, GOOD, body_bytes

MAX_CONNECTIONS = 300
MAX_LOG = 200_000


class Request:
    def __init__(self, method, target, headers):
        self.method, self.target, self.headers = method, target, headers
        parts = urlsplit(target)
        self.path = parts.path
        self.query = parse_qs(parts.query)
        self.token = self.query.get("t", [""])[0]
        self.close = "close" in headers.get("connection", "").lower()


class Server:
    def __init__(self, host="127.0.0.1", port=0, canary_port=0, cap_seconds=45.0, cap_mb=64):
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError("loopback addresses only")
        self.host, self._port, self._canary_port = host, port, canary_port
        self.cap_seconds, self.cap_bytes = cap_seconds, int(cap_mb * MB)
        self.log: list[dict] = []
        self.state: dict[tuple[str, str], int] = {}
        self.bodies: dict[str, bytes] = {}
        self.connections = 0
        self.env = Env()

    # --- set-up --------------------------------------------------------------------------
    async def start(self):
        self._main = await asyncio.start_server(
            self._serve, self.host, self._port, limit=1 << 18, backlog=256
        )
        self._can = await asyncio.start_server(
            self._serve_canary, self.host, self._canary_port, limit=1 << 18
        )
        self.port = self._main.sockets[0].getsockname()[1]
        self.canary_port = self._can.sockets[0].getsockname()[1]
        self.base = "http://%s:%d" % (self.host, self.port)
        self.canary = "http://%s:%d/_canary" % (self.host, self.canary_port)
        self.env = Env(self.base, self.canary, self.cap_bytes)

    async def stop(self):
        for s in (self._main, self._can):
            s.close()

    # --- plumbing --------------------------------------------------------------------------
    def _record(self, where, req):
        if len(self.log) < MAX_LOG:
            self.log.append(
                {
                    "time": round(time.time(), 3),
                    "port": where,
                    "method": req.method,
                    "target": req.target[:2000],
                    "headers": {k: v[:6000] for k, v in req.headers.items()},
                }
            )

    async def _read_request(self, reader):
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), self.cap_seconds)
        lines = head.decode("latin-1").split("\r\n")
        method, target = ([*lines[0].split(" "), "", ""])[:2]
        headers = {}
        for line in lines[1:]:
            if ":" in line:
                k, v = line.split(":", 1)
                headers[k.strip().lower()] = v.strip()
        length = headers.get("content-length", "0")
        if length.isdigit() and 0 < int(length) < 1 << 20:
            await reader.readexactly(int(length))
        return Request(method, target, headers)

    async def _serve(self, reader, writer):
        self.connections += 1
        try:
            if self.connections > MAX_CONNECTIONS:
                return
            while True:
                req = await self._read_request(reader)
                self._record("main", req)
                more = await asyncio.wait_for(
                    self._answer(req, reader, writer), self.cap_seconds + 15
                )
                if req.close or not more:
                    break
        except (
            TimeoutError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
            asyncio.CancelledError,
            OSError,
            ValueError,
        ):
            pass
        finally:
            self.connections -= 1
            with contextlib.suppress(Exception):
                writer.close()

    async def _serve_canary(self, reader, writer):
        try:
            req = await self._read_request(reader)
            self._record("canary", req)
            await self.reply(
                writer, 200, {"Content-Type": "text/plain"}, CANARY_TEXT.encode(), close=True
            )
        except (
            TimeoutError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
            asyncio.CancelledError,
            OSError,
            ValueError,
        ):
            pass
        finally:
            with contextlib.suppress(Exception):
                writer.close()

    def subst(self, text, req=None):
        text = (
            text.replace("@BASE@", self.base)
            .replace("@CANARY@", self.canary)
            .replace("@CPORT@", str(self.canary_port))
        )
        if req is not None:
            text = text.replace("@SELF@", self.base + req.target)
        text = re.sub(r"@A(\d+)@", lambda m: "A" * int(m[1]), text)
        text = re.sub(r"@9x(\d+)@", lambda m: "9" * int(m[1]), text)
        text = re.sub(
            r"@H(\d+)@", lambda m: "".join("X-H%d: v\r\n" % i for i in range(int(m[1]))), text
        )
        return text.replace("\\0", "\0")

    @staticmethod
    def encode(text):
        try:
            return text.encode("latin-1")
        except UnicodeEncodeError:
            return text.encode("utf-8")

    async def send(self, writer, data):
        writer.write(data)
        await writer.drain()

    async def reply(self, writer, status=200, headers=None, body=b"", close=False, head_only=False):
        lines = ["HTTP/1.1 %03d %s" % (status, "OK" if status == 200 else "Case")]
        for k, v in (headers or {}).items():
            for one in v if isinstance(v, list) else [v]:
                lines.append("%s: %s" % (k, one))
        if status not in (204, 304):
            lines.append("Content-Length: %d" % len(body))
        lines.append("Connection: " + ("close" if close else "keep-alive"))
        await self.send(writer, b"".join(self.encode(line) + b"\r\n" for line in lines) + b"\r\n")
        if body and not head_only and status not in (204, 304):
            for i in range(0, len(body), 1 << 18):
                await self.send(writer, body[i : i + (1 << 18)])
        return not close

    def small_feed(self, title, guid=None):
        return rss(
            item(title, "http://example.com/" + (guid or title).replace(" ", "-"), guid or title)
        ).encode()

    # --- routes ------------------------------------------------------------------------------
    async def _answer(self, req, reader, writer):
        path = req.path
        if path.startswith("/c/"):
            return await self._case(path[3:], req, reader, writer)
        if path.startswith("/good/") and path[6:] in GOOD:
            body = GOOD[path[6:]].encode()
            etag = '"%s"' % hashlib.sha256(body).hexdigest()[:16]
            headers = {
                "ETag": etag,
                "Last-Modified": "Tue, 12 Aug 2025 10:00:00 GMT",
                "Content-Type": ATOM_T if path.endswith("atom") else RSS_T,
            }
            if req.headers.get("if-none-match") == etag:
                return await self.reply(writer, 304, headers)
            return await self.reply(writer, 200, headers, body)
        if path.startswith("/f/") and path[3:] in BY_ID:
            case = BY_ID[path[3:]]
            return await self.reply(
                writer, 200, dict(case.headers), await asyncio.to_thread(body_bytes, case, self.env)
            )
        return await self.reply(writer, 404, {"Content-Type": "text/plain"}, b"no such case\n")

    def reset(self):
        self.log.clear()
        self.state.clear()

    async def _case(self, case_id, req, reader, writer):
        if case_id == "_ok":
            return await self.reply(
                writer, 200, {"Content-Type": RSS_T}, self.small_feed("Healthy item")
            )
        base_id = case_id.split("/", 1)[0]
        case = BY_ID.get(base_id)
        if case is None or case.kind not in ("feed", "server"):
            return await self.reply(writer, 404, {}, b"no such case\n")
        key = (base_id, req.token)
        n = self.state.get(key, 0)
        self.state[key] = n + 1
        if case.kind == "server":
            return await BEHAVIOURS[case.behaviour](self, case, case.args, n, req, reader, writer)
        headers = {k: self.subst(v) for k, v in case.headers.items()}
        body = self.bodies.get(case.id)
        if body is None:
            body = await asyncio.to_thread(case.make, self.env)
            if isinstance(body, (bytes, bytearray)) and len(body) < 2 * MB:
                self.bodies[case.id] = bytes(body)
        if isinstance(body, (bytes, bytearray)):
            return await self.reply(writer, case.status, headers, bytes(body))
        return await self._chunked(writer, case.status, headers, body)

    async def _chunked(self, writer, status, headers, parts):
        head = "HTTP/1.1 %d OK\r\n" % status + "".join("%s: %s\r\n" % kv for kv in headers.items())
        await self.send(writer, self.encode(head + "Transfer-Encoding: chunked\r\n\r\n"))
        for part in parts:
            for i in range(0, len(part), 1 << 18):
                piece = part[i : i + (1 << 18)]
                await self.send(writer, b"%x\r\n%s\r\n" % (len(piece), piece))
            await asyncio.sleep(0)
        await self.send(writer, b"0\r\n\r\n")
        return True


class Corpus:
    """A running server, seen from a test."""

    def __init__(self, server, loop):
        self._server, self._loop = server, loop
        self.base, self.canary, self.port, self.canary_port = (
            server.base,
            server.canary,
            server.port,
            server.canary_port,
        )

    @property
    def env(self):
        return self._server.env

    @property
    def log(self):
        return list(self._server.log)

    def reset(self):
        self._server.reset()

    def canary_hits(self, case_id=""):
        """Requests that reached the canary for this case (its id is the last part of the path)."""
        return [
            r
            for r in self.log
            if r["port"] == "canary"
            and re.search(r"/%s(?![\w.-])" % re.escape(case_id) if case_id else "", r["target"])
        ]

    def requests(self, case_id):
        return [
            r
            for r in self.log
            if r["port"] == "main" and urlsplit(r["target"]).path.split("/")[1:3] == ["c", case_id]
        ]


@contextlib.contextmanager
def running(**kw):
    """Run the server in a thread of this process."""
    server, ready, box = Server(**kw), threading.Event(), {}

    def main():
        loop = asyncio.new_event_loop()
        box["loop"] = loop
        asyncio.set_event_loop(loop)
        loop.run_until_complete(server.start())
        ready.set()
        try:
            loop.run_forever()
        finally:
            loop.run_until_complete(server.stop())
            for task in asyncio.all_tasks(loop):
                task.cancel()
            loop.run_until_complete(
                asyncio.gather(*asyncio.all_tasks(loop), return_exceptions=True)
            )
            loop.close()

    thread = threading.Thread(target=main, name="hostile-corpus", daemon=True)
    thread.start()
    if not ready.wait(20):
        raise RuntimeError("the hostile server did not start")
    try:
        yield Corpus(server, box["loop"])
    finally:
        box["loop"].call_soon_threadsafe(box["loop"].stop)
        thread.join(10)
