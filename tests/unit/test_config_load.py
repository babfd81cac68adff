"""Whole configurations: effective values, every problem at once, secrets."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator import __version__
from aggregator.config import load as load_file
from aggregator.config import parse
from aggregator.config.sections import MOST
from aggregator.errors import ConfigError, UsageError
from aggregator.lists import one_spelling
from aggregator.network import Proxies, Proxy
from aggregator.publishing.targets import TARGETS
from aggregator.settings import (
    Config,
    FeedSource,
    FetchSettings,
    NotifySettings,
    PublishSettings,
    ServeSettings,
    SiteSettings,
    StorageSettings,
    StorySettings,
    TopicSettings,
)

HOME = Path("/srv/news")


def load(text: str, **environ: str) -> Config:
    return parse(text.encode(), path=HOME / "feeds.yaml", environ=environ)


def complaints(text: str, **environ: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(text, **environ)
    return [str(problem).removeprefix(f"{HOME}/feeds.yaml:") for problem in caught.value.problems]


def feed(text: str, **environ: str) -> FeedSource:
    (one,) = load(f"feeds:\n  - {text}\n", **environ).feeds
    return one


def test_an_empty_file_is_all_defaults() -> None:
    config = load("")

    assert config.feeds == ()
    assert config.topics == (TopicSettings("us-pakistan-security", "U.S.–Pakistan security news"),)
    assert (config.database, config.output) == (HOME / "db/aggregator.db", HOME / "public")
    assert config.publish == PublishSettings()


@pytest.mark.parametrize(
    ("topic", "title"),
    [
        ("{name: us-pakistan-security}", "U.S.–Pakistan security news"),
        ("{name: us-pakistan-security, title: Mine}", "Mine"),
        ("{name: us-pakistan-security, query: {rules: [{any: [tank]}]}}", ""),
        ("{name: arms, query: {rules: [{any: [tank]}]}}", ""),
    ],
)
def test_the_built_in_topic_brings_its_title(topic: str, title: str) -> None:
    assert load(f"topics: [{topic}]").topics[0].title == title


def test_every_setting_reaches_its_attribute() -> None:
    config = load("""
site: {title: T, base_url: "https://n.example/x", contact: "mailto:a@n.example", author: A,
       icon: "https://n.example/i.png", language: ur}
database: /var/lib/news.db
output: out
fetch: {concurrency: 7, allow_private_networks: true}
stories: {window: 3d, model: off}
topics: [{name: arms, title: Arms, enabled: false, query: {rules: [{any: [tank]}]}}]
publish: {formats: [atom], entries: 5, order: weight, hub: "https://hub.example/", max_age: 5m,
          update_on_source: true, excerpt: 100, noindex: true, digest_at: "06:30",
          digest_zone: Asia/Karachi, digest: false, archive: false}
serve: {host: 0.0.0.0, port: 80, metrics_public: true, rate: 10, websub: true, per_peer: 7}
storage: {keep: 30d, backups: 3}
notify: [{name: desk, topics: [arms], webhook: "https://h.example/x", secret: s3cret,
          updates: false}]
