"""POST requests to addresses that the operator configured: hubs and webhooks.

Addresses that came out of a feed never pass here; they go through `fetching.client` and its guard.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

from aggregator.errors import DeadlineExceeded, NetworkFailure

_AFTER = re.compile(r"[0-9]{1,9}")


async def post(
    url: str,
    body: bytes,
    *,
    user_agent: str,
    headers: Mapping[str, str],
    timeout_s: float = 20.0,
) -> tuple[int, float | None]:
    """Sends the body and returns the status and the seconds of a `Retry-After`, if any.

    Redirects are not followed: a receiver that moved is the operator's to correct. The answer's
    body is not read. Raises DeadlineExceeded and NetworkFailure.
    """
    said = {"User-Agent": user_agent, **headers}
    import aiohttp  # noqa: PLC0415 - slow to load, and only for those who have hubs or webhooks

    try:
        async with (
            asyncio.timeout(timeout_s),
            aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
            ) as session,
            session.post(url, data=body, headers=said, allow_redirects=False) as answer,
        ):
            after = answer.headers.get("Retry-After", "")
            return answer.status, float(after) if _AFTER.fullmatch(after) else None
    except TimeoutError as error:
        raise DeadlineExceeded(f"no answer within {timeout_s:g} s") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise NetworkFailure(f"could not be reached ({type(error).__name__})") from error
