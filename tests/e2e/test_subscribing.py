"""A real feed reader subscribes to what is published, over loopback."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.commands import Home
from tests.samples import Entry, rss
from tests.servers import Reply, Request, WebServer

if TYPE_CHECKING:
    from reader import Reader

readers = pytest.importorskip("reader", reason="the extra `readers` is not installed")

TOPIC = "us-pakistan-security"
TALKS = "Pakistan, US Hold Counterterrorism Dialogue in Islamabad and Pledge to Fight TTP"
FIRMS = "U.S. Sanctions Four Pakistani Firms Over Ballistic Missile Programme"


def entry(title: str, *, host: str, hours_ago: float) -> Entry:
    date = format_datetime(datetime.now(UTC) - timedelta(hours=hours_ago))
    return Entry(title, date, f"https://{host}/{title.split()[1].lower()}/story")


def static(folder: Path, answered: list[int], request: Request) -> Reply:
    """A plain web host that serves the output folder, with ETags."""
    body = (folder / Path(request.path).name).read_bytes()
    etag = f'"{sha256(body).hexdigest()}"'
    if request.headers.get("if-none-match") == etag:
        answered.append(304)
        return Reply(status=304, headers={"ETag": etag})
    answered.append(200)
    return Reply(body, headers={"Content-Type": "application/atom+xml", "ETag": etag})


@pytest.fixture
def subscriber() -> Iterator[Reader]:
    with readers.make_reader(":memory:") as reader:
        yield reader


def test_a_reader_gets_entries_then_a_304_and_a_grown_story_is_not_new(
    web: WebServer, home: Home, subscriber: Reader
) -> None:
    talks = entry(TALKS, host="one.example", hours_ago=5)
    urls = [web.serve("/1", rss("One", [talks])), web.serve("/2", rss("Two", []))]
    home.subscribe(urls)
    assert home.run("fetch").code == 0
    answered: list[int] = []
    feed = web.serve(
        f"/out/{TOPIC}.atom", functools.partial(static, home.path / "public", answered)
    )

    subscriber.add_feed(feed)
    subscriber.update_feeds(scheduled=False)
    (first,) = subscriber.get_entries()
    assert first.title == TALKS
    subscriber.mark_entry_as_read(first)

    subscriber.update_feeds(scheduled=False)
    assert answered == [200, 304]

    again = entry(f"{TALKS} - Two", host="two.example", hours_ago=4)
    web.serve("/2", rss("Two", [again, entry(FIRMS, host="two.example", hours_ago=3)]))
    assert home.run("fetch").code == 0
    subscriber.update_feeds(scheduled=False)

    entries = {one.title: one for one in subscriber.get_entries()}
    assert set(entries) == {TALKS, FIRMS}
    assert entries[TALKS].id == first.id
    assert entries[TALKS].read
    assert [one.title for one in subscriber.get_entries(read=False)] == [FIRMS]
    assert "two.example" in str(entries[TALKS].content)
