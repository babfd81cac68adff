"""The log lines of polls, once they are stored."""

from __future__ import annotations

import logging
from typing import Any

from aggregator.logs import event
from aggregator.model import PollResult
from aggregator.text import printable


def log_poll(log: logging.Logger, result: PollResult) -> None:
    """Logs a stored poll, and what a list changed.

    Also that a feed is gone, once, since it is never asked again.
    """
    fields: dict[str, Any] = {"feed": result.source.name, "ms": round(result.elapsed_s * 1000)}
    level = logging.INFO
    if result.error is not None:
        level = logging.WARNING
        fields |= {"kind": result.error.kind, "detail": result.error.detail}
    elif result.parsed is not None:
        fields |= {"items": result.items, "new": result.new, "updated": result.updated}
    event(log, f"poll.{result.outcome}", level=level, **fields)
    if result.listing is not None:
        added, removed = result.listing.added, result.listing.removed
        name, warning = result.source.name, logging.WARNING
        event(log, "list.changed", level=warning, feed=name, added=len(added), removed=len(removed))
        for word, urls in (("added", added), ("removed", removed)):
            for url in urls:
                event(log, f"list.{word}", feed=name, url=printable(url))
    if result.state.gone and result.outcome == "failed":
        detail = "its server said twice, a day apart, that it is gone (410): remove it"
        event(log, "poll.gone", level=logging.WARNING, feed=result.source.name, detail=detail)
