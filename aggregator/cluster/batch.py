"""What goes to a worker and what comes back: plain data (MessagePack), checked and bounded. Pure.

Neither side takes an object of the other: a value of another type, a field that is not known here,
or a message that is too large is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from msgspec import DecodeError, Struct, ValidationError, field
from msgspec.msgpack import decode, encode
from msgspec.structs import fields, replace

from aggregator import __version__
from aggregator.fetching.redirects import Trail
from aggregator.model import FeedState, ParsedFeed, PollError, PollResult
from aggregator.network import Proxies
from aggregator.polling.poll import holds_secret
from aggregator.settings import FeedSource

MOST_TASKS = 16  # of a batch: its answer waits for the slowest of them
MOST_SENT = 8_000_000  # bytes
MOST_ANSWERED = 32_000_000  # bytes, of one poll

T = TypeVar("T")
_OF_SOURCE = (
    *("name", "url", "timeout_s", "max_bytes", "headers", "allow_private_networks", "proxy"),
    "cookies",
)
_OF_STATE = ("etag", "last_modified", "validators_url", "permanent_url", "body_hash")


class PollTask(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One poll: what a worker is given of a feed, and no more."""

    name: str
    url: str
    timeout_s: float
    max_bytes: int
    headers: tuple[tuple[str, str], ...] = ()
    allow_private_networks: bool = False
    proxy: Proxies = Proxies()
    cookies: bool = False
    is_list: bool = False
    is_secret: bool = False
    is_full: bool = False
    etag: str | None = None
    last_modified: str | None = None
    validators_url: str | None = None
    permanent_url: str | None = None
    body_hash: str | None = None
    trail: Trail | None = None  # the poll goes on there

    @property
    def source(self) -> FeedSource:
        """The feed as the worker knows it."""
        return FeedSource(
            **_values(self, _OF_SOURCE),
            opml="list" if self.is_list else "",
            key=self.url,
            private=self.is_secret,
        )

    @property
    def state(self) -> FeedState:
        """What is remembered of it, as far as a request needs it."""
        return FeedState(0, self.url, self.name, **_values(self, _OF_STATE))


class PollBatch(Struct, frozen=True, forbid_unknown_fields=True):
    """Polls that begin at once; no two of one host unless that may be asked without a gap."""

    version: str  # of this program: both sides must be the same release
    sent_at: float  # Unix time
    late_s: float  # so much later it must not be begun
    user_agent: str
    tasks: tuple[PollTask, ...]


class PollAnswer(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What one poll came to: fields of `PollResult`, or the redirect to another host."""

    begun_s: float  # how long before the batch was answered
    parsed: ParsedFeed | None = None
    outcome: str = "fetched"
    error: PollError | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    moved_to: str | None = None
    body_hash: str | None = None
    body_bytes: int = 0
    elapsed_s: float = 0.0
    trail: Trail | None = None  # nothing but where the poll is to go on


class BatchAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """An encoded answer for each task in order; or why no server was asked."""

    answers: tuple[bytes, ...] = ()
    fault: str = ""


_OF_RESULT = tuple(one.name for one in fields(PollAnswer) if one.name not in ("begun_s", "trail"))


def task_of(begun: PollResult, *, is_full: bool, trail: Trail | None = None) -> PollTask:
    """The task of a poll that begins, or goes on."""
    return PollTask(
        **_values(begun.source, _OF_SOURCE),
        **_values(begun.state, _OF_STATE),
        is_list=begun.source.is_list,
        is_secret=holds_secret(begun.source),
        is_full=is_full,
        trail=trail,
    )


def answer_of(result: PollResult, begun_s: float) -> PollAnswer:
    """What a worker says of a poll."""
    return PollAnswer(begun_s, **_values(result, _OF_RESULT))


def result_of(answer: PollAnswer, begun: PollResult) -> PollResult:
    """The poll as if it had been made here."""
    return replace(begun, **_values(answer, _OF_RESULT))


def _values(value: Struct, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(value, name) for name in names}


def without_known(parsed: ParsedFeed, known: frozenset[str]) -> ParsedFeed:
    """The document as it is read where the raw hashes of stored items are known."""
    counts = Counter(item.raw_hash for item in parsed.items)
    cut = {
        raw_hash
        for raw_hash, count in counts.items()
        if count == 1 and raw_hash and raw_hash in known
    }
    return replace(
        parsed,
        items=tuple(item for item in parsed.items if item.raw_hash not in cut),
        known=tuple(item.raw_hash for item in parsed.items if item.raw_hash in cut),
    )


def encode_batch(
    tasks: Sequence[PollTask], *, user_agent: str, sent_at: float, late_s: float
) -> bytes:
    """The batch as it is sent."""
    return encode(PollBatch(__version__, sent_at, late_s, user_agent, tuple(tasks)))


def decode_batch(data: bytes) -> PollBatch:
    """A batch that came. Raises ValueError, whose text names no feed."""
    batch = _decode(PollBatch, data, MOST_SENT)
    if batch.version != __version__:
        raise ValueError(f"the daemon runs release {batch.version}, this worker {__version__}")
    if len(batch.tasks) > MOST_TASKS:
        raise ValueError(f"a batch of {len(batch.tasks)} polls, more than {MOST_TASKS}")
    return batch


def encode_answer(answer: PollAnswer) -> bytes:
    """One poll's answer; as one that failed where it is too large. Raises ValueError where a text
    of it is none (a lone surrogate)."""
    data = encode(answer)
    if len(data) <= MOST_ANSWERED:
        return data
    error = PollError("too_large", f"what was read of it is larger than {MOST_ANSWERED} bytes")
    return encode(PollAnswer(answer.begun_s, outcome="failed", error=error))


def encode_answers(answers: Sequence[bytes], *, fault: str = "") -> bytes:
    """The answer to a batch."""
    return encode(BatchAnswer(tuple(answers), fault))


def decode_answers(data: bytes, count: int) -> tuple[PollAnswer, ...] | str:
    """The answers to a batch of so many polls, or why no server was asked. Raises ValueError."""
    whole = _decode(BatchAnswer, data, count * MOST_ANSWERED + MOST_SENT)
    if whole.fault:
        return whole.fault
    if len(whole.answers) != count:
        raise ValueError(f"{len(whole.answers)} answers to {count} polls")
    return tuple(_decode(PollAnswer, one, MOST_ANSWERED) for one in whole.answers)


def _decode(kind: type[T], data: bytes, most: int) -> T:
    if len(data) > most:
        raise ValueError(f"a message of {len(data)} bytes, more than {most}")
    try:
        return decode(data, type=kind)
    except (ValidationError, DecodeError) as error:
        raise ValueError(f"no message of this release: {error}") from error
