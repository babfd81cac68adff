"""`aggregator fetch`: the main job, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import asdict

from aggregator.cli import process, show
from aggregator.cli.commands.publish import show_files, show_filled
from aggregator.cli.options import json_option
from aggregator.cli.session import Session, subscribed, utc_now
from aggregator.errors import UsageError
from aggregator.text import counted

if TYPE_CHECKING:
    from aggregator.ingest.rules import Rules
    from aggregator.polling.poller import FetchOptions
    from aggregator.polling.report import FetchReport
    from aggregator.publishing.publish import PublishReport
    from aggregator.settings import Config

_FAILURES_SHOWN = 20  # of failing, in the summary for people; --json has them all
_FEEDS_NAMED = 3  # feeds of each


@click.command()
@click.option("--feed", "names", multiple=True, metavar="NAME", help="Only this feed; repeatable.")
@click.option("--due", is_flag=True, help="Only feeds that are due; the option for cron.")
@click.option(
    "--force", is_flag=True, help="Unconditional requests; Retry-After and blocks still hold."
)
@click.option("--no-publish", is_flag=True, help="Store and match, but write no output.")
@json_option
@click.pass_obj
def fetch(
    session: Session,
    *,
    names: tuple[str, ...],
    due: bool,
    force: bool,
    no_publish: bool,
    as_json: bool,
) -> int:
    """Polls the feeds once, and publishes.

    New items are matched into stories, and each topic decides on these. Exit code 1 only when
    feeds were polled and none succeeded.
    """
    import asyncio

    from aggregator.polling.poller import FetchOptions

    config = session.config()
    process.check_limits()
    if not config.feeds:
        raise UsageError(f"{session.path}: no feeds configured; add one: aggregator feeds add URL")
    if config.site.contact is None:
        session.warn("site.contact is not set: publishers whom a poll troubles cannot reach you")
    session.hush_polls()
    options = FetchOptions(feeds=names, due=due, force=force)
    report, published = asyncio.run(_fetch(config, options, publish=not no_publish))
    polled = report.feeds - report.skipped
    code = 1 if polled and report.failed == polled else 0
    if as_json:
        show.as_document(_summary(report, published))
    elif session.verbosity >= 0:
        _print_summary(report, published, config)
    elif code:
        _print_errors(report, config)  # alone: cron mails whatever is printed
    return code


async def _fetch(
    config: Config, options: FetchOptions, *, publish: bool
) -> tuple[FetchReport, PublishReport | None]:
    from aggregator.polling import poller
    from aggregator.publishing.publish import publish as publish_topics
    from aggregator.storage.lock import PollLock
    from aggregator.storage.thread import StoreThread

    def rules() -> Rules:
        """Made when something new is to be matched: a run of 304s goes without."""
        from aggregator.ingest.rules import load_rules

        return load_rules(config)

    process.keep_loaded()
    with PollLock(config.database, utc_now(), role="fetch"), show.progress("Polling") as move:
        thread = StoreThread(config.database)
        try:
            report = await poller.fetch(config, thread, rules, options, utc_now, on_progress=move)
            published = None
            if publish:
                published = await thread.run(publish_topics, config, utc_now())
                if config.hub or config.notify or config.mail:
                    from aggregator.publishing.announce import announce_all

                    await announce_all(thread, config, utc_now)
            return report, published
        finally:
            thread.close()


def _summary(report: FetchReport, published: PublishReport | None) -> dict[str, Any]:
    """The document of `fetch --json`."""
    counts = asdict(report)
    seconds, errors, filled = (counts.pop(name) for name in ("seconds", "errors", "filled"))
    return counts | {
        "published": {} if published is None else dict(published.published),
        "filled": {one.topic: one.stories for one in filled},
        "seconds": round(seconds, 3),
        "errors": [{"feed": feed, **asdict(error)} for feed, error in errors],
    }


def _print_summary(report: FetchReport, published: PublishReport | None, config: Config) -> None:
    """The summary for people: counts, one line per way to fail, where the feeds are."""
    show.line(
        f"{counted(report.feeds, 'feed')}: {report.fetched} fetched, "
        f"{report.not_modified} not modified, {report.unchanged} unchanged, "
        f"{report.failed} failed, {report.skipped} skipped ({report.seconds:.1f} s)"
    )
    show.line(
        f"{counted(report.items, 'item')} read: {report.new_items} new, "
        f"{report.updated_items} updated; "
        f"{counted(report.new_stories, 'new story', 'new stories')}, "
        f"{counted(report.merged_items, 'item')} joined a known story, "
        f"{report.on_topic} on topic"
    )
    _print_errors(report, config)
    show_filled(report.filled)
    if published is not None:
        show_files(published, config.output)


def _print_errors(report: FetchReport, config: Config) -> None:
    """One line for all feeds that failed in the same way, the most frequent way first."""
    if not report.errors:
        return
    from aggregator.serving.advice import OFFLINE, is_offline

    same: dict[tuple[str, str], list[str]] = {}
    for feed, error in report.errors:
        same.setdefault((error.kind, error.detail), []).append(feed)
    ways = sorted(same.items(), key=lambda way: (-len(way[1]), way[0]))
    for (kind, detail), names in ways[:_FAILURES_SHOWN]:
        left = len(names) - _FEEDS_NAMED
        more, see = (f" and {left} more", " (see 'aggregator status')") if left > 0 else ("", "")
        text = f"{kind.replace('_', ' ')}: {', '.join(names[:_FEEDS_NAMED])}{more}: {detail}{see}"
        show.note(show.safe(text, limit=500))
    if len(ways) > _FAILURES_SHOWN:
        show.note(f"and {len(ways) - _FAILURES_SHOWN} more ways to fail: see 'aggregator status'")
    if report.failed == report.feeds - report.skipped:
        urls = {feed.name: feed.url for feed in subscribed(config).feeds}  # none is printed
        if is_offline((error.kind, urls.get(feed, "")) for feed, error in report.errors):
            show.note(OFFLINE)