""")

    assert config.site == SiteSettings(
        title="T",
        base_url="https://n.example/x/",
        contact="mailto:a@n.example",
        author="A",
        icon="https://n.example/i.png",
        language="ur",
    )
    assert (config.database, config.output) == (Path("/var/lib/news.db"), HOME / "out")
    agent = f"aggregator/{__version__} (+mailto:a@n.example)"
    assert config.fetch == FetchSettings(concurrency=7, user_agent=agent)
    assert config.feed_defaults.allow_private_networks
    assert config.stories == StorySettings(timedelta(days=3), model=False)
    assert config.topics == (TopicSettings("arms", "Arms", False, {"rules": [{"any": ["tank"]}]}),)
    assert config.publish == PublishSettings(
        formats=("atom",),
        entries=5,
        order="weight",
        hub="https://hub.example/",
        max_age=timedelta(minutes=5),
        update_on_source=True,
        excerpt=100,
        noindex=True,
        digest_at="06:30",
        digest_zone="Asia/Karachi",
        digest=False,
        archive=False,
    )
    assert config.serve == ServeSettings(
        host="0.0.0.0",  # noqa: S104 - a sample
        port=80,
        metrics_public=True,
        rate=10,
        websub=True,
        per_peer=7,
    )
    assert config.storage == StorageSettings(timedelta(days=30), 3)
    assert config.notify == (
        NotifySettings(
            name="desk",
            topics=("arms",),
            url="https://h.example/x",
            secret="s3cret",
            updates=False,
        ),
    )
    assert config.secrets == ("https://h.example/x", "s3cret")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://exämple.org/ü", "https://xn--exmple-cua.org/%C3%BC/"),
        ("https://example.org:8443/caf%C3%A9/", "https://example.org:8443/caf%C3%A9/"),
    ],
)
def test_the_address_of_the_site_is_read_as_files_and_headers_write_it(
    written: str, read: str
) -> None:
    assert load(f"site: {{base_url: '{written}'}}").site.base_url == read


def test_behind_a_proxy_no_rate_is_kept() -> None:
    assert load("serve: {rate: 0}").serve.rate == 0


def test_every_feed_setting_reaches_its_attribute() -> None:
    one = feed(
        """url: https://u:pa%2Fss@n.example/f?x=${KEY}
    name: News
    rank: 3
    headers: {X-Token: "${TOKEN}", Accept-Language: ur}
    enabled: false
    on_topic: true
    every: 20m
    every_without_validators: 12h
    longest_wait: 30d
    items_a_day: 3000
    timeout: 5s
    max_bytes: 1MB
    per_host: 2
    host_gap: 500s
    allow_private_networks: true""",
        KEY="k3y",
        TOKEN="t0ken",
    )

    assert one == FeedSource(
        name="News",
        url="https://u:pa%2Fss@n.example/f?x=k3y",
        key="https://u:pa%2Fss@n.example/f?x=${KEY}",
        shown_url="https://n.example/f?x=${KEY}",
        every=timedelta(minutes=20),
        every_without_validators=timedelta(hours=12),
        longest_wait=timedelta(days=30),
        items_a_day=3000,
        timeout_s=5,
        max_bytes=1_000_000,
        per_host=2,
        host_gap_s=500,
        allow_private_networks=True,
        rank=3,
        headers=(("X-Token", "t0ken"), ("Accept-Language", "ur")),
        enabled=False,
        on_topic=True,
        line=2,
    )  # fmt: skip


def test_the_feed_wins_over_the_defaults_and_these_over_the_built_in() -> None:
    first, second = load("""
fetch: {every: 30m, timeout: 9s}
feeds:
  - {url: "https://a.example/", timeout: 3s}
  - {url: "https://b.example/", every: 10m}
""").feeds

    assert (first.every, first.default_every, first.timeout_s) == (None, timedelta(minutes=30), 3)
    assert (second.every, second.timeout_s) == (timedelta(minutes=10), 9)
    assert first.max_bytes == FeedSource("", "").max_bytes


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    assert complaints("""\
sitee: {}
site: {contact: me@n.example}
feeds:
  - url: https://a.example/
    every: 30
    evry: 20m
  - just text
