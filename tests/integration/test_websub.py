"""WebSub subscriber: verified intent, signed deliveries, leases renewed and ended."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import Message

from aggregator.errors import NetworkFailure, StoreError
from aggregator.polling.delivery import Push
from aggregator.serving import websub
from aggregator.storage import leases
from aggregator.storage.store import Store, open_store
from aggregator.storage.thread import StoreThread

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TOPIC = "https://herald.example/feed"
HUB = "https://hub.example/"
BASE = "https://news.example/"


@pytest.fixture
def thread(tmp_path: Path) -> Iterator[StoreThread]:
    thread = StoreThread(tmp_path / "a.db")
    asyncio.run(thread.run(_add_feed))
    yield thread
    thread.close()


def _add_feed(store: Store) -> None:
    store.execute(
        "INSERT INTO feed(id, key, name, hub_url, self_url) VALUES (1, ?, 'Herald', ?, ?)",
        (TOPIC, HUB, TOPIC),
    )
    store.execute(
        "INSERT INTO feed(id, key, name, hub_url, self_url, private) "
        "VALUES (2, 'https://secret.example/', 'Secret', ?, 'https://secret.example/', 1)",
        (HUB,),
    )


def renew(
    thread: StoreThread, now: datetime = NOW, *, status: int = 202
) -> tuple[int, list[tuple[str, dict[str, list[str]]]]]:
    sent: list[tuple[str, dict[str, list[str]]]] = []

    async def send(feed_id: int, url: str, body: bytes) -> int:
        assert feed_id == 1
        sent.append((url, parse_qs(body.decode())))
        if status == 0:
            raise NetworkFailure("could not be reached")
        return status

    return asyncio.run(websub.renew(thread, send, base_url=BASE, now=now)), sent


def lease_of(thread: StoreThread) -> leases.Lease:
    async def find() -> leases.Lease:
        row = await thread.run(lambda store: store.value("SELECT callback FROM hub_lease"))
        lease = await thread.run(leases.by_callback, row)
        assert lease is not None
        return lease

    return asyncio.run(find())


def client(
    thread: StoreThread,
    pushes: list[Push],
    *,
    is_on: bool = True,
    fault: StoreError | None = None,
) -> TestClient:
    async def push(one: Push) -> None:
        if fault is not None:
            raise fault
        pushes.append(one)

    subscriber = websub.Subscriber(
        thread=thread, clock=lambda: NOW, is_on=lambda: is_on, max_bytes=lambda: 1000, push=push
    )
    return TestClient(Starlette(routes=list(websub.routes(subscriber))))


def signed(lease: leases.Lease, method: str, body: bytes = b"<rss/>") -> dict[str, str]:
    right = hmac.new(lease.secret.encode(), body, getattr(hashlib, method)).hexdigest()
    return {"X-Hub-Signature": f"{method}={right}", "Content-Type": "application/rss+xml"}


def verify(
    thread: StoreThread, *, topic: str = TOPIC, mode: str = "subscribe", seconds: str = "864000"
) -> tuple[int, str]:
    lease = lease_of(thread)
    answer = client(thread, []).get(
        f"/websub/{lease.callback}",
        params={
            "hub.mode": mode,
            "hub.topic": topic,
            "hub.challenge": "chall<b>enge",
            "hub.lease_seconds": seconds,
        },
    )
    return answer.status_code, answer.text


def test_p31_hub_of_a_feed_is_asked_once_with_a_long_secret(thread: StoreThread) -> None:
    asked, sent = renew(thread)
    again, later = renew(thread, NOW + timedelta(minutes=5))

    assert (asked, again, later) == (1, 0, [])
    url, form = sent[0]
    assert url == HUB
    assert form["hub.topic"] == [TOPIC]
    assert form["hub.callback"][0].startswith(f"{BASE}websub/")
    assert len(form["hub.callback"][0].rpartition("/")[2]) >= 32
    assert len(form["hub.secret"][0]) >= 32
    assert len(form["hub.secret"][0]) < 200  # section 5.1


def test_p31_private_feeds_are_never_named_to_a_hub(thread: StoreThread) -> None:
    _, sent = renew(thread)

    assert "secret.example" not in repr(sent)


def test_p31_intent_is_verified_for_the_topic_that_was_asked_for(thread: StoreThread) -> None:
    renew(thread)

    assert verify(thread, topic="https://herald.example/other")[0] == 404
    assert verify(thread, mode="unsubscribe")[0] == 404
    assert verify(thread, seconds="soon")[0] == 404
    assert verify(thread, seconds="0")[0] == 404
    assert lease_of(thread).state == "wanted"
    assert verify(thread) == (200, "chall<b>enge")
    assert lease_of(thread).state == "active"
    assert lease_of(thread).expires_at == NOW + timedelta(days=10)


def test_p31_unknown_callback_is_not_found(thread: StoreThread) -> None:
    renew(thread)

    assert client(thread, []).get("/websub/guess").status_code == 404


def test_p31_denied_subscription_is_not_asked_for_again(thread: StoreThread) -> None:
    renew(thread)

    assert verify(thread, mode="denied")[0] == 200
    assert lease_of(thread).state == "refused"
    assert renew(thread, NOW + timedelta(days=30)) == (0, [])


def test_p31_lease_is_renewed_before_its_end(thread: StoreThread) -> None:
    renew(thread)
    verify(thread)

    assert renew(thread, NOW + timedelta(days=8))[0] == 0
    assert renew(thread, NOW + timedelta(days=9, hours=1))[0] == 1


def test_p31_ended_lease_no_longer_counts_as_active(thread: StoreThread) -> None:
    renew(thread)
    verify(thread)
    asyncio.run(thread.run(leases.note_push, 1, NOW))
    active = asyncio.run(thread.run(leases.pushing_feeds, NOW + timedelta(days=9)))

    renew(thread, NOW + timedelta(days=11))

    assert active == {1: NOW + timedelta(days=10)}
    assert lease_of(thread).state == "wanted"
    assert asyncio.run(thread.run(leases.pushing_feeds, NOW + timedelta(days=11))) == {}


@pytest.mark.parametrize("status", [0, 500])
def test_failing_hub_is_asked_less_and_less(thread: StoreThread, status: int) -> None:
    assert renew(thread, status=status)[0] == 0
    assert renew(thread, NOW + timedelta(minutes=59), status=status)[1] == []
    assert len(renew(thread, NOW + timedelta(hours=1), status=status)[1]) == 1
    assert renew(thread, NOW + timedelta(hours=2), status=status)[1] == []


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_p31_signed_delivery_is_taken(thread: StoreThread, method: str) -> None:
    renew(thread)
    verify(thread)
    lease = lease_of(thread)
    pushes: list[Push] = []

    answer = client(thread, pushes).post(
        f"/websub/{lease.callback}", content=b"<rss/>", headers=signed(lease, method)
    )

    assert answer.status_code == 202
    assert pushes == [Push(1, b"<rss/>", "application/rss+xml", HUB, TOPIC)]
    assert asyncio.run(thread.run(leases.pushing_feeds, NOW)) == {1: NOW + timedelta(days=10)}


def test_a_delivery_that_cannot_be_stored_may_come_again(thread: StoreThread) -> None:
    renew(thread)
    verify(thread)
    lease = lease_of(thread)

    answer = client(thread, [], fault=StoreError("the disk is full")).post(
        f"/websub/{lease.callback}", content=b"<rss/>", headers=signed(lease, "sha256")
    )

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "60"
    assert asyncio.run(thread.run(leases.pushing_feeds, NOW)) == {}


def test_without_the_setting_no_callback_is_known(thread: StoreThread) -> None:
    renew(thread)
    lease = lease_of(thread)

    assert client(thread, [], is_on=False).get(f"/websub/{lease.callback}").status_code == 404


def test_a_feed_that_now_names_another_topic_is_subscribed_anew(thread: StoreThread) -> None:
    renew(thread)
    first = lease_of(thread)
    asyncio.run(thread.run(lambda store: store.execute("UPDATE feed SET self_url = self_url||'2'")))

    assert renew(thread)[1][0][1]["hub.topic"] == [f"{TOPIC}2"]
    assert lease_of(thread).callback != first.callback


def test_a_feed_without_its_hub_is_not_renewed(thread: StoreThread) -> None:
    renew(thread)
    verify(thread)
    asyncio.run(thread.run(lambda store: store.execute("UPDATE feed SET hub_url = NULL")))

    assert renew(thread, NOW + timedelta(days=9, hours=1)) == (0, [])


@pytest.mark.parametrize("header", ["", "sha256=00", "md5=00", "sha256", "sha256=\u00e9"])
def test_p31_wrong_signature_is_ignored_with_a_2xx(thread: StoreThread, header: str) -> None:
    renew(thread)
    verify(thread)
    pushes: list[Push] = []

    answer = client(thread, pushes).post(
        f"/websub/{lease_of(thread).callback}",
        content=b"<rss/>",
        headers=[(b"X-Hub-Signature", header.encode("latin-1"))],
    )

    assert answer.status_code == 202
    assert pushes == []


def test_oversized_delivery_is_refused(thread: StoreThread) -> None:
    renew(thread)
    verify(thread)

    answer = client(thread, []).post(f"/websub/{lease_of(thread).callback}", content=b"x" * 1001)

    assert answer.status_code == 413


def test_a_hub_that_hangs_up_in_the_middle_leaves_nothing(thread: StoreThread) -> None:
    renew(thread)
    verify(thread)
    pushes: list[Push] = []
    app = client(thread, pushes).app
    path = f"/websub/{lease_of(thread).callback}"
    coming: list[Message] = [{"type": "http.request", "body": b"<rss", "more_body": True},
              {"type": "http.disconnect"}]  # fmt: skip
    said: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": [], "query_string": b""}

    async def deliver() -> None:
        await app(scope, receive, send)

    asyncio.run(deliver())

    assert said[0]["status"] == 400
    assert pushes == []


def test_delivery_without_an_active_lease_is_gone(thread: StoreThread) -> None:
    renew(thread)

    answer = client(thread, []).post(f"/websub/{lease_of(thread).callback}", content=b"x")

    assert answer.status_code == 410


def test_another_hub_replaces_the_lease_and_its_secret(tmp_path: Path) -> None:
    store = open_store(tmp_path / "a.db")
    _add_feed(store)
    for hub, secret in ((HUB, "one"), (HUB, "two"), ("https://other.example/", "three")):
        leases.want(store, feed_id=1, hub=hub, topic=TOPIC, callback=secret, secret=secret)

    found = [tuple(row) for row in store.rows("SELECT hub, secret FROM hub_lease")]
    store.close()

    assert found == [("https://other.example/", "three")]
