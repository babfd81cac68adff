"""What the tests of this room share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aggregator.storage.store import Store, open_store
from tests.parsers import loaded_parsers
from tests.proxies import RealProxy, real_proxy

if TYPE_CHECKING:
    from tests.cluster import Cluster


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new database, the file `a.db`."""
    with open_store(tmp_path / "a.db") as opened:
        yield opened


@pytest.fixture(scope="session", autouse=True)
def parsers() -> Iterator[None]:
    """Polls need not wait for parsers to be loaded."""
    with loaded_parsers():
        yield


@pytest.fixture(scope="session")
def proxy() -> Iterator[RealProxy]:
    """A proxy for HTTP and SOCKS that finds `*.example.org` on this machine."""
    with real_proxy() as running:
        yield running


@pytest.fixture(scope="session")
def workers() -> Iterator[Cluster]:
    """A scheduler with one worker, in a process of its own."""
    pytest.importorskip("distributed", reason="the extra 'cluster' is absent")
    from tests.cluster import cluster

    with cluster() as running:
        running.add_worker()
        yield running
