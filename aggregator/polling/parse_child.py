"""What runs in a parsing process.

`parsing` is imported there and nowhere else: the main process needs none of its libraries.
"""

from __future__ import annotations

import gc
import resource

from aggregator.errors import ParseError
from aggregator.model import ParsedFeed, ParseTask


def set_limits(max_memory: int) -> None:
    """Bounds the process's memory (bytes), loads the parsers, and sets the collector aside.

    A document makes many small objects that all die together: one collection after it, over
    them alone, is cheaper than many on the way and keeps the process small.
    """
    load()
    resource.setrlimit(resource.RLIMIT_DATA, (max_memory, max_memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.set_threshold(50_000, 20, 100)
    gc.freeze()


def load() -> None:
    """Loads the parsers; that it returns shows that the process is up."""
    import aggregator.parsing.document  # noqa: F401, PLC0415 - only in the child


def parse_document(task: ParseTask) -> ParsedFeed:
    """Parses one document; what it raises goes to the parent: ParseError, or MemoryError."""
    from aggregator.parsing.document import parse  # noqa: PLC0415 - only in the child

    try:
        return parse(task)
    except (ParseError, MemoryError):
        raise
    except Exception as error:  # a document that trips the parsers up must not look like our fault
        raise ParseError(f"the parser gave up on it ({type(error).__name__})") from error
    finally:
        gc.collect()
