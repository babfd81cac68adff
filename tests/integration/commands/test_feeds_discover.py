"""`aggregator feeds discover`."""

from __future__ import annotations

from pathlib import Path

from tests.command_line import TALKS, Command, configure, entry
from tests.samples import rss
from tests.servers import Reply, WebServer

PAGE = (
    '<!doctype html><title>Paper</title><link rel="alternate" type="application/rss+xml" '
    'title="Paper news" href="/feed"><p>Welcome</p>'
)


def test_the_feeds_of_a_page_are_discovered_and_asked(command: Command, web: WebServer) -> None:
    configure()
    page = web.serve("/", Reply(PAGE.encode(), headers={"Content-Type": "text/html"}))
    feed = web.serve("/feed", rss("Paper", [entry(TALKS)]))

    assert command("feeds", "discover", page, "--json").document() == [feed]
    assert len(web.requests) <= 6
    assert command("feeds", "discover", feed).out == f"{feed}\n"
    empty = web.serve("/empty", Reply(b"<p>nothing</p>", headers={"Content-Type": "text/html"}))
    web.serve("/feed", Reply(b"", 404))
    assert command("feeds", "discover", empty).code == 1


def test_p10_discovery_is_one_page_and_six_requests_at_most(
    command: Command, web: WebServer
) -> None:
    Path("feeds.yaml").write_text(
        "fetch: {host_gap: 0s, allow_private_networks: true}\nfeeds: []\n"
    )
    links = "".join(f'<a href="/feeds/{number}.xml">RSS</a>' for number in range(20))
    page = web.serve("/", Reply(f"<title>x</title>{links}".encode(), headers={
        "Content-Type": "text/html", "Link": '</feeds/7.xml>; rel="alternate"; '
        'type="application/rss+xml"'}))  # fmt: skip
    web.serve("/feeds/7.xml", rss("Paper", [entry(TALKS)]))

    assert command("feeds", "discover", page, "--json").document() == [f"{web.base}/feeds/7.xml"]
    assert len(web.requests) == 6
    assert len(web.asked("/")) == 1
    assert web.requests[1].path == "/feeds/7.xml"  # what the page declares is asked first


def test_p10_redirects_are_among_the_six_requests_of_a_discovery(
    command: Command, web: WebServer
) -> None:
    Path("feeds.yaml").write_text(
        "fetch: {host_gap: 0s, allow_private_networks: true}\nfeeds: []\n"
    )
    links = "".join(f'<a href="/{number}.rss">RSS</a>' for number in range(5))
    web.serve("/page", Reply(links.encode(), headers={"Content-Type": "text/html"}))
    for number in range(5):
        web.serve(f"/{number}.rss", Reply(status=302, headers={"Location": f"/{number}.xml"}))
        web.serve(f"/{number}.xml", rss("Paper", [entry(TALKS)]))
    page = web.serve("/", Reply(status=301, headers={"Location": "/page"}))

    found = command("feeds", "discover", page, "--json").document()

    assert found == [f"{web.base}/0.rss", f"{web.base}/1.rss"]
    assert len(web.requests) == 6
