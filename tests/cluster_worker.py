"""A worker as `dask worker --no-nanny` starts one: `python -m tests.cluster_worker ADDRESS`.

When the scheduler has gone, it is begun again, as a service manager does.
Documents are read in the process itself unless the address is followed by `pool`: a pool would load
the parsers once more.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import suppress

import dask
from distributed import Worker

from aggregator import hosts
from aggregator.cluster import worker
from aggregator.fetching import resolver
from aggregator.model import ParsedFeed, ParseTask
from aggregator.parsing.document import parse

# what workers and schedulers watch of themselves all the time, also between tests
dask.config.set({
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.worker.profile.enabled": False,
})  # fmt: skip
_IS_PUBLIC = hosts.is_public


class InlineParser:
    """Parses in this process."""

    async def parse(self, task: ParseTask, deadline_s: float) -> ParsedFeed:
        return parse(task)


def count_all_as_public(is_on: bool) -> None:
    """As the fixture `one_network` does, here and until it is taken back."""
    if is_on:
        hosts.is_public = resolver.is_public = lambda address: True  # type: ignore[attr-defined]
    else:
        hosts.is_public = resolver.is_public = _IS_PUBLIC  # type: ignore[attr-defined]


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        while True:
            one = Worker(
                sys.argv[1], nthreads=1, memory_limit=0, local_directory=folder, dashboard=False
            )
            with suppress(OSError):  # no scheduler yet
                async with one:
                    await one.finished()


if __name__ == "__main__":
    if "pool" not in sys.argv:
        worker._pool = InlineParser  # type: ignore[assignment]
    asyncio.run(main())
