"""A document that the configuration names as a file on this machine, read as if it were fetched."""

from __future__ import annotations

import os
import stat
from urllib.parse import unquote, urlsplit

from aggregator.errors import NetworkFailure, TooLarge
from aggregator.model import NotModified, Response


def read_file(url: str, *, max_bytes: int, etag: str | None = None) -> Response | NotModified:
    """The file that a `file:` URL names, if it is not the one that had this `etag`.

    Raises NetworkFailure (file) and TooLarge.
    """
    path = unquote(urlsplit(url).path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise NetworkFailure("the file cannot be opened", kind="file") from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise NetworkFailure("not a regular file", kind="file")
    with open(descriptor, "rb") as file:
        headers = {"etag": f'"{status.st_mtime_ns:x}-{status.st_size:x}"'}
        if etag == headers["etag"]:
            return NotModified(headers, url, None, 0.0)
        if status.st_size > max_bytes:
            raise TooLarge(f"the file is larger than {max_bytes} bytes")
        body = file.read(max_bytes + 1)
    if len(body) > max_bytes:
        raise TooLarge(f"the file is larger than {max_bytes} bytes")
    return Response(200, headers, body, url, None, 0.0)