topics: [{name: index}]
fetch: [1]
publish: {qqq: 1}
fetch: {}
""") == [
        "1:1: sitee: unknown key; did you mean 'site'?",
        '2:17: site.contact: "me@n.example" is not a contact address; write mailto:me@n.example',
        '5:12: feeds[0].every: "30" has no unit; write 30s, 30m, 30h or 30d',
        "6:5: feeds[0].evry: unknown key; did you mean 'every'?",
        "7:5: feeds[1]: must be a map of settings; write '- url: ...'",
        '8:17: topics[0].name: "index" is the name of another published file; choose another name',
        "9:8: fetch: must be a map of settings; choose from every, "
        "every_without_validators, longest_wait, timeout, max_bytes, items_a_day, per_host, "
        "host_gap, allow_private_networks, proxy, ca_file, concurrency",
        "10:11: publish.qqq: unknown key; nearest is 'update_on_source' of formats, entries, "
        "order, hub, max_age, update_on_source, excerpt, clean_links, images, noindex, digest_at, "
        "digest_zone, digest, archive, per_feed_a_day",
        "11:1: fetch: appears twice, first in line 9; keep one of the two",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("just text\n", "1:1: the file must be a map of sections; "
                        "write sections such as site:, feeds: and topics:"),
        ("feeds:\n", "1:7: feeds: has no value; write one '- ...' per entry, or []"),
        ("feeds: {a: 1}\n", "1:8: feeds: must be a list; write one '- ...' per entry, or []"),
        ("feeds:\n  -\n", "2:4: feeds[0]: must be a map of settings; write '- url: ...'"),
        ("feeds:\n  - name: x\n", "2:5: feeds[0]: has no url; add url: https://..."),
        ("feeds:\n  - url: [a]\n", "2:10: feeds[0].url: a list where a single value belongs"),
        ("a: &x 1\n", "1:4: anchors (&name) are not accepted; write the value out where it stands"),
        ("database: [x]\n", "1:11: database: a list where a single value belongs"),
        ('output: "a\\0b"\n', "1:9: output: is not a path; write one such as public"),
        ("topics: [{title: x}]\n", "1:10: topics[0]: has no name; add name: ..."),
        ("topics: [{name: a, query: {rules: [{any: [x]}]}}, {name: A}]\n",
         "1:58: topics[1].name: appears twice; give each topic its own name"),
        ("topics: [{name: a, query: {rules: [{any: [x], wieght: 2}]}}]\n",
         "1:55: topics[0].query.rules[0].wieght: unknown key; did you mean weight?"),
        ("topics: [{name: a, query: {ruls: []}}]\n",
         "1:34: topics[0].query.ruls: unknown key; did you mean rules?"),
        ("notify: [{webhook: 'https://h.example/'}]\n",
         "1:10: notify[0]: has no name; add name: ..."),
        ("notify: [{name: a}]\n",
         f"1:10: notify[0]: needs one of {', '.join(TARGETS)}; write exactly one of them"),
        ("notify: [{name: a, command: [x], topics: [b]}]\n",
         "1:10: notify[0]: names the unknown topic 'b'; choose from us-pakistan-security"),
        ("notify: [{name: a, command: [x]}, {name: a, command: [y]}]\n",
         "1:35: notify[1]: has the name of an earlier one; give each receiver its own name"),
        ("feeds: [https://a.example/f]\n",
         "1:9: feeds[0]: must be a map of settings; write '- url: ...'"),
        ("topics: [us-pakistan-security]\n",
         "1:10: topics[0]: must be a map of settings; write '- name: ...'"),
        ("feeds: [{opml: list.opml}]\n",
         "1:16: feeds[0].opml: is neither a URL nor a file beside this one; write https://host/path,"
         " or ./NAME for a file that may be there later"),
        ("feeds: [{url: my feed.xml}]\n",
         "1:15: feeds[0].url: is neither a URL nor a file beside this one; write https://host/path,"
         " or ./NAME for a file that may be there later"),
        ("feeds: [{url: 'https://a.example/', headers: {A: [b]}}]\n",
         "1:50: feeds[0].headers: the value of A: a list where a single value belongs;"
         " write its value"),
        ("notify: [{name: a, webhook: 'ftp://h.example/'}]\n",
         '1:10: notify[0]: has the scheme "ftp"; write https://host/path'),
    ],
)  # fmt: skip
def test_each_wrong_file_is_told_with_place_and_remedy(text: str, told: str) -> None:
    assert complaints(text)[0] == told


def test_a_topic_without_query_must_be_built_in() -> None:
    (told,) = complaints("topics: [{name: chess}]\n")

    assert told.startswith("1:17: topics[0].name: no built-in topic is named chess; write a query")


def test_a_file_of_mistakes_is_told_in_part() -> None:
    assert len(complaints("feeds:\n" + "  - x\n" * 1000)) == MOST


def test_text_that_is_not_utf8_is_refused_with_its_place() -> None:
    with pytest.raises(ConfigError, match=r"feeds.yaml:1:4: not UTF-8 text"):
        parse("a: é".encode("latin-1"), path=HOME / "feeds.yaml", environ={})


def test_two_feeds_of_one_url_or_name_are_refused() -> None:
    assert complaints("""\
feeds:
  - {url: "https://a.example/x", name: One}
  - {url: "https://A.example/x#f", name: Two}
  - {url: "https://b.example/", name: one}
  - {url: "https://${HOST}.example/x", name: Four}
""", HOST="a") == [
        "3:11: feeds[1].url: the URL of line 2 again; "
        "keep one: a feed is polled once, whatever its topics",
        "4:39: feeds[2].name: the name of line 2 again; give each feed its own name",
        "5:11: feeds[3].url: the URL of line 2 again; "
        "keep one: a feed is polled once, whatever its topics",
    ]  # fmt: skip


def test_names_are_made_from_hosts_and_counted() -> None:
    config = load("""
