"""What runs in a parsing process.

The parsing room is imported there and nowhere else: the main process needs none of its libraries.
"""

from __future__ import annotations

import gc
import resource

from aggregator.model import ParsedFeed, ParseTask


def set_limits(max_memory: int) -> None:
    """Bounds the process's memory (bytes) and lets the collector run less often.

    A document makes many small objects that all die together: fewer collections save 10 %.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (max_memory, max_memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.set_threshold(50_000, 20, 100)


def parse_document(task: ParseTask) -> ParsedFeed:
    """Parses one document; whatever it raises goes to the parent."""
    from aggregator.parsing.document import parse  # noqa: PLC0415 - only in the child

    return parse(task)
