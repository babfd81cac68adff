"""What tests of every room share."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.servers import WebServer, running

# what each of many processes would else compile anew, the tests and their assertions most of all
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# each collection of the oldest generation passes over thousands of tests, which live to the end
gc.set_threshold(20_000, 20, 50)

ROOT = Path(__file__).parents[1]
MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 4_000_000_000


def pytest_configure() -> None:
    """Has temporary folders lie in memory where there is room: each commit waits for a disk.

    No test cuts the power, so what reached the kernel counts as written in both places.
    """
    _load_profile()
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    if shutil.disk_usage(MEMORY).free >= ENOUGH_BYTES:
        os.environ["TMPDIR"] = str(MEMORY)  # for commands that tests start, too
        tempfile.tempdir = None  # found anew


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Has garbage collections pass over what is collected: it is no garbage until the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def _load_profile() -> None:
    """Of Hypothesis, which pytest compiles as it compiles tests: not before files are kept."""
    from hypothesis import HealthCheck, settings

    # nothing depends on how fast a busy machine is
    base = settings(print_blob=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    # the same examples in every run, where new ones would be found by chance in somebody's change;
    # `make torture` looks for new ones
    settings.register_profile("ci", base, derandomize=True, max_examples=40)
    settings.register_profile("search", base, max_examples=2000)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session", autouse=True)
def _tests_stay_frozen() -> Iterator[None]:
    """A poller that starts would have a collection pass over all tests, which takes 0.3 s."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gc, "unfreeze", lambda: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _migrated_once() -> Iterator[None]:
    from tests.databases import migrated_once  # loads SQLite's side of the program

    with migrated_once():
        yield


@pytest.fixture(scope="session", autouse=True)
def _lexicons_read_once() -> Iterator[None]:
    """Each query of a test that is compiled would read them anew, which takes 5 ms."""
    from aggregator.topics import lexicon

    read = cache(lexicon.shipped)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexicon, "shipped", lambda: dict(read()))
        yield


@pytest.fixture(scope="session", autouse=True)
def _reset_logs() -> Callable[[], None]:
    """Sets the logs up as they were before the first test."""
    loggers = [logging.getLogger(name) for name in ("", "aggregator", "aggregator.polling")]
    handlers, levels = loggers[0].handlers[:], [logger.level for logger in loggers]

    def reset() -> None:
        for handler in loggers[0].handlers:
            if handler not in handlers:
                handler.close()  # that of a service has a thread
        loggers[0].handlers[:] = handlers
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)

    return reset


@pytest.fixture(autouse=True)
def _logs_as_before(_reset_logs: Callable[[], None]) -> Iterator[None]:
    """A command sets up the logs of its process, which is the one of the tests here.

    So does one that a fixture runs for many tests, before this one.
    """
    _reset_logs()
    yield
    _reset_logs()


@pytest.fixture
def web() -> Iterator[WebServer]:
    """A recording web server on loopback."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of data that is not part of the project; tests of it skip where it is absent."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the shared data folder is not beside this checkout")
    return folder


@pytest.fixture
def one_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of loopback counts as public: servers of a test may redirect to each other."""
    monkeypatch.setattr("aggregator.hosts.is_public", lambda address: True)
    monkeypatch.setattr("aggregator.fetching.resolver.is_public", lambda address: True)