feeds:
  - url: https://www.dawn.example/feeds/home
  - url: https://dawn.example/feeds/world
  - {url: "https://x.example/", name: dawn.example 3}
  - url: https://dawn.example/feeds/more
  - url: /var/feeds/local.xml
""")

    assert [one.name for one in config.feeds] == [
        "dawn.example", "dawn.example 2", "dawn.example 3", "dawn.example 4", "local",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{url: 'https://a.example/', private: true}",
         "is private and has no name, and its URL must not give it one"),
        ("{url: 'https://${H}.example/'}", "has no name, and none can be made from its URL"),
    ],
)  # fmt: skip
def test_a_name_is_never_made_from_what_must_not_be_shown(text: str, why: str) -> None:
    (told,) = complaints(f"feeds:\n  - {text}\n", H="hidden")

    assert told == f"2:5: feeds[0]: {why}; add name: ..."


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("/var/feeds/a.xml", "file:///var/feeds/a.xml"),
        ("./a b.xml", "file:///srv/news/a%20b.xml"),
        ("file:///var/a%20b.xml", "file:///var/a%20b.xml"),
        ("file://localhost/var/a.xml", "file:///var/a.xml"),
    ],
)
def test_local_files_are_taken_from_the_configuration(url: str, asked: str) -> None:
    one = feed(f"url: '{url}'\n    name: x")

    assert (one.url, one.is_local, one.shown_url) == (asked, True, url)


def test_a_file_on_another_host_is_refused() -> None:
    (told,) = complaints("feeds:\n  - url: file://server/x\n")

    assert "cannot name another host" in told


@pytest.mark.parametrize("url", ["42", "www.dawn.example", "''", '"a\\nb"', '"a\\0b"'])
def test_what_is_neither_url_nor_path_is_refused(url: str) -> None:
    (told,) = complaints(f"feeds:\n  - url: {url}\n    name: x\n")

    assert told.startswith("2:10: feeds[0].url: ")


def test_missing_variables_are_named() -> None:
    assert complaints("""\
feeds:
  - {url: "https://a.example/${KEY}", name: a}
  - {url: "https://b.example/", name: b, headers: {X: "${}"}}
""") == [
        "2:11: feeds[0].url: the environment variable KEY is not set; set it, or remove ${KEY}",
        "3:51: feeds[1].headers: ${} names no environment variable; write ${NAME}",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "feeds: [{url: 'https://a.example/${V}'}]\n",
        "feeds: [{url: 'https://a.example/', headers: {X: '${V}'}}]\n",
        "fetch: {proxy: 'http://u:${V}@proxy.example'}\n",
        "notify: [{name: a, webhook: 'https://a.example/', secret: '${V}'}]\n",
        "mail: [{name: a, server: 'smtps://m.example', from: a@b.example, to: [c@d.example],"
        " user: u, password: '${V}'}]\n",
    ],
)
def test_a_variable_that_is_no_text_is_told_by_its_name(text: str) -> None:
    (told,) = complaints(text, V=b"s3cr\xe9t".decode(errors="surrogateescape"))

    assert told.endswith(": the environment variable V is not UTF-8 text; set it in UTF-8")


def test_a_header_cannot_be_broken_by_a_variable() -> None:
    (told,) = complaints(
        "feeds:\n  - {url: 'https://b.example/', headers: {X: '${V}'}}\n", V="a\r\nHost: x"
    )

    assert "the value of X holds a control character" in told
    assert "Host: x" not in told


def test_labels_and_family_of_a_feed_are_read() -> None:
    feed = "{url: 'https://b.example/', family: Jang Group, labels: {country: pk, kind: tv}}"
    (read,) = load(f"feeds: [{feed}]\n").feeds

    assert (read.family, read.labels) == ("Jang Group", (("country", "pk"), ("kind", "tv")))


@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        ("pk", "must be a map; write {country: pk}"),
        ("{a b: pk}", '"a b" cannot name a label'),
        ("{country: [pk, us]}", "the value of country: a list where a single value belongs"),
        ("{country: <b>}", "the value of country: contains what looks like an HTML tag"),
        (f"{{{', '.join(f'l{n}: x' for n in range(11))}}}", "has 11 labels; write at most 10"),
    ],
)
def test_labels_that_cannot_be_shown_are_refused(labels: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(f"feeds: [{{url: 'https://b.example/', labels: {labels}}}]\n")

    assert problem in str(caught.value)


def test_variables_are_filled_in_urls_and_headers_only() -> None:
    one = feed("url: https://a.example/\n    name: ${HOME}", HOME="/root")

    assert one.name == "${HOME}"


def test_secrets_are_collected_and_the_shown_url_is_free_of_them() -> None:
    config = load(
        """
