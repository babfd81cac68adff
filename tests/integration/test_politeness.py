"""The rules of politeness as a publisher sees them: what arrives at a recording server."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from aggregator.errors import StoreLocked, UsageError
from aggregator.fetching.client import Client
from aggregator.ingest.accept import accept
from aggregator.ingest.rules import Rules, load_rules
from aggregator.model import FeedState, ParsedFeed, ParseTask, PollError, PollResult
from aggregator.parsing.document import parse
from aggregator.polling import poll
from aggregator.polling.poller import FetchOptions, Poller, fetch
from aggregator.polling.report import FetchReport
from aggregator.settings import Config, FeedSource, FetchSettings, StorySettings, TopicSettings
from aggregator.storage.feeds import due_feeds, state_by_key, sync_feeds
from aggregator.storage.lock import Holder, PollLock, lock_holder
from aggregator.storage.polls import load_hosts
from aggregator.storage.store import Store, open_store
from aggregator.storage.thread import StoreThread
from tests.servers import Answer, Reply, Request, WebServer, running

if TYPE_CHECKING:
    from tests.cluster import Cluster

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
AGENT = "aggregator/0.0 (+mailto:desk@example.org)"


def feed(*headlines: str) -> bytes:
    items = "".join(
        f"<item><title>{headline}</title><guid>{headline}</guid></item>" for headline in headlines
    )
    return f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>".encode()


def source_at(url: str, name: str = "News") -> FeedSource:
    return FeedSource(
        name, url, key=url, shown_url=url, allow_private_networks=True, host_gap_s=0, timeout_s=5
    )


class InlineParser:
    """Parses in this process: these tests are about requests."""

    async def parse(self, task: ParseTask, deadline_s: float) -> ParsedFeed:
        return parse(task)


class Reader:
    """Polls one feed again and again with a clock that the test sets."""

    workers: Cluster | None = None  # None: in this process

    def __init__(self, store: Store, source: FeedSource) -> None:
        self.store = store
        self.source = source
        self.now = NOW
        sync_feeds(store, [source])

    @property
    def state(self) -> FeedState:
        state = state_by_key(self.store, self.source.key)
        assert state is not None
        return state

    def poll(self, *, is_full: bool = False) -> PollResult:
        polled = asyncio.run(self._poll(is_full=is_full))
        accept(self.store, (polled,), self.now)
        return polled

    async def _poll(self, *, is_full: bool) -> PollResult:
        async def known() -> frozenset[str]:
            return frozenset()

        begun = PollResult(self.source, self.state, started_at=self.now)
        if self.workers is None:
            async with Client(AGENT) as client:
                result = await poll.fetch_document(
                    begun, get=client.get, parser=InlineParser, known=known, is_full=is_full
                )
        else:
            thread = StoreThread(self.store.path)
            fetcher = self.workers.fetcher(thread, lambda: self.now)
            fetcher.user_agent = AGENT

            async def wait(host: str) -> None:
                pass

            result = await fetcher.fetch(
                begun, known=known, is_full=is_full, wait_for_host=wait, note_start=print
            )
            thread.close()
        return poll.with_next_poll(result, self.now)


@pytest.fixture(autouse=True, params=["here", "by workers"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every rule holds wherever polls are made."""
    if request.param == "here":
        yield
        return
    workers: Cluster = request.getfixturevalue("workers")
    for one in (Reader, Desk):
        monkeypatch.setattr(one, "workers", workers)
    if "one_network" not in request.fixturenames:
        yield
        return
    workers.open_network(is_on=True)
    yield
    workers.open_network(is_on=False)


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load_rules(Config(stories=StorySettings(model=False)))


def reading(store: Store, web: WebServer, *replies: Reply) -> Reader:
    """A reader of a feed that gives these answers in turn, then the last one for ever."""
    left = list(replies)

    def answer(request: Request) -> Reply:
        return left.pop(0) if len(left) > 1 else left[0]

    return Reader(store, source_at(web.serve("/feed", answer)))


def sent(web: WebServer, number: int, header: str) -> str | None:
    return web.requests[number].headers.get(header)


