"""Runs a receiver's command with a notification on its standard input.

Only the command itself is awaited. Processes that it leaves behind keep its streams open and may
write endlessly: this neither blocks other receivers nor fills memory.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import suppress

from aggregator.text import printable

TIMEOUT_S = 60.0
_MAX_STDERR = 4096  # bytes of standard error that are kept
_DRAIN_S = 0.5  # how long to read standard error after the command has ended


class _Stderr(asyncio.Protocol):
    """Keeps the beginning of standard error; the rest is read and discarded."""

    def __init__(self) -> None:
        self.ended = asyncio.get_running_loop().create_future()
        self._kept = bytearray()

    def data_received(self, data: bytes) -> None:
        """Keeps data up to the limit."""
        self._kept += data[: _MAX_STDERR - len(self._kept)]

    def connection_lost(self, exc: Exception | None) -> None:
        """Called when the last process has closed the stream, or we have."""
        if not self.ended.done():
            self.ended.set_result(None)

    def __str__(self) -> str:
        return printable(self._kept.decode(errors="replace"))


async def run(command: Sequence[str], body: bytes, *, timeout_s: float = TIMEOUT_S) -> str:
    """Runs the command with the body on its standard input; returns the error, or "".

    A command that takes longer than `timeout_s`, or is cancelled, is killed with all its processes.
    """
    ends: list[int] = []  # of pipes, closed on failure
    try:
        input_end, our_input = os.pipe()
        ends += (input_end, our_input)
        our_errors, error_end = os.pipe()
        ends += (our_errors, error_end)
        child = await asyncio.create_subprocess_exec(
            *command,
            stdin=input_end,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=error_end,
            start_new_session=True,
        )
    except OSError as error:
        _close(ends)
        return f"could not be started: {error.strerror}"
    _close((input_end, error_end))
    return await _watch(child, body, our_input, our_errors, timeout_s=timeout_s)


async def _watch(
    child: asyncio.subprocess.Process,
    body: bytes,
    our_input: int,
    our_errors: int,
    *,
    timeout_s: float,
) -> str:
    loop = asyncio.get_running_loop()
    writing, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(our_input, "wb"))
    reading, stderr = await loop.connect_read_pipe(_Stderr, os.fdopen(our_errors, "rb"))
    writing.write(body)
    writing.write_eof()  # takes effect once everything is written
    try:
        async with asyncio.timeout(timeout_s):
            code = await child.wait()
        await asyncio.wait({stderr.ended}, timeout=_DRAIN_S)
    except TimeoutError:
        return f"killed after {timeout_s:g} s"
    finally:
        if child.returncode is None:  # too slow, or the daemon is stopping
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
        if writing.get_write_buffer_size():  # otherwise it has closed itself
            writing.abort()
        reading.close()
    if not code:
        return ""
    how = f"ended by signal {-code}" if code < 0 else f"exit code {code}"
    return f"{how}: {stderr}".removesuffix(": ")


def _close(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
