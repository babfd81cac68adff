"""A real HTTP and SOCKS proxy in a process of its own, which knows where `*.example.org` is.

`python -m tests.proxies` prints two ports: of a proxy for everybody, and of one with a login.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

LOGIN = "reader:proxy-s3cret"


@dataclass(frozen=True, slots=True)
class RealProxy:
    """Both speak HTTP and SOCKS 5 on their port."""

    open_port: int
    login_port: int

    def url(self, scheme: str, login: str | None = None) -> str:
        """Of the proxy with a login where one is given."""
        if login is None:
            return f"{scheme}://127.0.0.1:{self.open_port}"
        return f"{scheme}://{login}@127.0.0.1:{self.login_port}"


@contextmanager
def real_proxy() -> Iterator[RealProxy]:
    """One that is stopped at the end."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.proxies"], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield RealProxy(*map(int, process.stdout.readline().split()))
        finally:
            process.terminate()


async def _serve() -> None:
    import pproxy

    ports = []
    for login in ("", f"#{LOGIN}"):
        server = pproxy.Server(f"http+socks5://127.0.0.1:0/{login}")
        with socket.create_server(("127.0.0.1", 0)) as free:
            server.port = free.getsockname()[1]
        await server.start_server({"rserver": [], "authtime": -1})
        ports.append(server.port)
    print(*ports, flush=True)
    await asyncio.Event().wait()


def _look_up(host: Any, *rest: Any, _system: Any = socket.getaddrinfo, **options: Any) -> Any:
    is_ours = str(host).endswith(".example.org")
    return _system("127.0.0.1" if is_ours else host, *rest, **options)


if __name__ == "__main__":
    socket.getaddrinfo = _look_up
    asyncio.run(_serve())