@pytest.mark.parametrize("etag", ['"abc"', 'W/"abc"', "unquoted", '"a"b"', '"%s%d"', '"\u00e9"'])
def test_p1_if_none_match_is_the_etag_byte_for_byte(
    store: Store, web: WebServer, etag: str
) -> None:
    raw = etag.encode().decode("latin-1")
    reader = reading(store, web, Reply(feed("a"), headers={"ETag": raw}))

    reader.poll()
    reader.poll()

    assert sent(web, 0, "if-none-match") is None
    assert sent(web, 1, "if-none-match") == raw


@pytest.mark.parametrize(
    "stamp", ["Mon, 02 Mar 2026 09:00:00 GMT", "2026-03-02 09:00", "yesterday", "0"]
)
def test_p2_if_modified_since_is_last_modified_byte_for_byte(
    store: Store, web: WebServer, stamp: str
) -> None:
    reader = reading(store, web, Reply(feed("a"), headers={"Last-Modified": stamp}))

    reader.poll()
    reader.poll()

    assert sent(web, 0, "if-modified-since") is None
    assert sent(web, 1, "if-modified-since") == stamp


def test_p3_both_validators_are_sent_when_both_are_known(store: Store, web: WebServer) -> None:
    headers = {"ETag": '"a"', "Last-Modified": "Mon, 02 Mar 2026 09:00:00 GMT"}
    reader = reading(store, web, Reply(feed("a"), headers=headers))

    reader.poll()
    reader.poll()

    assert sent(web, 1, "if-none-match") == '"a"'
    assert sent(web, 1, "if-modified-since") == headers["Last-Modified"]


def test_p4_the_same_body_under_a_new_etag_brings_the_new_one(store: Store, web: WebServer) -> None:
    replies = [Reply(feed("a"), headers={"ETag": f'"{number}"'}) for number in range(3)]
    reader = reading(store, web, *replies)

    outcomes = [reader.poll().outcome for _ in range(3)]

    assert outcomes == ["fetched", "unchanged", "unchanged"]
    assert [sent(web, number, "if-none-match") for number in range(3)] == [None, '"0"', '"1"']


def test_p5_a_304_renews_validators_or_keeps_them(store: Store, web: WebServer) -> None:
    reader = reading(
        store,
        web,
        Reply(feed("a"), headers={"ETag": '"0"', "Last-Modified": "then"}),
        Reply(status=304, headers={"ETag": '"1"'}),
        Reply(status=304),
    )

    outcomes = [reader.poll().outcome for _ in range(4)]

    assert outcomes == ["fetched", "not_modified", "not_modified", "not_modified"]
    assert [sent(web, number, "if-none-match") for number in (1, 2, 3)] == ['"0"', '"1"', '"1"']
    assert sent(web, 3, "if-modified-since") == "then"


def test_p6_validators_that_a_200_does_not_repeat_are_dropped(store: Store, web: WebServer) -> None:
    reader = reading(store, web, Reply(feed("a"), headers={"ETag": '"0"'}), Reply(feed("a", "b")))

    for _ in range(3):
        reader.poll()

    assert sent(web, 2, "if-none-match") is None


@pytest.mark.parametrize(
    "bad", [b"<html><p>log in", b"x" * 3000, b"<rss version='2.0'><channel><title>cut o"]
)
def test_p7_a_document_that_cannot_be_used_leaves_the_validators_alone(
    store: Store, web: WebServer, bad: bytes
) -> None:
    reader = reading(
        store,
        web,
        Reply(feed("a"), headers={"ETag": '"good"'}),
        Reply(bad, headers={"ETag": '"bad"'}),
    )
    reader.source = replace(reader.source, max_bytes=2000)

    outcomes = [reader.poll().outcome for _ in range(3)]

    assert outcomes == ["fetched", "failed", "failed"]
    assert sent(web, 2, "if-none-match") == '"good"'


