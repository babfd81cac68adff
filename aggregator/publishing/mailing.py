"""Digests by mail: queued when a period is over, and retried until the server accepts them.

Delivery is at least once: a mail that the server accepted just before a crash is sent again, with
the Message-ID that was stored when it was queued. The contents are read when it is sent, so that
stories withdrawn in the meantime are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import product

from msgspec.structs import replace

from aggregator.errors import MailError
from aggregator.publishing import build, digests
from aggregator.publishing.attempt import Attempt, record_failure
from aggregator.publishing.digest_days import Period, last_closed, periods_after
from aggregator.publishing.mail_message import Envelope, message
from aggregator.publishing.notification_document import sample_entry, stable_id
from aggregator.publishing.render_document import Day
from aggregator.publishing.rows import NO_AUTHORITY, known_authority
from aggregator.settings import Config, MailSettings, TopicSettings
from aggregator.storage import entries, mail, outbox, topic_states
from aggregator.storage.mail import QueuedMail
from aggregator.storage.store import Store
from aggregator.storage.thread import StoreThread
from aggregator.views import PublishedFeed


def reader_key(mailing: MailSettings, address: str) -> str:
    """The key that the database stores instead of a reader's address."""
    return stable_id(mailing.name, address)


def queue_mails(store: Store, config: Config, now: datetime) -> int:
    """Queues the mails of all complete periods; returns how many.

    A new mailing begins with the first period that ends after this function first sees it.
    """
    return sum(
        _queue(store, mailing, topic.name, now)
        for mailing in config.mail
        for topic in topics_of(config, mailing)
    )


def topics_of(config: Config, mailing: MailSettings) -> tuple[TopicSettings, ...]:
    """The published topics of a mailing."""
    wanted = mailing.topics
    return tuple(one for one in config.enabled_topics if not wanted or one.name in wanted)


def _queue(store: Store, mailing: MailSettings, topic: str, now: datetime) -> int:
    closed = topic_states.topic_state(store, topic).digest_closed
    if not closed:
        return 0
    done = mail.queued_upto(store, mailing.name, topic)
    last = last_closed(mailing.every, closed).last
    if done is not None and done >= last:
        return 0
    days = entries.digest_days(store, topic)
    periods = periods_after(mailing.every, done or last, closed=closed)
    authority, queued = known_authority(store), 0
    with store.transaction():
        mail.set_queued_upto(store, mailing.name, topic, day=last)
        for period, address in product(filter(lambda one: one.days(days), periods), mailing.to):
            reader = reader_key(mailing, address)
            queued_mail = QueuedMail(
                row_id=0,
                topic=topic,
                first_day=period.first,
                last_day=period.last,
                reader=reader,
                message_id=_message_id(mailing, authority, topic, period.last, reader),
                queued_at=now,
                attempts=0,
            )
            queued += mail.enqueue(store, mailing.name, queued_mail)
    return queued


def _message_id(mailing: MailSettings, *parts: str) -> str:
    """A Message-ID (RFC 5322, section 3.6.4) derived from these parts, in the sender's domain."""
    return f"<{stable_id(*parts)}@{mailing.sender.rpartition('@')[2]}>"


async def send_sample(config: Config, mailing: MailSettings, reader: str, now: datetime) -> None:
    """Sends a made-up digest to one address, in the form that readers get; nothing is stored.

    Raises MailError.
    """
    from aggregator.publishing import smtp  # noqa: PLC0415 - only for those with mails to send

    story = sample_entry(now)
    feed = build.feed_of(config, NO_AUTHORITY, [story], name="test", title="A test of mails")
    day = Day(f"{now:%Y-%m-%d}", now, feed.entries, len(feed.entries))
    identity = _message_id(mailing, mailing.name, now.isoformat())
    envelope = Envelope(mailing.sender, reader, identity, now, mailing.unsubscribe)
    async with smtp.session(mailing) as send:
        await send(reader, message(feed, [day], envelope))


async def deliver(thread: StoreThread, config: Config, now: datetime, mailing: MailSettings) -> int:
    """Sends the next due mails of a mailing, in one batch; returns how many were settled."""
    mails = await thread.run(mail.due, now, mailing=mailing.name)
    if not mails:
        return 0
    addresses = {reader_key(mailing, address): address for address in mailing.to}
    messages = await thread.run(compose, config, mailing, mails, addresses)
    settled = 0
    for queued_mail in mails:
        if queued_mail.row_id not in messages:  # its reader, its topic or all its stories are gone
            await thread.run(outbox.settle, queued_mail.row_id, now, queue="mail")
            settled += 1
    waiting = [queued_mail for queued_mail in mails if queued_mail.row_id in messages]
    from aggregator.publishing import smtp  # noqa: PLC0415 - only for those with mails to send

    while waiting:
        try:
            async with smtp.session(mailing) as send:
                while waiting:
                    await send(addresses[waiting[0].reader], messages[waiting[0].row_id])
                    await thread.run(outbox.settle, waiting.pop(0).row_id, now, queue="mail")
                    settled += 1
        except MailError as error:
            failed = waiting[:1] if error.is_of_one else waiting
            attempt = Attempt(error.detail, is_final=error.is_final)
            for one in failed:
                settled += await record_failure(
                    thread, one, attempt, now, queue="mail", mailing=mailing.name, topic=one.topic
                )
            waiting = waiting[len(failed) :]
    return settled


def compose(
    store: Store,
    config: Config,
    mailing: MailSettings,
    mails: Sequence[QueuedMail],
    addresses: Mapping[str, str],
) -> Mapping[int, bytes]:
    """The messages by row id; mails without a reader or without stories are left out.

    `addresses`: those of the mailing's readers, by `reader_key`.
    """
    topics = {topic.name: topic for topic in topics_of(config, mailing)}
    contents: dict[tuple[str, Period], tuple[PublishedFeed, Sequence[Day]]] = {}
    found = {}
    for queued_mail in mails:
        if queued_mail.reader not in addresses or queued_mail.topic not in topics:
            continue
        key = queued_mail.topic, Period(queued_mail.first_day, queued_mail.last_day)
        if key not in contents:
            feed = build.topic_feed(store, config, topics[queued_mail.topic])
            names = key[1].days(entries.digest_days(store, queued_mail.topic))
            most = digests.STORIES // max(len(names), 1)  # the days share the room of one
            read = [digests.read_day(store, config, queued_mail.topic, name) for name in names]
            contents[key] = feed, [replace(day, stories=day.stories[:most]) for day in read]
        feed, days = contents[key]
        if days:
            reader, at = addresses[queued_mail.reader], queued_mail.queued_at
            identity, unsubscribe = queued_mail.message_id, mailing.unsubscribe
            envelope = Envelope(mailing.sender, reader, identity, at, unsubscribe)
            found[queued_mail.row_id] = message(feed, days, envelope)
    return found


async def drop_removed(thread: StoreThread, config: Config, now: datetime) -> int:
    """Drops mails that wait for mailings which are no longer configured; returns how many.

    A mailing that is configured again starts afresh.
    """
    names = [mailing.name for mailing in config.mail]
    await thread.run(mail.forget_others, names)
    waiting = await thread.run(outbox.open_targets, queue="mail")
    removed = [name for name in waiting if name not in names]
    error = "mailing no longer configured"
    return await thread.run(outbox.give_up_all, removed, now, error=error, queue="mail")
