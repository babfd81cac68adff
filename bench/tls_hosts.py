"""What polls of many distinct hosts cost: looking up, connecting, TLS; connections held, memory.

    python -m bench.tls_hosts --hosts 10000

A server on loopback in a process of its own answers every host `hN.example.org` with a 304, over
TLS with a certificate of an authority made for it (ECDSA P-256, one intermediate, as most have).
Each way of asking runs in a process of its own, in which only `Client` works, 64 requests at once;
CPU and memory are that process's alone, over what it needed before the first request.

    plain      HTTP
    looked up  the same, each name by the system's resolver (from its hosts file)
    tls        as the program asks hosts of one feed each
    resumed    a second turn over TLS that offers each host's session, which the program never
               keeps: what that saves, and what keeping them costs
    all kept   TLS, each connection kept for 15 seconds, whether or not anybody wants it

Prints one JSON object a row.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from aggregator.fetching import tls, transport
from aggregator.fetching.client import Client, Request, Validators
from aggregator.network import Route
from bench.idle import free_port, resident_mib
from bench.loopback import listen
from tests.certificates import sign

AT_ONCE = 64
WAYS = ("plain", "looked up", "tls", "resumed", "all kept")


def answer(head: str) -> bytes:
    """Nothing new."""
    return b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 0\r\n\r\n'


async def serve(folder: Path, port: int) -> None:
    """Plain HTTP on a port, TLS on the one that follows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "chain.pem", folder / "hosts.key")
    await listen(answer, (), port)
    await listen(answer, (), port + 1, context)
    print("ready", flush=True)
    await asyncio.Event().wait()


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    """The first port of a running server; `folder` gets its authority as root.pem."""
    root = sign(folder, "root", is_authority=True)
    between = sign(folder, "between", root, is_authority=True)
    hosts = sign(folder, "hosts", between, names="DNS:*.example.org")
    chain = [one.certificate.read_bytes() for one in (hosts, between)]
    (folder / "chain.pem").write_bytes(b"".join(chain))
    port = free_port()
    command = [sys.executable, "-m", "bench.tls_hosts", "--serve", str(port), "--in", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield port
        finally:
            process.terminate()


class Resuming(ssl.SSLContext):
    """A context that offers the session that a host gave last; asyncio has no way to say so."""

    sessions: dict[str, Any]
    latest: dict[str, Any]

    def wrap_bio(self, incoming: Any, outgoing: Any, *rest: Any, **options: Any) -> ssl.SSLObject:
        """As the original, with the host's session."""
        host = options["server_hostname"]
        made = super().wrap_bio(incoming, outgoing, **options, session=self.sessions.get(host))
        self.latest[host] = made
        return made


async def ask_all(hosts: int, port: int, way: str, ca_file: Path) -> dict[str, Any]:
    """Asks each host once, by 64 at a time; the figures of it."""
    resuming: Resuming | None = None
    if way == "resumed":
        resuming = Resuming(ssl.PROTOCOL_TLS_CLIENT)
        resuming.load_verify_locations(ca_file)
        resuming.set_alpn_protocols(["http/1.1"])
        resuming.sessions, resuming.latest = {}, {}
        tls.context = lambda ca_file=None: resuming
    scheme = "http" if way in ("plain", "looked up") else "https"
    port += scheme == "https"

    def lookup(host: str) -> tuple[str, ...]:
        if way == "looked up":
            socket.getaddrinfo("localhost", None, type=socket.SOCK_STREAM)
        return ("127.0.0.1",)

    async def turn(client: Client) -> dict[str, Any]:
        numbers = iter(range(hosts))
        most_held = 0

        async def work() -> None:
            nonlocal most_held
            for number in numbers:
                url = f"{scheme}://h{number}.example.org:{port}/feed"
                known = Validators(url, '"1"')
                await client.get(
                    Request(
                        url,
                        allow_private=True,
                        timeout_s=120,
                        route=Route(ca_file=ca_file),
                        validators=known,
                    )
                )
                if resuming is not None:
                    name = f"h{number}.example.org"
                    resuming.sessions[name] = resuming.latest.pop(name).session
                if number % 100 == 0:
                    most_held = max(most_held, len(os.listdir("/proc/self/fd")))

        before, began, memory = time.process_time(), time.monotonic(), resident_mib(os.getpid())
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        return {
            "way": way,
            "cpu_us": round((time.process_time() - before) / hosts * 1e6),
            "wall_s": round(time.monotonic() - began, 1),
            "open_files": most_held,
            "grown_mib": round(resident_mib(os.getpid()) - memory, 1),
        }

    if way == "all kept":
        transport.MOST_KEPT = hosts
    client_of = partial(
        Client, "aggregator/0 (bench)", lookup=lookup, is_wanted=lambda host: way == "all kept"
    )
    async with client_of() as client:
        if scheme == "https":
            tls.context(ca_file)
        found = await turn(client)
    if resuming is not None:
        async with client_of() as client:
            found = {**await turn(client), "sessions_mib": found["grown_mib"]}
    return found


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=10_000)
    parser.add_argument("--serve", type=int)
    parser.add_argument("--in", dest="folder", type=Path)
    parser.add_argument("--way", choices=WAYS)
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if options.serve is not None and options.way is None:
        asyncio.run(serve(options.folder, options.serve))
    elif options.way is not None:
        ca_file = options.folder / "root.pem"
        found = asyncio.run(ask_all(options.hosts, options.serve, options.way, ca_file))
        print(json.dumps(found))
    else:
        with tempfile.TemporaryDirectory() as name, serving(Path(name)) as port:
            for way in WAYS:
                command = [sys.executable, "-m", "bench.tls_hosts", "--hosts", str(options.hosts)]
                command += ["--serve", str(port), "--in", name, "--way", way]
                subprocess.run(command, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