feeds:
  - {url: "https://me:p%40ss@a.example/", name: a}
  - {url: "https://b.example/?k=${KEY}", name: b, headers: {Authorization: Bearer xyz}}
  - {url: "https://c.example/private", name: c, private: true}
  - {url: "https://token@d.example/", name: d}
  - {url: "https://e.example/${NONE}", name: e}
notify: [{name: n, webhook: "https://u:w3b@h.example/${KEY}"}]
""",
        KEY="k3y",
        NONE="",
    )

    assert set(config.secrets) == {
        "me:p%40ss", "me:p@ss", "p%40ss", "p@ss", "k3y", "Bearer xyz",
        "https://c.example/private", "token", "u:w3b", "w3b", "https://u:w3b@h.example/k3y",
    }  # fmt: skip
    assert [one.shown_url for one in config.feeds] == [
        "https://a.example/", "https://b.example/?k=${KEY}", "", "https://d.example/",
        "https://e.example/${NONE}",
    ]  # fmt: skip
    assert "k3y" not in repr(config.secrets) or "secrets" not in repr(config)


def test_a_database_from_the_command_line_wins() -> None:
    config = parse(b"database: a.db\n", path=HOME / "f.yaml", environ={}, database=Path("/b.db"))

    assert config.database == Path("/b.db")


@pytest.mark.parametrize(
    ("one", "other", "are_equal"),
    [
        ("HTTPS://News.example", "https://news.example/#top", True),
        ("https://news.example?feed=A", "https://NEWS.example/?feed=A", True),
        ("https://news.example?feed=A", "https://news.example?feed=a", False),
        ("https://news.example/A", "https://news.example/a", False),
        ("https://news.example#A", "https://news.example/", True),
        ("https://Me:Pw@News.example/", "https://Me:Pw@news.example/", True),
        ("https://Me:Pw@news.example/", "https://me:pw@news.example/", False),
        ("https://news.example/?at=a@B", "https://news.example/?at=a@b", False),
        ("Feeds/A.xml", "feeds/a.xml", False),
        ("https://münchen.example/feed", "https://xn--mnchen-3ya.example/feed", True),
        ("https://MÜNCHEN.example:81/", "https://xn--mnchen-3ya.example:81/", True),
        ("http://пример.рф", "http://xn--e1afmkfd.xn--p1ai/", True),
        ("https://straße.example/", "https://strasse.example/", False),
        ("https://-Ü.example/", "https://-ü.example/", True),
        ("https://news.example:443/feed", "https://news.example:/feed", True),
        ("HTTP://news.example:80", "http://news.example/", True),
        ("http://[2001:DB8::80]/", "http://[2001:db8::80]:80/", True),
        ("http://news.example:443/", "http://news.example/", False),
        ("https://news.example:80/", "https://news.example/", False),
        ("http://news.example/feed", "https://news.example/feed", False),
        ("https://news.example/feed", "https://news.example/feed/", False),
        ("https://news.example//feed", "https://news.example/feed", False),
        ("https://news.example/a/./b/../feed", "https://news.example/a/feed", True),
        ("https://news.example/../../feed/.", "https://news.example/feed/", True),
        ("https://news.example/feed/x/..", "https://news.example/feed/", True),
        ("https://news.example/%7Efeed?%41", "https://news.example/~feed?A", True),
        ("https://news.example/a%2fb", "https://news.example/a%2Fb", True),
        ("https://news.example/a%2Fb", "https://news.example/a/b", False),
        ("https://news.example/?u=/../", "https://news.example/?u=/", False),
    ],
)
def test_two_spellings_of_one_url_are_told(one: str, other: str, *, are_equal: bool) -> None:
    assert (one_spelling(one) == one_spelling(other)) is are_equal


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "feeds.yaml"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path = Path("/dev/zero")
    else:
        path.mkdir()

    with pytest.raises(UsageError, match="no regular file"):
        load_file(path, {})


@pytest.mark.parametrize(
    ("group", "problem"),
    [
        ("[]", ""),
        ("Papers, and more", ""),
        ("{a: b}", "a map where a single value belongs"),
        ("[World, '']", "is empty"),
        ("[World, [Asia]]", "a list where a single value belongs"),
        ("<b>", "HTML tag"),
        (f"[{', '.join('a' * 31)}]", "has 31 folders; write at most 30"),
    ],
)
def test_folders_are_names_within_each_other(group: str, problem: str) -> None:
    text = f"feeds:\n  - url: https://b.example/\n    group: {group}\n"

    if problem:
        with pytest.raises(ConfigError, match=re.escape(problem)):
            load(text)
    else:
        assert load(text).feeds[0].group == (() if group == "[]" else (group,))


def test_proxies_and_authorities_are_the_feeds_or_those_of_all(tmp_path: Path) -> None:
    (tmp_path / "own.pem").write_text("-----BEGIN CERTIFICATE-----")
    (tmp_path / "all.pem").write_text("-----BEGIN TRUSTED CERTIFICATE-----")
    text = """
