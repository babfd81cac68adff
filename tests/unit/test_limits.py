"""How many open files and how much memory a process that polls or serves needs at least."""

from __future__ import annotations

import resource

import pytest

from aggregator.cli import process
from aggregator.errors import TooFewResources

UNLIMITED = resource.RLIM_INFINITY
MIB = 1024 * 1024


def limit(monkeypatch: pytest.MonkeyPatch, **given: int) -> None:
    """Has the system answer with these limits, and with none for what is not given."""
    soft = {getattr(resource, f"RLIMIT_{name}"): value for name, value in given.items()}
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (soft.get(kind, UNLIMITED), UNLIMITED))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("NOFILE", 20, r"only 20 files .*ulimit -n; LimitNOFILE"),
        ("NOFILE", 127, r"only 127 files .*ulimit -n; LimitNOFILE"),
        ("AS", 390 * MIB, r"\(address space\) is limited to 390 MB.*ulimit -v; LimitAS"),
        ("AS", 512 * MIB - 1, r"\(address space\) is limited to 511 MB.*ulimit -v; LimitAS"),
        ("DATA", 195 * MIB, r"\(data\) is limited to 195 MB.*ulimit -d; LimitDATA"),
        ("DATA", 512 * MIB - 1, r"\(data\) is limited to 511 MB.*ulimit -d; LimitDATA"),
    ],
)
def test_too_low_a_limit_is_named_with_what_raises_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: int, words: str
) -> None:
    limit(monkeypatch, **{name: value})

    with pytest.raises(TooFewResources, match=words):
        process.check_limits()


@pytest.mark.parametrize("given", [{}, {"NOFILE": 128, "AS": 512 * MIB, "DATA": 512 * MIB}])
def test_enough_is_enough(monkeypatch: pytest.MonkeyPatch, given: dict[str, int]) -> None:
    limit(monkeypatch, **given)

    process.check_limits()
