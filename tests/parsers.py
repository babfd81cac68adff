"""Parsing processes that start at once."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing import forkserver, spawn
from pathlib import Path

import pytest
from pebble.common.types import CONSTS

from aggregator.polling import parse_pool


@contextmanager
def loaded_parsers() -> Iterator[None]:
    """Has parsing processes forked from one that has loaded the parsers, and does nothing else.

    They are the real ones; where each loaded the parsers by itself, half of the time of the tests
    that poll went into that. `test_parse_pool` starts some as the program does. The threads that
    watch over them look around more often, for the end of each poll waits for two such rounds, and
    the interpreter, which is tried before each of them starts, is tried once.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["aggregator.parsing.document"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        forkserver.ensure_running()
    try_it = parse_pool._fault_of_interpreter
    try_once = cache(try_it)

    def fault(start_s: float) -> str:
        is_ours = os.fsdecode(spawn.get_executable()) == sys.executable
        return try_once(30.0) if is_ours else try_it(start_s)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parse_pool, "_CONTEXT", context)
        patch.setattr(parse_pool, "_fault_of_interpreter", fault)
        patch.setattr(CONSTS, "sleep_unit", 0.01)
        yield
