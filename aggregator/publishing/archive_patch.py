"""Patches an archive: renders changed entries, and copies the others from its file. Pure.

Browsers are shown one with what the file, which is to stay as it was written, lacks.

The archive of a month grows all month, while a run changes only a few of its thousands of entries:
rendering all of them would cost more with every day (docs/performance.md has the figures).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from aggregator.publishing.style import FEED_STYLE

_ID = re.compile(rb"<id>([^<]*)</id>")
_END = b"</feed>\n"
_STYLE = f'<?xml-stylesheet type="text/css" href="{FEED_STYLE}"?>\n'.encode()
_NOTE = (
    '<div xmlns="http://www.w3.org/1999/xhtml"><p><strong>This is the archive of a month</strong>'
    ' for feed readers.</p><p>To read here: <a href="{page}">the newest stories, and those of'
    " each day</a></p></div>"
)


def patched(old: bytes, new: bytes, order: Sequence[str]) -> bytes | None:
    """The document with these entries (ids, in order), each from `new` or else from `old`.

    `new` contains the changed entries, and everything besides entries is taken from it. None if an
    entry is in neither, or `old` is not one of our documents: then everything must be rendered.
    """
    before, after = _parts(old), _parts(new)
    if before is None or after is None or not order:
        return None
    head, known = after[0], before[1] | after[1]
    try:
        lines = [known[identity.encode()] for identity in order]
    except KeyError:
        return None
    return b"\n".join((head, *lines)) + _END


def entry_ids(document: bytes) -> list[str]:
    """The ids of a document's entries, in order; empty if it is not one of our documents."""
    found = _parts(document)
    return [identity.decode(errors="replace") for identity in found[1]] if found else []


def for_browsers(document: bytes, *, page: str) -> bytes:
    """The archive with the style of feeds, and a link to the page of its topic for people."""
    declaration, line_end, root = document.partition(b"?>\n")
    head, entries, rest = root.partition(b"\n<entry")
    note = _NOTE.format(page=page).encode()
    return b"".join((declaration, line_end, _STYLE, head, note, entries, rest))


def _parts(document: bytes) -> tuple[bytes, dict[bytes, bytes]] | None:
    """Head and entries, by id, of a document with one entry per line, as `render_xml` writes it."""
    head, *lines = document.removesuffix(_END).split(b"\n<entry")
    if not lines or not document.endswith(_END):
        return None
    entries: dict[bytes, bytes] = {}
    for line in lines:
        found = _ID.search(line)
        if found is None or b"\n" in line or not line.endswith(b"</entry>"):
            return None
        entries[found[1]] = b"<entry" + line
    return head, entries
