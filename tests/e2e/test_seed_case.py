"""The case that this program is for: one event, five feeds, five wordings, one entry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest

from tests.commands import Home
from tests.samples import Entry, rss
from tests.servers import WebServer, running
from tests.validity import problems

ATOM = "{http://www.w3.org/2005/Atom}"
TOPIC = "us-pakistan-security"
CUT = "US and Pakistan hold counterterrorism dialogue in Islamabad, with both sides vowing"
FULL = f"{CUT} joint efforts against new militant tactics"
AUGUST = {
    "full": Entry(FULL, "Tue, 12 Aug 2025 14:00:00 GMT", "https://full.example/n/1"),
    "cut": Entry(
        f"{CUT}...",
        "Tue, 12 Aug 2025 14:30:00 GMT", "https://cut.example/n/1",
    ),
    "suffix": Entry(
        f"{FULL} - Suffix Times", "Tue, 12 Aug 2025 15:00:00 GMT", "https://suffix.example/n/1"
    ),
    "talks": Entry(
        "Islamabad holds counterterrorism discussions with the U.S., both vowing joint efforts "
        "against new militant tactics",
        "Tue, 12 Aug 2025 16:10:00 GMT", "https://talks.example/n/1",
    ),
    "affirm": Entry(
        "U.S. and Pakistan Affirm Anti-Terror Efforts at Joint Counterterrorism Dialogue in "
        "Islamabad",
        "Tue, 12 Aug 2025 18:45:00 GMT", "https://affirm.example/n/1",
        "Delegations of both countries met at the counterterrorism dialogue on Tuesday.",
    ),
}  # fmt: skip
FURNITURE = (
    '<p>Skip to content</p><p>The talks took place on Tuesday.</p><p>Read also: <a href="/x">'
    'Rain tomorrow</a></p><p><a href="https://s.example/share">Share on Facebook</a></p>'
    '<p>The post <a href="/y">Talks</a> appeared first on <a href="/">Full</a>.</p>'
)
EARLIER = {
    "full": [
        Entry("U.S., Pakistan Hold Counterterrorism Dialogue in Washington, Discuss TTP and ISIS-K",
              "Mon, 13 May 2024 15:00:00 GMT", "https://full.example/n/2024"),
        Entry("Snow closes the Babusar pass", "Tue, 12 Aug 2025 07:00:00 GMT",
              "https://full.example/n/snow"),
    ],
    "affirm": [
        Entry("Pakistan, US begin two-day counterterrorism talks in Islamabad",
              "Mon, 06 Mar 2023 14:00:00 GMT", "https://affirm.example/n/2023"),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Five feeds of five papers on loopback, fetched once: tests only look."""
    home = Home(tmp_path_factory.mktemp("papers"))
    with running() as web:
        urls = []
        for name, entry in AUGUST.items():
            entries = [entry, *EARLIER.get(name, [])]
            if name == "full":
                entries[0] = Entry(entry.title, entry.date, entry.link, FURNITURE)
            urls.append(serve(web, name, *entries))
        home.subscribe(urls, model="on")
        assert home.run("fetch").code == 0
        yield home


def serve(web: WebServer, name: str, *entries: Entry) -> str:
    """Serves the feed of a paper; returns its URL."""
    site = f"https://{name}.example/"
    return web.serve(f"/{name}", rss(f"{name.title()} Times", list(entries), site=site))


def test_five_wordings_of_august_2025_are_one_entry_with_five_sources(papers: Home) -> None:
    entries = ET.fromstring(papers.published(f"{TOPIC}.atom")).findall(f"{ATOM}entry")  # noqa: S314 - our own output
    by_year = {(entry.findtext(f"{ATOM}published") or "")[:7]: entry for entry in entries}
    assert sorted(by_year) == ["2023-03", "2024-05", "2025-08"]
    assert len(entries) == 3
    august = ET.tostring(by_year["2025-08"], encoding="unicode")
    for entry in AUGUST.values():
        assert entry.link in august
    assert by_year["2025-08"].findtext(f"{ATOM}title") == FULL
    for one in ("2024-05", "2023-03"):
        text = ET.tostring(by_year[one], encoding="unicode")
        assert not any(entry.link in text for entry in AUGUST.values())


