"""Serves a folder of sample feeds on loopback, with validators, as a good publisher would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer
from threading import Thread
from typing import Any

FEEDS = Path(__file__).parent / "feeds"  # the packaged samples


class _Handler(SimpleHTTPRequestHandler):
    """Answers with Last-Modified, and with 304 to who knows it."""

    protocol_version = "HTTP/1.1"
    timeout = 10  # seconds for a request
    extensions_map = {  # noqa: RUF012 - as the base class declares it
        ".rss": "application/rss+xml",
        ".atom": "application/atom+xml",
        ".json": "application/feed+json",
        ".rdf": "application/rdf+xml",
    }

    def log_message(self, *_: Any) -> None:
        """Logs nothing: the demo's output is its stories."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serves the folder until the end of the block; yields `http://127.0.0.1:PORT/`."""
    # no HTTPServer, which looks the name of this machine up
    with ThreadingTCPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()
