"""How often the interpreter looks for dead cycles: seldom in a command, as usual in a service."""

from __future__ import annotations

import gc

_USUAL = gc.get_threshold()
_SELDOM = (20_000, 20, 50)


def rest() -> None:
    """For a command that ends soon: what it makes lives until then, or dies without the collector.

    With the interpreter's own thresholds its rounds cost a twentieth of a run.
    """
    gc.set_threshold(*_SELDOM)


def work() -> None:
    """For a service: it lives for years, and would be 2 MB larger."""
    gc.set_threshold(*_USUAL)


def leave() -> None:
    """Before the end: the interpreter's last rounds pass over all that the system frees anyway."""
    gc.freeze()
