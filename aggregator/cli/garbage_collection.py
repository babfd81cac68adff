"""Garbage collection: seldom in a command, as usual in a service."""

from __future__ import annotations

import gc

_USUAL = gc.get_threshold()
_SELDOM = (100_000, 4, 50)


def run_seldom() -> None:
    """For a command that ends soon: what it makes lives until then, or goes by its reference count.

    With the default thresholds, collecting takes a twentieth of a run.
    """
    gc.set_threshold(*_SELDOM)


def run_as_usual() -> None:
    """For a service: it lives for years, and would be 2 MB larger."""
    gc.set_threshold(*_USUAL)
