"""Every error that this package raises on purpose. Pure.

A message says what, where, and what to do. Text that came from outside is never part of a
message unless it went through `aggregator.text.printable`.
"""

from __future__ import annotations

from msgspec import Struct


class AggregatorError(Exception):
    """Base of all expected errors; `exit_code` is what the command line ends with."""

    exit_code = 1


class Problem(Struct, frozen=True):
    """One fault of a configuration file, at a place (1-based line and column)."""

    path: str
    line: int
    column: int
    key: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}"
        key = f"{self.key}: " if self.key else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{place}: {key}{self.message}{hint}"


class ConfigError(AggregatorError):
    """The configuration file cannot be used; all problems are listed at once."""

    exit_code = 2

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class ConfigUnwritten(AggregatorError):
    """An edited configuration file could not be put in place of the old one."""


class UsageError(AggregatorError):
    """The command asks for something that cannot be done, such as an unknown feed name."""

    exit_code = 2


class FetchError(AggregatorError):
    """A request failed. `kind` is the word of the JSON summary, `url` that of the last hop."""

    kind = "http"

    def __init__(self, detail: str, *, url: str = "", kind: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.url = url
        if kind is not None:
            self.kind = kind


class BlockedAddress(FetchError):
    """The guard refuses this URL or the address it resolves to."""

    kind = "blocked"


class TooManyRedirects(FetchError):
    """More redirects than allowed, or a loop."""

    kind = "redirect"


class TooLarge(FetchError):
    """The decoded body is larger than `max_bytes`."""

    kind = "too_large"


class DeadlineExceeded(FetchError):
    """The request, redirects included, took longer than `timeout`."""

    kind = "timeout"


class BadStatus(FetchError):
    """The server answered with a status that carries no feed.

    `headers` (lower-case names) let the schedule see what else the server said.
    """

    def __init__(
        self, detail: str, *, status: int, url: str = "", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail, url=url)
        self.status = status
        self.headers = headers or {}


class NetworkFailure(FetchError):
    """No usable response: `kind` is dns, connect, tls, protocol, proxy or file."""

    kind = "connect"


class ParseError(AggregatorError):
    """A document could not be read. `kind` is the word of the JSON summary."""

    kind = "parse"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


NAMES_ITS_FEED = "; it names its feed: "  # in what is stored of a failed poll: address behind it


class NotAFeed(ParseError):
    """The document is something else: a web page, an OPML file, a picture.

    `names` is the address of the feed that a page declares, if it declares one.
    """

    kind = "not_a_feed"

    def __init__(self, detail: str, *, names: str = "") -> None:
        super().__init__(detail)
        self.names = names


class UnsupportedFormat(ParseError):
    """The document declares a charset or a construct that is refused."""


class ParserKilled(ParseError):
    """The parsing process ran out of time or memory and was ended."""


class ParserUnavailable(AggregatorError):
    """No document can be read, since no parsing process can be started: no feed's fault."""


class WorkersUnavailable(AggregatorError):
    """No worker of a cluster can be asked to poll: no feed's fault, and no server was asked.

    `reason` is the message without the address of the scheduler or the worker.
    """

    def __init__(self, reason: str, *, address: str) -> None:
        super().__init__(f"{address}: {reason}")
        self.reason = reason


class TooFewResources(AggregatorError):
    """The process may not open as many files, or have as much memory, as its work needs."""


class StoreError(AggregatorError):
    """The database cannot be used."""


class NoDatabase(StoreError):
    """There is none yet."""


class SchemaTooNew(StoreError):
    """A newer release wrote this database."""


class WrongDatabase(StoreError):
    """The file is not a database of ours."""


class StoreBusy(StoreError):
    """Another program holds the database locked for longer than the wait."""


class BadRow(StoreError):
    """A value that the database refuses: a lone surrogate, a number beyond 64 bits, a NULL."""


class StoreLocked(StoreError):
    """Another process polls with this database; its `pid` is known where it could be read."""

    exit_code = 3

    def __init__(self, detail: str, *, pid: int | None = None) -> None:
        super().__init__(detail)
        self.pid = pid


class NotFound(AggregatorError):
    """No such feed, story, item, topic or correction."""


class PublishError(AggregatorError):
    """An output could not be written; names the topic or the path."""


class MailError(AggregatorError):
    """A mail could not be sent. The detail has nothing of what the server said but a number.

    `is_of_one`: it concerns one mail, not the server; `is_final`: nor would that be taken later.
    """

    def __init__(self, detail: str, *, is_of_one: bool = False, is_final: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.is_of_one = is_of_one
        self.is_final = is_final


class ModelUnavailable(AggregatorError):
    """The cross-encoder cannot read: its runtime or its file is missing or wrong, or it ended.

    What failed once fails again until the installation is mended: matching goes on without it.
    """
