"""A poller that runs for long: failures of the store, reloads, hanging servers, faults."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace

from aggregator.errors import (
    BlockedAddress,
    DeadlineExceeded,
    FetchError,
    ParserUnavailable,
    StoreError,
    UsageError,
)
from aggregator.ingest.assign import BATCH, AssignReport, assign_items
from aggregator.ingest.model_reader import PairBudget
from aggregator.ingest.open_story import OpenStory
from aggregator.ingest.rules import Rules, load_rules
from aggregator.ingest.stored_stories import Filled
from aggregator.model import ParsedFeed, ParseTask, PollResult, Response
from aggregator.parsing.document import parse
from aggregator.polling import parse_pool, poller, recorder, runner
from aggregator.polling.delivery import Push
from aggregator.polling.first_poll import FirstResponse, store_first_poll
from aggregator.polling.poller import FetchOptions, Poller, fetch
from aggregator.polling.recorder import Recorder
from aggregator.polling.report import AssignedRun, FetchReport
from aggregator.semantics.wordpiece import Text
from aggregator.settings import (
    Config,
    FeedSource,
    FetchSettings,
    ServeSettings,
    StorySettings,
    TopicSettings,
)
from aggregator.storage import decisions
from aggregator.storage.feeds import feed_states
from aggregator.storage.store import Store, open_store
from aggregator.storage.thread import StoreThread
from aggregator.stories.features import Features
from aggregator.times import to_text
from aggregator.topics import decide
from tests.newsroom import Newsroom, knowing, make_item, make_rules
from tests.servers import Reply, WebServer, document, held
from tests.servers import running as serving

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
UNMATCHED = "SELECT count(*) FROM item WHERE variant_id IS NULL"
ITEM = "<item><title>Border talks resume in {0}</title><guid>{0}</guid></item>"


def feed(*names: str) -> bytes:
    items = "".join(ITEM.format(name) for name in names)
    return f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>".encode()


def source_at(url: str, name: str = "News", **settings: Any) -> FeedSource:
    given = {"allow_private_networks": True, "host_gap_s": 0, "timeout_s": 5.0, "per_host": 8}
    return FeedSource(name, url, key=url, **(given | settings))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be looked at, or written, each second is so ten times a second."""
    monkeypatch.setattr(runner, "_LONGEST_DELAY_S", 0.1)
    monkeypatch.setattr(recorder, "_QUIET_WAIT_S", 0.1)


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load_rules(Config(stories=StorySettings(model=False)))


