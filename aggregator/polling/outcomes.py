"""What is told of a poll once its outcome is stored: to counters, reports and the log."""

from __future__ import annotations

import logging
from typing import Any

from msgspec import Struct

from aggregator.ingest.accept import Accepted, Polled
from aggregator.logs import event


class PollEvent(Struct, frozen=True):
    """A poll whose outcome is stored."""

    feed: str
    outcome: str  # fetched | not_modified | unchanged | failed | pushed
    items: int = 0
    new: int = 0
    updated: int = 0
    elapsed_s: float = 0.0
    error_kind: str = ""
    error: str = ""


def event_of(polled: Polled, accepted: Accepted | None) -> PollEvent:
    """The event of a stored poll; a document whose rows were refused counts as failed."""
    found = accepted or Accepted(polled.source.name)
    is_refused = bool(found.error)
    return PollEvent(
        feed=polled.source.name,
        outcome="failed" if is_refused else polled.outcome,
        items=0 if polled.parsed is None else len(polled.parsed.items),
        new=found.new,
        updated=found.updated,
        elapsed_s=polled.elapsed_ms / 1000,
        error_kind="parse" if is_refused else polled.error_kind,
        error=found.error or polled.error,
    )


def log_outcome(log: logging.Logger, done: PollEvent, *, is_gone: bool) -> None:
    """Logs a stored poll; and that its feed is gone, once, since it is never asked again."""
    level = logging.WARNING if done.outcome == "failed" else logging.INFO
    event(log, f"poll.{done.outcome}", level=level, **log_fields(done))
    if is_gone:
        detail = "its server said twice, a day apart, that it is gone (410): remove it"
        event(log, "poll.gone", level=logging.WARNING, feed=done.feed, detail=detail)


def log_fields(done: PollEvent) -> dict[str, Any]:
    """The fields of its log line: those that say something."""
    fields: dict[str, Any] = {"feed": done.feed, "ms": round(done.elapsed_s * 1000)}
    if done.outcome == "failed":
        return fields | {"kind": done.error_kind, "detail": done.error}
    if done.outcome in ("fetched", "pushed"):
        return fields | {"items": done.items, "new": done.new, "updated": done.updated}
    return fields
