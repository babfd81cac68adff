"""A receiver's command: what was published on its standard input, and what it complains of.

Only the command itself is waited for. What it leaves running keeps its streams open, and may say
as much as it likes on them: neither holds anybody up or is kept in memory.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import suppress

from aggregator.text import printable

TIMEOUT_S = 60.0
_MOST_WORDS = 4096  # bytes of a complaint that are kept
_LAST_WORDS_S = 0.5  # for the end of the error stream after that of the command


class _Complaint(asyncio.Protocol):
    """The beginning of an error stream; the rest is read and let go."""

    def __init__(self) -> None:
        self.ended = asyncio.get_running_loop().create_future()
        self._words = bytearray()

    def data_received(self, data: bytes) -> None:
        """Keeps what there is room for."""
        self._words += data[: _MOST_WORDS - len(self._words)]

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody has the stream any more, or it was closed here."""
        if not self.ended.done():
            self.ended.set_result(None)

    def __str__(self) -> str:
        return printable(self._words.decode(errors="replace"))


async def run(command: Sequence[str], body: bytes, *, timeout_s: float = TIMEOUT_S) -> str:
    """Runs the command with the body on its standard input; the error in words, or "".

    One that takes longer than `timeout_s`, or is cancelled, is ended with all that it started.
    """
    ends: list[int] = []  # of pipes, to be closed here
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
    reading, complaint = await loop.connect_read_pipe(_Complaint, os.fdopen(our_errors, "rb"))
    writing.write(body)
    writing.write_eof()  # once all is written
    try:
        async with asyncio.timeout(timeout_s):
            code = await child.wait()
        await asyncio.wait({complaint.ended}, timeout=_LAST_WORDS_S)
    except TimeoutError:
        return f"ended after {timeout_s:g} s"
    finally:
        if child.returncode is None:  # too slow, or the daemon stops
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
        if writing.get_write_buffer_size():  # else it is closed already
            writing.abort()
        reading.close()
    return f"exit code {code}: {complaint}" if code else ""


def _close(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
