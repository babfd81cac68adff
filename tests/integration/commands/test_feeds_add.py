"""`aggregator feeds add`: one request, and what it brought."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from aggregator.storage import store as store_module
from aggregator.storage.store import open_store
from tests.command_line import FIRMS, TALKS, TOPIC, Command, configure, entry
from tests.samples import rss
from tests.servers import Reply, Request, WebServer, document

PAGE = (
    '<!doctype html><title>Paper</title><link rel="alternate" type="application/rss+xml" '
    'title="Paper news" href="/feed"><p>Welcome</p>'
)


def test_addresses_with_a_scheme_for_feeds_are_added_as_those_of_the_web(
    command: Command, web: WebServer
) -> None:
    url = web.serve("/1", rss("One", [entry(FIRMS)]))
    configure(web.serve("/other", rss("Other", [entry(FIRMS)])))

    assert command("feeds", "discover", f"feed:{url}").out.strip() == url
    assert command("feeds", "add", url.replace("http://", "feed://")).code == 0
    again = command("feeds", "add", f"feed:{url}")

    assert command("feeds", "list", "--json").document()[1]["url"] == url
    assert "configured already" in again.err


def test_p17_a_feed_that_is_added_again_is_not_asked_before_its_server_allows(
    command: Command, web: WebServer
) -> None:
    url = web.serve("/1", Reply(status=429, headers={"Retry-After": "86400"}))
    configure(url)
    command("fetch")

    command("feeds", "remove", "Feed 1")
    added = command("feeds", "add", url)

    assert added.code == 1
    assert "its server asked not to be asked again before" in added.err
    assert command("feeds", "discover", url).code == 1
    assert len(web.requests) == 1


@pytest.mark.parametrize("status", [403, 429])
def test_p19_a_server_that_turned_us_away_is_named_as_that(
    command: Command, web: WebServer, status: int
) -> None:
    url = web.serve("/1", Reply(status=status))
    configure(url)
    command("fetch")

    command("feeds", "remove", "Feed 1")
    added = command("feeds", "add", url)

    assert added.code == 1
    assert f"its server turned us away (HTTP {status}); it is left alone until " in added.err
    assert len(web.requests) == 1


@pytest.mark.parametrize("is_noticed", [False, True])
def test_p19_a_gone_feed_that_came_back_can_be_added_again(
    command: Command, web: WebServer, *, is_noticed: bool
) -> None:
    other = web.serve("/other", rss("Other", [entry(FIRMS)]))
    url = web.serve("/1", Reply(status=410))
    configure(url, other)
    command("fetch")
    with open_store(Path("db/aggregator.db")) as store, store.transaction():
        store.execute("UPDATE feed SET gone=1 WHERE key=?", (url,))
    command("feeds", "remove", "Feed 1")
    if is_noticed:
        command("fetch")

    web.serve("/1", document(rss("One", [entry(TALKS)]), etag='"1"'))
    added = command("feeds", "add", url)
    asked = command("fetch", "--feed", "One", "--json").document()

    assert (added.code, added.err) == (0, "")
    assert (asked["skipped"], asked["not_modified"]) == (0, 1)


def test_p10_a_feed_is_added_with_one_request_and_removed(command: Command, web: WebServer) -> None:
    configure()
    url = web.serve("/1", rss("Paper One", [entry(TALKS)]))

    added = command("feeds", "add", url)

    assert added.out == "added Paper One: 1 item today\n"
    assert len(web.requests) == 1
    assert "name: Paper One" in Path("feeds.yaml").read_text()
    again = command("feeds", "add", url)
    assert (again.code, "configured already, as 'Paper One'" in again.err) == (2, True)
    assert len(web.requests) == 1
    assert command("feeds", "remove", "Paper One").code == 0
    assert command("feeds", "list", "--json").document() == []
    assert command("feeds", "remove", "Paper One").code == 2


def test_p10_what_the_added_feed_brought_is_its_first_poll(
    command: Command, web: WebServer
) -> None:
    configure()
    url = web.serve("/1", document(rss("Paper One", [entry(f"{TALKS} - Paper One")]), etag='"1"'))

    assert command("feeds", "add", url).err == ""
    with open_store(Path("db/aggregator.db")) as store:
        (log,) = store.tuples("SELECT outcome, http_status, items, items_new FROM poll")
        (item,) = store.tuples("SELECT headline, publisher, variant_id FROM item")
    assert command("fetch", "--due", "--no-publish", "--json").document()["skipped"] == 1
    done = command("fetch", "--json").document()

    assert log == ("fetched", 200, 1, 1)
    assert item == (TALKS, "Paper One", None)  # as a poll reads it, which knows the feed's name
    assert [request.headers.get("if-none-match") for request in web.requests] == [None, '"1"']
    assert (done["not_modified"], done["items"]) == (1, 0)
    assert done["published"] == {TOPIC: 1}


def test_p10_a_fetch_after_adding_matches_and_skips_what_is_fresh(
    command: Command, web: WebServer
) -> None:
    configure()
    headers = {"ETag": '"1"', "Cache-Control": "max-age=600"}
    url = web.serve("/1", Reply(rss("One", [entry(TALKS)]).encode(), headers=headers))

    command("feeds", "add", url)
    done = command("fetch", "--json").document()

    assert len(web.requests) == 1
    assert (done["skipped"], done["new_stories"], done["published"]) == (1, 1, {TOPIC: 1})


def test_p10_a_feed_that_moved_is_added_where_it_is_and_asked_there(
    command: Command, web: WebServer
) -> None:
    configure()
    new = web.serve("/new", document(rss("One", [entry(TALKS)]), etag='"1"'))
    old = web.serve("/old", Reply(b"", 301, {"Location": new}))

    command("feeds", "add", old)
    command("fetch")

    assert [request.path for request in web.requests] == ["/old", "/new", "/new"]
    assert web.requests[2].headers["if-none-match"] == '"1"'
    with open_store(Path("db/aggregator.db")) as store:
        assert store.tuples("SELECT key, moved_count FROM feed") == [(new, 0)]


@pytest.mark.parametrize("is_page", [False, True])
def test_p23_the_host_of_an_added_feed_is_not_asked_again_at_once(
    command: Command, web: WebServer, *, is_page: bool
) -> None:
    starts: list[float] = []

    def answer(request: Request) -> Reply:
        starts.append(time.monotonic())
        if is_page and request.path == "/":
            return Reply(PAGE.encode(), headers={"Content-Type": "text/html"})
        return Reply(rss("One", [entry(TALKS)]).encode(), headers={"ETag": '"1"'})

    configure()
    text = Path("feeds.yaml").read_text()
    Path("feeds.yaml").write_text(text.replace("host_gap: 0s", "host_gap: 1s"))
    web.serve("/feed", answer)

    began = time.monotonic()  # a busy server may see a request later than it was sent
    command("feeds", "add", web.serve("/", answer))
    assert command("fetch", "--no-publish", "--json").document()["feeds"] == 1

    assert [request.path for request in web.requests] == ["/", "/feed" if is_page else "/"]
    assert starts[1] - began >= 1


def test_p23_commands_that_ask_one_host_in_turn_keep_their_distance(
    command: Command, web: WebServer
) -> None:
    starts: list[float] = []

    def answer(request: Request) -> Reply:
        starts.append(time.monotonic())
        return Reply(rss(request.path, [entry(TALKS)]).encode(), headers={"ETag": '"1"'})

    configure()
    text = Path("feeds.yaml").read_text()
    Path("feeds.yaml").write_text(text.replace("host_gap: 0s", "host_gap: 1s"))

    began = time.monotonic()  # a busy server may see a request later than it was sent
    command("feeds", "add", web.serve("/1", answer), "--name", "One")
    command("feeds", "add", web.serve("/2", answer), "--name", "Two")
    command("feeds", "check", "One")

    assert [request.path for request in web.requests] == ["/1", "/2", "/1"]
    assert starts[1] - began >= 1
    assert starts[2] - began >= 2


@pytest.mark.parametrize("is_locked", [False, True])
@pytest.mark.parametrize(
    ("arguments", "hosts"),
    [
        (("check",), 2),
        (("check", "Feed 2"), 1),
        (("discover", "/missing"), 1),
        (("add", "/page"), 1),
        (("add", "/missing"), 1),
    ],
)
def test_p23_a_command_that_stores_nothing_else_keeps_its_hosts_starts(
    command: Command,
    web: WebServer,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    hosts: int,
    *,
    is_locked: bool,
) -> None:
    elsewhere = web.base.replace("127.0.0.1", "localhost")
    web.serve("/page", Reply(b"<p>no feed</p>", headers={"Content-Type": "text/html"}))
    web.serve("/2", rss("Two", [entry(FIRMS)]))
    configure(web.serve("/1", rss("One", [entry(TALKS)])), f"{elsewhere}/2")
    command("fetch", "--no-publish")
    text = Path("feeds.yaml").read_text()
    Path("feeds.yaml").write_text(text.replace("host_gap: 0s", "host_gap: 60s"))
    monkeypatch.setattr(store_module, "BUSY_TIMEOUT_MS", 50)

    with ExitStack() as stack:
        if is_locked:
            other = stack.enter_context(open_store(Path("db/aggregator.db")))
            stack.enter_context(other.transaction())
        done = command("feeds", *(one.replace("/", f"{web.base}/", 1) for one in arguments))

    assert "locked" not in done.err
    with open_store(Path("db/aggregator.db"), read_only=True) as store:
        found = store.value("SELECT count(*) FROM host WHERE next_start_at IS NOT NULL")
    assert found == (0 if is_locked else hosts)


@pytest.mark.parametrize("is_locked", [False, True])
def test_a_feed_is_added_when_the_database_cannot_be_written(
    command: Command, web: WebServer, monkeypatch: pytest.MonkeyPatch, *, is_locked: bool
) -> None:
    path = Path("db/aggregator.db")
    configure(more="" if is_locked else "database: feeds.yaml/news.db\n")
    url = web.serve("/1", rss("One", [entry(TALKS)]))
    monkeypatch.setattr(store_module, "BUSY_TIMEOUT_MS", 50)

    with ExitStack() as stack:
        if is_locked:
            open_store(path).close()
            other = stack.enter_context(open_store(path))
            stack.enter_context(other.transaction())
        done = command("feeds", "add", url)

    assert (done.code, done.out) == (0, "added One: 1 item today\n")
    assert done.err.startswith("not stored, so it will be asked for again: ")
    assert done.err.count("\n") == 1
    assert "name: One" in Path("feeds.yaml").read_text()
    assert len(web.requests) == 1


def test_p10_a_page_that_declares_one_feed_adds_it_with_one_request(
    command: Command, web: WebServer
) -> None:
    configure()
    page = web.serve("/", Reply(PAGE.encode(), headers={"Content-Type": "text/html"}))

    done = command("feeds", "add", page, "--name", "Paper")

    assert done.out == "added Paper\n"
    assert len(web.requests) == 1
    assert f"url: {web.base}/feed" in Path("feeds.yaml").read_text()
    with open_store(Path("db/aggregator.db")) as store:  # the page is no poll of the feed
        assert store.value("SELECT count(*) FROM poll") == 0
        assert store.tuples("SELECT name, next_poll_at FROM feed") == [("Paper", None)]


def test_a_page_with_several_feeds_names_them(command: Command, web: WebServer) -> None:
    configure()
    two = PAGE + PAGE.replace("/feed", "/other")
    page = web.serve("/", Reply(two.encode(), headers={"Content-Type": "text/html"}))

    done = command("feeds", "add", page)

    assert done.code == 2
    assert f"aggregator feeds add '{web.base}/other'" in done.err


def test_what_is_no_feed_is_not_added(command: Command, web: WebServer) -> None:
    configure()
    page = web.serve("/", Reply(b"<p>nothing</p>", headers={"Content-Type": "text/html"}))

    assert command("feeds", "add", page).code == 1
    assert command("feeds", "add", f"{web.base}/missing").code == 1
    assert command("feeds", "add", "ftp://a.example/").code == 2
    assert command("feeds", "list", "--json").document() == []
    assert not Path("db").exists()


def test_a_feed_with_a_variable_is_added_as_typed_and_checked_without_it(
    command: Command, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEED_KEY", "k3y-of-mine")
    web.serve("/new", rss("Paper", [entry(TALKS)]))
    target = f"{web.base}/new?key=k3y-of-mine"
    web.serve("/old", Reply(b"", 301, {"Location": target}))
    configure()

    assert command("feeds", "add", f"{web.base}/old?key=${{FEED_KEY}}").code == 0
    checked = command("feeds", "check", "--json")

    assert web.asked("/old")[0].path == "/old?key=k3y-of-mine"
    assert "k3y-of-mine" not in Path("feeds.yaml").read_text()
    assert "moved for good" in checked.out
    assert "k3y-of-mine" not in checked.out


def test_a_feed_that_is_configured_in_other_letters_is_named(
    command: Command, web: WebServer
) -> None:
    url = web.serve("/feed", rss("One", [entry(TALKS)]))
    configure(url)
    page = web.serve("/page", Reply(PAGE.encode(), headers={"Content-Type": "text/html"}))

    spelled = command("feeds", "add", f"{web.base}/./a/../%66eed#top")
    assert (spelled.code, len(web.requests)) == (2, 0)
    declared = command("feeds", "add", page)
    assert (declared.code, len(web.requests)) == (2, 1)
    assert f"configured already, as 'Feed 1' ({url})" in spelled.err
    assert "configured already, as 'Feed 1'" in declared.err


def test_what_a_request_met_is_told_with_its_address_and_no_password(
    command: Command, web: WebServer
) -> None:
    url = web.serve("/1", Reply(status=500))
    configure("https://a.example/")
    with_password = url.replace("://", "://me:s3cret@")

    for name in ("add", "discover"):
        done = command("feeds", name, with_password)
        assert (done.code, done.err) == (1, f"error: {url}: HTTP 500\n")
    done = command("feeds", "add", "https://me:s3 cret@a.example/feed")
    assert done.err.startswith("error: https://a.example/feed: a URL cannot hold ' '; ")
