"""`aggregator status`: how each feed is doing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from msgspec.structs import asdict, replace

from aggregator.cli import show
from aggregator.cli.options import json_option
from aggregator.cli.session import Session, database, utc_now
from aggregator.text import counted

_NAME_WIDTH = 26  # of a feed in the table of `status`, which has 80 characters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from aggregator.settings import Config
    from aggregator.storage.outbox import ReceiverState
    from aggregator.views import FeedHealth


@click.command()
@json_option
@click.pass_obj
def status(session: Session, *, as_json: bool) -> None:
    """Shows how each feed is doing."""
    from aggregator.storage import lists, mail
    from aggregator.storage.health import LONG_FAILING, feed_health
    from aggregator.storage.maintenance import totals
    from aggregator.storage.outbox import receiver_states
    from aggregator.storage.polls import noted_pause

    config, limit = session.config_or_database(), utc_now() - LONG_FAILING
    with database(config, read_only=True) as store:
        feeds, counts = feed_health(store), totals(store)
        receivers, mailings = receiver_states(store), mail.states(store)
        paused = noted_pause(store)
        config = lists.subscribed(store, config)
    receivers = tuple(replace(one, last_error=session.redact(one.last_error)) for one in receivers)
    if as_json:
        shown = []
        for feed in feeds:
            error = ": ".join(part for part in (feed.last_error_kind, feed.last_error) if part)
            own = {"last_error": error, "fails_for_long": feed.fails_since(limit)}
            shown.append(asdict(feed) | own)
        show.as_document(
            {"feeds": shown, "totals": counts, "notify": receivers, "mail": mailings,
             "paused": paused}
        )  # fmt: skip
        return
    if paused is not None:
        show.paragraph(f"no feed has been polled since {show.when(paused.since)}: {paused.reason}")
    _print_feeds(feeds, config, utc_now())
    for one in receivers:
        show.paragraph(_deliveries(one, "notifications to"))
    for one in mailings:
        show.paragraph(_deliveries(one, "mails of"))
    show.paragraph(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items()))


def _print_feeds(feeds: Sequence[FeedHealth], config: Config, now: datetime) -> None:
    """The feeds that fail and what to do about each, then the others, on lines of 80 characters."""
    from aggregator.serving import advice

    is_offline = advice.are_offline(feeds)
    lists = {feed.name: feed.listed_in for feed in config.feeds}
    failing = [feed for feed in feeds if advice.problem(feed)]
    failing.sort(key=lambda feed: not feed.is_broken)
    if failing:
        verb = "fails" if len(failing) == 1 else "fail"
        show.line(f"{len(failing)} of {counted(len(feeds), 'feed')} {verb}:", bold=True)
    if is_offline:
        show.paragraph(advice.OFFLINE, indent=3, first="-> ")
    for feed in failing:
        show.line(show.safe(feed.name), indent=2)
        show.paragraph(advice.problem(feed), indent=4)
        if feed.gone or not is_offline:
            said = advice.advice(feed, of_list=lists.get(feed.name, ""))
            show.paragraph(said, indent=7, first="    -> ")
    well = [feed for feed in feeds if feed not in failing]
    if well:
        show.table(
            ("FEED", "LAST SUCCESS", "NEXT DUE", "ITEMS"),
            (
                (feed.name, show.when(feed.last_success), show.when(feed.next_due), feed.items)
                for feed in well
            ),
            width=_NAME_WIDTH,
        )
    for feed in feeds:
        for text in (
            advice.remark(feed, now) if feed in well else "",
            advice.listed(feed),
            advice.left_out(feed),
            advice.blocked(feed),
            advice.lease(feed) if config.serve.websub else "",
        ):
            if text:
                show.paragraph(f"{feed.name}: {text}")


def _deliveries(receiver: ReceiverState, what: str) -> str:
    said = [counted(receiver.waiting, "waits", "wait") if receiver.waiting else ""]
    said += [f"{receiver.failed} failed" if receiver.failed else ""]
    said += [f"next try {show.when(receiver.next_try)}" if receiver.next_try else ""]
    said += [f"last error: {receiver.last_error}" if receiver.last_error else ""]
    return f"{what} {receiver.name}: {', '.join(filter(None, said))}"
