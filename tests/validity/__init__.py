"""What validators of feeds check, as plain functions over published bytes; one line a problem.

    problems({"news.atom": ..., "news.json": ..., "stories/x.html": ...}, base_url="https://.../")

The rules of the W3C feed validator that can be told without asking the network (RFC 4287, RFC
5005, RSS 2.0, OPML 2.0), of JSON Feed 1.1, and that files which name each other fit together.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.validity.atom import atom_problems
from tests.validity.folder import folder_problems
from tests.validity.jsonfeed import json_problems
from tests.validity.opml import opml_problems
from tests.validity.rss import rss_problems

_CHECKS = {
    ".atom": atom_problems,
    ".rss": rss_problems,
    ".json": json_problems,
    ".opml": opml_problems,
}


def problems(files: Mapping[str, bytes], *, base_url: str | None) -> list[str]:
    """Everything that is wrong with the files of a published folder, with the file's name."""
    found = []
    for name, data in files.items():
        check = _CHECKS.get(f".{name.rpartition('.')[2]}")
        if check is not None:
            own = None if base_url is None else base_url + name
            found += [f"{name}: {line}" for line in check(data, own)]
    return found + folder_problems(files, base_url=base_url)
