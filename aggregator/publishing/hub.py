"""WebSub: tells the configured hub which feeds changed (https://www.w3.org/TR/websub/).

Apart from publishing and after it: a hub that does not answer holds nothing back, and is tried
again at growing intervals until it has heard of the newest revision.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from msgspec import Struct

from aggregator.errors import FetchError
from aggregator.logs import event
from aggregator.publishing.formats import chosen
from aggregator.settings import Config
from aggregator.storage import topic_states
from aggregator.storage.thread import StoreThread
from aggregator.storage.topic_states import Unannounced

if TYPE_CHECKING:
    from aggregator.fetching.client import Client

_TIMEOUT_S = 10.0
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=6)

log = logging.getLogger(__name__)


class _Answer(Struct, frozen=True):
    """What a hub said to all pings of one topic; `error` is empty when it took them."""

    error: str = ""
    retry_after_s: float | None = None


async def announce(thread: StoreThread, config: Config, now: datetime) -> int:
    """Pings the hub for every topic that changed and is due; returns how many it heard of.

    Does nothing without `publish.hub` and `site.base_url`: a hub needs the feeds' addresses.
    """
    if not config.hub:
        return 0
    names = {topic.name for topic in config.topics if topic.enabled}
    from aggregator.fetching.client import Client  # noqa: PLC0415 - only for those with a hub

    heard = 0
    async with Client(config.fetch.user_agent) as client:
        for one in await thread.run(topic_states.unannounced, now):
            if one.topic not in names:
                continue
            answer = await _tell(client, config, one.topic)
            if answer.error:
                await _put_off(thread, one, answer, now)
            else:
                await thread.run(topic_states.set_announced, one)
                heard += 1
    return heard


def names_of(config: Config, topic: str) -> tuple[str, ...]:
    """The topic's files that name the hub: those of which it hears, and no others."""
    formats = config.publish.formats
    names = [one.file_name(topic) for one in chosen(formats)]
    if "atom" in formats:
        names.append(f"{topic}-digest.atom")
    if "html" in formats:
        names.append(f"{topic}.html")
    return tuple(names)


async def _tell(client: Client, config: Config, topic: str) -> _Answer:
    """One ping for each file: hubs do not agree on how to name several in one."""
    for name in names_of(config, topic):
        url = f"{config.site.base_url}{name}"  # as its `self` link says it
        body = urlencode({"hub.mode": "publish", "hub.url": url, "hub.topic": url})
        try:
            reply = await client.post_form(
                config.hub or "", body.encode(), timeout_s=_TIMEOUT_S, trusted=True
            )
        except FetchError as error:
            return _Answer(error.detail)
        if not reply.ok:
            return _Answer(f"answered {reply.status}", reply.retry_after_s)
    return _Answer()


async def _put_off(thread: StoreThread, one: Unannounced, answer: _Answer, now: datetime) -> None:
    wait = min(_FIRST_WAIT * (1 << min(one.failures, 20)), _LONGEST_WAIT)
    wait = max(wait, timedelta(seconds=answer.retry_after_s or 0))
    await thread.run(topic_states.set_announce_failed, one.topic, next_try_at=now + wait)
    event(
        log,
        "hub.failed",
        level=logging.WARNING,
        topic=one.topic,
        failures=one.failures + 1,
        reason=answer.error,
    )
