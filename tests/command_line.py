"""Runs commands within the test's own process, in the folder where it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.commands import Ended
from tests.samples import Entry

TOPIC = "us-pakistan-security"
TALKS = "Pakistan, US hold counterterrorism dialogue in Islamabad, pledge to fight TTP"
FIRMS = "U.S. sanctions four Pakistani firms over ballistic missile programme"

Command = Callable[..., Ended]


def configure(*feeds: str, more: str = "") -> None:
    """Writes feeds.yaml with these feeds of a loopback server."""
    text = "".join(f"  - {{url: '{url}', name: Feed {n}}}\n" for n, url in enumerate(feeds, 1))
    Path("feeds.yaml").write_text(
        "site: {contact: 'mailto:test@example.org'}\n"
        "fetch: {allow_private_networks: true, host_gap: 0s, timeout: 5s}\n"
        f"{more}feeds:{'' if text else ' []'}\n{text}"
    )


def entry(title: str, *, host: str = "a.example", page: str = "n1", hour: int = 10) -> Entry:
    """An entry of 12 August 2025."""
    return Entry(title, f"Tue, 12 Aug 2025 {hour}:00:00 GMT", f"https://{host}/{page}/story")


def listed(command: Command, *more: str) -> list[Any]:
    """The stories that `stories list` names."""
    done = command("stories", "list", "--since", "3650d", "--json", *more)
    found: list[Any] = done.document()
    return found


def stories(command: Command, *more: str) -> dict[str, Any]:
    """The same by headline."""
    return {story["headline"]: story for story in listed(command, *more)}
