"""`aggregator demo`: the whole job on packaged sample feeds, without network."""

from __future__ import annotations

from pathlib import Path

import click

from aggregator.cli import process, show
from aggregator.cli.commands.serve import show_address
from aggregator.cli.options import FOLDER
from aggregator.cli.session import Session
from aggregator.errors import UsageError


@click.command()
@click.option("--output", type=FOLDER, help="Folder for the published files; else a temporary one.")
@click.option("--serve", "serve_it", is_flag=True, help="Keep serving the result until Ctrl-C.")
@click.pass_obj
def demo(session: Session, output: Path | None, *, serve_it: bool) -> int:
    """Shows the whole job on sample feeds, without network.

    They are served on loopback, polled over HTTP, matched, judged and published; no
    configuration is needed.
    """
    import tempfile

    from aggregator.demo.run import run_demo

    session.log_to_stderr(())
    process.check_limits()
    with tempfile.TemporaryDirectory(prefix="aggregator-demo-") as folder:
        target = output or Path(tempfile.mkdtemp(prefix="aggregator-demo-"))
        config = run_demo(show.line, database=Path(folder) / "demo.db", output=target)
        if not serve_it:
            return 0
        process.collect_as_usual()
        from aggregator.serving.web import serve as serve_http

        try:
            return serve_http(config, on_listening=show_address)
        except UsageError:  # its usual port is taken, and a demo has no option for another
            return serve_http(config, on_listening=show_address, port=0)
