"""The command line: click commands in thin files, one shell around them for errors."""

__all__ = ["main"]


def main() -> None:
    """The console script.

    The commands are loaded when it runs: a parsing process imports the main module, too, and
    needs none of them.
    """
    from aggregator.cli import collector, streams

    streams.fill()
    collector.rest()
    from aggregator.cli.root import main as run_command

    run_command()
