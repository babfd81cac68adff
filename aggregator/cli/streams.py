"""The three standard streams: there, whatever the shell did with them (`2>&-`)."""

from __future__ import annotations

import os
import sys


def fill() -> None:
    """Opens the null device in place of each that is closed; to be called first of all.

    Else the next file that is opened, such as the database, would have the number of a standard
    stream, and get what is written to it.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:  # the lowest number that is free
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 - for the life of the process
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
