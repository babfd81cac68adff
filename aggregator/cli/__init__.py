"""The command line: click commands in thin files, one shell around them for errors."""

from aggregator.cli.root import main

__all__ = ["main"]