def test_p8_validators_belong_to_the_url_that_sent_them(store: Store, web: WebServer) -> None:
    targets = iter(["/one", "/one", "/two"])
    web.serve("/one", Reply(feed("a"), headers={"ETag": '"one"'}))
    web.serve("/two", Reply(feed("a"), headers={"ETag": '"two"'}))
    url = web.serve("/feed", lambda _: Reply(status=302, headers={"Location": next(targets)}))
    reader = Reader(store, source_at(url))

    for _ in range(3):
        reader.poll()

    seen = [(request.path, request.headers.get("if-none-match")) for request in web.requests]
    assert seen == [
        ("/feed", None), ("/one", None),
        ("/feed", None), ("/one", '"one"'),
        ("/feed", None), ("/two", None),
    ]  # fmt: skip


def test_p14_max_age_of_a_304_counts(store: Store, web: WebServer) -> None:
    reader = reading(
        store,
        web,
        Reply(feed("a"), headers={"ETag": '"0"'}),
        Reply(status=304, headers={"Cache-Control": "max-age=36000"}),
    )

    reader.poll()
    reader.poll()

    assert reader.state.hint_until == NOW + 10 * HOUR


@pytest.mark.parametrize("status", [403, 429, 503])
def test_p17_retry_after_reaches_the_database_whole(
    store: Store, web: WebServer, status: int
) -> None:
    reader = reading(store, web, Reply(status=status, headers={"Retry-After": "400000"}))

    reader.poll()

    assert reader.state.not_before == NOW + timedelta(seconds=400000)


def test_p17_a_redirect_that_asks_to_wait_is_heard(store: Store, web: WebServer) -> None:
    headers = {"Location": "/other", "Retry-After": "90000"}
    url = web.serve("/feed", Reply(status=302, headers=headers))
    web.serve("/other", feed("a"))
    reader = Reader(store, source_at(url))

    assert reader.poll().outcome == "fetched"
    assert reader.state.not_before == NOW + timedelta(seconds=90000)


def test_p18_a_429_is_never_asked_again_at_once(store: Store, web: WebServer) -> None:
    reader = reading(store, web, Reply(status=429))

    reader.poll()

    assert len(web.requests) == 1
    assert reader.state.not_before is not None
    assert reader.state.not_before >= NOW + 4 * HOUR


def test_p20_a_permanent_move_is_followed_at_once_and_taken_over_later(
    store: Store, web: WebServer
) -> None:
    web.serve("/new", Reply(feed("a"), headers={"ETag": '"0"'}))
    reader = Reader(
        store, source_at(web.serve("/feed", Reply(status=301, headers={"Location": "/new"})))
    )

    for day in range(4):
        reader.now = NOW + timedelta(days=day)
        reader.poll()

    assert [request.path for request in web.requests] == ["/feed", "/new"] * 3 + ["/new"]
    assert reader.state.permanent_url == web.base + "/new"


def test_p20_a_temporary_move_is_never_taken_over(store: Store, web: WebServer) -> None:
    web.serve("/new", feed("a"))
    reader = Reader(
        store, source_at(web.serve("/feed", Reply(status=307, headers={"Location": "/new"})))
    )

    for day in range(4):
        reader.now = NOW + timedelta(days=day)
        reader.poll()

    assert reader.state.moved_to is None
    assert reader.state.permanent_url is None


def test_p20_five_redirects_are_followed_and_six_are_not(store: Store, web: WebServer) -> None:
    for number in range(6):
        web.serve(f"/{number}", Reply(status=302, headers={"Location": f"/{number + 1}"}))
    web.serve("/6", feed("a"))

    assert Reader(store, source_at(web.base + "/1")).poll().outcome == "fetched"
    refused = Reader(store, source_at(web.base + "/0", "Far")).poll()
    assert (refused.outcome, refused.error and refused.error.kind) == ("failed", "redirect")


def test_p25_and_p27_one_user_agent_feed_types_and_gzip_only(store: Store, web: WebServer) -> None:
    reading(store, web, Reply(feed("a"))).poll()

    headers = web.requests[0].headers
    assert headers["user-agent"] == AGENT
    assert headers["accept-encoding"] == "gzip"
    assert headers["accept"].startswith("application/atom+xml, application/rss+xml")


