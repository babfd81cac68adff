"""A folder to run commands in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty folder of its own for one test."""
    return Home(tmp_path)
