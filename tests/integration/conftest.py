"""What the tests of this room share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.parsers import loaded_parsers
from tests.proxies import RealProxy, real_proxy

if TYPE_CHECKING:
    from tests.cluster import Cluster


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
