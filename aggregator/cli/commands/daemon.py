"""`aggregator daemon`: polls, publishes and serves continuously."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli import process
from aggregator.cli.options import host_option, need_extra, port_option
from aggregator.cli.session import Session
from aggregator.errors import UsageError

if TYPE_CHECKING:
    from aggregator.serving.run import MakeFetcher


@click.command()
@host_option
@port_option
@click.option("--no-http", is_flag=True, help="Poll and write files only.")
@click.option("--workers", metavar="ADDRESS", help="Have the workers of this Dask scheduler poll.")
@click.option(
    "--workers-ca", type=Path, metavar="FILE", help="Certificate authority of the cluster (PEM)."
)
@click.option(
    "--workers-cert", type=Path, metavar="FILE", help="The daemon's certificate, signed by that."
)
@click.option("--workers-key", type=Path, metavar="FILE", help="The key of that certificate.")
@click.pass_obj
def daemon(
    session: Session,
    host: str | None,
    *,
    port: int | None,
    no_http: bool,
    workers: str | None,
    workers_ca: Path | None,
    workers_cert: Path | None,
    workers_key: Path | None,
) -> int:
    """Polls, publishes and serves continuously.

    SIGTERM ends it cleanly; SIGHUP makes it read the configuration again.

    With --workers tls://HOST:8786 (extra 'cluster'), the workers of that scheduler fetch and parse
    the documents; docs/scale.md says how to run them.
    """
    from aggregator.serving.run import run_daemon

    files = (workers_ca, workers_cert, workers_key)
    if workers is None and any(files):
        raise UsageError("--workers-ca, --workers-cert and --workers-key need --workers")
    fetcher = None if workers is None else _fetcher(workers, files)
    process.collect_as_usual()
    session.is_service = True
    session.extra_verbosity = 1  # a service logs one line per poll
    process.check_limits()
    return run_daemon(session.config, host=host, port=port, http=not no_http, workers=fetcher)


def _fetcher(address: str, files: tuple[Path | None, Path | None, Path | None]) -> MakeFetcher:
    """What polls by workers, once there is a store. Raises UsageError."""
    need_extra("cluster", "distributed")
    from aggregator.cluster.fetcher import ClusterFetcher
    from aggregator.cluster.scheduler import Certificates, DaskScheduler, check_address

    check_address(address, has_certificates=any(files))
    given = [file for file in files if file is not None]
    if len(given) not in (0, len(files)):
        raise UsageError("--workers-ca, --workers-cert and --workers-key go together")
    scheduler = DaskScheduler(address, Certificates(*given) if given else None)
    return lambda thread, clock: ClusterFetcher(scheduler, thread, clock)
