"""What the global options say, and the configuration and database they lead to."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from aggregator.cli import show
from aggregator.errors import NoDatabase

if TYPE_CHECKING:
    from aggregator.settings import Config
    from aggregator.storage.store import Store

DEFAULT_CONFIG = Path("feeds.yaml")


class Session(Struct):
    """One invocation. `redact` replaces the secrets of the configuration once it was read."""

    config_path: Path | None = None
    database: Path | None = None
    verbosity: int = 0
    extra_verbosity: int = 0  # levels of the log beyond what was asked for
    is_service: bool = False  # lives on, whoever reads its log or not
    log_format: str = "text"
    redact: Callable[[str], str] = field(default=str)

    @property
    def path(self) -> Path:
        """The configuration file, whether named or the default."""
        return self.config_path or DEFAULT_CONFIG

    def config(self) -> Config:
        """The checked configuration; logs are set up so that its secrets stay out of them.

        Raises ConfigError for a wrong file, UsageError when there is none.
        """
        from aggregator.config import load

        config = load(self.path, os.environ, database=self.database)
        self.log_to_stderr(config.secrets)
        return config

    def config_or_default(self) -> Config:
        """The configuration; the built-in one where no file was named and none is there."""
        if self.config_path is not None or DEFAULT_CONFIG.exists():
            return self.config()
        from aggregator.config import user_agent
        from aggregator.settings import Config, FetchSettings

        self.log_to_stderr(())
        config = Config(fetch=FetchSettings(user_agent=user_agent(None)))
        if self.database is None:
            return config
        return replace(config, database=self.database.resolve())

    def config_or_database(self) -> Config:
        """For commands that only need the database: `--db` alone is enough."""
        return self.config() if self.database is None else self.config_or_default()

    def warn(self, text: str) -> None:
        """One line for people, unless they asked for errors only."""
        if self.verbosity >= 0:
            show.note(f"warning: {text}")

    def print_error(self, text: str) -> None:
        """What ends the command, after the log's lines; with the exception at hand for -v."""
        from aggregator import logs

        logs.flush()
        show.note(self.redact(text))
        if self.verbosity > 0:
            show.note(self.redact(traceback.format_exc()))

    def hush_polls(self) -> None:
        """Leaves failed polls to the summary, which names each kind once, unless -v is given."""
        level = logging.ERROR if self.verbosity == 0 else logging.NOTSET
        logging.getLogger("aggregator.polling").setLevel(level)

    def log_to_stderr(self, secrets: tuple[str, ...]) -> None:
        """Sets up logging at this session's verbosity."""
        from aggregator import logs

        self.redact = logs.redactor(secrets)
        verbosity = self.verbosity + self.extra_verbosity
        logs.configure(
            sys.stderr,
            verbosity=verbosity,
            style=self.log_format,
            secrets=secrets,
            is_service=self.is_service,
        )


def utc_now() -> datetime:
    """The clock that commands pass on."""
    return datetime.now(UTC)


def subscribed(config: Config) -> Config:
    """The configuration with the feeds that its lists named, as far as any was read yet."""
    if not any(feed.is_list for feed in config.feeds):
        return config
    from aggregator.storage import lists

    try:
        with database(config, read_only=True) as store:
            return lists.subscribed(store, config)
    except NoDatabase:
        return config


def database(config: Config, *, read_only: bool = False) -> Store:
    """The open database of a command; `with` closes it."""
    from aggregator.storage.store import open_store

    return open_store(config.database, read_only=read_only)
