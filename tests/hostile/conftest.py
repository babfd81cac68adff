"""What the tests of this room share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.parsers import loaded_parsers


@pytest.fixture(scope="session", autouse=True)
def parsers() -> Iterator[None]:
    """Polls need not wait for parsers to be loaded."""
    with loaded_parsers():
        yield
