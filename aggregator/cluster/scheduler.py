"""Dask's scheduler as the daemon knows it; the only module that imports `distributed`.

Batches go to workers by `Client.run`, which is outside of Dask's task graph: the scheduler would
run a task of a lost worker again at once, and so ask servers again. So nothing is retried, kept,
spilled to a disk or named by a key, and the dashboard shows no batch.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Sequence
from hashlib import blake2b
from ipaddress import ip_address
from pathlib import Path

from distributed import Client, Security
from msgspec import Struct

from aggregator.cluster.fetcher import WorkerLost, WorkerUnfit
from aggregator.cluster.worker import poll_batch
from aggregator.errors import UsageError, WorkersUnavailable

_ADDRESS = re.compile(
    r"(?P<scheme>tls|tcp)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(?P<port>[1-9][0-9]{0,4})"
)
_CONNECT_S = 10.0
_LOOK_S = 5.0  # between two looks at which workers there are
_ASIDE_S = 300.0  # that an unfit worker is not asked, while others can be

for _name in ("distributed", "distributed.client", "tornado", "tornado.application"):
    logging.getLogger(_name).handlers[:] = [logging.NullHandler()]  # we log its failures


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
        self._looking: asyncio.Task[tuple[str, ...]] | None = None
        self._workers: tuple[str, ...] = ()
        self._looked_at = 0.0  # monotonic
        self._aside: dict[str, float] = {}  # unfit workers, each until a monotonic time

    async def worker_for(self, domain: str) -> str:
        """Always the same for a domain, while that worker is there (rendezvous hashing).

        Where all are unfit, one of them is asked again: it may be mended.
        """
        workers = self._workers
        if not workers or time.monotonic() - self._looked_at > _LOOK_S:
            if self._looking is None:  # one look for all who ask meanwhile, also where it fails
                self._looking = asyncio.ensure_future(self._look())
                self._looking.add_done_callback(self._looked)
            workers = await asyncio.shield(self._looking)
        return max(
            self._fit(workers) or workers,
            key=lambda worker: blake2b(f"{worker} {domain}".encode()).digest(),
        )

    async def run(self, worker: str, payload: bytes) -> bytes:
        """As said in `fetcher.Scheduler`."""
        client = self._client
        if client is None or client.status == "closed":
            await self._forget()
            raise WorkersUnavailable("no connection to the scheduler", address=self._address)
        try:
            found = await client.run(poll_batch, payload, workers=[worker], on_error="return")
        except (OSError, RuntimeError) as error:
            if self._client is client:  # else a look has made another meanwhile
                await self._forget()
            raise WorkerLost(f"the scheduler was lost ({type(error).__name__})") from error
        answer = found.get(worker)
        if isinstance(answer, bytes):
            return answer
        self._looked_at = 0.0
        if isinstance(answer, ImportError | AttributeError):
            reason = "it has no 'aggregator' of this release; install it there and restart it"
            raise WorkerUnfit(reason)
        raise WorkerLost(f"the worker was lost ({type(answer).__name__})")

    def set_aside(self, worker: str) -> bool:
        """As said in `fetcher.Scheduler`."""
        self._aside[worker] = time.monotonic() + _ASIDE_S
        return bool(self._fit(self._workers))

    async def close(self) -> None:
        """Leaves the scheduler; what workers do goes on without us."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await self._forget()

    def _fit(self, workers: Sequence[str]) -> list[str]:
        now = time.monotonic()
        self._aside = {worker: until for worker, until in self._aside.items() if until > now}
        return [worker for worker in workers if worker not in self._aside]

    def _looked(self, done: asyncio.Task[tuple[str, ...]]) -> None:
        self._looking = None
        if not done.cancelled():
            done.exception()  # whoever waits for it has it, too

    async def _look(self) -> tuple[str, ...]:
        """The workers that there are. Raises WorkersUnavailable."""
        if self._client is not None and self._client.status != "running":
            await self._forget()  # it lost the scheduler: a new one comes back sooner
        client, what = self._client, "no scheduler answers"
        try:
            if client is None:
                client = self._client = await Client(
                    self._address,
                    asynchronous=True,
                    security=self._security,
                    timeout=_CONNECT_S,
                    set_as_default=False,
                )
                what = "no worker has joined the scheduler"
                await client.wait_for_workers(1, timeout=_CONNECT_S)
                what = "no scheduler answers"
            workers = await asyncio.wait_for(client.nthreads(), _CONNECT_S)
        except (OSError, RuntimeError, ImportError) as error:
            await self._forget()
            reason = f"{what} ({type(error).__name__})"
            raise WorkersUnavailable(reason, address=self._address) from error
        found = self._workers = tuple(workers)
        self._looked_at = time.monotonic()
        if not found:
            raise WorkersUnavailable("no worker has joined the scheduler", address=self._address)
        return found

    async def _forget(self) -> None:
        client, self._client, self._workers = self._client, None, ()
        if client is not None:
            await client.close()


def check_address(address: str, *, has_certificates: bool) -> None:
    """Raises UsageError unless it is tls://HOST:PORT, or tcp://HOST:PORT of this machine.

    Whoever reaches a scheduler has its workers, and its clients, run code.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None or int(found["port"]) > 65535:
        raise UsageError("--workers: that is not an address such as tls://scheduler:8786")
    host = found["host"].strip("[]")
    try:
        is_near = ip_address(host).is_loopback
    except ValueError:
        is_near = host == "localhost"
    if found["scheme"] == "tcp" and not is_near:
        raise UsageError(
            "--workers: tcp:// is for schedulers on this machine only, since whoever reaches one"
            " runs code on it; use tls:// with --workers-ca, --workers-cert and --workers-key"
        )
    if (found["scheme"] == "tls") is not has_certificates:
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
    options = ("--workers-ca", "--workers-cert", "--workers-key")
    for option, file in zip(options, (files.authority, files.certificate, files.key), strict=True):
        try:
            file.read_bytes()
        except OSError as error:
            raise UsageError(f"{option}: {file}: cannot be read ({error.strerror})") from error
    try:
        security.get_connection_args("client")
    except OSError as error:  # ssl.SSLError is one
        raise UsageError(
            f"{', '.join(options)}: {error}; they are PEM files, and the key is the certificate's"
        ) from error
    return security
