"""A document with some entries rendered anew, and the others as its file has them. Pure.

A month's archive grows all month, and what changes are a few stories of thousands: to render them
all again would cost more with every day.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_ID = re.compile(rb"<id>([^<]*)</id>")
_END = b"</feed>\n"


class _Parts(NamedTuple):
    """A document whose entries stand each on a line of its own (`render_xml`)."""

    head: bytes
    entries: dict[bytes, bytes]  # by id


def patched(old: bytes, new: bytes, order: Sequence[str]) -> bytes | None:
    """The document of these entries (ids, in their order), from `new` or else from `old`.

    `new` has all that is not an entry, and the entries that changed. None where that does not make
    the whole document: it must be rendered.
    """
    before, after = _parts(old), _parts(new)
    if before is None or after is None or not order:
        return None
    known = before.entries | after.entries
    try:
        lines = [known[identity.encode()] for identity in order]
    except KeyError:
        return None
    return b"\n".join((after.head, *lines)) + _END


def _parts(document: bytes) -> _Parts | None:
    head, *lines = document.removesuffix(_END).split(b"\n<entry")
    if not lines or not document.endswith(_END):
        return None
    entries: dict[bytes, bytes] = {}
    for line in lines:
        found = _ID.search(line)
        if found is None or b"\n" in line or not line.endswith(b"</entry>"):
            return None
        entries[found[1]] = b"<entry" + line
    return _Parts(head, entries)
