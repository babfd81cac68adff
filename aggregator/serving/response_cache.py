"""HTTP responses of published bytes: entity tags, dates, compression, and a cache of them."""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from aggregator.publishing.formats import content_type
from aggregator.serving.conditional import accepts_gzip, format_http_date, not_modified

_SMALLEST_GZIP = 500  # bytes: below, the header outweighs the gain
_KEPT = 500
K = TypeVar("K")
V = TypeVar("V")


class Representation(Struct, frozen=True):
    """The current bytes of a path with their validators (RFC 9110, sections 3.2 and 8.8)."""

    body: bytes
    media_type: str
    etag: str  # strong, quoted
    modified: datetime
    zipped: bytes = b""

    @property
    def zipped_etag(self) -> str:
        """The strong entity tag of the compressed bytes (RFC 9110, section 8.8.3.3)."""
        return f'{self.etag[:-1]}-gzip"'


def represent(body: bytes, *, media_type: str, modified: datetime) -> Representation:
    """The bytes with their entity tag, and compressed where that saves anything."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    zipped = gzip.compress(body, compresslevel=6, mtime=0) if len(body) >= _SMALLEST_GZIP else b""
    return Representation(
        body, media_type, etag, modified, zipped if len(zipped) < len(body) else b""
    )


class ResponseCache:
    """Caches representations, so that a file or page is hashed and compressed once."""

    def __init__(self) -> None:
        self._files: OrderedDict[Path, tuple[tuple[int, int, int], Representation]] = OrderedDict()
        self._pages: OrderedDict[str, Representation] = OrderedDict()

    def file(self, path: Path) -> Representation | None:
        """The file as it is now; None when there is none."""
        try:
            found = path.stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            known = self._files.get(path)
            if known is not None and known[0] == stamp:
                return known[1]
            body = path.read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        modified = datetime.fromtimestamp(found.st_mtime, UTC)
        made = represent(body, media_type=content_type(path.name), modified=modified)
        _keep(self._files, path, (stamp, made))
        return made

    def page(self, path: str, body: bytes, *, now: datetime) -> Representation:
        """A page, or a story's feed, as rendered; it was modified when its bytes last changed."""
        known = self._pages.get(path)
        if known is not None and known.body == body:
            return known
        media_type = content_type(".atom" if path.endswith(".atom") else ".html")
        made = represent(body, media_type=media_type, modified=now)
        _keep(self._pages, path, made)
        return made


def _keep(kept: OrderedDict[K, V], key: K, value: V) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > _KEPT:
        kept.popitem(last=False)


def respond(request: Request, found: Representation, headers: Mapping[str, str]) -> Response:
    """200 or 304 for GET and HEAD, compressed where the client accepts that.

    `Range` is ignored, as a server may (RFC 9110, section 14.2), which `Accept-Ranges` says.
    """
    zipped = bool(found.zipped) and accepts_gzip(_header(request, "accept-encoding") or "")
    etag = found.zipped_etag if zipped else found.etag
    shared = {
        **headers,
        "ETag": etag,
        "Last-Modified": format_http_date(found.modified),
        "Vary": "Accept, Accept-Encoding" if _is_feed(found.media_type) else "Accept-Encoding",
        "Accept-Ranges": "none",
    }
    if not_modified(
        etag=etag,
        modified=found.modified,
        if_none_match=_header(request, "if-none-match"),
        if_modified_since=request.headers.get("if-modified-since"),
    ):
        return Response(status_code=304, headers=shared)
    if zipped:
        shared["Content-Encoding"] = "gzip"
    body = found.zipped if zipped else found.body
    media_type = found.media_type
    # Chromium shows what says that it is a feed as mere text, and XML by its style sheet.
    if _is_feed(media_type) and wants_page(request):
        media_type = "application/xml; charset=utf-8"
    return Response(body, headers={**shared, "Content-Type": media_type})


def wants_page(request: Request) -> bool:
    """Whether a page is asked for, as browsers do, and no feed."""
    accept = _header(request, "accept") or ""
    return "text/html" in accept and not _is_feed(accept)


def _is_feed(media_type: str) -> bool:
    return "atom+xml" in media_type or "rss+xml" in media_type


def _header(request: Request, name: str) -> str | None:
    """A header whose value is a list, its field lines combined (RFC 9110, section 5.3)."""
    lines = request.headers.getlist(name)
    return ", ".join(lines) if lines else None
