"""The distance that commands keep from each other at one host."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from msgspec.structs import replace

from aggregator.errors import FetchError, NetworkFailure
from aggregator.fetching.client import Client
from aggregator.model import Response
from aggregator.polling.first_poll import HostGaps
from aggregator.polling.parse_pool import ParsePool
from aggregator.polling.probe import _Probe
from aggregator.settings import FeedSource
from aggregator.storage.store import open_store

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SOURCE = FeedSource("News", "https://news.example/feed")
ELSEWHERE = "https://mirror.example/feed"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "news.db"
    open_store(path).close()
    return path


def left_s(database: Path, url: str, *, after_s: float) -> float:
    gaps = HostGaps(database, NOW + timedelta(seconds=after_s))
    return gaps.wait_s(replace(SOURCE, url=url))


def test_p23_the_longest_gap_of_a_hosts_feeds_is_kept_and_then_over(database: Path) -> None:
    gaps = HostGaps(database, NOW)
    for gap_s in (1.0, 2.0, 0.0):
        gaps.note(replace(SOURCE, host_gap_s=gap_s), SOURCE.url)

    gaps.save(NOW)

    assert left_s(database, SOURCE.url, after_s=1) == 1
    assert left_s(database, ELSEWHERE, after_s=1) == 0
    assert left_s(database, SOURCE.url, after_s=2) == 0


def test_p23_a_start_of_another_process_is_not_put_forward(database: Path) -> None:
    early, late = HostGaps(database, NOW), HostGaps(database, NOW)
    for gaps in (early, late):
        gaps.note(SOURCE, SOURCE.url)

    late.save(NOW + timedelta(seconds=5))
    early.save(NOW)

    assert left_s(database, SOURCE.url, after_s=6) == 1


def test_p23_a_clock_that_was_set_back_costs_no_more_than_one_gap(database: Path) -> None:
    gaps = HostGaps(database, NOW)
    gaps.note(SOURCE, SOURCE.url)

    gaps.save(NOW)

    assert left_s(database, SOURCE.url, after_s=-3600) == SOURCE.host_gap_s


def test_local_files_and_feeds_without_a_gap_are_not_kept(database: Path) -> None:
    gaps = HostGaps(database, NOW)
    gaps.note(replace(SOURCE, host_gap_s=0.0), SOURCE.url)
    gaps.note(replace(SOURCE, url="file:///srv/feed.xml"), "file:///srv/feed.xml")

    gaps.save(NOW)

    store = open_store(database)
    assert store.value("SELECT count(*) FROM host") == 0
    store.close()


def test_without_a_database_none_is_made(tmp_path: Path) -> None:
    gaps = HostGaps(tmp_path / "none.db", NOW)
    gaps.note(SOURCE, SOURCE.url)

    gaps.save(NOW)

    assert gaps.wait_s(SOURCE) == 0
    assert list(tmp_path.iterdir()) == []


class _Redirected:
    """Answers from another host than the one that was asked, well or badly."""

    def __init__(self, error: FetchError | None) -> None:
        self._error = error

    async def get(self, *_: object, **__: object) -> Response:
        if self._error is not None:
            raise self._error
        return Response(200, {}, b"", ELSEWHERE, None, 0.1)


@pytest.mark.parametrize("error", [None, NetworkFailure("reset", url=ELSEWHERE)])
def test_p23_the_host_that_a_redirect_led_to_was_asked_too(
    database: Path, error: FetchError | None
) -> None:
    gaps = HostGaps(database, NOW)
    probe = _Probe(cast("Client", _Redirected(error)), cast("ParsePool", None), gaps)

    with suppress(NetworkFailure):
        asyncio.run(probe.get(SOURCE))
    gaps.save(NOW)

    for url in (SOURCE.url, ELSEWHERE):
        assert left_s(database, url, after_s=0) == SOURCE.host_gap_s
