"""Names to addresses that were checked: what is checked is what is dialled.

Look-ups run in threads of their own that nothing waits for at exit, since a dead name server
holds `getaddrinfo` for many seconds.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

from aggregator.errors import BlockedAddress, NetworkFailure
from aggregator.polling.addresses import Address, is_public

Lookup = Callable[[str], tuple[str, ...]]  # blocking; raises OSError

_MOST_ADDRESSES = 8
_MOST_LOOKUPS = 32  # at once
_DEADLINE_S = 10.0
_KEPT_S = 120.0  # an answer, good or bad, serves all feeds of a host
_MOST_KEPT = 4096


def system_lookup(host: str) -> tuple[str, ...]:
    """The addresses that the system's resolver gives, in its order."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


class Names:
    """Looks names up once for all feeds of a host; a failure is remembered as well."""

    def __init__(self, lookup: Lookup = system_lookup) -> None:
        self._lookup = lookup
        self._running = asyncio.Semaphore(_MOST_LOOKUPS)
        self._kept: dict[str, tuple[float, asyncio.Future[tuple[str, ...]]]] = {}

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Addresses as text, unchecked; raises NetworkFailure("dns")."""
        loop = asyncio.get_running_loop()
        kept = self._kept.get(host)
        if kept is None or kept[0] < loop.time():
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            kept = (loop.time() + _KEPT_S, asyncio.ensure_future(self._look_up(host)))
            self._kept[host] = kept
        found = await asyncio.shield(kept[1])
        if not found:
            raise NetworkFailure("the host name has no address", kind="dns")
        return found

    async def _look_up(self, host: str) -> tuple[str, ...]:
        """The addresses, none when the name does not resolve in time."""
        async with self._running:
            loop = asyncio.get_running_loop()
            answer: asyncio.Future[tuple[str, ...]] = loop.create_future()

            def settle(found: tuple[str, ...]) -> None:
                if not answer.done():
                    answer.set_result(found)

            def ask() -> None:
                try:
                    found = self._lookup(host)
                except (OSError, UnicodeError):
                    found = ()
                if not loop.is_closed():
                    loop.call_soon_threadsafe(settle, found)

            threading.Thread(target=ask, name="dns", daemon=True).start()
            try:
                async with asyncio.timeout(_DEADLINE_S):
                    return await answer
            except TimeoutError:
                return ()


class PublicResolver(AbstractResolver):
    """Gives aiohttp only addresses on the public internet.

    A name with no other address is refused; of a mixed answer only the public part is dialled.
    """

    def __init__(self, names: Names) -> None:
        self._names = names

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = _parsed(await self._names.addresses(host))
        public = [address for address in found if is_public(address)]
        if not public:
            raise BlockedAddress("the host name leads to an address that is not public")
        return _results(host, port, public)

    async def close(self) -> None:
        """Nothing to close."""


class OwnResolver(AbstractResolver):
    """For the origins of feeds that may be on a private network: any address."""

    def __init__(self, names: Names) -> None:
        self._names = names

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return _results(host, port, _parsed(await self._names.addresses(host)))

    async def close(self) -> None:
        """Nothing to close."""


def _parsed(texts: tuple[str, ...]) -> list[Address]:
    return [ip_address(text) for text in texts[: _MOST_ADDRESSES * 8]]


def _results(host: str, port: int, addresses: list[Address]) -> list[ResolveResult]:
    return [
        ResolveResult(
            hostname=host,
            host=str(address),
            port=port,
            family=socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET,
            proto=socket.IPPROTO_TCP,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for address in addresses[:_MOST_ADDRESSES]
    ]
