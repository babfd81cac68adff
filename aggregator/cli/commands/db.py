"""`aggregator db ...`: maintenance of the database."""

from __future__ import annotations

from pathlib import Path

import click

from aggregator.cli import show
from aggregator.cli.options import age_of
from aggregator.cli.session import Session, database, utc_now
from aggregator.errors import UsageError
from aggregator.text import counted


@click.group()
def db() -> None:
    """Maintains the database."""


@db.command()
@click.pass_obj
def migrate(session: Session) -> None:
    """Migrates the database to this release's schema.

    Creates it when there is none.
    """
    config = session.config_or_database()
    was_there = config.database.exists()
    with database(config) as store:  # opening migrates
        steps = len(store.migrated)
    done = f"brought up to date ({counted(steps, 'step')})" if steps else "up to date already"
    show.line(f"{config.database}: {done if was_there else 'made, up to date'}")


@db.command()
@click.pass_obj
def check(session: Session) -> int:
    """Verifies the database's integrity."""
    from aggregator.storage.maintenance import check as check_store
    from aggregator.storage.store import may_write

    config = session.config_or_database()
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
@click.option("--keep", metavar="AGE", help="How old: 180d, instead of the configuration's age.")
@click.pass_obj
def prune(session: Session, keep: str | None) -> None:
    """Removes old items, unless they are published."""
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
    """Returns unused space to the file system."""
    from aggregator.storage.maintenance import vacuum as vacuum_store

    config = session.config_or_database()
    before = config.database.stat().st_size if config.database.exists() else 0
    with database(config) as store:
        vacuum_store(store)
    show.line(f"{before:,} bytes before, {config.database.stat().st_size:,} after")
