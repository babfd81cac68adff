"""What makes an entry the same entry."""

from __future__ import annotations

from tests.documents import atom, entry, items, json_feed, only, rss


def guid(value: str, *, permalink: str = "false") -> str:
    return f'<guid isPermaLink="{permalink}">{value}</guid>'


def test_one_guid_on_every_item_with_distinct_links_keeps_all() -> None:
    found = items(
        rss(*(entry(f"Title {n}", f"https://news.example/{n}", guid("same")) for n in range(3)))
    )

    assert len(found) == 3
    assert len({item.identity for item in found}) == 3


def test_identities_under_a_shared_guid_do_not_depend_on_the_order() -> None:
    texts = [entry(f"Title {n}", f"https://news.example/{n}", guid("same")) for n in range(3)]

    assert set(items(rss(*texts))) == set(items(rss(*reversed(texts))))


def test_one_guid_without_links_keeps_one_item_per_text() -> None:
    first = f"<title>One</title>{guid('same')}"
    second = f"<title>Two</title>{guid('same')}"

    assert {item.headline for item in items(rss(first, first, second))} == {"One", "Two"}
    assert len(items(rss(first, first, second))) == 2


def test_without_guid_and_link_the_text_identifies() -> None:
    text = "<title>Only words</title><description>Some text.</description>"

    first, second = only(rss(text)), only(rss(text))

    assert first.identity == second.identity
    assert first.identity != only(rss("<title>Only words</title>")).identity


def test_a_permalink_guid_is_the_link() -> None:
    item = only(rss("<title>T</title><guid>https://news.example/a</guid>"))

    assert item.url == "https://news.example/a"


def test_a_guid_that_is_no_permalink_never_becomes_a_link() -> None:
    for text in ("https://news.example/a", "abc-1"):
        assert only(rss(f"<title>T</title>{guid(text)}")).url is None
    assert only(rss("<title>T</title><guid>abc-1</guid>")).url is None
    assert only(rss("<title>T</title><guid>/relative/1</guid>")).url is None


def test_an_atom_id_that_is_a_url_is_the_link() -> None:
    item = only(atom("<id>https://news.example/a</id><title>T</title>"))

    assert item.url == "https://news.example/a"


def test_an_atom_id_that_is_no_url_gives_no_link() -> None:
    assert only(atom("<id>urn:uuid:1</id><title>T</title>")).url is None


def test_a_permalink_guid_that_churns_stays_one_item() -> None:
    before = only(rss(entry(more=guid("http://www.news.example/a?t=111", permalink="true"))))
    after = only(rss(entry(more=guid("https://news.example/a/?t=222", permalink="true"))))

    assert before.identity == after.identity


def test_an_opaque_guid_that_churns_leaves_the_canonical_url() -> None:
    before, after = only(rss(entry(more=guid("a1")))), only(rss(entry(more=guid("b2"))))

    assert before.canonical_url == after.canonical_url
    assert before.headline == after.headline


def test_a_link_that_changes_under_one_guid_stays_one_item() -> None:
    links = (
        "http://news.example/a/",
        "https://www.news.example/a",
        "https://news.example/a?utm_source=rss",
    )

    found = [only(rss(entry("T", link, guid("1")))) for link in links]

    assert len({item.identity for item in found}) == 1
    assert [item.url for item in found] == list(links)
    assert len({item.canonical_url for item in found}) == 1


def test_an_item_that_comes_back_has_its_old_identity() -> None:
    a, b = entry("A", "https://news.example/a"), entry("B", "https://news.example/b")

    there, gone, back = items(rss(a, b)), items(rss(b)), items(rss(b, a))

    assert {item.identity for item in there} == {item.identity for item in back}
    assert gone[0].identity in {item.identity for item in there}


def test_feeds_of_one_outlet_share_the_canonical_url_not_the_guid() -> None:
    world = only(rss(entry("T", "https://news.example/a?utm_source=w", guid("world-1"))))
    home = only(rss(entry("T", "https://news.example/a?utm_source=h", guid("home-9"))))

    assert world.identity != home.identity
    assert world.canonical_url == home.canonical_url


def test_json_feed_id_goes_before_url_and_url_before_external_url() -> None:
    full = {
        "id": "one",
        "url": "https://news.example/1",
        "external_url": "https://other.example/1",
        "title": "T",
    }
    without_id = {key: value for key, value in full.items() if key != "id"}
    external = {key: value for key, value in without_id.items() if key != "url"}

    assert only(json_feed(full)).identity == "guid:one"
    assert only(json_feed(without_id)).identity == "url:https://news.example/1"
    assert only(json_feed(external)).identity == "url:https://other.example/1"
    assert only(json_feed({"title": "T"})).identity.startswith("text:")


def test_a_json_feed_id_may_be_a_number() -> None:
    assert only(json_feed({"id": 17, "title": "T"}, minor=0)).identity == "guid:17"
