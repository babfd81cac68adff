"""Sites that show their feed to those alone who send back a cookie."""

from __future__ import annotations

import asyncio

import pytest

from aggregator.errors import TooManyRedirects
from aggregator.fetching.client import Client
from aggregator.model import NotModified, Response
from aggregator.polling.poll import request_for
from aggregator.settings import FeedSource
from tests.servers import Reply, Request, WebServer, running

BODY = b"<rss version='2.0'/>"


def get(url: str, **settings: object) -> Response | NotModified:
    given = {"allow_private_networks": True, "timeout_s": 3.0, "cookies": True} | settings
    source = FeedSource("News", url, key=url, **given)  # type: ignore[arg-type]

    async def ask() -> Response | NotModified:
        async with Client("aggregator/0") as client:
            return await client.get(request_for(source))

    return asyncio.run(ask())


def gate(request: Request) -> Reply:
    """The feed for those with the cookie; to others a redirect to itself that sets it."""
    if "pass=1" in request.headers.get("cookie", ""):
        return Reply(BODY)
    return Reply(status=302, headers={"Location": request.path, "Set-Cookie": "pass=1; Path=/"})


def test_a_redirect_to_itself_with_a_cookie_leads_to_the_feed(web: WebServer) -> None:
    url = web.serve("/feed", gate)

    answer = get(url)

    assert isinstance(answer, Response)
    assert answer.body == BODY
    assert [request.headers.get("cookie") for request in web.requests] == [None, "pass=1"]


def test_p26_without_the_setting_and_in_the_next_poll_no_cookie_is_sent(web: WebServer) -> None:
    url = web.serve("/feed", gate)
    get(url)

    with pytest.raises(TooManyRedirects, match="redirect loop"):
        get(url, cookies=False)
    get(url)

    assert [request.headers.get("cookie") for request in web.requests] == [
        *(None, "pass=1", None, None, "pass=1"),
    ]


def test_a_configured_cookie_stays_beside_them(web: WebServer) -> None:
    get(web.serve("/feed", gate), headers=(("cookie", "own=2"),))

    assert [one.headers["cookie"] for one in web.requests] == ["own=2", "own=2; pass=1"]


def test_a_circle_with_ever_new_cookies_ends(web: WebServer) -> None:
    def turn(request: Request) -> Reply:
        cookie = f"n={len(web.requests)}"
        return Reply(status=302, headers={"Location": "/feed", "Set-Cookie": cookie})

    with pytest.raises(TooManyRedirects, match="more than 5"):
        get(web.serve("/feed", turn))
    assert len(web.requests) == 6


@pytest.mark.usefixtures("one_network")
def test_a_cookie_goes_back_to_the_origin_that_set_it_and_no_other(web: WebServer) -> None:
    with running("127.0.0.2") as other:
        there = other.serve("/there", Reply(status=302, headers={"Location": f"{web.base}/end"}))
        away = {"Location": there, "Set-Cookie": "here=1; Domain=127.0.0.2"}
        url = web.serve(
            "/feed", Reply(status=302, headers={"Location": "/on", "Set-Cookie": "a=1"})
        )
        web.serve("/on", Reply(status=302, headers=away))
        web.serve("/end", Reply(BODY))

        get(url)

        assert [one.headers.get("cookie") for one in web.requests] == [None, "a=1", "a=1"]
        assert [one.headers.get("cookie") for one in other.requests] == [None]
