"""Patches an archive: changed entries are rendered, the others are copied from its file. Pure.

The archive of a month grows all month, and a run changes a few of its thousands of entries: to
render them all would cost more with every day (docs/performance.md has both).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_ID = re.compile(rb"<id>([^<]*)</id>")
_END = b"</feed>\n"


class _Parts(NamedTuple):
    """A document with each entry on a line of its own, as `render_xml` writes it."""

    head: bytes
    entries: dict[bytes, bytes]  # by id


def patched(old: bytes, new: bytes, order: Sequence[str]) -> bytes | None:
    """The document with these entries (ids, in order), each from `new` or else from `old`.

    `new` has the changed entries, and gives all that is not an entry. None where an entry is in
    neither, or `old` is not a document of ours: then the whole document must be rendered.
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


def entry_ids(document: bytes) -> list[str]:
    """The ids of the entries of a document, in their order; none where it is not one of ours."""
    found = _parts(document)
    return [identity.decode(errors="replace") for identity in found.entries] if found else []


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
