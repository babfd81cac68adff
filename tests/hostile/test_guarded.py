"""Hostile URLs and resolver answers: judged, never dialled."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from aggregator.errors import BlockedAddress, FetchError
from aggregator.fetching.client import Client, Request
from aggregator.fetching.guard import check_url
from aggregator.hosts import is_public
from tests.hostile.corpus.cases import Case, of_kind


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in of_kind("url")])
def test_a_url_is_refused_before_any_look_up(case: Case) -> None:
    asked: list[str] = []

    def lookup(host: str) -> tuple[str, ...]:
        asked.append(host)
        raise OSError("no look-ups here")

    async def get() -> None:
        async with Client("test", lookup=lookup) as client:
            await client.get(Request(case.text))

    if not case.text.startswith("file:"):  # a file may only be named by the configuration itself
        with pytest.raises(BlockedAddress):
            asyncio.run(get())
    with pytest.raises(BlockedAddress):
        check_url(case.text)
    assert asked == []


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in of_kind("resolver")])
def test_only_checked_public_addresses_are_dialled(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Sequence[str]] = list(case.text["answers"])
    dialled: list[str] = []

    def lookup(host: str) -> tuple[str, ...]:
        return tuple(answers.pop(0) if len(answers) > 1 else answers[0])

    async def connect(
        self: asyncio.BaseEventLoop, sock: socket.socket, address: tuple[str, int]
    ) -> None:
        dialled.append(address[0])
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connect)

    async def get() -> None:
        for _ in range(3):  # a later client gets the later answers
            async with Client("test", lookup=lookup) as client:
                with pytest.raises(FetchError):
                    await client.get(Request(f"http://{case.text['host']}.example.com/"))

    asyncio.run(get())

    assert all(is_public(ip_address(address)) for address in dialled)
    assert len(set(dialled)) <= 8 * 3
    if case.id in ("resolver-private", "resolver-empty", "resolver-v6-mapped"):
        assert dialled == []
    else:
        assert dialled
