"""Care of an installation: `status`, `doctor`, `reload` and `db ...`."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import asdict

from aggregator.cli import show
from aggregator.cli.session import Session, database, utc_now
from aggregator.errors import NotFound, StoreError, UsageError

_NAME_WIDTH = 26  # of a feed in the table of `status`, which has 80 characters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from aggregator.settings import Config
    from aggregator.storage.health import FeedHealth


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def status(session: Session, *, as_json: bool) -> None:
    """Shows how each feed is doing."""
    from aggregator.storage.health import LONG_FAILING, feed_health
    from aggregator.storage.maintenance import totals

    config, limit = session.config_or_database(), utc_now() - LONG_FAILING
    with database(config, read_only=True) as store:
        feeds, counts = feed_health(store), totals(store)
    if as_json:
        show.as_document({"feeds": [_health(feed, limit) for feed in feeds], "totals": counts})
        return
    _tell_feeds(feeds, config, utc_now())
    show.paragraph(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items()))


def _tell_feeds(feeds: Sequence[FeedHealth], config: Config, now: datetime) -> None:
    """The feeds that fail and what to do about each, then the others, on lines of 80 characters."""
    from aggregator.serving.advice import advice, left_out, problem, remark

    failing = [feed for feed in feeds if problem(feed)]
    failing.sort(key=lambda feed: not feed.is_broken)
    if failing:
        show.line(f"{len(failing)} of {show.count(len(feeds), 'feed')} fail:", bold=True)
    for feed in failing:
        show.line(show.safe(feed.name), indent=2)
        show.paragraph(problem(feed), indent=4)
        show.paragraph(advice(feed), indent=7, first="    -> ")
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
        for said in (
            remark(feed, now) if feed in well else "",
            left_out(feed),
            _lease(feed) if config.serve.websub and feed.hub_state else "",
        ):
            if said:
                show.paragraph(f"{feed.name}: {said}")


def _lease(feed: FeedHealth) -> str:
    if feed.hub_state != "active":
        return f"its hub's lease is {feed.hub_state}; polled as ever"
    pushed = f"last push {show.when(feed.hub_last_push)}" if feed.hub_last_push else "no push yet"
    return f"its hub's lease ends {show.when(feed.hub_until)}; {pushed}"


def _health(feed: FeedHealth, limit: datetime) -> dict[str, Any]:
    values = asdict(feed) | {"fails_for_long": feed.fails_since(limit)}
    values["last_error"] = ": ".join(
        part for part in (feed.last_error_kind, feed.last_error) if part
    )
    return values


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def doctor(session: Session, *, as_json: bool) -> int:
    """Examines the whole installation."""
    from aggregator.serving.doctor import examine

    findings = examine(session.config(), utc_now())
    if as_json:
        show.as_document([asdict(finding) for finding in findings])
    else:
        for finding in sorted(findings, key=lambda finding: finding.ok):
            mark = click.style("ok  ", fg="green") if finding.ok else click.style("FAIL", fg="red")
            said = f"{finding.check.replace('_', ' ')}: {finding.detail}"
            show.paragraph(said, indent=6, first=f"{mark}  ")
            if finding.fix:
                show.paragraph(finding.fix, indent=9, first="      -> ")
    return 0 if all(finding.ok for finding in findings) else 1


@click.command()
@click.pass_obj
def reload(session: Session) -> None:
    """Asks the daemon to read its configuration."""
    from aggregator.storage.lock import lock_holder

    config = session.config()
    if not ask_to_reload(config):
        holder = lock_holder(config.database)
        other = f"; {holder} polls with it" if holder else ""
        raise NotFound(f"no daemon runs on {config.database}{other}")
    show.line("the daemon was asked to read its configuration again; its log tells the result")


def ask_to_reload(config: Config) -> bool:
    """Sends SIGHUP to the daemon that polls with this database; False when there is none."""
    from aggregator.storage.lock import lock_holder

    holder = lock_holder(config.database)
    if holder is None or holder.pid <= 0 or holder.role != "daemon":
        return False  # whatever else polls would be ended by the signal
    try:
        os.kill(holder.pid, signal.SIGHUP)
    except ProcessLookupError:
        return False
    except PermissionError as error:
        raise StoreError(
            f"process {holder.pid} polls with this database and belongs to another user; "
            "send it SIGHUP as that user"
        ) from error
    return True


@click.group()
def db() -> None:
    """Care of the database."""


@db.command()
@click.pass_obj
def migrate(session: Session) -> None:
    """Brings the database to this release's schema; makes it when there is none."""
    config = session.config_or_database()
    was_there = config.database.exists()
    with database(config) as store:  # opening migrates
        steps = len(store.migrated)
    done = f"brought up to date ({show.count(steps, 'step')})" if steps else "up to date already"
    show.line(f"{config.database}: {done if was_there else 'made, up to date'}")


@db.command()
@click.pass_obj
def check(session: Session) -> int:
    """Verifies the database's integrity."""
    from aggregator.storage.maintenance import check as check_store
    from aggregator.storage.store import may_write

    config = session.config_or_database()
    if not config.database.exists():
        raise StoreError(f"{config.database}: no database there; run 'aggregator fetch' first")
    with database(config, read_only=True):
        pass  # opened for writing, a backup of an older release would be migrated
    # a write is needed to check the full-text index in depth
    with database(config, read_only=not may_write(config.database)) as store:
        problems = check_store(store)
    for problem in problems:
        show.note(show.safe(problem))
    if not problems:
        show.line(f"{config.database}: ok")
    return 1 if problems else 0


@db.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def backup(session: Session, file: Path) -> None:
    """Copies the database to FILE; safe while the daemon runs."""
    from aggregator.storage.maintenance import backup as backup_store

    if file.exists():
        raise UsageError(f"{file}: exists already; name a new file")
    with database(session.config_or_database(), read_only=True) as store:
        backup_store(store, file)
    show.line(f"{file}: {file.stat().st_size:,} bytes")


@db.command()
@click.option("--keep", metavar="AGE", help="Such as 180d, instead of the configuration's.")
@click.pass_obj
def prune(session: Session, keep: str | None) -> None:
    """Removes items that are older than the age to keep, unless they are published."""
    from aggregator.storage.maintenance import prune as prune_store
    from aggregator.storage.maintenance import tidy

    config = session.config_or_database()
    age = config.storage.keep if keep is None else age_of(keep)
    with database(config) as store:
        removed = prune_store(store, utc_now(), keep=age)
        tidy(store, utc_now())
    show.line(f"{removed} items removed")


@db.command()
@click.pass_obj
def vacuum(session: Session) -> None:
    """Gives unused space back to the file system."""
    from aggregator.storage.maintenance import vacuum as vacuum_store

    config = session.config_or_database()
    before = config.database.stat().st_size if config.database.exists() else 0
    with database(config) as store:
        vacuum_store(store)
    show.line(f"{before:,} bytes before, {config.database.stat().st_size:,} after")


def age_of(text: str) -> timedelta:
    """An age as written on the command line. Raises UsageError."""
    from aggregator.config.document import Place, Scalar
    from aggregator.config.fields import Bad, duration

    try:
        age: timedelta = duration(1, 36_500 * 86_400)(Scalar(text, Place(1, 1), 1))
    except Bad as error:
        raise UsageError(f"{error.message}; {error.hint}") from error
    return age


COMMANDS = (status, doctor, reload, db)
