"""What goes to a worker and what comes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from aggregator import __version__
from aggregator.cluster import batch
from aggregator.cluster.batch import (
    MOST_TASKS,
    PollAnswer,
    answer_of,
    decode_answers,
    decode_batch,
    encode_answer,
    encode_answers,
    encode_batch,
    result_of,
    task_of,
    without_known,
)
from aggregator.fetching.cookies import Cookie
from aggregator.fetching.redirects import Trail
from aggregator.model import (
    Enclosure,
    FeedHints,
    FeedState,
    Image,
    Item,
    Media,
    ParsedFeed,
    PollError,
    PollResult,
    Subscription,
)
from aggregator.network import Proxies, Proxy
from aggregator.polling.poll import holds_secret, request_for
from aggregator.settings import FeedSource

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
TRAIL = Trail(
    "https://two.example/feed",
    "one.example",
    (("https://one.example/", ""), ("https://one.example/b", "id=7")),
    3.5,
    1.25,
    "https://two.example/feed",
    retry_after="120",
    cookies=(("https://one.example", Cookie("id", "7", "/")),),
)
SOURCE = FeedSource(
    "Dawn",
    "https://user:word@dawn.example/feed",
    key="${DAWN}",
    headers=(("X-Key", "1"),),
    timeout_s=7.5,
    max_bytes=5000,
    allow_private_networks=True,
    proxy=Proxies(https=Proxy("socks5", "::1", 1080, "a", "b"), exceptions=("*.example",)),
    cookies=True,
    keep=[{"any": ["x"]}],
    ca_file=Path("/etc/own.pem"),
)
STATE = FeedState(
    7,
    "${DAWN}",
    "Dawn",
    etag='"é"',
    last_modified="then",
    validators_url="https://dawn.example/feed",
    body_hash="0123",
    permanent_url="https://dawn.example/new",
)
ITEM = Item(
    "a",
    "guid",
    "https://dawn.example/a",
    None,
    "Talks “resume”",
    published_at=NOW,
    categories=("world",),
    raw_hash="h1",
    media=Media(Image("https://dawn.example/a.png", 3, 4), (Enclosure("u", "audio/x", 5),)),
)
PARSED = ParsedFeed(
    "rss20",
    "Dawn",
    (ITEM, replace(ITEM, identity="b", raw_hash="h2"), replace(ITEM, identity="c", raw_hash="")),
    hints=FeedHints(ttl_s=60, update_base=NOW),
    subscriptions=(Subscription("https://a.example", group=("Papers",)),),
)


def sent(*tasks: batch.PollTask) -> bytes:
    return encode_batch(tasks, user_agent="aggregator/0", sent_at=1.5, late_s=10.0)


def test_a_worker_asks_as_the_daemon_would() -> None:
    begun = PollResult(SOURCE, STATE)
    data = sent(task_of(begun, is_full=True, trail=TRAIL))

    (task,) = decode_batch(data).tasks

    here = replace(SOURCE, ca_file=None)
    assert request_for(task.source, task.state) == request_for(here, STATE)
    assert task.state.body_hash == STATE.body_hash
    assert (task.is_full, task.trail, task.source.is_list) == (True, TRAIL, False)
    assert holds_secret(task.source)
    assert b"${DAWN}" not in data  # nor anything else that no request needs


def test_a_list_is_read_as_one() -> None:
    listing = FeedSource("L", "https://a.example/l.opml", opml="https://a.example/l.opml")
    begun = PollResult(replace(listing, key=listing.url), STATE)

    (task,) = decode_batch(sent(task_of(begun, is_full=False))).tasks

    assert task.source.is_list
    assert not holds_secret(task.source)


def test_a_poll_comes_back_as_it_was() -> None:
    begun = PollResult(SOURCE, STATE, started_at=NOW)
    found = replace(
        begun,
        parsed=PARSED,
        status=200,
        headers={"etag": '"1"'},
        url="https://dawn.example/new",
        moved_to="https://dawn.example/new",
        body_hash="ff",
        body_bytes=99,
        elapsed_s=0.25,
    )
    failed = replace(begun, outcome="failed", error=PollError("dns", "nobody"))
    answers = encode_answers([encode_answer(answer_of(one, 2.0)) for one in (found, failed)])

    back = decode_answers(answers, 2)

    assert not isinstance(back, str)
    assert [result_of(one, begun) for one in back] == [found, failed]
    assert [one.begun_s for one in back] == [2.0, 2.0]


def test_what_is_known_is_cut_as_parsing_cuts_it() -> None:
    twice = replace(PARSED, items=(*PARSED.items, replace(ITEM, identity="d", raw_hash="h2")))

    assert without_known(PARSED, frozenset()) == PARSED
    cut = without_known(PARSED, frozenset({"h1", "h9", ""}))
    assert ([item.identity for item in cut.items], cut.known) == (["b", "c"], ("h1",))
    assert without_known(twice, frozenset({"h2"})).items == twice.items  # which of them is it?


def test_a_refusal_comes_back_in_words() -> None:
    assert decode_answers(encode_answers((), fault="set the clocks"), 3) == "set the clocks"


@given(st.binary(max_size=60))
def test_no_bytes_bring_a_side_down(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever its words
        decode_batch(data)
    with pytest.raises(ValueError):  # noqa: PT011
        decode_answers(data, 1)


def test_what_is_unknown_or_of_another_type_is_refused() -> None:
    task = msgspec.to_builtins(task_of(PollResult(SOURCE, STATE), is_full=False))
    whole = {"version": __version__, "sent_at": 0.0, "late_s": 1.0, "user_agent": ""}
    encode = msgspec.msgpack.encode

    assert decode_batch(encode(whole | {"tasks": [task]})).tasks
    for wrong in ({"extra": 1}, {"timeout_s": "soon"}, {"trail": {"url": "x"}}):
        with pytest.raises(ValueError, match="no message of this release"):
            decode_batch(encode(whole | {"tasks": [task | wrong]}))
    with pytest.raises(ValueError, match="no message of this release"):
        decode_answers(encode({"answers": [], "also": 1}), 0)


def test_other_releases_and_too_many_or_too_few_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task = task_of(PollResult(SOURCE, STATE), is_full=False)
    with pytest.raises(ValueError, match="more than 16"):
        decode_batch(sent(*[task] * (MOST_TASKS + 1)))
    with pytest.raises(ValueError, match="1 answers to 2 polls"):
        decode_answers(encode_answers([b""]), 2)
    data = sent(task)
    monkeypatch.setattr(batch, "__version__", "9.9")
    with pytest.raises(ValueError, match=r"the daemon runs release .*, this worker 9\.9"):
        decode_batch(data)


def test_sizes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MOST_ANSWERED", 200)
    large = answer_of(PollResult(SOURCE, STATE, parsed=PARSED), 1.0)

    answers = decode_answers(encode_answers([encode_answer(large)]), 1)

    assert not isinstance(answers, str)
    assert answers[0].error == PollError(
        "too_large", "what was read of it is larger than 200 bytes"
    )
    assert encode_answer(PollAnswer(1.0, trail=TRAIL))
    monkeypatch.setattr(batch, "MOST_SENT", 10)
    with pytest.raises(ValueError, match="more than 10"):
        decode_batch(sent(task_of(PollResult(SOURCE, STATE), is_full=False)))


def test_times_keep_their_zone() -> None:
    east = NOW + timedelta(seconds=1, microseconds=5)
    parsed = replace(PARSED, items=(replace(ITEM, published_at=east),))
    data = encode_answers([encode_answer(PollAnswer(0.0, parsed=parsed))])

    answers = decode_answers(data, 1)

    assert not isinstance(answers, str)
    assert answers[0].parsed == parsed
