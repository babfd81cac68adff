"""When two addresses of feeds are one, however they are spelled. Pure."""

from __future__ import annotations

import re
from contextlib import suppress

from aggregator.urls import ascii_name, same_escapes

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
# Most URLs are so; where none of their segments begins with a dot, nothing is to be folded.
_USUAL = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{4,5})?/[^%#]*", re.ASCII)


def one_spelling(url: str) -> str:
    """Equal for two spellings of one URL (RFC 3986 sections 6.2.2 and 6.2.3).

    Folded are the case of scheme and host, a default port, needless escapes, dot segments and an
    empty path; a host in letters of other scripts is equal to its ASCII form, and a fragment is
    never sent. What a server may tell apart stays: another scheme, path or query.
    """
    if _USUAL.fullmatch(url) and "/." not in url:
        return url
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    scheme, rest = scheme.lower(), rest.partition("#")[0]
    authority = re.split(r"[/?]", rest, maxsplit=1)[0]
    path, question, query = rest[len(authority) :].partition("?")
    user, at, host = authority.rpartition("@")
    if not host.isascii():
        name, colon, port = host.partition(":")
        with suppress(ValueError):  # a name in no form is refused where it is asked
            host = f"{ascii_name(name)}{colon}{port}"
    host = host.lower().removesuffix(_DEFAULT_PORTS.get(scheme, ":")).removesuffix(":")
    path = _without_dots(same_escapes(path))
    return f"{scheme}://{user}{at}{host}{path}{question}{same_escapes(query)}"


def _without_dots(path: str) -> str:
    """RFC 3986 section 5.2.4, of a path that is empty or begins with a slash."""
    if "/." not in path:
        return path or "/"
    *folders, last = path.split("/")[1:] or [""]
    kept: list[str] = []
    for one in (*folders, last):
        if one == "..":
            del kept[-1:]
        elif one != ".":
            kept.append(one)
    if last in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