async def wait_for(condition: Callable[[], object]) -> None:
    """Until it holds; at most a minute."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - it is another thread that makes it hold
            await asyncio.sleep(0.02)


class Service:
    """A poller with its thread, its clock and what it reported."""

    def __init__(self, folder: Path, rules: Rules, *feeds: FeedSource) -> None:
        self.config = Config(
            database=folder / "news.db", feeds=feeds, fetch=FetchSettings(user_agent="aggregator/0")
        )
        self.now = NOW
        self.clock: Callable[[], datetime] = lambda: self.now
        self.polled: list[PollResult] = []
        self.assigned: list[AssignedRun] = []
        self.thread = StoreThread(self.config.database)
        self.poller = Poller(
            self.config,
            self.thread,
            rules,
            self.told_time,
            on_poll=self.polled.append,
            on_assigned=self.assigned.append,
        )

    def told_time(self) -> datetime:
        return self.clock()

    async def until(self, count: int) -> None:
        """Ticks until so many polls were stored."""
        await self.ticks_until(lambda: len(self.polled) >= count)

    async def until_paused(self) -> None:
        """Ticks until it has noticed that nothing can be stored."""
        await self.ticks_until(lambda: self.poller.paused_by is not None)

    async def ticks_until(self, condition: Callable[[], object]) -> None:
        """Ticks until it holds; at most a minute."""
        async with asyncio.timeout(60):
            while not condition():
                await self.poller.tick()
                await asyncio.sleep(0.02)

    async def writable(self, *, is_on: bool) -> None:
        def switch(store: Store) -> None:
            store.execute(f"PRAGMA query_only={'OFF' if is_on else 'ON'}")

        await self.thread.run(switch)


def running(
    service: Callable[[], Service], work: Callable[[Service], Awaitable[None]], grace_s: float = 10
) -> None:
    async def run() -> None:
        one = service()
        try:
            await work(one)
            await one.poller.drain(grace_s)
        finally:
            one.thread.close()

    asyncio.run(run())


def test_what_came_is_matched_and_announced(tmp_path: Path, web: WebServer, rules: Rules) -> None:
    url = web.serve("/feed", feed("Geneva", "Doha"))

    async def work(service: Service) -> None:
        await service.until(1)
        await service.poller.tick()
        await wait_for(lambda: service.assigned)
        assert service.assigned[0].assigned == 2
        assert service.polled[0].new == 2
        kept: Any = rules.read
        assert kept.cache_info().currsize == 0  # what a batch kept is given back

    running(lambda: Service(tmp_path, rules, source_at(url)), work)


def test_a_store_that_fails_pauses_polling_and_loses_nothing(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    quiet = web.serve("/quiet", Reply(status=404))
    full = web.serve("/full", feed("Geneva"))

    async def work(service: Service) -> None:
        service.now = NOW
        await service.poller.refresh("Quiet")  # makes the rows
        await service.until(2)
        service.now = NOW + timedelta(days=3)
        await service.writable(is_on=False)
        await service.poller.tick()
        await wait_for(lambda: len(web.requests) == 4)
        await asyncio.sleep(0.3)  # what brought no document is written meanwhile, in vain
        await service.until_paused()
        for _ in range(3):
            service.now += timedelta(minutes=1)
            await service.poller.tick()
        assert len(web.requests) == 4
        assert len(service.polled) == 2
        paused = [service.poller.paused_by is not None]  # which `/healthz` tells

        await service.writable(is_on=True)
        service.now += timedelta(minutes=5)
        await service.until(4)
        assert [*paused, service.poller.paused_by is not None] == [True, False]
        assert sorted(event.source.name for event in service.polled[2:])[0] == "Full"

    running(
        lambda: Service(tmp_path, rules, source_at(quiet, "Quiet"), source_at(full, "Full")), work
    )


@pytest.mark.usefixtures("one_network")
def test_a_stop_does_not_wait_for_redirects_that_wait_for_a_host(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    with serving("127.0.0.2") as second, serving("127.0.0.3") as third:
        target = third.serve("/feed", feed("Geneva"))
        away = Reply(status=302, headers={"Location": target})
        feeds = [
            replace(source_at(one.serve("/feed", away), name), host_gap_s=120)
            for name, one in (("One", web), ("Two", second))
        ]

        async def work(service: Service) -> None:
            await service.poller.tick()
            await wait_for(lambda: len(web.requests) + len(second.requests) == 2)
            await wait_for(lambda: len(third.requests) == 1)
            await asyncio.sleep(0.2)

        started = time.monotonic()
        running(lambda: Service(tmp_path, rules, *feeds), work, grace_s=60)

    assert time.monotonic() - started < 30
    assert len(third.requests) == 1
    store = open_store(tmp_path / "news.db")
    polls = store.rows(
        "SELECT polls, last_error, next_poll_at > ? FROM feed ORDER BY failures", (to_text(NOW),)
    )
    store.close()
    assert [tuple(row) for row in polls] == [
        (1, "", 1), (1, "stopped before a redirect was followed", 1)
    ]  # fmt: skip


def test_stories_that_batches_left_are_given_back_with_the_rest(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    url = web.serve("/feed", feed("Geneva", "Doha"))
    left: list[int] = []

    def read(headline: str, summary: str, publisher: str, url: str) -> Features:
        return rules.read(headline, summary, publisher, url)

    def clear() -> None:
        left.append(sum(isinstance(one, OpenStory) for one in gc.get_objects()))

    read.cache_clear = clear  # type: ignore[attr-defined]  # as that of a cache

    async def work(service: Service) -> None:
        await service.ticks_until(lambda: service.assigned)
        assert left == [0]

    gc.collect()
    running(lambda: Service(tmp_path, replace(rules, read=read), source_at(url)), work)


def test_a_reload_changes_the_feeds_between_ticks(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    first, second = web.serve("/1", Reply(status=404)), web.serve("/2", Reply(status=404))

    async def work(service: Service) -> None:
        await service.until(1)
        config = replace(service.config, feeds=(source_at(second, "Second"),))
        service.poller.reload(config, rules)
        await service.until(2)
        with pytest.raises(UsageError):
            await service.poller.refresh("News")

    running(lambda: Service(tmp_path, rules, source_at(first)), work)

    assert [request.path for request in web.requests] == ["/1", "/2"]


def test_a_topic_that_comes_with_a_reload_judges_what_is_stored(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    url = web.serve("/feed", feed("Geneva", "Doha"))
    topic = TopicSettings("geneva", query={"rules": [{"any": ["geneva"]}]})

    async def work(service: Service) -> None:
        await service.until(1)
        await service.ticks_until(lambda: service.assigned)
        config = replace(service.config, topics=(*service.config.topics, topic))
        service.poller.reload(config, load_rules(config))
        await service.ticks_until(lambda: len(service.assigned) > 1)

        assert service.assigned[0].filled == ()
        assert service.assigned[1].filled == (Filled("geneva", True, 1),)
        assert decide._read.cache_info().currsize == 0  # what it read is given back
        accepted = "SELECT s.headline FROM story s JOIN decision d ON d.story_id = s.id"
        assert await rows_of(service, f"{accepted} WHERE d.topic = 'geneva' AND d.accepted") == [
            ("Border talks resume in Geneva",)
        ]

    running(lambda: Service(tmp_path, rules, source_at(url)), work)


def test_a_feed_that_another_process_added_waits_for_the_reload_and_is_matched_with_it(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    first = source_at(web.serve("/1", feed("Geneva")), "First")
    second = source_at(web.serve("/2", feed("Doha")), "Second")
    third = source_at(web.serve("/3", Reply(status=404)), "Third")  # brings nothing to match
    answer = Response(200, {"etag": '"1"'}, feed("Doha"), second.url, None, 0.1)
    parsed = parse(ParseTask(answer.body, answer.headers, second.url, second.name))
    brought = FirstResponse(second.url, answer, parsed, NOW)

    async def work(service: Service) -> None:
        await service.until(1)
        await service.poller.tick()
        await wait_for(lambda: service.assigned)
        config = replace(service.config, feeds=(first, second, third))
        with open_store(service.config.database) as store:
            store_first_poll(store, config.feeds, second, brought, NOW)
        await service.poller.tick()  # another feed is due that this poller does not know
        assert len(web.requests) == 1
        assert await rows_of(service, UNMATCHED) == [(1,)]

        service.poller.reload(config, rules)
        await service.until(2)
        await wait_for(lambda: len(service.assigned) > 1)

    running(lambda: Service(tmp_path, rules, first), work)

    assert [request.path for request in web.requests] == ["/1", "/3"]


def test_a_feed_that_waits_leaves_with_a_reload_and_is_asked_when_it_comes_back(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    first, second = web.serve("/1", Reply(status=404)), web.serve("/2", Reply(status=404))
    waiting = source_at(second, "Second", host_gap_s=1, per_host=1)

    async def work(service: Service) -> None:
        await service.poller.tick()
        await wait_for(lambda: web.requests)  # the other waits for the host's gap
        service.poller.reload(replace(service.config, feeds=service.config.feeds[:1]), rules)
        await service.poller.tick()
        service.now += timedelta(seconds=2)  # the gap is over, which is looked at all the time
        await asyncio.sleep(0.3)
        assert not web.asked("/2")

        agent = FetchSettings(user_agent="aggregator/1")
        service.poller.reload(replace(service.config, fetch=agent), rules)
        await service.until(2)

    asked = source_at(first, host_gap_s=1, per_host=1)
    running(lambda: Service(tmp_path, rules, asked, waiting), work)

    assert [one.headers["user-agent"] for one in web.asked("/1")] == ["aggregator/0"]
    assert [one.headers["user-agent"] for one in web.asked("/2")] == ["aggregator/1"]


def test_a_feed_that_leaves_while_it_is_asked_leaves_nothing(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    new = web.serve("/new", feed("Doha"))

    async def work(service: Service) -> None:
        await service.poller.tick()
        await wait_for(lambda: web.requests)
        service.poller.reload(replace(service.config, feeds=(source_at(new),)), rules)
        let_go.set()
        await service.until(1)
        assert await rows_of(service, "SELECT headline FROM item") == [
            ("Border talks resume in Doha",)
        ]
        assert await rows_of(service, "SELECT validators_url FROM feed") == [(new,)]

    with held(Reply(feed("Geneva"))) as (slowly, let_go):
        old = web.serve("/old", slowly)
        running(lambda: Service(tmp_path, rules, source_at(old, timeout_s=60)), work)


def test_polling_goes_on_when_another_program_lets_go_of_the_database(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    url = web.serve("/full", feed("Geneva"))

    async def work(service: Service) -> None:
        await service.poller.tick()  # makes the rows
        await service.until(1)
        await service.thread.run(lambda store: store.execute("PRAGMA busy_timeout=50"))
        web.serve("/full", feed("Geneva", "Doha"))
        service.now += timedelta(days=3)
        with closing(sqlite3.connect(service.config.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await service.poller.tick()
            await wait_for(lambda: len(web.requests) == 2)
            await service.until_paused()  # nothing was stored
            other.execute("ROLLBACK")
        assert len(service.polled) == 1
        service.now += timedelta(minutes=5)
        await service.until(2)
        assert service.polled[1].new == 1

    running(lambda: Service(tmp_path, rules, source_at(url)), work)


def test_a_document_that_we_fail_to_store_costs_its_own_feed(
    tmp_path: Path, web: WebServer, rules: Rules, caplog: pytest.LogCaptureFixture
) -> None:
    urls = [web.serve(f"/{number}", feed("Geneva")) for number in range(2)]

    async def work(service: Service) -> None:
        await service.until(2)
        stored: dict[str, bool] = {}

        def note(result: PollResult) -> None:
            stored[result.source.name] = result.error is not None

        recorder = Recorder(
            service.thread, lambda: NOW, host_changes=tuple, on_stored=note, on_failed=stored.clear
        )
        one, other = await service.thread.run(feed_states, (1, 2))
        document = ParsedFeed("rss", "", ())
        sound = PollResult(service.config.feeds[1], replace(other, etag='"new"'), document)
        unreadable = replace(document, items=(cast(Any, None),))
        broken = PollResult(service.config.feeds[0], replace(one, etag='"new"'), unreadable)
        async with asyncio.timeout(10):
            await asyncio.gather(recorder.add_document(broken), recorder.add_document(sound))
        assert stored == {"1": True, "2": False}
        rows = await rows_of(service, "SELECT etag, failures, last_error FROM feed ORDER BY id")
        assert rows == [(None, 1, "a fault of this program; its log tells more"), ('"new"', 0, "")]
        assert "AttributeError" in caplog.text

    feeds = [source_at(url, str(number)) for number, url in enumerate(urls, 1)]
    running(lambda: Service(tmp_path, rules, *feeds), work)


def test_a_fault_in_matching_is_told_and_ends_nothing(
    tmp_path: Path, web: WebServer, caplog: pytest.LogCaptureFixture
) -> None:
    url = web.serve("/feed", feed("Geneva"))

    async def work(service: Service) -> None:
        await service.until(1)
        await service.poller.tick()
        await wait_for(lambda: "assign.fault" in caplog.text)

    running(lambda: Service(tmp_path, cast(Rules, None), source_at(url)), work)


def test_a_poll_that_timed_out_says_when_it_began_and_how_long_it_took(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    begun = time.monotonic()

    async def work(service: Service) -> None:
        service.clock = lambda: NOW + timedelta(seconds=10 * (time.monotonic() - begun))
        await service.until(1)
        assert service.polled[0].elapsed_s >= 0.3
        ((started, ended, ms),) = await rows_of(
            service, "SELECT p.started_at, f.last_poll_at, p.ms FROM poll p, feed f"
        )
        took = datetime.fromisoformat(ended) - datetime.fromisoformat(started)
        assert ms >= 300
        assert took.total_seconds() >= 2  # stored in whole seconds

    with held(Reply(feed("Geneva"))) as (never, _):
        url = web.serve("/feed", never)
        running(lambda: Service(tmp_path, rules, source_at(url, timeout_s=0.3)), work)


def test_draining_ends_a_hanging_poll_after_its_grace(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    async def work(service: Service) -> None:
        await service.poller.tick()
        await wait_for(lambda: web.requests)

    started = datetime.now(UTC)
    with held(Reply(feed("Geneva"))) as (never, _):
        url = web.serve("/feed", never)
        running(lambda: Service(tmp_path, rules, source_at(url, timeout_s=90)), work, grace_s=0.1)
    assert datetime.now(UTC) - started < timedelta(seconds=60)


def test_what_cannot_be_matched_within_the_grace_waits_for_the_next_start(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    entries = "".join(
        f"<item><title>Tale{n} of{n} two{n} cities{n}</title><guid>{n}</guid></item>"
        for n in range(610)
    )
    body = feed().replace(b"</channel>", entries.encode() + b"</channel>")
    url = web.serve("/feed", document(body, etag='"1"'))

    rules.forget()
    kept: Any = rules.read

    async def stop_at_once(service: Service) -> None:
        await service.poller.tick()
        await wait_for(lambda: kept.cache_info().currsize)  # the first batch has begun

    async def go_on(service: Service) -> None:
        assert await rows_of(service, "SELECT count(*) FROM item") == [(610,)]
        ((left,),) = await rows_of(service, UNMATCHED)
        assert 0 < left <= 610 - BATCH
        await service.poller.tick()
        await wait_for(lambda: service.assigned)
        assert await rows_of(service, UNMATCHED) == [(0,)]

    running(lambda: Service(tmp_path, rules, source_at(url)), stop_at_once, grace_s=0.0)
    running(lambda: Service(tmp_path, rules, source_at(url)), go_on)


def test_a_fault_of_ours_costs_one_feed(tmp_path: Path, web: WebServer, rules: Rules) -> None:
    faulty = source_at(web.serve("/1", feed("Geneva")), "Faulty", max_bytes="many")
    sound = source_at(web.serve("/2", feed("Doha")), "Sound")
    report = once(tmp_path, rules, faulty, sound)

    assert [(name, error.kind) for name, error in report.errors] == [("Faulty", "internal")]
    assert report.new_items == 1


@pytest.mark.parametrize(("large", "kept"), [(25, 0), (26, 25)])
def test_many_documents_go_through_in_batches(
    tmp_path: Path,
    web: WebServer,
    rules: Rules,
    monkeypatch: pytest.MonkeyPatch,
    *,
    large: int,
    kept: int,
) -> None:
    monkeypatch.setattr(poller, "_LARGE", large)
    feeds = [
        source_at(web.serve(f"/{number}", feed(f"town {number}")), f"News {number}")
        for number in range(25)
    ]
    seen: list[tuple[int, int]] = []
    report = once(tmp_path, rules, *feeds, progress=lambda done, total: seen.append((done, total)))

    assert (report.feeds, report.fetched, report.new_items) == (25, 25, 25)
    assert seen[-1] == (25, 25)
    read: Any = rules.read
    # after many items, publishing needs room of its own
    assert read.cache_info().currsize == kept


def test_what_waits_is_matched_batch_by_batch(
    tmp_path: Path, web: WebServer, rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def assigned(store: Store, rules: Rules, now: datetime, *, budget: PairBudget) -> AssignReport:
        report = assign_items(store, rules, now, limit=6, budget=budget)
        sizes.append(report.assigned)
        return report

    monkeypatch.setattr("aggregator.ingest.assign.assign_items", assigned)
    towns = feed(*(f"town {number}" for number in range(15)))
    report = once(tmp_path, rules, source_at(web.serve("/many", towns)))

    assert sizes == [6, 6, 3]
    assert report.new_stories + report.merged_items == 15


FIRE = ("Factory fire in Vietnam kills nine garment workers",
        "Owner of garment plant held in Vietnam after blaze")  # fmt: skip


def with_waiting_pair(store: Store, rules: Rules) -> Newsroom:
    """A newsroom with two stories of one event, of which the model has read nothing yet."""
    room = Newsroom(store, rules=rules)
    for name, headline in zip(room.sources, FIRE, strict=False):
        room.poll(name, make_item(headline, identity=name))
    room.match(budget=PairBudget(0))
    assert len(room.stories()) == 2
    return room


def test_the_store_is_free_while_the_model_reads_pairs_that_waited(tmp_path: Path) -> None:
    asked: list[int] = []
    thread = StoreThread(tmp_path / "a.db")

    def reader(pairs: Sequence[tuple[Text, Text]]) -> list[float]:
        free = asyncio.run_coroutine_threadsafe(thread.run(Store.is_in_place), loop)
        free.result(timeout=20)
        asked.append(len(pairs))
        return knowing(FIRE)(pairs)

    store = open_store(tmp_path / "a.db")
    room = with_waiting_pair(store, replace(make_rules(), reader=reader))
    config = Config(database=tmp_path / "a.db")
    loop = asyncio.new_event_loop()

    run = fetch(config, thread, room.rules, FetchOptions(), lambda: NOW)
    loop.run_until_complete(run)

    assert asked == [1]
    assert len(room.stories()) == 1
    kept: Any = room.rules.read
    assert kept.cache_info().currsize == 0
    loop.close()
    thread.close()
    store.close()


def test_the_model_reads_no_pairs_when_the_grace_is_over(tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()
    rules = replace(make_rules(), reader=knowing(FIRE))

    def read(*texts: str) -> Features:
        begun.set()
        go_on.wait(timeout=20)
        return rules.read(*texts)

    async def end() -> None:
        service = Service(tmp_path, replace(rules, read=read))
        await service.poller.tick()
        await wait_for(begun.is_set)
        ending = asyncio.ensure_future(service.poller.drain(0.0))
        await asyncio.sleep(0)  # it has begun
        go_on.set()
        await ending
        service.thread.close()

    with closing(open_store(tmp_path / "news.db")) as store:
        room = with_waiting_pair(store, rules)
        room.poll("wire", make_item("Snow closes schools in Norway"))
        asyncio.run(end())
        assert len(room.stories()) == 3
        assert decisions.any_pair_waiting(store)


def test_pairs_are_read_again_where_the_store_failed_while_the_model_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[int] = []
    knowing_rules = replace(make_rules(), reader=knowing(FIRE))

    async def work(service: Service) -> None:
        loop = asyncio.get_running_loop()

        def reader(pairs: Sequence[tuple[Text, Text]]) -> list[float]:
            if not asked:
                full = service.writable(is_on=False)
                asyncio.run_coroutine_threadsafe(full, loop).result(timeout=20)
            asked.append(len(pairs))
            return knowing(FIRE)(pairs)

        service.poller.reload(service.config, replace(knowing_rules, reader=reader))
        await service.poller.tick()
        await wait_for(lambda: "assign.failed" in caplog.text)
        await service.writable(is_on=True)
        await service.poller.tick()

    with closing(open_store(tmp_path / "news.db")) as store:
        room = with_waiting_pair(store, knowing_rules)
        running(lambda: Service(tmp_path, knowing_rules), work)
        assert asked == [1, 1]
        assert len(room.stories()) == 1


def test_a_run_that_cannot_store_says_so(tmp_path: Path, web: WebServer, rules: Rules) -> None:
    url = web.serve("/feed", feed("Geneva"))
    once(tmp_path, rules, source_at(url))

    with pytest.raises(StoreError, match="cannot be written"):
        once(tmp_path, rules, source_at(url), is_writable=False)


def test_an_unknown_name_is_a_usage_error(tmp_path: Path, rules: Rules) -> None:
    with pytest.raises(UsageError, match="feeds list"):
        once(tmp_path, rules, names=("Nobody",))


def once(
    folder: Path,
    rules: Rules,
    *feeds: FeedSource,
    names: tuple[str, ...] = (),
    is_writable: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> FetchReport:
    """One run of `fetch`."""
    config = Config(
        database=folder / "news.db", feeds=feeds, fetch=FetchSettings(user_agent="aggregator/0")
    )

    async def run() -> FetchReport:
        thread = StoreThread(config.database)
        try:
            if not is_writable:
                await thread.run(lambda store: store.execute("PRAGMA query_only=ON"))
            return await fetch(
                config,
                thread,
                lambda: rules,
                FetchOptions(names),
                lambda: NOW,
                on_progress=progress,
            )
        finally:
            thread.close()

    return asyncio.run(run())


# --- what hubs deliver --------------------------------------------------------------------------


def lease(hub: str, *, pushed: bool) -> Callable[[Store], None]:
    """An active lease of the only feed."""

    def add(store: Store) -> None:
        store.execute(
            "INSERT INTO hub_lease (feed_id, hub, topic, callback, secret, state, expires_at,"
            " last_push_at) VALUES (1, ?, 'https://news.example/feed', 'c', 's', 'active', ?, ?)",
            (hub, "2026-03-09T10:00:00Z", "2026-03-02T10:00:00Z" if pushed else None),
        )

    return add


def push_of(*names: str, body: bytes | None = None) -> Push:
    content = feed(*names) if body is None else body
    topic = "https://news.example/feed"
    return Push(1, content, "application/rss+xml", "https://hub.example/", topic)


async def rows_of(service: Service, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await service.thread.run(lambda store: store.rows(query))]


def test_p31_a_delivery_is_stored_matched_and_leaves_the_feed_as_it_was(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    url = web.serve("/feed", document(feed("Geneva"), etag='"1"'))

    async def work(service: Service) -> None:
        await service.until(1)
        before = await rows_of(service, "SELECT etag, next_poll_at, last_poll_at FROM feed")
        await service.poller.push(push_of("Doha"))
        # where a matching was about to end, the next tick matches what was delivered
        await service.ticks_until(lambda: sum(run.assigned for run in service.assigned) == 2)

        assert await rows_of(service, "SELECT headline FROM item ORDER BY id") == [
            ("Border talks resume in Geneva",),
            ("Border talks resume in Doha",),
        ]
        assert await rows_of(service, "SELECT etag, next_poll_at, last_poll_at FROM feed") == before
        assert await rows_of(service, "SELECT hub_url FROM feed") == [("https://hub.example/",)]
        assert [event.outcome for event in service.polled] == ["fetched", "pushed"]
        await service.poller.push(push_of("Doha"))
        assert service.polled[-1].new == 0

    running(lambda: Service(tmp_path, rules, source_at(url)), work)


def test_a_delivery_before_the_first_tick_or_of_no_feed_or_unknown_costs_nothing(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    url = web.serve("/feed", feed("Geneva"))

    async def work(service: Service) -> None:
        await service.writable(is_on=False)
        with pytest.raises(StoreError, match="polling has not begun"):
            await service.poller.push(push_of("Doha"))
        await service.writable(is_on=True)
        service.now += timedelta(minutes=5)
        await service.poller.push(push_of("Doha"))
        await service.poller.push(push_of(body=b"<html>no feed</html>"))
        await service.poller.push(replace(push_of("Oslo"), feed_id=99))
        await service.until(2)

        assert sorted(event.outcome for event in service.polled) == ["fetched", "pushed"]

    running(lambda: Service(tmp_path, rules, source_at(url)), work)


def test_p31_polling_slows_while_a_hub_pushes_and_not_when_it_misses_news(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    url = web.serve("/feed", document(feed("Geneva"), etag='"1"'))

    async def work(service: Service) -> None:
        service.config = replace(service.config, serve=ServeSettings(websub=True))
        service.poller.reload(service.config, rules)
        await service.until(1)
        await service.thread.run(lease("https://hub.example/", pushed=True))
        service.now += timedelta(hours=2)
        await service.until(2)
        assert await due_in(service) >= timedelta(days=1)

        web.serve("/feed", document(feed("Geneva", "Doha"), etag='"2"'))
        service.now += timedelta(days=2)
        await service.until(3)
        await service.poller.tick()
        assert await rows_of(service, "SELECT last_push_at FROM hub_lease") == [(None,)]
        service.now += timedelta(days=2)
        await service.until(4)
        assert await due_in(service) < timedelta(hours=2)

    async def due_in(service: Service) -> timedelta:
        ((due, polled),) = await rows_of(service, "SELECT next_poll_at, last_poll_at FROM feed")
        return datetime.fromisoformat(due) - datetime.fromisoformat(polled)

    running(lambda: Service(tmp_path, rules, source_at(url)), work)


def test_a_hub_is_asked_under_the_guard_of_its_feed(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    url = web.serve("/feed", feed("Geneva"))
    web.serve("/hub", Reply(status=202))
    other = web.base.replace("127.0.0.1", "127.0.0.2")

    async def work(service: Service) -> None:
        await service.until(1)
        assert await service.poller.post(1, f"{web.base}/hub", b"hub.mode=subscribe") == 202
        for refused in (f"{other}/hub", "http://10.0.0.1/", f"http://me:pass@{url[7:]}"):
            with pytest.raises(BlockedAddress):
                await service.poller.post(1, refused, b"")
        with pytest.raises(FetchError, match="no longer configured"):
            await service.poller.post(99, f"{web.base}/hub", b"")

    running(lambda: Service(tmp_path, rules, source_at(url)), work)
    (asked,) = web.asked("/hub")
    assert (asked.method, asked.body) == ("POST", b"hub.mode=subscribe")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.headers["user-agent"] == "aggregator/0"


def test_a_hub_that_never_answers_is_given_up(tmp_path: Path, web: WebServer, rules: Rules) -> None:
    url = web.serve("/feed", feed("Geneva"))

    async def work(service: Service) -> None:
        await service.until(1)
        with pytest.raises(DeadlineExceeded):
            await service.poller.post(1, f"{web.base}/hub", b"")

    with held(Reply(status=202)) as (never, _):
        web.serve("/hub", never)
        running(lambda: Service(tmp_path, rules, source_at(url, timeout_s=0.3)), work)


@pytest.fixture
def interpreter_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Python is gone, as during an upgrade of the system, until this is called."""
    command = parse_pool.COMMAND
    monkeypatch.setattr(parse_pool, "COMMAND", (str(tmp_path / "python"), *command[1:]))
    return lambda: monkeypatch.setattr(parse_pool, "COMMAND", command)


