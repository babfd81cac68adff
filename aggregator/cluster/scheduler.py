"""Dask's scheduler as the daemon knows it; the only module that imports `distributed`.

Batches go to workers by `Client.run`, which is outside of Dask's task graph: the scheduler would
run a task of a lost worker again at once, and so ask servers again. So nothing is retried, kept,
spilled to a disk or named by a key, and the dashboard shows no batch.
"""

from __future__ import annotations

import asyncio
import logging
import time
from hashlib import blake2b
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from distributed import Client, Security
from msgspec import Struct

from aggregator.cluster.asker import WorkerLost
from aggregator.cluster.worker import poll_batch
from aggregator.errors import UsageError, WorkersUnavailable

_CONNECT_S = 10.0
_LOOK_S = 5.0  # between two looks at which workers there are

for _name in ("distributed", "distributed.client", "tornado", "tornado.application"):
    logging.getLogger(_name).handlers[:] = [logging.NullHandler()]  # in place of its own: we tell


class Certificates(Struct, frozen=True):
    """PEM files: the authority that signs all of a cluster, and what we show of ourselves."""

    authority: Path
    certificate: Path
    key: Path


class DaskScheduler:
    """The scheduler at an address that `check_address` has passed, connected to when needed."""

    def __init__(self, address: str, certificates: Certificates | None) -> None:
        self._address = address
        self._security = None if certificates is None else _security(certificates)
        self._client: Client | None = None
        self._connecting = asyncio.Lock()
        self._workers: tuple[str, ...] = ()
        self._looked_at = 0.0  # monotonic

    async def worker_for(self, domain: str) -> str:
        """Always the same for a domain, while that worker is there (rendezvous hashing)."""
        async with self._connecting:
            if not self._workers or time.monotonic() - self._looked_at > _LOOK_S:
                await self._look()
        return max(
            self._workers, key=lambda worker: blake2b(f"{worker} {domain}".encode()).digest()
        )

    async def run(self, worker: str, payload: bytes) -> bytes:
        """As said in `asker.Scheduler`."""
        if self._client is None or self._client.status == "closed":
            await self._forget()
            raise WorkersUnavailable(f"{self._address}: no connection to the scheduler")
        try:
            found = await self._client.run(poll_batch, payload, workers=[worker], on_error="return")
        except (OSError, RuntimeError) as error:
            await self._forget()
            raise WorkerLost(f"the scheduler was lost ({type(error).__name__})") from error
        answer = found.get(worker)
        if isinstance(answer, bytes):
            return answer
        self._looked_at = 0.0
        if isinstance(answer, ImportError | AttributeError):
            detail = "has no 'aggregator' of this release"
            raise WorkersUnavailable(f"{worker}: it {detail}; install it there and restart it")
        raise WorkerLost(f"the worker was lost ({type(answer).__name__})")

    async def close(self) -> None:
        """Leaves the scheduler; what workers do goes on without us."""
        await self._forget()

    async def _look(self) -> None:
        """Raises WorkersUnavailable."""
        try:
            if self._client is None:
                self._client = await Client(
                    self._address,
                    asynchronous=True,
                    security=self._security,
                    timeout=_CONNECT_S,
                    set_as_default=False,
                )
                await self._client.wait_for_workers(1, timeout=_CONNECT_S)
            workers = await asyncio.wait_for(self._client.nthreads(), _CONNECT_S)
        except (OSError, RuntimeError, ImportError) as error:
            had = self._client is not None
            await self._forget()
            what = "no worker has joined the scheduler" if had else "no scheduler answers"
            raise WorkersUnavailable(f"{self._address}: {what} ({type(error).__name__})") from error
        self._workers, self._looked_at = tuple(workers), time.monotonic()
        if not workers:
            raise WorkersUnavailable(f"{self._address}: no worker has joined the scheduler")

    async def _forget(self) -> None:
        client, self._client, self._workers = self._client, None, ()
        if client is not None:
            await client.close()


def check_address(address: str, *, has_certificates: bool) -> None:
    """Raises UsageError unless it is tls://HOST:PORT, or tcp://HOST:PORT of this machine.

    Whoever reaches a scheduler has its workers, and its clients, run code.
    """
    parts = urlsplit(address)
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if parts.scheme not in ("tls", "tcp") or not host or not port or parts.path or parts.query:
        raise UsageError(f"--workers: {address!r} is no address like tls://scheduler:8786")
    try:
        is_near = ip_address(host).is_loopback
    except ValueError:
        is_near = host == "localhost"
    if parts.scheme == "tcp" and not is_near:
        raise UsageError(
            "--workers: tcp:// is for schedulers on this machine only, since whoever reaches one"
            " runs code on it; use tls:// with --workers-ca, --workers-cert and --workers-key"
        )
    if (parts.scheme == "tls") is not has_certificates:
        raise UsageError(
            "--workers: tls:// needs --workers-ca, --workers-cert and --workers-key;"
            " tcp:// takes none of them"
        )


def _security(files: Certificates) -> Security:
    """Raises UsageError for files that cannot be used."""
    security = Security(
        tls_ca_file=str(files.authority),
        tls_client_cert=str(files.certificate),
        tls_client_key=str(files.key),
        require_encryption=True,
    )
    try:
        security.get_connection_args("client")
    except OSError as error:  # ssl.SSLError is one
        raise UsageError(f"--workers-ca, --workers-cert, --workers-key: {error}") from error
    return security
