"""A feed that the configuration names as a file on this machine, read as if it were fetched."""

from __future__ import annotations

import os
import stat
from urllib.parse import unquote, urlsplit

from aggregator.errors import NetworkFailure, TooLarge
from aggregator.model import FeedState, NotModified, Response
from aggregator.settings import FeedSource


def read_file(source: FeedSource, state: FeedState | None) -> Response | NotModified:
    """The file that the feed's URL names. Raises NetworkFailure (file) and TooLarge."""
    path = unquote(urlsplit(source.url).path)
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
        if state is not None and state.etag == headers["etag"]:
            return NotModified(headers, source.url, None, 0.0)
        if status.st_size > source.max_bytes:
            raise TooLarge(f"the file is larger than {source.max_bytes} bytes")
        body = file.read(source.max_bytes + 1)
    if len(body) > source.max_bytes:
        raise TooLarge(f"the file is larger than {source.max_bytes} bytes")
    return Response(200, headers, body, source.url, None, 0.0)