def test_page_boilerplate_reaches_no_published_file(papers: Home) -> None:
    for name in ("atom", "rss", "json", "html"):
        text = papers.published(f"{TOPIC}.{name}").decode()
        assert "The talks took place on Tuesday." in text
        for boilerplate in ("Skip to content", "Read also", "Share on Facebook", "appeared first"):
            assert boilerplate not in text


def test_explain_and_the_list_say_why(papers: Home) -> None:
    (august,) = [
        story
        for story in papers.run("stories", "list", "--since", "3650d", "--json").document()
        if story["published"].startswith("2025-08-12T14")
    ]
    item = august["sources"][1]["item"]
    explained, shown, told = papers.run_each(
        f"explain {august['id']} --json", f"stories show {august['id']}", f"explain {item}"
    )
    reasons = explained.document()

    assert len(august["sources"]) == 5
    assert {"feed", "publisher", "headline", "url", "published"} <= set(august["sources"][0])
    assert august["topics"][TOPIC] > 0
    assert set(reasons) >= {"item", "story", "variants", "rejected", "topics"}
    rules = {variant["headline"]: variant["rule"] for variant in reasons["variants"]}
    assert rules[AUGUST["cut"].title] == "truncated"
    assert rules[AUGUST["talks"].title] == "reworded"
    (decision,) = reasons["topics"]
    assert decision["accepted"]
    (entry,) = [
        item
        for item in json.loads(papers.published(f"{TOPIC}.json"))["items"]
        if item["id"].endswith(august["id"])
    ]
    spoke_for_it = {term["term"] for term in decision["terms"] if term["weight"] > 0}
    assert set(entry["tags"]) <= spoke_for_it
    assert len(entry["tags"]) > 3
    assert shown.out.count(".example/n/1") == 5
    assert "one is cut off" in told.out


def test_the_demo_shows_the_same_without_network_and_configuration(home: Home) -> None:
    done = home.run("demo", "--output", "out")

    assert (done.code, done.err) == (0, "")
    story = done.out.split("\n\n")
    (august,) = [part for part in story if "Capital Wire" in part and "12 Aug 2025" in part]
    for paper in ("Margalla Post", "Capital Wire", "Indus Courier", "Potomac Ledger", "Khyber"):
        assert paper in august
    assert "opened this story" in august
    assert "truncated" in august
    out = home.path / "out"
    files = {str(one.relative_to(out)): one.read_bytes() for one in out.rglob("*.*")}
    assert problems(files, base_url=None) == []
    feed = json.loads(files[f"{TOPIC}.json"])
    assert sum("image" in item for item in feed["items"]) >= 3
    told = [item["_aggregator"] for item in feed["items"]]
    assert any("related" in one for one in told)
    (copied,) = [one for one in told if one["first"] == "Capital Wire"]
    assert (len(copied["sources"]), copied["independent"]) == (4, 2)
    assert {one.get("origin") for one in copied["sources"]} == {None, "same words as Capital Wire"}
    texts = json.dumps(feed)
    assert "Washington Sundar" not in texts
    assert "Skip to" not in texts
    assert {path.name for path in home.path.iterdir()} == {"out"}


TRADE = (
    "United States and Pakistan hold discussions on trade in Islamabad, with both parties "
    "expressing commitment to lower tariffs"
)


@pytest.mark.parametrize("model", ["on", "off"])
def test_trade_talks_of_the_same_day_do_not_swallow_the_dialogue(
    web: WebServer, home: Home, model: str
) -> None:
    """Before, among and after the five wordings."""
    urls = [serve(web, name, entry) for name, entry in AUGUST.items()]
    runs = {}
    for hour in (13, 15, 20):
        trade = Entry(TRADE, f"Tue, 12 Aug 2025 {hour}:05:00 GMT", f"https://trade.example/{hour}")
        run = Home(home.path / str(hour))
        run.path.mkdir()
        run.subscribe([serve(web, f"trade{hour}", trade), *urls], model=model)
        runs[run] = trade.link

    ended = home.run_each(*(f"--config {run.path}/feeds.yaml fetch" for run in runs))

    assert [one.err for one in ended if one.code != 0] == []
    for run, link in runs.items():
        published = json.loads(run.published(f"{TOPIC}.json"))["items"]
        (dialogue,) = [one for one in published if CUT in json.dumps(one)]
        assert dialogue["title"] == FULL, run
        assert all(entry.link in json.dumps(dialogue) for entry in AUGUST.values()), run
        assert link not in json.dumps(dialogue), run
