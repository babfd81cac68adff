"""Resolves host names to addresses that were checked; exactly these are connected to.

Lookups run in threads of their own that nothing waits for at exit, since a dead name server
blocks `getaddrinfo` for many seconds.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address

from aggregator.errors import BlockedAddress, NetworkFailure
from aggregator.hosts import Address, is_public, literal

Lookup = Callable[[str], tuple[str, ...]]  # blocking; raises OSError

_MOST_ADDRESSES = 8
_MOST_LOOKUPS = 32  # at once
_DEADLINE_S = 10.0
_KEPT_S = 120.0  # an answer, good or bad, serves all requests to a host
_MOST_KEPT = 4096


def system_lookup(host: str) -> tuple[str, ...]:
    """The addresses that the system's resolver gives, in its order."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


class Resolver:
    """Resolves a name once for all requests of two minutes; a failure is remembered as well."""

    def __init__(self, lookup: Lookup = system_lookup) -> None:
        self._lookup = lookup
        self._running = asyncio.Semaphore(_MOST_LOOKUPS)
        self._kept: dict[str, tuple[float, asyncio.Future[tuple[Address, ...]]]] = {}

    async def resolve(self, host: str, *, any_address: bool = False) -> tuple[Address, ...]:
        """At most eight addresses that may be connected to.

        Of mixed results, the public ones, unless `any_address`. Raises
        BlockedAddress when none is public, NetworkFailure (dns) when there is none at all.
        """
        address = literal(host)
        if address is not None:
            found: tuple[Address, ...] = (address,)
        else:
            loop = asyncio.get_running_loop()
            kept = self._kept.get(host)
            if kept is None or kept[0] < loop.time():
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.clear()
                kept = (loop.time() + _KEPT_S, asyncio.ensure_future(self._look_up(host)))
                self._kept[host] = kept
            found = await asyncio.shield(kept[1])
            if not found:
                raise NetworkFailure("the host name does not resolve", kind="dns")
        if not any_address:
            found = tuple(address for address in found if is_public(address))
            if not found:
                raise BlockedAddress("the host name resolves to an address that is not public")
        return found[:_MOST_ADDRESSES]

    async def _look_up(self, host: str) -> tuple[Address, ...]:
        """The addresses, none when the name does not resolve in time."""
        async with self._running:
            loop = asyncio.get_running_loop()
            answer: asyncio.Future[tuple[Address, ...]] = loop.create_future()

            def settle(found: tuple[Address, ...]) -> None:
                if not answer.done():
                    answer.set_result(found)

            def ask() -> None:
                try:
                    found = tuple(map(ip_address, self._lookup(host)))
                except (OSError, ValueError):
                    found = ()
                if not loop.is_closed():
                    loop.call_soon_threadsafe(settle, found)

            threading.Thread(target=ask, name="dns", daemon=True).start()
            try:
                async with asyncio.timeout(_DEADLINE_S):
                    return await answer
            except TimeoutError:
                return ()
