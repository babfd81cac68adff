"""The web server: validators, compression, safe headers, pages, and nothing but what is ours."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from aggregator.ingest import corrections
from aggregator.publishing.hub import names_of
from aggregator.publishing.publish import publish
from aggregator.serving.web import create_app
from aggregator.settings import Config, PublishSettings, ServeSettings, SiteSettings, TopicSettings
from aggregator.storage import feeds
from aggregator.storage.store import open_store
from tests.newsroom import BLAST, NOW, WEATHER, Newsroom, make_item, make_rules
from tests.validity.atom import atom_problems
from tests.views import ATOM, tree

AGAIN = "Second bomb found near Quetta hospital, defused by police"


@dataclass(slots=True)
class Site:
    """A published newsroom; `open` serves it."""

    room: Newsroom
    config: Config
    stack: ExitStack

    def open(self, *, peer: str = "127.0.0.1", **options: object) -> TestClient:
        app = create_app(self.config, **options)  # type: ignore[arg-type]
        client = TestClient(app, client=(peer, 4711), follow_redirects=False)
        return self.stack.enter_context(client)

    def publish(self) -> None:
        publish(self.room.store, self.config, NOW)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    store = open_store(tmp_path / "a.db")
    room = Newsroom(store, rules=make_rules(term="bomb"))
    config = Config(
        database=tmp_path / "a.db",
        output=tmp_path / "public",
        site=SiteSettings(base_url="https://news.example.org/daily/"),
        feeds=tuple(room.sources.values()),
        topics=(TopicSettings("news", title="The news"), TopicSettings("off", enabled=False)),
        publish=PublishSettings(hub="https://hub.example/"),
        serve=ServeSettings(rate=0),
    )
    room.poll("dawn", make_item(BLAST, identity="a"), make_item(WEATHER, identity="w"))
    room.poll("geo", make_item(AGAIN, identity="b", summary="Nobody was hurt."))
    room.match()
    with ExitStack() as stack:
        made = Site(room, config, stack)
        made.publish()
        yield made
    store.close()


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/news.atom", "application/atom+xml; charset=utf-8"),
        ("/news.rss", "application/rss+xml; charset=utf-8"),
        ("/news.json", "application/feed+json; charset=utf-8"),
        ("/news-digest.atom", "application/atom+xml; charset=utf-8"),
        ("/news-digest.md", "text/markdown; charset=utf-8"),
        ("/news-2026-03.atom", "application/atom+xml; charset=utf-8"),
        ("/news-2026-03-01.html", "text/html; charset=utf-8"),
        ("/feeds.opml", "text/x-opml; charset=utf-8"),
        ("/news.html", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/", "text/html; charset=utf-8"),
    ],
)
def test_p33_files_and_pages_have_type_validators_and_lifetime(
    site: Site, path: str, media_type: str
) -> None:
    client = site.open()

    full = client.get(path, headers={"Accept-Encoding": "identity"})
    head = client.head(path, headers={"Accept-Encoding": "identity"})
    again = client.get(
        path, headers={"If-None-Match": full.headers["etag"], "Accept-Encoding": "identity"}
    )

    assert full.status_code == head.status_code == 200
    assert full.headers["content-type"] == media_type
    assert full.headers["etag"].startswith('"')
    assert full.headers["cache-control"] == "public, max-age=600"
    is_feed = "atom+xml" in media_type or "rss+xml" in media_type
    assert full.headers["vary"] == ("Accept, " if is_feed else "") + "Accept-Encoding"
    assert head.headers["content-length"] == str(len(full.content))
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == full.headers["etag"]
    assert "content-type" not in again.headers


def test_feeds_are_the_published_bytes(site: Site) -> None:
    client = site.open()

    for name in ("news.atom", "news.rss", "news.json", "feeds.opml"):
        assert client.get(f"/{name}").content == (site.config.output / name).read_bytes()


def test_a_list_may_be_spread_over_several_headers(site: Site) -> None:
    client = site.open()
    tag = client.get("/news.atom").headers["etag"]

    lines = [("If-None-Match", '"other"'), ("If-None-Match", tag)]
    assert client.get("/news.atom", headers=lines).status_code == 304
    codings = [("Accept-Encoding", "br"), ("Accept-Encoding", "gzip")]
    assert client.get("/news.atom", headers=codings).headers["content-encoding"] == "gzip"


def test_p33_dates_serve_those_who_have_no_tag(site: Site) -> None:
    client = site.open()
    modified = client.get("/news.atom").headers["last-modified"]

    assert client.get("/news.atom", headers={"If-Modified-Since": modified}).status_code == 304


def test_compressed_answers_have_a_tag_of_their_own(site: Site) -> None:
    client = site.open()
    plain = client.get("/news.atom", headers={"Accept-Encoding": "identity"})

    with client.stream("GET", "/news.atom", headers={"Accept-Encoding": "gzip"}) as zipped:
        raw = b"".join(zipped.iter_raw())
    again = client.get("/news.atom", headers={"If-None-Match": zipped.headers["etag"]})

    assert zipped.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == plain.content
    assert zipped.headers["etag"] != plain.headers["etag"]
    assert again.status_code == 304


def test_ranges_are_declined_and_the_whole_is_sent(site: Site) -> None:
    answer = site.open().get("/news.atom", headers={"Range": "bytes=0-9"})

    assert answer.status_code == 200
    assert answer.headers["accept-ranges"] == "none"
    assert len(answer.content) > 10


def test_hub_and_self_stand_in_the_link_header(site: Site) -> None:
    link = site.open().get("/news.rss").headers["link"]

    assert link == (
        '<https://hub.example/>; rel="hub", <https://news.example.org/daily/news.rss>; rel="self"'
    )


def test_only_files_of_which_the_hub_hears_name_it(site: Site) -> None:
    client = site.open()
    paths = ("news.atom", "news.rss", "news.json", "news-digest.atom", "news-digest.md",
             "news.html", "news-2026-03-01.html", "news-2026-03.atom", "index.html",
             "feeds.opml")  # fmt: skip

    named = [path for path in paths if 'rel="hub"' in client.get(f"/{path}").headers["link"]]
    assert sorted(named) == sorted(names_of(site.config, "news"))
    assert [
        path for path in paths if "https://hub.example/" in client.get(f"/{path}").text
    ] == named
    assert '<link rel="self" href="https://news.example.org/daily/news.html">' in (
        client.get("/news.html").text
    )


def test_without_an_address_no_file_names_a_hub(site: Site) -> None:
    site.config = replace(site.config, site=SiteSettings())
    site.publish()
    client = site.open()

    for path in ("news.atom", "news.rss", "news.json", "news.html"):
        assert "link" not in client.get(f"/{path}").headers
        assert "hub.example" not in client.get(f"/{path}").text


def test_a_changed_file_has_a_new_tag(site: Site) -> None:
    client = site.open()
    before = client.get("/news.atom").headers["etag"]
    page = client.get("/news.html").headers["etag"]

    site.room.poll("wire", make_item(BLAST, identity="c"))
    site.room.match()
    site.publish()

    assert client.get("/news.atom", headers={"If-None-Match": before}).status_code == 200
    assert client.get("/news.html", headers={"If-None-Match": page}).status_code == 200


def test_every_answer_carries_the_security_headers(site: Site) -> None:
    client = site.open()

    for path in ("/", "/news.atom", "/healthz", "/absent.txt", "/search?q=x", "/feeds"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]

        assert policy.startswith("default-src 'none'"), path
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert "x-robots-tag" not in headers


def test_p35_search_engines_are_asked_to_leave_where_that_is_set(site: Site) -> None:
    site.config = replace(site.config, publish=PublishSettings(noindex=True))
    answer = site.open().get("/news.html")

    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex, nofollow">' in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/absent.txt",
        "/a.db",
        "/off.atom",
        "/news-2026-13.atom",
        "/news-x.atom",
        "/..%2fa.db",
        "/%2e%2e/a.db",
        "/stories/..%2f..%2fa.db.html",
        "/stories/nope.html",
        "/stories/%00.html",
        "/.news.atom",
        "/news.atom/",
        "/news.atom%00",
        "/stories",
        "/other/news.atom",
    ],
)
def test_nothing_else_is_served_and_no_path_is_repeated(site: Site, path: str) -> None:
    (site.config.output / "absent.txt").write_text("secret")
    (site.config.output / "off.atom").write_text("old")

    answer = site.open().get(path)

    assert answer.status_code == 404
    assert "secret" not in answer.text
    assert path.strip("/").split("/")[-1] not in answer.text
    assert "There is nothing at this address." in answer.text


def test_other_methods_are_refused(site: Site) -> None:
    answer = site.open().post("/news.atom", content=b"x")

    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


def test_story_pages_follow_a_story_to_where_it_went(site: Site) -> None:
    client = site.open()
    first, second = site.room.story("a"), site.room.story("b")
    off_topic = site.room.story("w")

    page = client.get(f"/stories/{first}.html")
    corrections.merge(site.room.store, site.room.rules, first=first, second=second, now=NOW)
    site.publish()
    kept = site.room.story("a")
    moved = client.get(f"/stories/{({first, second} - {kept}).pop()}.html")
    corrections.hide(site.room.store, story=kept, now=NOW)
    site.publish()
    gone = client.get(f"/stories/{kept}.html")

    assert page.status_code == 200
    assert BLAST in page.text
    assert (moved.status_code, moved.headers["location"]) == (301, f"{kept}.html")
    assert gone.status_code == 410
    assert "withdrawn" in gone.text
    assert client.get(f"/stories/{off_topic}.html").status_code == 404


def test_a_story_is_followed_by_a_feed_of_its_own(site: Site) -> None:
    client = site.open()
    first, second = site.room.story("a"), site.room.story("b")
    path = f"/stories/{first}.atom"

    feed = client.get(path)
    again = client.get(path, headers={"If-None-Match": feed.headers["etag"]})
    page = client.get(f"/stories/{first}.html").text
    site.room.poll("wire", make_item(BLAST, identity="c", url="https://wire.example/c"))
    site.room.match()
    grown = client.get(path, headers={"If-None-Match": feed.headers["etag"]})
    corrections.merge(site.room.store, site.room.rules, first=first, second=second, now=NOW)
    site.publish()
    kept = site.room.story("a")
    merged = client.get(f"/stories/{kept}.atom")
    moved = client.get(f"/stories/{({first, second} - {kept}).pop()}.atom")

    assert feed.headers["content-type"] == "application/atom+xml; charset=utf-8"
    address = f"https://news.example.org/daily{path}"
    assert feed.headers["link"] == f'<{address}>; rel="self"'
    assert list(atom_problems(feed.content, address)) == []
    assert 'rel="alternate" type="application/atom+xml" title="Follow this story' in page
    assert (again.status_code, grown.status_code, merged.status_code) == (304, 200, 200)
    ids = [
        {entry.findtext(f"{ATOM}id", "") for entry in tree(one.content).findall(f"{ATOM}entry")}
        for one in (feed, grown, merged)
    ]
    related = {one for one in ids[0] if one.endswith(f":{second}")}
    assert [len(one) for one in ids] == [2, 3, 3]
    assert len(related) == 1
    assert ids[0] - related < ids[1] - related < ids[2]
    assert (moved.status_code, moved.headers["location"]) == (301, f"{kept}.atom")
    assert client.get(f"/stories/{site.room.story('w')}.atom").status_code == 404


def test_a_story_of_a_topic_that_is_no_longer_published_is_gone(site: Site) -> None:
    site.config = replace(site.config, topics=(TopicSettings("else"),))

    answer = site.open().get(f"/stories/{site.room.story('a')}.html")

    assert answer.status_code == 410


def test_pages_are_made_from_rows_even_when_no_file_is_there(site: Site) -> None:
    (site.config.output / "news.html").unlink()

    assert BLAST in site.open().get("/news.html").text


def test_the_page_of_a_day_links_to_what_is_served_only(site: Site) -> None:
    page = site.open().get("/news-2026-03-01.html").text

    assert BLAST in page
    assert '<a href="search">' in page
    assert '<a href="search">' not in (site.config.output / "news-2026-03-01.html").read_text()
    assert site.open().get("/news-2026-03-02.html").status_code == 404


def test_a_published_feed_that_is_not_there_is_not_found(site: Site) -> None:
    (site.config.output / "news.rss").unlink()

    assert site.open().get("/news.rss").status_code == 404


def test_without_a_database_files_are_served_and_pages_say_when_to_come_back(
    site: Site, tmp_path: Path
) -> None:
    site.config = replace(site.config, database=tmp_path / "none.db")
    client = site.open()

    assert client.get("/news.atom").status_code == 200
    assert client.get("/news.html").text == (site.config.output / "news.html").read_text()
    search = client.get("/search?q=bomb")
    assert search.status_code == 503
    assert search.headers["retry-after"] == "60"
    assert client.get("/feeds").status_code == 503
    assert client.get("/healthz").json() == {
        "status": "failing",
        "reason": "the database cannot be read",
    }


def test_search_finds_stories_and_repeats_the_query_as_text_only(site: Site) -> None:
    client = site.open()

    found = client.get("/search", params={"q": "hurt"})
    evil = client.get("/search", params={"q": '"><script>alert(1)</script>' + "x" * 500})

    assert "1 story found" in found.text
    assert AGAIN in found.text
    assert f"stories/{site.room.story('b')}.html" in found.text
    assert found.headers["cache-control"] == "no-cache"
    assert "<script" not in evil.text
    assert "x" * 300 not in evil.text
    assert client.get("/search").status_code == 200


def test_filters_of_a_search_stay_in_its_form_and_in_the_address_of_its_feed(site: Site) -> None:
    client = site.open()

    page = client.get("/search?q=bomb&topic=news&source=geo&since=2026-03-01&sort=best").text
    other = client.get("/search?q=bomb&source=dawn").text
    wrong = client.get("/search?q=bomb&since=yesterday")

    assert AGAIN in page
    assert BLAST not in page
    assert BLAST in other
    assert '<option value="news" selected>' in page
    assert 'href="search.atom?q=bomb&amp;topic=news&amp;source=geo&amp;since=2026-03-01' in page
    assert wrong.status_code == 400
    assert "is neither a day nor an age; write one such as 2026-03-02 or 7d" in wrong.text


def test_a_search_can_be_followed_as_a_feed(site: Site) -> None:
    client = site.open()
    told = site.room.story("a"), site.room.story("w")

    before = client.get("/search.atom?q=dawn+OR+schools&sort=best")
    answer = client.get("/search.atom", params={"q": "quetta"})
    off_topic = client.get("/search.atom?q=schools")
    same = client.get("/search.atom?q=quetta", headers={"If-None-Match": answer.headers["etag"]})

    assert before.status_code == 200
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert same.status_code == 304
    feed = tree(answer.content)
    ids = [one.text for one in feed.iter(f"{ATOM}id")]
    authority = "tag:news.example.org,2026-03-01"
    assert ids[0] == f"{authority}:search?q=quetta"
    assert f"{authority}:{told[0]}" in ids
    assert f"<id>{authority}:{told[1]}</id>" in off_topic.text
    assert "https://news.example.org/daily/search.atom?q=quetta" in answer.text
    assert f"stories/{told[0]}.html" in answer.text
    assert f"stories/{told[1]}.html" not in off_topic.text  # it has no page
    own = "https://news.example.org/daily/search.atom?q=quetta"
    assert list(atom_problems(answer.content, own)) == []
    assert client.get("/search.atom").status_code == 400
    assert client.get("/search.atom?q=x&until=x").status_code == 400


def test_an_entry_of_a_search_keeps_its_id_and_dates_when_more_is_reported(site: Site) -> None:
    site.room.store.execute("""UPDATE feed SET labels = '{"country": "no"}'""")
    client = site.open()
    before = client.get("/search.atom?q=schools").text
    site.room.poll("geo", make_item(WEATHER, identity="w2", at=NOW + timedelta(hours=2)))
    site.room.match()
    after = client.get("/search.atom?q=schools").text

    entries = [text[text.index("<entry>") :] for text in (before, after)]
    for tag in ("id", "updated", "published"):
        assert re.findall(f"<{tag}>.*?</{tag}>", entries[0])[0] in entries[1]
    assert "country: NO 2" in after


def test_search_and_health_leave_withdrawn_sources_out(site: Site) -> None:
    feeds.withdraw_source(site.room.store, "geo", now=NOW)
    client = site.open()

    assert AGAIN not in client.get("/search?q=hurt").text
    assert "geo" not in client.get("/feeds").text.replace("Georgia", "")


def test_the_health_page_tells_states_but_not_addresses_of_private_feeds(site: Site) -> None:
    store = site.room.store
    store.execute("UPDATE feed SET private=1, shown_url='', failures=2, last_error_kind='timeout',"
                  " last_error='https://secret.example/key' WHERE name='geo'")  # fmt: skip
    store.execute("UPDATE feed SET gone=1 WHERE name='wire'")
    store.execute("INSERT INTO feed(key, name, enabled) VALUES ('k1', 'Sleeper', 0)")
    store.execute("INSERT INTO feed(key, name) VALUES ('k2', 'Fresh')")
    store.execute("INSERT INTO feed(key, name, failures, last_ok_at)"
                  " VALUES ('k3', 'Ailing', 9, '2020-01-01T00:00:00Z')")  # fmt: skip
    store.execute("INSERT INTO hub_lease(feed_id, hub, topic, callback, secret, state,"
                  " last_push_at) SELECT id, '', '', '', '', 'active', '2026-01-01T00:00:00Z'"
                  " FROM feed WHERE name='Ailing'")  # fmt: skip

    page = site.open().get("/feeds").text

    assert "secret" not in page
    assert "Its server is slow: failed 2 times in a row" in page
    assert "Failing for days: Ailing." in page
    assert "· 1 entry" in page
    assert " item" not in page
    assert (
        '<time datetime="2020-01-01T00:00:00Z">1\u00a0Jan\u00a02020 00:00\u00a0UTC</time>' in page
    )
    assert "It cannot be read: failed 9 times in a row; its hub pushes updates" in page
    for word in ("ok", "gone", "failing", "disabled", "new"):
        assert f'class="state {word}"' in page


def test_healthz_says_what_is_wrong(site: Site) -> None:
    ill = site.open(health=lambda store: "no tick for 90 s")

    assert site.open().get("/healthz").json() == {"status": "ok"}
    answer = ill.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "failing", "reason": "no tick for 90 s"}
    assert answer.headers["cache-control"] == "no-store"


def test_metrics_are_for_this_machine_unless_they_are_public(site: Site) -> None:
    def numbers(_: object) -> bytes:
        return b"up 1\n"

    assert site.open(metrics=numbers).get("/metrics").content == b"up 1\n"
    assert site.open(metrics=numbers, peer="192.0.2.7").get("/metrics").status_code == 404
    assert site.open(metrics=numbers, peer="unix").get("/metrics").status_code == 404
    assert site.open().get("/metrics").status_code == 404
    forged = {"X-Forwarded-For": "127.0.0.1"}
    far = site.open(metrics=numbers, peer="192.0.2.7")
    assert far.get("/metrics", headers=forged).status_code == 404
    near = site.open(metrics=numbers)
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "x-forwarded-proto"):
        passed_on = near.get("/metrics", headers={name: "127.0.0.1"})  # by a proxy on this machine
        assert passed_on.status_code == 404, name
    site.config = replace(site.config, serve=ServeSettings(rate=0, metrics_public=True))
    far = site.open(metrics=numbers, peer="192.0.2.7")
    assert far.get("/metrics").status_code == far.get("/metrics", headers=forged).status_code == 200


@pytest.mark.parametrize("path", ["/news.atom", "/search.atom?q=bomb"])
def test_p33_a_peer_that_asks_too_often_is_told_to_wait(site: Site, path: str) -> None:
    site.config = replace(site.config, serve=ServeSettings(rate=3))
    client, other = site.open(), site.open(peer="192.0.2.9")

    statuses = [client.get(path).status_code for _ in range(4)]
    refused = client.get(path, headers={"X-Forwarded-For": "192.0.2.99"})

    assert statuses == [200, 200, 200, 429]
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert refused.headers["x-content-type-options"] == "nosniff"
    assert other.get(path).status_code == 200


def test_the_path_of_the_address_may_stand_before_every_path(site: Site) -> None:
    client = site.open()

    assert client.get("/daily/news.atom").content == client.get("/news.atom").content
    assert client.get("/daily/").status_code == 200
    bare = client.get("/daily")
    assert (bare.status_code, bare.headers["location"]) == (308, "/daily/")
    assert "/daily/feeds" in client.get("/daily/nothing").text


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "//evil.example/..",
        "/\\evil.example",
        "/daily//evil.example/",
        "/daily/https://evil.example/",
        "/stories//evil.example.html",
        "/?next=https://evil.example/",
        "/search?q=x&redirect=//evil.example",
        "/%2f%2fevil.example",
        "/daily?//evil.example",
    ],
)
def test_no_address_leads_to_another_site(site: Site, path: str) -> None:
    answer = site.open().get(f"http://testserver{path}")

    assert answer.headers.get("location", "/daily/") == "/daily/"


def test_a_path_with_letters_of_other_scripts_is_met_as_browsers_send_it(site: Site) -> None:
    site.config = replace(site.config, site=SiteSettings(base_url="https://a.example/%C3%BC/"))
    client = site.open()

    assert client.get("/%C3%BC/news.atom").status_code == 200
    bare = client.get("/%C3%BC")
    assert (bare.status_code, bare.headers["location"]) == (308, "/%C3%BC/")


def test_pages_follow_a_changed_configuration_while_the_rows_stay(site: Site) -> None:
    configs = [site.config, replace(site.config, site=SiteSettings(title="Other title"))]
    client = site.open(current=lambda: configs[0])
    path = f"/stories/{site.room.story('a')}.html"

    assert "Other title" not in client.get(path).text
    configs.reverse()
    assert "Other title" in client.get(path).text


def test_manners_follow_a_changed_configuration(site: Site) -> None:
    other = replace(
        site.config,
        site=SiteSettings(base_url="https://news.example.org/moved/"),
        publish=PublishSettings(noindex=True),
        serve=ServeSettings(rate=2),
    )
    configs = [site.config, other]
    client = site.open(current=lambda: configs[0])

    assert client.get("/moved/").status_code == 404
    assert "x-robots-tag" not in client.get("/").headers
    configs.reverse()
    assert client.get("/moved/").status_code == 200
    assert "x-robots-tag" in client.get("/").headers
    assert client.get("/").status_code == 429


def test_a_host_header_does_not_reach_any_link(site: Site) -> None:
    client = site.open()

    for path in ("/", "/news.html", "/absent.txt", "/news.atom"):
        assert "evil.example" not in client.get(path, headers={"Host": "evil.example"}).text


def test_further_routes_and_a_changing_configuration_are_taken(site: Site) -> None:
    async def hello(_: object) -> PlainTextResponse:
        return PlainTextResponse("hello")

    current: Callable[[], Config] = lambda: replace(  # noqa: E731 - read at every request
        site.config, publish=replace(site.config.publish, max_age=timedelta(minutes=1))
    )
    client = site.open(routes=[Route("/extra", hello)], current=current)

    assert client.get("/extra").text == "hello"
    assert client.get("/news.atom").headers["cache-control"] == "public, max-age=60"


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("path", "accept", "media_type"),
    [
        ("/news.atom", BROWSER, "application/xml; charset=utf-8"),
        ("/news.rss", BROWSER, "application/xml; charset=utf-8"),
        ("/news.atom", "*/*", "application/atom+xml; charset=utf-8"),
        ("/news.atom", f"application/atom+xml,{BROWSER}", "application/atom+xml; charset=utf-8"),
        ("/news.json", BROWSER, "application/feed+json; charset=utf-8"),
    ],
)
def test_who_asks_for_a_page_gets_a_feed_as_what_browsers_show(
    site: Site, path: str, accept: str, media_type: str
) -> None:
    answer = site.open().get(path, headers={"Accept": accept})

    assert answer.headers["content-type"] == media_type
    assert ("Accept," in answer.headers["vary"]) == ("json" not in path)
    if "json" not in path:
        assert "style-src 'self'" in answer.headers["content-security-policy"]
        assert b'href="feed.css"' in answer.content


def test_a_browser_is_shown_an_archive_and_its_file_stays(site: Site) -> None:
    client = site.open()
    file = (site.config.output / "news-2026-03.atom").read_bytes()

    read = client.get("/news-2026-03.atom")
    shown = client.get("/news-2026-03.atom", headers={"Accept": BROWSER})

    assert read.content == file
    assert b"feed.css" not in file
    assert shown.headers["content-type"] == "application/xml; charset=utf-8"
    assert shown.headers["etag"] != read.headers["etag"]
    assert shown.headers["vary"] == read.headers["vary"] == "Accept, Accept-Encoding"
    assert b'href="feed.css"' in shown.content
    assert b'<a href="news.html">' in shown.content
    assert list(atom_problems(shown.content, None)) == []
    unchanged = {"Accept": BROWSER, "If-None-Match": shown.headers["etag"]}
    assert client.get("/news-2026-03.atom", headers=unchanged).status_code == 304

    site.config = replace(site.config, publish=replace(site.config.publish, formats=("atom",)))
    bare = site.open().get("/news-2026-03.atom", headers={"Accept": BROWSER})
    assert bare.content == file  # there is no page to lead to


@pytest.mark.parametrize(
    ("name", "media_type"), [("feed.css", "text/css"), ("icon.svg", "image/svg+xml")]
)
def test_what_pages_and_feeds_name_is_served(site: Site, name: str, media_type: str) -> None:
    answer = site.open().get(f"/{name}")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"


def test_an_answer_without_content_leaves_the_policy_of_the_stored_one(site: Site) -> None:
    client = site.open()
    first = client.get("/news.html")

    second = client.get("/news.html", headers={"If-None-Match": first.headers["etag"]})

    assert second.status_code == 304
    assert "content-security-policy" in first.headers
    assert "content-security-policy" not in second.headers


def test_what_is_not_written_any_more_is_not_served(site: Site) -> None:
    client = site.open()
    names = ("news.rss", "news-2026-03.atom", "news-digest.atom", "news-digest.md")
    assert [client.get(f"/{name}").status_code for name in names] == [200] * 4

    site.config = replace(site.config, publish=replace(site.config.publish, formats=("json",)))

    assert [site.open().get(f"/{name}").status_code for name in names] == [404] * 4
    assert site.open().get("/news.json").status_code == 200
