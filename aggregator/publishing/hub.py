"""WebSub publisher: pings the configured hub about changed feeds (WebSub, section 7).

Publishing does not wait for it: a hub that does not respond is retried with exponential back-off
until it has accepted the newest revision.
"""

from __future__ import annotations

import logging
from datetime import datetime
from urllib.parse import urlencode

from aggregator.logs import event
from aggregator.network import FORM
from aggregator.publishing.attempt import Attempt, post
from aggregator.publishing.formats import chosen
from aggregator.settings import Config
from aggregator.storage import topic_states
from aggregator.storage.thread import StoreThread

_TIMEOUT_S = 10.0

log = logging.getLogger(__name__)


async def ping(thread: StoreThread, config: Config, now: datetime) -> int:
    """Pings the hub for every topic that changed and is due; returns how many it accepted.

    Does nothing without `publish.hub` and `site.base_url`: a hub needs the feeds' addresses.
    """
    if not config.hub:
        return 0
    names = {topic.name for topic in config.enabled_topics}
    from aggregator.fetching.client import Client  # noqa: PLC0415 - only for those with a hub

    taken = 0
    async with Client(config.fetch.user_agent, route=config.feed_defaults.route) as client:
        for one in await thread.run(topic_states.unannounced, now):
            if one.topic not in names:
                continue
            attempt = Attempt()
            for name in names_of(config, one.topic):  # one by one, as all hubs accept it
                url = f"{config.site.base_url}{name}"  # as in its `self` link
                form = urlencode({"hub.mode": "publish", "hub.url": url, "hub.topic": url}).encode()
                attempt = await post(client, config.hub, form, FORM, timeout_s=_TIMEOUT_S)
                if attempt.error:
                    break
            if not attempt.error:
                await thread.run(topic_states.set_announced, one)
                taken += 1
                continue
            later = now + attempt.wait(one.failures)
            await thread.run(topic_states.set_announce_failed, one.topic, next_try_at=later)
            event(
                log,
                "hub.failed",
                level=logging.WARNING,
                topic=one.topic,
                failures=one.failures + 1,
                reason=attempt.error,
            )
    return taken


def names_of(config: Config, topic: str) -> tuple[str, ...]:
    """The topic's files that name the hub; it is pinged for these only."""
    formats = config.publish.formats
    names = [one.file_name(topic) for one in chosen(formats)]
    if "atom" in formats and config.publish.digest:
        names.append(f"{topic}-digest.atom")
    if "html" in formats:
        names.append(f"{topic}.html")
    return tuple(names)