@pytest.mark.usefixtures("interpreter_returns")
def test_a_run_without_a_parsing_process_ends_and_holds_it_against_no_feed(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    urls = [web.serve(f"/{n}", feed("Doha")) for n in range(3)]
    config = Config(
        database=tmp_path / "news.db",
        feeds=tuple(source_at(url, url) for url in urls),
        fetch=FetchSettings(user_agent="aggregator/0"),
    )
    thread = StoreThread(config.database)
    with pytest.raises(ParserUnavailable, match=r"python: .*No such file.*upgraded"):
        asyncio.run(fetch(config, thread, rules, FetchOptions(), lambda: NOW))
    thread.close()

    with closing(sqlite3.connect(config.database)) as database:
        assert database.execute("SELECT sum(failures) FROM feed").fetchone() == (0,)


def test_a_service_without_a_parsing_process_pauses_and_asks_nobody_until_one_comes(
    tmp_path: Path,
    web: WebServer,
    rules: Rules,
    caplog: pytest.LogCaptureFixture,
    interpreter_returns: Callable[[], None],
) -> None:
    url = web.serve("/feed", feed("Doha"))

    async def work(service: Service) -> None:
        async with asyncio.timeout(10):
            while "poll.paused" not in caplog.text:
                await service.poller.tick()
                await asyncio.sleep(0.02)
        for _ in range(3):  # the second of them after the pause: still none
            await service.poller.tick()
            service.now += timedelta(minutes=6)
        assert (len(web.asked("/feed")), service.polled) == (1, [])
        interpreter_returns()
        await service.until(1)
        assert service.polled[0].new == 1

    running(lambda: Service(tmp_path, rules, source_at(url)), work)


@pytest.mark.usefixtures("one_network")
def test_what_a_list_names_is_polled_at_the_next_tick_and_after_a_start_without_its_server(
    tmp_path: Path, web: WebServer, rules: Rules
) -> None:
    def listed(*names: str) -> bytes:
        urls = [web.serve(f"/{name}", feed(name)) for name in names]
        outlines = "".join(f'<outline text="{url[-3:]}" xmlUrl="{url}"/>' for url in urls)
        return f'<opml version="2.0"><body>{outlines}</body></opml>'.encode()

    team = source_at(web.serve("/list", listed("One")), "Team", opml="list")

    async def sees(service: Service, *expected: tuple[str, str]) -> None:
        """These polls come, some days later, as ticks go on."""
        start, service.now = len(service.polled), service.now + timedelta(days=3)
        async with asyncio.timeout(60):
            while not {*expected} <= {
                (result.source.name, result.outcome) for result in service.polled[start:]
            }:
                await service.poller.tick()
                await asyncio.sleep(0.05)

    async def names_one_then_two(service: Service) -> None:
        service.poller.reload(replace(service.config, feed_defaults=source_at("")), rules)
        await sees(service, ("Team", "fetched"), ("One", "fetched"))
        web.serve("/list", listed("Two"))
        await sees(service, ("Team", "fetched"), ("Two", "fetched"))

    async def is_down(service: Service) -> None:
        service.now = NOW + timedelta(days=30)
        service.poller.reload(replace(service.config, feed_defaults=source_at("")), rules)
        web.serve("/list", Reply(status=500))
        await sees(service, ("Team", "failed"), ("Two", "unchanged"))
        assert {result.source.name for result in service.polled} == {"Team", "Two"}

    running(lambda: Service(tmp_path, rules, team), names_one_then_two)
    running(lambda: Service(tmp_path, rules, team), is_down)
