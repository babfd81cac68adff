"""Edits of `feeds.yaml` that keep every other byte: whole lines are cut or put in.

The text is never dumped again, so comments, order and indentation stay what people wrote. An
edit is checked as a whole configuration before the file is replaced, atomically. From reading to
replacing it holds a lock on the file, so that of two edits at once none is lost.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from aggregator.config.document import Fields, Listing, Scalar, read
from aggregator.config.load import parse
from aggregator.errors import ConfigUnwritten, UsageError
from aggregator.files import replace_file
from aggregator.model import Subscription
from aggregator.settings import Config

# the line breaks of YAML 1.1, so that lines are counted as the parser counts them
_LINE = re.compile(
    "[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029])|[^\r\n\x85\u2028\u2029]+"
)
_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._~/?=&%+:@;,!$()*'–-]*[A-Za-z0-9/=_)])?")
_BY_HAND = "edit the file by hand"
_PATIENCE_S = 10.0  # for other edits, each of which takes some milliseconds
_PAUSE_S = 0.01

Edit = Callable[[str, Config], tuple[str, list[str]]]
"""The text and what it says -> the new text, and the keys of the feeds that it must then name."""


def add_feeds(
    path: Path, choose: Callable[[Config], Sequence[Subscription]], *, environ: Mapping[str, str]
) -> Config:
    """Adds feeds at the end of the list; returns the new configuration.

    `choose` gets the configuration as it is once nobody else edits it, and says what to add to it:
    URL, title and folders, since no other key is ever set from outside. What it raises leaves the
    file alone. Raises ConfigError when the file, or the file with
    the feeds, is not a valid configuration, ConfigUnwritten when it cannot be written.
    """

    def edit(text: str, before: Config) -> tuple[str, list[str]]:
        feeds = choose(before)
        keys = [*(feed.key for feed in before.feeds), *(new.url for new in feeds)]
        if not feeds:
            return text, keys
        lines = _LINE.findall(text)
        end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
        if lines and not lines[-1].endswith(("\r", "\n")):
            lines[-1] += end
        found = _list_of_feeds(text)
        if found is None:
            lines += [f"feeds:{end}", *_feed_lines(feeds, indent="  ", end=end)]
            return "".join(lines), keys
        _, listing = found
        at, indent = listing.last_line, " " * (listing.place.column - 1)
        if not listing.values:
            number, start = listing.place.line - 1, listing.place.column - 1
            line = lines[number]
            bracket = line.find("]", start)
            if bracket < 0:
                raise UsageError(f"the empty list of feeds spans lines; {_BY_HAND}")
            lines[number], indent = line[:start].rstrip(" ") + line[bracket + 1 :], "  "
        lines[at:at] = _feed_lines(feeds, indent=indent, end=end)
        return "".join(lines), keys

    return _edit(path, edit, environ=environ)


def remove_feed(path: Path, name: str, *, environ: Mapping[str, str]) -> Config:
    """Cuts the lines of the feed of that name; comment lines stay. Raises UsageError if unknown."""

    def edit(text: str, before: Config) -> tuple[str, list[str]]:
        index = next((i for i, feed in enumerate(before.feeds) if feed.name == name), None)
        if index is None:
            raise UsageError(
                f"{path}: no feed is named {name!r}; 'aggregator feeds list' names them"
            )
        keys = [feed.key for feed in before.feeds]
        del keys[index]
        lines = _LINE.findall(text)
        found = _list_of_feeds(text)
        assert found is not None  # noqa: S101 - the feed came out of this list
        key, listing = found
        member = listing.values[index]
        if len(listing.values) == 1:
            line = lines[key.last_line - 1]
            end = line.index(":", key.place.column - 1 + len(key.text)) + 1
            lines[key.last_line - 1] = f"{line[:end]} []{line[end:]}"
        # the dash that begins a member may be above its first key
        column = listing.place.column - 1
        dashes = (n for n in range(member.place.line) if lines[n][column:][:1] == "-")
        return "".join([*lines[: max(dashes)], *lines[member.last_line :]]), keys

    return _edit(path, edit, environ=environ)


def _edit(path: Path, edit: Edit, *, environ: Mapping[str, str]) -> Config:
    """Raises ConfigUnwritten when the folder does not let us, or the disk is full."""
    path = path.resolve()
    with _locked(path):
        data = path.read_bytes()
        before = parse(data, path=path, environ=environ)
        text = data.decode("utf-8")
        changed, expected = edit(text, before)
        after = parse(changed.encode("utf-8"), path=path, environ=environ)
        if [feed.key for feed in after.feeds] != expected:
            raise UsageError(f"{path}: its layout cannot be edited safely; {_BY_HAND}")
        if changed != text:
            try:
                replace_file(path, changed.encode("utf-8"))
            except OSError as error:
                advice = f"let this user write in {path.parent}, or {_BY_HAND}"
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    advice = "make room"
                raise ConfigUnwritten(
                    f"{path}: cannot be written ({error.strerror}); {advice}"
                ) from error
        return after


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Nobody else who uses this module edits the file meanwhile; raises ConfigUnwritten.

    The lock is on the file itself, which each edit replaces: whoever waited for it looks whether
    what is locked is still what is there.
    """
    give_up_at = time.monotonic() + _PATIENCE_S
    is_held = False
    while not is_held:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)  # NFS locks none open to be read
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_held = os.path.samestat(os.fstat(descriptor), path.stat())
        except BlockingIOError:
            is_held = False
        except OSError as error:
            os.close(descriptor)
            detail = f"cannot be locked ({error.strerror}); {_BY_HAND}"
            raise ConfigUnwritten(f"{path}: {detail}") from error
        if not is_held:
            os.close(descriptor)
            if time.monotonic() > give_up_at:
                raise ConfigUnwritten(
                    f"{path}: another process has edited it for over {_PATIENCE_S:g} s; try again"
                )
            time.sleep(_PAUSE_S)
    try:
        yield
    finally:
        os.close(descriptor)  # and with it the lock


def _list_of_feeds(text: str) -> tuple[Scalar, Listing] | None:
    """The key `feeds` and its list, or None; raises UsageError unless it is in block style."""
    root = read(text.removeprefix("\ufeff")).root
    if not isinstance(root, Fields):
        return None
    for key, node in root.entries:
        if key.text == "feeds" and isinstance(node, Listing):
            if root.is_flow or (node.is_flow and node.values):
                break
            return key, node
    else:
        if not root.is_flow:
            return None
    raise UsageError(f"the feeds are written on one line, in brackets; {_BY_HAND}")


def _feed_lines(feeds: Sequence[Subscription], *, indent: str, end: str) -> list[str]:
    lines: list[str] = []
    for feed in feeds:
        lines.append(f"{indent}- url: {_written(feed.url)}{end}")
        if feed.title:
            lines.append(f"{indent}  name: {_written(feed.title)}{end}")
        if feed.group:
            # several folders in brackets, where plain text could end at a comma
            one = len(feed.group) == 1
            group = _written(feed.group[0]) if one else json.dumps(feed.group, ensure_ascii=False)
            lines.append(f"{indent}  group: {group}{end}")
    return lines


def _written(value: str) -> str:
    """The value as a YAML scalar: quoted unless it surely reads back as it is."""
    is_plain = _PLAIN.fullmatch(value) and ": " not in value and value.lower() != "null"
    return value if is_plain else json.dumps(value, ensure_ascii=False)
