"""Logs: one line per event on stderr, as text or JSON; secrets and control characters never.

An event is a dotted word with fields: `event(log, "poll.stored", feed="Dawn", new=3)`.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import re
import threading
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TextIO

_LEVELS = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}
_PLAIN = re.compile(r"[^\s\"=\\]+")
_NOISY = ("apscheduler", "asyncio", "uvicorn", "uvicorn.access", "uvicorn.error", "tzlocal")
REDACTED = "[redacted]"
_MOST_WAITING = 1000  # lines that wait while nobody reads
_LAST_LINES_S = 1.0  # for them before an error is shown, and at the end of the process


def event(
    log: logging.Logger, name: str, *, level: int = logging.INFO, error: bool = False, **fields: Any
) -> None:
    """Logs one event; `error` adds the traceback of the exception being handled."""
    if log.isEnabledFor(level):
        log.log(level, name, extra={"fields": fields}, exc_info=error)


def configure(
    stream: TextIO,
    *,
    verbosity: int = 0,
    style: str = "text",
    secrets: Iterable[str] = (),
    is_service: bool = False,
) -> None:
    """Sends the package's logs to `stream`.

    `verbosity`: -1 errors, 0 warnings, 1 one line per poll, 2 everything. `style`: text or json.
    A service never waits for whoever reads its log, see `ServiceHandler`.
    """
    handler = ServiceHandler(stream) if is_service else _CommandHandler(stream)
    handler.setFormatter(EventFormatter(style, secrets))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        if isinstance(old, ServiceHandler):
            old.flush()
            old.close()
    root.addHandler(handler)
    level = _LEVELS.get(verbosity, logging.DEBUG if verbosity > 0 else logging.ERROR)
    root.setLevel(logging.WARNING)
    logging.getLogger("aggregator").setLevel(level)
    for name in _NOISY:  # they log each of their own steps at INFO
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def flush() -> None:
    """Waits a moment for lines that wait to be written: what is printed next comes after them."""
    for handler in logging.getLogger().handlers:
        handler.flush()


class _CommandHandler(logging.StreamHandler[TextIO]):
    """Writes a line at once; one that cannot be written is lost, without a report."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Without the library's traceback."""


class ServiceHandler(logging.Handler):
    """Writes lines on a thread of its own, so that a reader who has stopped stops nothing.

    Beyond `_MOST_WAITING` lines the newest are dropped, and their number is logged when there
    is room again.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        # the stream's own lock would be held at the exit; the number of the stream's descriptor may
        # be another file's once it is closed, while lines still wait
        self._descriptor = os.dup(stream.fileno())
        self._lines: queue.Queue[str | threading.Event | None] = queue.Queue(_MOST_WAITING)
        self._dropped = 0
        self._writer = threading.Thread(target=self._write, name="log", daemon=True)
        self._writer.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Queues the record's line, or counts it as dropped."""
        try:
            if self._dropped:
                fields = {"lines": self._dropped}
                dropped = {"msg": "log.dropped", "levelname": "WARNING", "fields": fields}
                self._lines.put_nowait(self.format(logging.makeLogRecord(dropped)))
                self._dropped = 0
            self._lines.put_nowait(self.format(record))
        except queue.Full:
            self._dropped += 1

    def flush(self) -> None:
        """Waits a moment until the lines are written that wait now."""
        reached = threading.Event()
        with suppress(queue.Full):  # nobody reads
            self._lines.put_nowait(reached)
            reached.wait(_LAST_LINES_S)

    def close(self) -> None:
        """Ends the thread when the lines are written that wait; `flush` waits for that."""
        while True:
            try:
                self._lines.put_nowait(None)
                break
            except queue.Full:  # nobody reads: a line gives way, so that the thread can end
                with suppress(queue.Empty):
                    self._lines.get_nowait()
        super().close()

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            if isinstance(line, threading.Event):
                line.set()
                continue
            left = f"{line}\n".encode(errors="backslashreplace")
            try:
                while left:
                    left = left[os.write(self._descriptor, left) :]
            except OSError:  # the reader has gone, or the disk is full: the next line may go out
                continue
        os.close(self._descriptor)


class EventFormatter(logging.Formatter):
    """A record -> one line. Every secret is replaced before anything is escaped or joined."""

    def __init__(self, style: str, secrets: Iterable[str]) -> None:
        super().__init__()
        self._is_json = style == "json"
        self._redact = redactor(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """One line without line breaks, whatever the fields hold."""
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat("T", "milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        fields.update(getattr(record, "fields", {}))
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        safe: dict[str, Any] = {}
        for name, value in fields.items():
            if value is None or isinstance(value, (bool, int, float)):
                safe[name] = value
                continue
            text = self._redact(str(value))
            if not text.isprintable():
                text = "".join(
                    char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
                    for char in text
                )
            safe[name] = text
        if self._is_json:
            return json.dumps(safe, ensure_ascii=False, default=str)
        parts = [str(safe.pop(name)) for name in ("time", "level", "event")]
        for name, value in safe.items():
            text = str(value)
            plain = _PLAIN.fullmatch(text)
            parts.append(f"{name}={text if plain else json.dumps(text, ensure_ascii=False)}")
        return " ".join(parts)


def redactor(secrets: Iterable[str]) -> Any:
    """A function that replaces every secret in a text; the longest first."""
    ordered = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
    if not ordered:
        return str
    pattern = re.compile("|".join(re.escape(secret) for secret in ordered))
    return lambda text: pattern.sub(REDACTED, text)
