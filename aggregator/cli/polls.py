"""The main job: `fetch`, `daemon`, `serve`, `publish` and the demo."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli import collector, show
from aggregator.cli.session import Session, database, utc_now
from aggregator.errors import StoreError, UsageError

if TYPE_CHECKING:
    from aggregator.ingest.rules import Rules
    from aggregator.polling.poller import FetchOptions
    from aggregator.polling.report import FetchReport
    from aggregator.publishing.publish import PublishReport
    from aggregator.settings import Config

_DIR = click.Path(file_okay=False, path_type=Path)
_host = click.option("--host", help="Address to listen on, instead of the configuration's.")
_port = click.option(
    "--port", type=click.IntRange(0, 65535), help="Port, instead of the configuration's."
)


@click.command()
@click.option("--feed", "names", multiple=True, metavar="NAME", help="Only this feed; repeatable.")
@click.option("--due", is_flag=True, help="Only feeds that are due: the option for cron.")
@click.option("--force", is_flag=True, help="Full GETs; Retry-After and blocks still hold.")
@click.option("--no-publish", is_flag=True, help="Store and match, but write no output.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
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

    New items are matched into stories, and these judged by topic. Exit code 1
    only when feeds were polled and none succeeded.
    """
    from aggregator.polling.poller import FetchOptions

    config = session.config()
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
        _tell(report, published, config)
    elif code:
        _tell_errors(report)  # alone: cron mails whatever is said
    return code


async def _fetch(
    config: Config, options: FetchOptions, *, publish: bool
) -> tuple[FetchReport, PublishReport | None]:
    from aggregator.polling import poller
    from aggregator.publishing.publish import publish as publish_topics
    from aggregator.storage.lock import PollLock
    from aggregator.storage.thread import StoreThread

    with PollLock(config.database, utc_now(), role="fetch"), show.progress("Polling") as move:
        thread = StoreThread(config.database)
        try:
            report = await poller.fetch(
                config, thread, partial(_rules, config), options, utc_now, on_progress=move
            )
            published = None
            if publish:
                published = await thread.run(publish_topics, config, utc_now())
                if config.hub or config.notify:
                    from aggregator.publishing.telling import tell_all

                    await tell_all(thread, config, utc_now)
            return report, published
        finally:
            thread.close()


def _rules(config: Config) -> Rules:
    """Made when something new is to be matched: a run of 304s goes without."""
    from aggregator.ingest.rules import load_rules

    return load_rules(config)


def _summary(report: FetchReport, published: PublishReport | None) -> dict[str, Any]:
    """The document of `fetch --json`."""
    return {
        "feeds": report.feeds,
        "fetched": report.fetched,
        "not_modified": report.not_modified,
        "unchanged": report.unchanged,
        "failed": report.failed,
        "skipped": report.skipped,
        "items": report.items,
        "new_items": report.new_items,
        "updated_items": report.updated_items,
        "new_stories": report.new_stories,
        "merged_items": report.merged_items,
        "on_topic": report.on_topic,
        "published": {} if published is None else dict(published.published),
        "seconds": round(report.seconds, 3),
        "errors": [
            {"feed": error.feed, "kind": error.kind, "detail": error.detail}
            for error in report.errors
        ],
    }


def _tell(report: FetchReport, published: PublishReport | None, config: Config) -> None:
    """The summary for people: counts, one line per kind of failure, where the feeds are."""
    show.line(
        f"{report.feeds} feeds: {report.fetched} fetched, {report.not_modified} not modified, "
        f"{report.unchanged} unchanged, {report.failed} failed, {report.skipped} skipped "
        f"({report.seconds:.1f} s)"
    )
    show.line(
        f"{report.items} items read: {report.new_items} new, {report.updated_items} updated; "
        f"{report.new_stories} new stories, {report.merged_items} items joined a known story, "
        f"{report.on_topic} on topic"
    )
    _tell_errors(report)
    if published is not None:
        _tell_files(published, config.output)


def _tell_errors(report: FetchReport) -> None:
    kinds: dict[str, list[str]] = {}
    for error in report.errors:
        kinds.setdefault(error.kind, []).append(f"{error.feed}: {error.detail}")
    for kind, lines in sorted(kinds.items()):
        more = f" (and {len(lines) - 1} more; see 'aggregator status')" if len(lines) > 1 else ""
        show.note(f"{kind}: {show.safe(lines[0])}{more}")


def _tell_files(report: PublishReport, output: Path) -> None:
    for topic, entries in sorted(report.published.items()):
        show.line(f"{topic}: {show.count(entries, 'entry', 'entries')} in {output}/{topic}.atom")


@click.command()
@_host
@_port
@click.option("--no-http", is_flag=True, help="Only poll and write files.")
@click.pass_obj
def daemon(session: Session, host: str | None, *, port: int | None, no_http: bool) -> int:
    """Polls, publishes and serves for ever.

    SIGTERM ends it cleanly; SIGHUP makes it read the configuration again.
    """
    from aggregator.serving.run import run_daemon

    collector.work()
    session.is_service = True
    session.told_more = 1  # a service tells one line per poll
    return run_daemon(session.config, host=host, port=port, http=not no_http)


@click.command()
@_host
@_port
@click.pass_obj
def serve(session: Session, host: str | None, *, port: int | None) -> int:
    """Serves feeds and pages; polls nothing."""
    from aggregator.serving.web import serve as serve_http

    collector.work()
    session.is_service = True
    config = session.config_or_database()
    try:
        with database(config, read_only=True):
            pass
    except StoreError as error:  # the files that stand there can be served all the same
        session.warn(f"{error}; until then, pages answer 503")
    return serve_http(config, tell=_tell_address, host=host, port=port)


@click.command()
@click.option("--output", type=_DIR, help="Folder to write into, instead of the configuration's.")
@click.pass_obj
def publish(session: Session, output: Path | None) -> None:
    """Writes all outputs again."""
    from aggregator.publishing.publish import publish as publish_topics

    config = session.config_or_database()
    with database(config) as store:
        report = publish_topics(store, config, utc_now(), output=output, force=True)
    _tell_files(report, output or config.output)


@click.command()
@click.option("--output", type=_DIR, help="Folder for the published files; else a temporary one.")
@click.option("--serve", "serve_it", is_flag=True, help="Keep serving the result until Ctrl-C.")
@click.pass_obj
def demo(session: Session, output: Path | None, *, serve_it: bool) -> int:
    """Shows the whole job, without network.

    Sample feeds are served on loopback, polled over HTTP, matched, judged and published; no
    configuration is needed.
    """
    import tempfile

    from aggregator.demo.run import run_demo

    session.log_to_stderr(())
    with tempfile.TemporaryDirectory(prefix="aggregator-demo-") as folder:
        target = output or Path(tempfile.mkdtemp(prefix="aggregator-demo-"))
        config = run_demo(show.line, database=Path(folder) / "demo.db", output=target)
        if not serve_it:
            return 0
        collector.work()
        from aggregator.serving.web import serve as serve_http

        try:
            return serve_http(config, tell=_tell_address)
        except UsageError:  # its usual port is taken, and a demo has no option for another
            return serve_http(config, tell=_tell_address, port=0)


def _tell_address(address: str) -> None:
    show.note(f"serving http://{address}/ until Ctrl-C")


COMMANDS = (fetch, daemon, serve, publish, demo)
