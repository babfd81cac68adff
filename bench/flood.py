"""What one feed costs that brings thousands of new entries, all on topic, at each poll.

    python -m bench.flood [--polls 30] [--entries 2000] [--hours 6]

The feed is served on loopback, polled, matched and published in this process by a clock that goes
some hours ahead each time, so that the bounds of a day (`fetch.items_a_day`,
`publish.per_feed_a_day`: with 2,000 entries their defaults, with others in proportion) are met and
renewed. One line a poll: what was stored and written, and how large everything is. The last lines
say what is asked: that memory is flat, which is that its most in the last third of the polls is at
most a twentieth above its most in the second third, and that no poll writes more files than the
bounds allow. Ends with 1 where one is not so.

The first third is left to what fills up once: the meanings of words that are kept (some 30,000),
the pages of the database, and the heap, which keeps the size of the largest poll.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from aggregator.config import load
from aggregator.ingest.rules import load_rules
from aggregator.polling import poller
from aggregator.polling.poller import FetchOptions
from aggregator.publishing.publish import publish
from aggregator.settings import Config
from aggregator.storage.thread import StoreThread
from bench.idle import resident_mib
from bench.made_up_news import News

MOST_GROWTH = 1.05
LEAST_POLLS = 6
_CONFIG = """\
site: {{contact: 'mailto:bench@example.org'}}
fetch: {{allow_private_networks: true, host_gap: 0s, timeout: 120s, items_a_day: {stored}}}
publish: {{per_feed_a_day: {shown}}}
stories: {{model: off}}
feeds:
  - {{name: Flood, url: 'http://127.0.0.1:{port}/feed', on_topic: true}}
"""


class Flood:
    """A feed whose document is another one at each request."""

    def __init__(self, entries: int) -> None:
        self.now = datetime.now(UTC)
        self._entries = entries
        self._asked = 0
        self._news = News()

    def document(self) -> bytes:
        """The next document, as new as the clock says."""
        self._asked += 1
        items = []
        for n in range(self._entries):
            number = f"{self._asked}-{n}"
            at = format_datetime(self.now - timedelta(seconds=n))
            items.append(
                f"<item><title>{self._news.headline(number)}</title><guid>{number}</guid>"
                f"<link>https://flood.example/{number}</link><pubDate>{at}</pubDate></item>"
            )
        text = "".join(items)
        return f"<rss version='2.0'><channel><title>F</title>{text}</channel></rss>".encode()


@contextmanager
def served(flood: Flood) -> Iterator[int]:
    """The port on loopback where the feed is."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = flood.document()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def poll(config: Config, thread: StoreThread, now: datetime) -> tuple[int, int]:
    """One poll: how many new items were stored and how many files written."""

    async def run() -> tuple[int, int]:
        report = await poller.fetch(
            config, thread, lambda: load_rules(config), FetchOptions(), lambda: now
        )
        for feed, error in report.errors:
            print(f"{feed}: {error.kind}: {error.detail}")
        published = await thread.run(publish, config, now)
        return report.new_items, len(published.written)

    return asyncio.run(run())


def main() -> int:
    """Prints a line a poll."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--polls", type=int, default=30)
    parser.add_argument("--entries", type=int, default=2000)
    parser.add_argument("--hours", type=int, default=6)
    given = parser.parse_args()
    if given.polls < LEAST_POLLS:
        parser.error(f"fewer than {LEAST_POLLS} polls say nothing")
    flood = Flood(given.entries)
    memory: list[float] = []
    most = 0
    with tempfile.TemporaryDirectory() as name, served(flood) as port:
        folder = Path(name)
        (folder / "feeds.yaml").write_text(
            _CONFIG.format(port=port, stored=given.entries * 5 // 2, shown=given.entries // 4)
        )
        config = load(folder / "feeds.yaml", {})
        thread = StoreThread(config.database)
        for number in range(1, given.polls + 1):
            began = time.monotonic()
            new, files = poll(config, thread, flood.now)
            most = max(most, files)
            memory.append(resident_mib(os.getpid()))
            stored = sum(path.stat().st_size for path in config.database.parent.glob("*.db*"))
            archive = max((path.stat().st_size for path in config.output.glob("*-20*.atom")),
                          default=0)  # fmt: skip
            print(
                f"poll {number:>3}: {new:>5} stored, {files:>4} files written,"
                f" database {stored / 2**20:6.1f} MiB,"
                f" archive {archive / 2**20:5.1f} MiB, memory {memory[-1]:6.1f} MiB,"
                f" {time.monotonic() - began:5.1f} s",
                flush=True,
            )
            flood.now += timedelta(hours=given.hours)
        thread.close()
    third = len(memory) // 3
    before, last = max(memory[third : 2 * third]), max(memory[2 * third :])
    # of a poll: the pages of a day, those related to them, and the feeds
    most_files = given.entries // 2
    is_flat, is_bounded = last <= MOST_GROWTH * before, most <= most_files
    print(
        f"memory: at most {before:.1f} MiB in the second third of the polls, {last:.1f} MiB in the"
        f" last: {last / before - 1:+.1%}, {'flat' if is_flat else 'GROWS'}"
        f" (asked: at most {MOST_GROWTH - 1:+.0%})"
    )
    print(
        f"files: at most {most} in a poll, {'bounded' if is_bounded else 'TOO MANY'}"
        f" (asked: at most {most_files})"
    )
    return int(not (is_flat and is_bounded))


if __name__ == "__main__":
    sys.exit(main())
