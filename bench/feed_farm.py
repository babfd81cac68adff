"""Serves made-up feeds on 127.10.0.0/16, to measure pollers: same seed and ticks, same bytes.

    python -m bench.feed_farm --feeds 1000 --items 30 --port 8850

Answers carry ETag, Last-Modified and `Cache-Control: max-age=0`, and 304 to those who have it.
When ready, one line of JSON lists the URLs. `GET /_tick?percent=10&new=3` gives that share of the
feeds new items; `/_stats` counts answers since it was last asked.
Three of ten items retell what another feed told, see `made_up_news`; `--headlines DIRECTORY` serves
real ones instead, see `real_news`. Thirty items are two days of a feed. A measure of speed, not of
matching.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bench import loopback
from bench.made_up_news import News
from bench.real_news import RealNews

START = datetime(2026, 3, 1, tzinfo=UTC)
NET = 10


class Feed:
    """One feed document that grows at its top."""

    def __init__(self, number: int, items: int, news: News | RealNews) -> None:
        self.path = f"/feed/{number}"
        self._number = number
        self._news = news
        self._random = random.Random(number)
        self._items: deque[str] = deque(maxlen=items)
        self._count = 0
        self.grow(items)

    def grow(self, count: int) -> None:
        """Adds items; the oldest leave."""
        for _ in range(count):
            self._items.appendleft(self._item())
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>'
            f"<title>Feed {self._number}</title><link>https://n{self._number}.example/</link>"
            f"<description>made up</description>\n{''.join(self._items)}</channel></rss>"
        ).encode()
        self.etag = f'"{hashlib.blake2b(body, digest_size=10).hexdigest()}"'
        shared = (
            f"ETag: {self.etag}\r\nLast-Modified: {format_datetime(START, usegmt=True)}\r\n"
            "Cache-Control: max-age=0\r\n\r\n"
        )
        self.whole = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"
            f"Content-Length: {len(body)}\r\n{shared}"
        ).encode() + body
        self.same = f"HTTP/1.1 304 Not Modified\r\n{shared}".encode()

    def _item(self) -> str:
        self._count += 1
        key = f"{self._number}-{self._count}"
        at = START + timedelta(minutes=90 * self._count + self._number % 90)
        title, text = self._news.report(self._number, self._count, self._random)
        return (
            f"<item><title>{title}</title><link>https://n{self._number}.example/{key}</link>"
            f'<guid isPermaLink="false">{key}</guid><pubDate>{format_datetime(at)}</pubDate>'
            f"<author>desk@n{self._number}.example (Desk)</author>"
            f"<description>&lt;p&gt;{text}&lt;/p&gt;</description></item>\n"
        )


class Farm:
    """All feeds, by path."""

    def __init__(self, feeds: int, items: int, headlines: Path | None = None) -> None:
        news = RealNews(headlines, feeds) if headlines else News(feeds)
        self.feeds = [Feed(number, items, news) for number in range(feeds)]
        self.by_path = {feed.path: feed for feed in self.feeds}
        self.answers: Counter[str] = Counter()
        self._ticks = 0

    def control(self, target: str) -> bytes:
        """`/_tick` and `/_stats`."""
        parts = urlsplit(target)
        query = parse_qs(parts.query)
        if parts.path == "/_tick":
            self._ticks += 1
            share = float(query["percent"][0]) / 100
            chosen = random.Random(self._ticks).sample(self.feeds, round(share * len(self.feeds)))
            for feed in chosen:
                feed.grow(int(query["new"][0]))
        body = json.dumps(self.answers).encode()
        self.answers.clear()
        return loopback.json_answer(body)

    def answer(self, request: str) -> bytes:
        """The response to one request head."""
        target = loopback.target_of(request)
        if target.startswith("/_"):
            return self.control(target)
        feed = self.by_path[target]
        is_known = feed.etag in loopback.known_to(request)
        self.answers["304" if is_known else "200"] += 1
        return feed.same if is_known else feed.whole


@contextmanager
def running(
    feeds: int, *, items: int = 30, port: int, headlines: Path | None = None
) -> Iterator[list[str]]:
    """A farm in a process of its own; gives the URLs of its feeds."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.feed_farm", f"--feeds={feeds}", f"--items={items}",
         f"--port={port}", *([f"--headlines={headlines}"] if headlines else [])],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        listed = process.stdout.readline()
        if not listed:
            raise SystemExit("the farm did not start; it says above why")
        yield json.loads(listed)
    finally:
        process.terminate()
        process.wait()


async def serve(farm: Farm, port: int, lifetime_s: float) -> None:
    """Answers until its lifetime is over; prints the URLs when ready."""
    hosts = [loopback.host_of(number, net=NET) for number in range(len(farm.feeds))]
    server = await loopback.listen(farm.answer, hosts, port)
    urls = [
        f"http://{host}:{port}{feed.path}" for host, feed in zip(hosts, farm.feeds, strict=True)
    ]
    print(json.dumps(urls), flush=True)
    await asyncio.sleep(lifetime_s)
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--items", type=int, default=30)
    parser.add_argument("--port", type=int, default=8850)
    parser.add_argument("--lifetime", type=float, default=3600, help="seconds until it ends")
    parser.add_argument("--headlines", type=Path, help="directory of labelled headlines")
    given = parser.parse_args()
    farm = Farm(given.feeds, given.items, given.headlines)
    asyncio.run(serve(farm, given.port, given.lifetime))