fetch: {proxy: "socks5://${WHO}:p%40ss@proxy:9050", ca_file: all.pem}
feeds:
  - {url: "https://a.example/"}
  - {url: "https://b.example/", proxy: none, ca_file: ./own.pem}
  - {url: "https://c.example/", proxy: environment}
"""
    environ = {"WHO": "us3r", "HTTPS_PROXY": "http://x:en%2Fv@corp:3128", "NO_PROXY": "d.example"}
    config = parse(text.encode(), path=tmp_path / "feeds.yaml", environ=environ)
    first, second, third = config.feeds

    assert first.proxy.https == first.proxy.http == Proxy("socks5", "proxy", 9050, "us3r", "p@ss")
    assert config.feed_defaults.route == first.route
    assert (first.ca_file, second.ca_file) == (tmp_path / "all.pem", tmp_path / "own.pem")
    assert second.proxy == Proxies()
    assert third.proxy.proxy_for("https", "c.example", 443) == Proxy(
        "http", "corp", 3128, "x", "en/v"
    )
    assert third.proxy.proxy_for("https", "d.example", 443) is None
    assert {"us3r", "p@ss", "p%40ss", "en/v", "en%2Fv"} <= set(config.secrets)
    assert not [secret for secret in ("us3r", "p@ss", "en/v") if secret in repr(config)]


def test_what_is_no_proxy_and_no_authority_is_told() -> None:
    problems = complaints("""\
fetch: {proxy: "https://me:s3cret@h:1", ca_file: none.pem}
feeds:
  - {url: "https://a.example/", proxy: "${NONE}"}
  - {url: "https://b.example/", ca_file: feeds.yaml, headers: {Proxy-Authorization: x}}
""")

    assert "s3cret" not in str(problems)
    assert [problem.split(";")[0] for problem in problems] == [
        "1:16: fetch.proxy: is not an http:// or socks5:// URL",
        f'1:50: fetch.ca_file: names "{HOME / "none.pem"}", which cannot be read',
        "3:40: feeds[0].proxy: the environment variable NONE is not set",
        f'4:42: feeds[1].ca_file: names "{HOME / "feeds.yaml"}", which cannot be read',
        "4:64: feeds[1].headers: Proxy-Authorization is set by the fetcher itself",
    ]


def test_a_list_is_a_feed_whose_document_names_feeds() -> None:
    team, papers = load(
        "feeds:\n  - opml: 'https://u:${KEY}@www.team.example/l'\n"
        "  - {opml: 'https://p.example/', name: Papers, every: 2h}\n",
        KEY="s3cr3t",
    ).feeds

    assert (team.name, team.is_list, team.shown_url) == (
        "team.example",
        True,
        "https://www.team.example/l",
    )
    assert team.url == "https://u:s3cr3t@www.team.example/l"
    assert (team.every, team.default_every) == (None, timedelta(days=1))
    assert (papers.every, papers.name) == (timedelta(hours=2), "Papers")


@pytest.mark.parametrize(
    ("member", "problem"),
    [
        ("{name: A}", "has no url; add url"),
        ("{opml: 'https://a.example/', url: 'https://b.example/'}", "has both url and opml"),
        ("{opml: 'javascript:x'}", 'has the scheme "javascript"'),
        ("{opml: ''}", "has no scheme"),
        ("{opml: }", "opml: has no value"),
        ("{opml: 'https://a.example/', private: true}", ".private: cannot be set on a list"),
        ("{opml: 'https://a.example/', keep: {}}", ".keep: cannot be set on a list"),
    ],
)
def test_what_no_list_can_have_is_told(member: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(problem)):
        load(f"feeds: [{member}]\n")