def test_p26_no_referer_no_cookies_no_query_of_ours(store: Store, web: WebServer) -> None:
    cookie = {"Set-Cookie": "id=7; Path=/"}
    web.serve("/new", Reply(feed("a"), headers=cookie))
    url = web.serve("/feed", Reply(status=302, headers={"Location": "/new?x=1#top"} | cookie))
    reader = Reader(store, source_at(url + "?y=2#part"))

    reader.poll()
    reader.poll()

    assert [request.path for request in web.requests] == ["/feed?y=2", "/new?x=1"] * 2
    for request in web.requests:
        assert request.method == "GET"
        assert not {"cookie", "referer", "origin"} & request.headers.keys()


@pytest.mark.parametrize("coding", ["br", "zstd", "deflate", "gzip, gzip", "x"])
def test_p27_a_coding_that_was_not_offered_is_refused_unread(
    store: Store, web: WebServer, coding: str
) -> None:
    polled = reading(store, web, Reply(feed("a"), headers={"Content-Encoding": coding})).poll()

    assert polled.outcome == "failed"
    assert polled.error == PollError(
        "protocol", f"unsupported content encoding {coding!r}; only gzip is supported"
    )


def test_a_same_body_is_seen_by_its_hash_where_there_are_no_validators(
    store: Store, web: WebServer
) -> None:
    reader = reading(store, web, Reply(feed("a")), Reply(feed("a")), Reply(feed("a", "b")))

    outcomes = [reader.poll().outcome for _ in range(3)]

    assert outcomes == ["fetched", "unchanged", "fetched"]
    assert "if-none-match" not in web.requests[2].headers


def test_the_same_etag_with_another_last_modified_is_believed(store: Store, web: WebServer) -> None:
    first = Reply(feed("a"), headers={"ETag": '"1"', "Last-Modified": "Mon"})
    again = Reply(status=304, headers={"ETag": '"1"', "Last-Modified": "Tue"})
    reader = reading(store, web, first, again)

    outcomes = [reader.poll().outcome for _ in range(3)]

    assert outcomes == ["fetched", "not_modified", "not_modified"]
    assert sent(web, 2, "if-none-match") == '"1"'
    assert sent(web, 2, "if-modified-since") == "Tue"


