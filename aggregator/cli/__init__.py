"""The command line: click commands in thin files, one shell around them for errors."""

import sys

__all__ = ["main"]


def main() -> None:
    """The console script.

    The commands are loaded when it runs: a parsing process imports the main module, too, and
    needs none of them.
    """
    if sys.platform == "win32":
        sys.exit("error: Windows itself is not supported: run it in WSL 2, or in a container")
    try:
        from aggregator.cli import process

        process.fill_streams()
        process.collect_seldom()
        from aggregator.cli.root import main as run_command

        run_command()
    except KeyboardInterrupt:  # while it was being loaded, or at its end
        sys.exit(130)  # 128 + SIGINT, as shells count
    except (ImportError, MemoryError, OSError) as error:
        said = str(error) or "out of memory"
        sys.exit(f"error: cannot be loaded ({said}): check the limits of the process (ulimit -a)")