def test_p20_a_move_that_is_taken_over_and_given_up_is_told(
    tmp_path: Path, web: WebServer, rules: Rules, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", "aggregator.polling.runner")
    new = web.serve("/new", Reply(feed("a")))
    desk = Desk(tmp_path, rules, source_at(web.serve("/old", Reply(b"", 301, {"Location": new}))))
    for _ in range(3):
        desk.fetch()
        desk.later(timedelta(days=1))
    web.serve("/new", Reply(status=500))
    for _ in range(5):
        desk.fetch()
        desk.later(timedelta(days=2))

    told = [
        record.__dict__["fields"] for record in caplog.records if record.message == "poll.moved"
    ]
    assert told == [
        {"feed": "News", "old": f"{web.base}/old", "new": new},
        {"feed": "News", "old": new, "new": f"{web.base}/old"},
    ]


def test_p16_a_lifetime_that_is_cut_is_told(
    tmp_path: Path, web: WebServer, rules: Rules, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "aggregator.polling.poll")
    fresh = Reply(feed("a"), headers={"Cache-Control": "max-age=31536000"})
    desk = Desk(tmp_path, rules, source_at(web.serve("/feed", fresh)))

    desk.fetch()

    (told,) = [record for record in caplog.records if record.message == "poll.hint_cut"]
    assert told.__dict__["fields"] == {"feed": "News", "asked_s": 31536000, "kept_s": 604800}


def test_p10_p32_and_p34_articles_archives_images_and_icons_are_never_fetched(
    store: Store, web: WebServer
) -> None:
    around = (
        f"<image><url>{web.base}/i.png</url></image><link>{web.base}/</link><link "
        f"xmlns='http://www.w3.org/2005/Atom' rel='prev-archive' href='{web.base}/before'/>"
    )
    item = (
        f"<item><title>a</title><link>{web.base}/a</link><enclosure url='{web.base}/a.mp3' "
        f"type='audio/mpeg' length='1'/><description>&lt;img src='{web.base}/b.png'&gt;"
        "</description></item>"
    )
    body = f"<rss version='2.0'><channel><title>News</title>{around}{item}</channel></rss>"

    reading(store, web, Reply(body.encode())).poll()

    assert [request.path for request in web.requests] == ["/feed"]


def test_p30_a_delta_is_no_full_list(store: Store, web: WebServer) -> None:
    reader = reading(store, web, Reply(feed("a", "b")), Reply(feed("c"), 226, {"IM": "feed"}))

    reader.poll()
    polled = reader.poll()

    assert polled.parsed is not None
    assert polled.parsed.is_delta
    present = [row[0] for row in store.rows("SELECT left_at IS NULL FROM seen")]
    assert present == [1, 1, 1]


# --- whole runs ----------------------------------------------------------------------------


class Desk:
    """A configuration with its database, and a clock that the test sets."""

    workers: Cluster | None = None  # None: in this process

    def __init__(self, folder: Path, rules: Rules, *feeds: FeedSource) -> None:
        self.config = Config(
            database=folder / "a.db",
            feeds=feeds,
            topics=(TopicSettings("us-pakistan-security"), TopicSettings("other", enabled=False)),
            fetch=FetchSettings(user_agent=AGENT),
        )
        self.rules = rules
        self.now: datetime | None = NOW

    def clock(self) -> datetime:
        return self.now or datetime.now(UTC)

    def later(self, wait: timedelta) -> None:
        self.now = self.clock() + wait

    def fetch(self, *names: str, due: bool = False, force: bool = False) -> FetchReport:
        async def run() -> FetchReport:
            thread = StoreThread(self.config.database)
            try:
                options = FetchOptions(names, due, force)
                fetcher = None if self.workers is None else self.workers.fetcher(thread, self.clock)
                return await fetch(
                    self.config, thread, self.rules, options, self.clock, workers=fetcher
                )
            finally:
                thread.close()

        return asyncio.run(run())

    def poll(self, work: Callable[[Poller], Awaitable[None]]) -> None:
        """Runs `work` with a poller, then drains it."""

        async def run() -> None:
            thread = StoreThread(self.config.database)
            fetcher = None if self.workers is None else self.workers.fetcher(thread, self.clock)
            poller = Poller(self.config, thread, self.rules, self.clock, workers=fetcher)
            try:
                await work(poller)
                await poller.drain(10)
            finally:
                thread.close()

        asyncio.run(run())


def counted(report: FetchReport) -> tuple[int, ...]:
    return (
        report.fetched,
        report.not_modified,
        report.unchanged,
        report.failed,
        report.skipped,
    )


def test_p9_after_a_kill_the_next_request_is_conditional_and_not_early(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    url = web.serve("/feed", Reply(feed("a"), headers={"ETag": '"0"'}))
    script = f"""
import asyncio, os, signal
from pathlib import Path
from tests.integration.test_politeness import Desk, source_at
from aggregator.ingest.rules import load_rules
from aggregator.settings import Config

if __name__ == "__main__":
    Desk(Path({str(tmp_path)!r}), load_rules(Config()), source_at({url!r})).fetch()
    os.kill(os.getpid(), signal.SIGKILL)
"""
    (tmp_path / "once.py").write_text(script)
    root = Path(__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, str(tmp_path / "once.py")],
        check=False,
        env=os.environ | {"PYTHONPATH": str(root)},
        cwd=root,
    )
    desk = Desk(tmp_path, rules, source_at(url))

    assert ended.returncode == -signal.SIGKILL
    assert counted(desk.fetch(due=True)) == (0, 0, 0, 0, 1)
    assert len(web.requests) == 1
    assert counted(desk.fetch()) == (0, 0, 1, 0, 0)
    assert sent(web, 1, "if-none-match") == '"0"'


def test_p11_ticks_and_refresh_share_one_gate(tmp_path: Path, web: WebServer, rules: Rules) -> None:
    desk = Desk(tmp_path, rules, source_at(web.serve("/feed", feed("a"))))

    async def work(poller: Poller) -> None:
        await poller.tick()
        await poller.tick()
        assert await poller.refresh("News") == ""
        await poller.tick()

    desk.poll(work)

    assert len(web.requests) == 1


def test_p11_refresh_now_does_not_override_a_server(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    url = web.serve("/feed", Reply(status=429, headers={"Retry-After": "7200"}))
    desk = Desk(tmp_path, rules, source_at(url))
    desk.fetch()
    desk.later(HOUR)

    async def work(poller: Poller) -> None:
        assert await poller.refresh("News") == "retry_after"
        with pytest.raises(UsageError, match="did you mean 'News'"):
            await poller.refresh("Newss")

    desk.poll(work)

    assert len(web.requests) == 1


def test_p11_a_second_process_does_not_poll(tmp_path: Path) -> None:
    database = tmp_path / "news.db"
    with PollLock(database, NOW, role="fetch"):
        assert lock_holder(database) == Holder(os.getpid(), "2026-03-02T10:00:00Z", "fetch")
        with pytest.raises(
            StoreLocked, match=rf"process {os.getpid()} \(fetch, since 2026-03-02T10:00:00Z\)"
        ) as caught:
            PollLock(database, NOW, role="fetch").__enter__()
        assert caught.value.pid == os.getpid()
    assert lock_holder(database) is None


def test_p12_a_feed_of_two_topics_is_asked_once(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    desk = Desk(tmp_path, rules, source_at(web.serve("/feed", feed("a"))))
    assert len(desk.config.topics) == 2

    report = desk.fetch()

    assert len(web.requests) == 1
    assert counted(report) == (1, 0, 0, 0, 0)


def test_p13_cron_runs_keep_our_own_waits_and_a_plain_run_does_not(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    url = web.serve("/feed", Reply(feed("a"), headers={"ETag": '"0"'}))
    desk = Desk(tmp_path, rules, source_at(url))
    desk.fetch()

    assert counted(desk.fetch(due=True)) == (0, 0, 0, 0, 1)
    assert counted(desk.fetch()) == (0, 0, 1, 0, 0)
    desk.later(3 * HOUR)
    assert counted(desk.fetch(due=True)) == (0, 0, 1, 0, 0)


def test_p14_a_plain_run_skips_a_fresh_feed_and_force_does_not(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    headers = {"ETag": '"0"', "Cache-Control": "max-age=7200"}
    desk = Desk(tmp_path, rules, source_at(web.serve("/feed", Reply(feed("a"), headers=headers))))
    desk.fetch()

    assert counted(desk.fetch()) == (0, 0, 0, 0, 1)
    assert counted(desk.fetch(force=True)) == (1, 0, 0, 0, 0)
    assert sent(web, 1, "if-none-match") is None


def test_p17_force_does_not_override_retry_after(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    url = web.serve("/feed", Reply(status=503, headers={"Retry-After": "7200"}))
    desk = Desk(tmp_path, rules, source_at(url))

    assert counted(desk.fetch()) == (0, 0, 0, 1, 0)
    assert counted(desk.fetch(force=True)) == (0, 0, 0, 0, 1)
    assert len(web.requests) == 1


def test_p19_a_gone_feed_is_not_asked_a_third_time(
    tmp_path: Path, web: WebServer, rules: Rules, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", "aggregator.polling.runner")
    desk = Desk(tmp_path, rules, source_at(web.serve("/feed", Reply(status=410))))
    desk.fetch()
    desk.later(timedelta(days=2))
    desk.fetch()
    desk.later(timedelta(days=90))

    assert counted(desk.fetch(force=True)) == (0, 0, 0, 0, 1)
    assert len(web.requests) == 2
    told = [record.message for record in caplog.records]
    assert told == ["poll.failed", "poll.failed", "poll.gone"]


def recording(starts: list[float], answer: Reply) -> Answer:
    def reply(request: Request) -> Reply:
        starts.append(time.monotonic())
        return answer

    return reply


def test_p23_requests_to_one_host_keep_their_distance_over_runs(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    starts: list[float] = []
    answer = recording(starts, Reply(status=404))
    feeds = [
        replace(source_at(web.serve(f"/{number}", answer), f"News {number}"), host_gap_s=0.3)
        for number in range(3)
    ]
    desk = Desk(tmp_path, rules, *feeds)
    desk.now = None  # gaps pass in real time

    began = time.monotonic()  # a busy server may see a request later than it was sent
    desk.fetch()
    desk.fetch("News 1")

    assert len(starts) == 4
    assert all(start - began >= 0.29 * number for number, start in enumerate(starts))


def test_p23_redirects_of_many_hosts_to_one_keep_its_distance(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    away = Reply(status=302, headers={"Location": "https://nobody.invalid/feed"})
    with running("127.0.0.2") as second, running("127.0.0.3") as third:
        feeds = [
            replace(
                source_at(one.serve("/feed", away), f"News {number}"), host_gap_s=1, timeout_s=1.8
            )
            for number, one in enumerate((web, second, third))
        ]
        desk = Desk(tmp_path, rules, *feeds)
        desk.now = None  # gaps pass in real time

        report = desk.fetch()

    assert {error.kind for _, error in report.errors} == {"redirect"}  # the wait is no timeout
    assert report.seconds >= 2


@pytest.mark.usefixtures("one_network")
def test_p23_a_redirect_that_waits_for_its_turn_keeps_nobody_waiting(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    asked: list[str] = []

    def answer(name: str, reply: Reply) -> Answer:
        def replied(request: Request) -> Reply:
            asked.append(name)
            return reply

        return replied

    with running("127.0.0.2") as second, running("127.0.0.3") as third:
        target = third.serve("/feed", answer("target", Reply(feed("a"))))
        away = Reply(status=302, headers={"Location": target})
        feeds = [
            replace(source_at(one.serve("/feed", answer("moved", away)), name), host_gap_s=0.5)
            for name, one in (("One", web), ("Two", second))
        ]
        feeds.append(source_at(web.serve("/plain", answer("plain", Reply(feed("b")))), "Plain"))
        desk = Desk(tmp_path, rules, *feeds)
        desk.config = replace(desk.config, fetch=replace(desk.config.fetch, concurrency=1))
        desk.now = None  # gaps pass in real time

        report = desk.fetch()

    assert counted(report) == (3, 0, 0, 0, 0)
    assert asked.index("plain") < len(asked) - 1
    assert asked[-1] == "target"


@pytest.mark.usefixtures("one_network")
def test_p23_a_429_behind_a_redirect_concerns_the_host_that_gave_it(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    with running("127.0.0.2") as second:
        away = {"Location": second.serve("/feed", Reply(status=429))}
        desk = Desk(tmp_path, rules, source_at(web.serve("/feed", Reply(status=302, headers=away))))
        desk.fetch()

    store = open_store(desk.config.database)
    held = {host.name for host in load_hosts(store, NOW + timedelta(hours=1))}
    store.close()
    assert held == {"127.0.0.2"}


def test_p24_feeds_that_were_never_polled_are_due_at_once(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    feeds = [
        source_at(web.serve(f"/{number}", Reply(status=404)), f"News {number}")
        for number in range(30)
    ]
    desk = Desk(tmp_path, rules, *feeds)

    desk.fetch(due=True)

    assert len(web.requests) == 30
    store = open_store(desk.config.database)
    assert due_feeds(store, NOW + timedelta(minutes=59)) == ()
    store.close()


def test_p28_a_name_is_looked_up_once_and_its_death_costs_no_waiting(
    tmp_path: Path, rules: Rules
) -> None:
    feeds = [
        FeedSource(f"News {number}", url, key=url)
        for number in range(50)
        for url in [f"https://nobody.invalid/{number}"]
    ]
    desk = Desk(tmp_path, rules, *feeds)
    started = time.monotonic()

    report = desk.fetch()

    assert counted(report) == (0, 0, 0, 50, 0)
    assert {error.kind for _, error in report.errors} == {"dns"}
    assert time.monotonic() - started < 30


def test_p28_a_redirect_to_a_name_that_is_dead_costs_no_other_feed_of_the_host(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    away = Reply(status=302, headers={"Location": "https://nobody.invalid/feed"})
    lost = replace(source_at(web.serve("/lost", away), "Lost"), per_host=1)
    well = replace(source_at(web.serve("/well", feed("a")), "Well"), per_host=1)

    report = Desk(tmp_path, rules, lost, well).fetch()

    assert counted(report) == (1, 0, 0, 1, 0)
    assert [(name, error.kind) for name, error in report.errors] == [("Lost", "redirect")]
