"""Every command over a real database and a loopback server, in this process."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aggregator.cli.root import run
from aggregator.storage import outbox
from aggregator.storage import store as store_module
from aggregator.storage.lock import PollLock
from aggregator.storage.store import open_store
from tests.samples import Entry, rss
from tests.servers import Reply, Request, WebServer, document, running

TOPIC = "us-pakistan-security"
TALKS = "Pakistan, US hold counterterrorism dialogue in Islamabad, pledge to fight TTP"
FIRMS = "U.S. sanctions four Pakistani firms over ballistic missile programme"


@dataclass(frozen=True, slots=True)
class Ended:
    """A finished command."""

    code: int
    out: str
    err: str

    def document(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Ended]


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Runs a command in an empty folder."""
    names = ("", "aggregator", "aggregator.polling")
    handlers, levels = logging.getLogger().handlers[:], [logging.getLogger(n).level for n in names]
    monkeypatch.chdir(tmp_path)
    for name in ("AGGREGATOR_CONFIG", "AGGREGATOR_DB", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def end(*arguments: str) -> Ended:
        capsys.readouterr()
        code = run(arguments)
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    yield end
    logging.getLogger().handlers[:] = handlers
    for name, level in zip(names, levels, strict=True):
        logging.getLogger(name).setLevel(level)


def configure(*feeds: str, more: str = "") -> None:
    text = "".join(f"  - {{url: '{url}', name: Feed {n}}}\n" for n, url in enumerate(feeds, 1))
    Path("feeds.yaml").write_text(
        "site: {contact: 'mailto:test@example.org'}\n"
        "fetch: {allow_private_networks: true, host_gap: 0s, timeout: 5s}\n"
        f"{more}feeds:{'' if text else ' []'}\n{text}"
    )


def entry(title: str, *, host: str = "a.example", page: str = "n1", hour: int = 10) -> Entry:
    return Entry(title, f"Tue, 12 Aug 2025 {hour}:00:00 GMT", f"https://{host}/{page}/story")


@pytest.fixture(scope="module")
def papers() -> Iterator[WebServer]:
    """Two feeds: one story told twice, one told once, one off topic."""
    one = [entry(TALKS), entry(FIRMS, page="n2"), entry("Lahore wins the cup", page="n3")]
    two = [entry(f"{TALKS} - Two", host="b.example", hour=11)]
    with running() as server:
        server.serve("/1", rss("One", one))
        server.serve("/2", rss("Two", two))
        yield server


@pytest.fixture(scope="module")
def polled(papers: WebServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which both were polled."""
    folder = tmp_path_factory.mktemp("polled")
    before = Path.cwd()
    os.chdir(folder)
    try:
        configure(f"{papers.base}/1", f"{papers.base}/2")
        assert run(["fetch"]) == 0
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def fetched(command: Command, polled: Path) -> Command:
    """Runs a command in a copy of that folder."""
    shutil.copytree(polled, Path.cwd(), dirs_exist_ok=True)
    return command


def listed(command: Command, *more: str) -> list[Any]:
    done = command("stories", "list", "--since", "3650d", "--json", *more)
    found: list[Any] = done.document()
    return found


def stories(command: Command, *more: str) -> dict[str, Any]:
    return {story["headline"]: story for story in listed(command, *more)}


# --- the frame ----------------------------------------------------------------------------------


def test_without_a_configuration_the_answer_says_what_to_do(command: Command) -> None:
    done = command("fetch")

    assert done.code == 2
    assert "feeds.yaml: no such file" in done.err
    assert "aggregator demo" in done.err
    begun = done.err.split("'")[1]
    Path("feeds.yaml").write_text(begun)
    assert command("feeds", "list").code == 0


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (Path.mkdir, "no regular file"),  # nor is a pipe: both are told before they are opened
        (os.mkfifo, "no regular file"),
        (
            lambda path: path.symlink_to(path),
            "cannot read the configuration (Too many levels of symbolic links)",
        ),
    ],
    ids=["folder", "pipe", "loop"],
)
def test_a_configuration_that_cannot_be_read_is_told_as_that(
    command: Command, make: Callable[[Path], None], fault: str
) -> None:
    make(Path("feeds.yaml"))

    done = command("fetch")

    assert done.code == 2
    assert f"feeds.yaml: {fault}; " in done.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_disk_behind_standard_output_is_no_fault_of_ours() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "aggregator", "--help"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr == "error: No space left on device\n"


def test_a_wrong_configuration_is_told_by_line(command: Command) -> None:
    Path("feeds.yaml").write_text(
        "feeds:\n  - url: https://a.example/\n    evry: 20m\n    rank: x\n"
    )

    done = command("fetch")

    assert done.code == 2
    first, second = done.err.splitlines()
    assert first == "feeds.yaml:3:5: feeds[0].evry: unknown key; did you mean 'every'?"
    assert second.startswith("feeds.yaml:4:11: feeds[0].rank: ")


def test_no_feeds_is_a_usage_error(command: Command) -> None:
    configure()

    done = command("fetch")

    assert (done.code, "no feeds configured" in done.err) == (2, True)


def test_an_unknown_command_or_option_is_a_usage_error(command: Command) -> None:
    assert command("fech").code == 2
    assert command("fetch", "--nonsense").code == 2


def test_a_fault_of_ours_is_one_line_unless_asked_for_more(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure("https://a.example/")
    monkeypatch.setattr("aggregator.config.load", lambda *a, **k: 1 // 0)

    short, long = command("feeds", "list"), command("-v", "feeds", "list")

    assert (short.code, long.code) == (1, 1)
    assert "Traceback" not in short.err
    assert "internal error: ZeroDivisionError" in short.err
    assert "Traceback" in long.err


def test_an_expected_error_shows_its_traceback_only_when_asked(command: Command) -> None:
    assert "Traceback" not in command("feeds", "list").err
    assert "Traceback" in command("-v", "feeds", "list").err


def test_the_environment_names_configuration_and_database(
    command: Command, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(web.serve("/1", rss("One", [entry(TALKS)])))
    Path("feeds.yaml").rename("other.yaml")
    monkeypatch.setenv("AGGREGATOR_CONFIG", "other.yaml")
    monkeypatch.setenv("AGGREGATOR_DB", "other.db")

    assert command("fetch").code == 0
    assert Path("other.db").exists()
    assert not Path("db").exists()


def test_colours_can_be_switched_off(fetched: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    assert "\x1b[" not in fetched("stories", "list", "--since", "3650d").out


def test_logs_can_be_json(command: Command, web: WebServer) -> None:
    configure(web.serve("/1", Reply(b"", 500)))

    done = command("--log-format", "json", "-v", "fetch")

    lines = [line for line in done.err.splitlines() if line.startswith("{")]
    assert any(json.loads(line)["event"].startswith("poll.") for line in lines)


def test_a_foreign_database_is_told(command: Command, web: WebServer) -> None:
    configure(web.serve("/1", rss("One", [entry(TALKS)])), more="database: x.db\n")
    Path("x.db").write_bytes(b"no database" * 100)

    done = command("fetch")

    assert (done.code, "not an SQLite database" in done.err) == (1, True)


def test_a_database_alone_is_enough_to_look(fetched: Command) -> None:
    Path("feeds.yaml").unlink()

    assert fetched("--db", "db/aggregator.db", "status").code == 0
    assert fetched("status").code == 2


# --- looking ------------------------------------------------------------------------------------


def test_status_tells_each_feed_and_the_totals(fetched: Command) -> None:
    document = fetched("status", "--json").document()

    assert [feed["name"] for feed in document["feeds"]] == ["Feed 1", "Feed 2"]
    assert set(document["feeds"][0]) >= {
        "name", "last_success", "next_due", "interval_s", "failures", "last_error", "items",
    }  # fmt: skip
    assert document["totals"]["items"] == 4
    table = fetched("status").out
    assert "Feed 1" in table
    assert "4 items" in table


def test_status_names_what_is_wrong(command: Command, web: WebServer) -> None:
    configure(web.serve("/2", Reply(b"", 500)))
    command("fetch")

    document = command("status", "--json").document()

    assert document["feeds"][0]["failures"] == 1
    assert document["feeds"][0]["last_error"].startswith("http: ")
    assert not document["feeds"][0]["fails_for_long"]
    assert "http: " in command("status").out


def test_a_run_names_every_way_in_which_feeds_failed(command: Command, web: WebServer) -> None:
    configure(*(web.serve(f"/{n}", Reply(b"", status))
                for n, status in enumerate((500, 404, 404, 404, 404, 401, 410))),
              web.serve("/page", "<html><body>News</body></html>"))  # fmt: skip

    told = command("fetch").err.splitlines()

    assert told[-5:] == [
        "http: Feed 2, Feed 3, Feed 4 and 1 more: HTTP 404 (see 'aggregator status')",
        "http: Feed 6: HTTP 401",
        "http: Feed 7: HTTP 410",
        "http: Feed 1: HTTP 500",
        "not a feed: Feed 8: the document is a web page (HTML), not a feed",
    ]


def test_status_begins_with_the_feeds_that_fail_and_says_what_to_do(
    command: Command, web: WebServer
) -> None:
    configure(web.serve("/1", rss("One", [entry(TALKS)])),
              web.serve("/a-rather-long-path/" + "x" * 90, PAGE),
              web.serve("/3", Reply(b"", 404)), more=f"database: {'d' * 90}/news.db\n")  # fmt: skip
    command("fetch")

    told = command("status").out.splitlines()
    doctor = command("doctor")

    assert told[:2] == ["2 of 3 feeds fail:", "  Feed 2"]
    assert [line for line in told if line.startswith("Feed 1 ") and " UTC  " in line]
    all_told = " ".join(" ".join(told).split())
    assert f"the page names its feed, {web.base}/feed: write that" in all_told
    assert sum("aggregator feeds discover" in line for line in told) == 1
    assert max(len(line) for line in told if web.base not in line) <= 80
    assert doctor.code == 1
    words = " ".join(doctor.out.split())
    assert "FAIL feeds failing: 2 of 3 feeds failed when last asked" in words
    assert "FAIL feed: Feed 3: http: HTTP 404; failed once, no success yet" in words
    assert doctor.out.index("FAIL") < doctor.out.index("ok  ")
    assert "_" not in doctor.out.replace(str(Path.cwd()), "")


def test_status_says_of_which_feed_entries_were_left_out(fetched: Command) -> None:
    with open_store(Path("db/aggregator.db")) as store:
        store.execute("""UPDATE feed SET hints='{"ttl_s": 60, "left_out": 12}' WHERE id=2""")

    document = fetched("status", "--json").document()["feeds"]

    assert [feed["left_out"] for feed in document] == [0, 12]
    table = fetched("status").out
    assert "Feed 2: 12 entries were left out, the oldest of more than can be read" in table
    assert "Feed 1: " not in table


def test_status_names_feeds_that_fail_for_days_and_leases(command: Command, web: WebServer) -> None:
    configure(web.serve("/1", Reply(b"", 500)), web.serve("/2", Reply(b"", 500)),
              web.serve("/3", Reply(b"", 500)), more="serve: {websub: true}\n")  # fmt: skip
    command("fetch")
    with open_store(Path("db/aggregator.db")) as store:
        store.execute("UPDATE feed SET failures=9, last_ok_at='2026-01-02T03:04:05Z' WHERE id=1")
        for feed, state, pushed in ((1, "wanted", None), (2, "active", None),
                                    (3, "active", "2026-01-02T03:04:05Z")):  # fmt: skip
            store.execute(
                "INSERT INTO hub_lease(feed_id, hub, topic, callback, secret, state, expires_at,"
                " last_push_at) VALUES (?1, '', '', ?1, '', ?2, '2026-02-02T03:04:05Z', ?3)",
                (feed, state, pushed),
            )

    table = command("status").out
    document = command("status", "--json").document()["feeds"]

    told = " ".join(table.split())
    assert table.startswith("3 of 3 feeds fail:\n  Feed 1\n    http: HTTP 500; failed 9 times")
    assert "Feed 1: its hub's lease is wanted; polled as ever" in told
    assert "Feed 2: its hub's lease ends 2026-02-02 03:04 UTC; no push yet" in told
    assert "Feed 3: its hub's lease ends 2026-02-02 03:04 UTC; last push 2026-01-02" in told
    assert [feed["fails_for_long"] for feed in document] == [True, False, False]
    assert document[2]["hub_until"] == "2026-02-02T03:04:05Z"


def test_the_list_shows_what_readers_get(fetched: Command) -> None:
    found = stories(fetched)

    assert set(found) == {TALKS, FIRMS}
    talks = found[TALKS]
    assert set(talks) >= {"id", "headline", "url", "published", "updated", "sources", "topics"}
    assert [source["feed"] for source in talks["sources"]] == ["Feed 1", "Feed 2"]
    assert TALKS in fetched("stories", "list", "--since", "3650d", "--topic", TOPIC).out
    assert stories(fetched, "--topic", TOPIC) == found
    assert fetched("stories", "list", "--json").document() == []  # a week, by default


def test_unknown_topics_and_ages_are_usage_errors(fetched: Command) -> None:
    assert fetched("stories", "list", "--topic", "x").code == 2
    assert fetched("stories", "list", "--near", "x").code == 2
    assert "has no unit" in fetched("stories", "list", "--since", "7").err


def test_near_lists_what_just_missed(fetched: Command) -> None:
    assert stories(fetched, "--near", TOPIC) == {}  # "Lahore" alone counts for nothing
    with open_store(Path("db/aggregator.db")) as store:
        store.execute(
            "UPDATE decision SET score=0.02, terms=? WHERE NOT accepted",
            ('[{"term": "Lahore", "field": "headline", "weight": 0.4, "rules": []}]',),
        )
    near = stories(fetched, "--near", TOPIC)

    assert TALKS not in near
    assert set(near["Lahore wins the cup"]["missed"]) == {"topic", "score", "threshold", "terms"}
    told = fetched("stories", "list", "--since", "3650d", "--near", TOPIC).out
    assert f"{TOPIC} 0.02 of 0.5" in told


def test_a_story_is_shown_with_its_sources(fetched: Command) -> None:
    uid = stories(fetched)[TALKS]["id"]

    assert fetched("stories", "show", uid, "--json").document()["id"] == uid
    told = fetched("stories", "show", uid)
    assert "https://b.example/n1/story" in told.out
    assert fetched("stories", "show", "nonsense").code == 1


def test_explain_takes_items_and_stories(fetched: Command) -> None:
    talks = stories(fetched)[TALKS]

    by_story = fetched("explain", talks["id"], "--json").document()
    by_item = fetched("explain", talks["sources"][1]["item"], "--json").document()

    assert by_story["story"] == by_item["story"] == talks["id"]
    assert by_item["item"] == talks["sources"][1]["item"]
    assert set(by_item) >= {"item", "story", "variants", "rejected", "topics"}
    assert "on topic" in fetched("explain", talks["id"]).out
    assert fetched("explain", "i999999").code == 1


def test_explain_tells_the_few_reasons_in_80_columns_and_all_on_demand(fetched: Command) -> None:
    for story in stories(fetched).values():
        few = fetched("explain", story["id"]).out
        everything = fetched("explain", story["id"], "--all").out

        assert max(map(len, (few + everything).splitlines())) <= 80
        assert "opened the story" in few
        assert len(everything) >= len(few)
        assert "cosine" not in few


@pytest.mark.parametrize("query", ["missile firms", "BALLISTIC"])
def test_search_finds_items_by_words(fetched: Command, query: str) -> None:
    (hit,) = fetched("search", query, "--json").document()

    assert set(hit) >= {"item", "story", "headline", "url", "published", "feed"}
    assert hit["headline"] == FIRMS
    assert FIRMS in fetched("search", query).out


@pytest.mark.parametrize(
    "query", ['"', "a AND", "x*) OR (", "counter-terrorism", "\u0000", "NEAR("]
)
def test_any_search_is_safe(fetched: Command, query: str) -> None:
    done = fetched("search", query, "--json")

    assert done.code in (0, 1)
    assert isinstance(done.document(), list)
    assert done.err == ""


def test_a_headline_is_judged_without_a_database(command: Command) -> None:
    document = command("topic", "test", TALKS, "--json").document()

    assert set(document) >= {"topic", "accepted", "score", "threshold", "terms"}
    assert document["accepted"] is True
    assert all("rules" in term for term in document["terms"])
    said = command("topic", "test", TALKS).out
    assert "on topic" in said
    assert "(headline)  both countries, " in said
    assert "off topic" in command("topic", "test", "Lahore wins the cup", "--summary", "x").out
    assert command("topic", "test", TALKS, "--topic", "x").code == 2
    configure(
        more="topics: [{name: x, query: {rules: [{all: [dawn, war], fields: [publisher, url]}]}}]\n"
    )
    more = ("--publisher", "Dawn", "--url", "https://a.example/war/1")
    assert command("topic", "test", TALKS, *more, "--json").document()["score"] == 1


def test_several_topics_are_one_document(command: Command) -> None:
    configure(more="topics: [{name: us-pakistan-security}, "
                   "{name: arms, query: {rules: [{any: [missile]}]}}]\n")  # fmt: skip

    documents = command("topic", "test", FIRMS, "--json").document()

    assert [one["topic"] for one in documents] == [TOPIC, "arms"]
    assert command("topic", "test", FIRMS, "--topic", "arms", "--json").document()["accepted"]


# --- correcting ---------------------------------------------------------------------------------


def test_corrections_are_stored_listed_and_undone(fetched: Command) -> None:
    found = stories(fetched)
    talks, firms = found[TALKS], found[FIRMS]

    assert fetched("stories", "hide", firms["id"]).code == 0
    assert set(stories(fetched)) == {TALKS}
    assert FIRMS not in Path(f"public/{TOPIC}.atom").read_text()
    assert fetched("stories", "undo", "1").code == 0
    assert FIRMS in Path(f"public/{TOPIC}.atom").read_text()

    assert fetched("stories", "split", talks["sources"][1]["item"]).code == 0
    assert len(listed(fetched)) == 3
    assert fetched("stories", "merge", talks["id"], firms["id"]).code == 0
    assert len(listed(fetched)) == 2

    made = fetched("stories", "corrections", "--json").document()
    assert [one["kind"] for one in made] == ["hide", "apart", "join"]
    assert made[0]["undone"] is not None
    assert "apart" in fetched("stories", "corrections").out
    assert fetched("stories", "undo", "9").code == 1
    assert fetched("stories", "split", "nonsense").code == 2


def test_a_replay_of_the_same_rules_changes_nothing(fetched: Command) -> None:
    before = Path(f"public/{TOPIC}.atom").read_bytes()

    dry = fetched("replay", "--since", "3650d", "--dry-run", "--json").document()
    wet = fetched("replay", "--since", "3650d")

    assert set(dry) >= {"items", "joined", "split", "entries_added", "entries_removed"}
    assert (dry["joined"], dry["split"]) == (0, 0)
    assert wet.code == 0
    assert Path(f"public/{TOPIC}.atom").read_bytes() == before


def test_a_replay_names_the_entries_that_changed_rules_let_in_and_out(fetched: Command) -> None:
    with Path("feeds.yaml").open("a") as file:
        file.write(
            f"topics:\n  - name: {TOPIC}\n    query: {{rules: [{{any: [firms, lahore]}}]}}\n"
        )

    said = fetched("replay", "--since", "3650d", "--dry-run").out

    assert f"+ {TOPIC}: Lahore wins the cup\n" in said
    assert f"- {TOPIC}: {TALKS}\n" in said
    assert FIRMS not in said


# --- publishing ---------------------------------------------------------------------------------


def test_publish_heals_the_output_and_fills_another_folder(fetched: Command) -> None:
    before = Path(f"public/{TOPIC}.atom").read_bytes()
    Path(f"public/{TOPIC}.atom").write_text("damaged")

    assert fetched("publish").code == 0
    assert fetched("publish", "--output", "elsewhere").code == 0

    assert Path(f"public/{TOPIC}.atom").read_bytes() == before
    assert Path(f"elsewhere/{TOPIC}.atom").read_bytes() == before


# --- maintenance --------------------------------------------------------------------------------


def test_the_database_is_migrated_checked_copied_pruned_and_packed(fetched: Command) -> None:
    assert fetched("db", "migrate").code == 0
    assert fetched("db", "check").out.endswith(": ok\n")
    assert fetched("db", "backup", "copy.db").code == 0
    assert fetched("--db", "copy.db", "status", "--json").document()["totals"]["items"] == 4
    assert fetched("db", "backup", "copy.db").code == 2  # never overwritten
    assert fetched("db", "prune", "--keep", "3650d").out == "0 items removed\n"
    assert fetched("db", "prune").code == 0
    assert fetched("db", "vacuum").code == 0
    assert fetched("db", "check").code == 0


def test_pruning_forgets_settled_notifications_but_a_storys_last(fetched: Command) -> None:
    with open_store(Path("db/aggregator.db")) as store:
        story = int(store.value("SELECT min(story_id) FROM published"))
        for number in (1, 2, 3):
            outbox.enqueue(store, target="desk/t", story_id=story, change_no=number, body="{}")
        store.execute("UPDATE outbox SET done_at='2020-01-01T00:00:00Z'")

    assert fetched("db", "prune").code == 0

    with open_store(Path("db/aggregator.db")) as store:
        assert store.value("SELECT group_concat(change_no) FROM outbox") in (3, "3")


def test_a_missing_database_is_told(command: Command) -> None:
    configure("https://a.example/")

    assert command("db", "check").code == 1
    assert command("status").code == 1


def test_the_doctor_examines_the_installation(fetched: Command) -> None:
    done = fetched("doctor", "--json")

    findings = done.document()
    assert all(set(one) >= {"check", "ok", "detail", "fix"} for one in findings)
    assert done.code == (0 if all(one["ok"] for one in findings) else 1)
    assert "config" in fetched("doctor").out


def test_without_a_daemon_there_is_nothing_to_reload(fetched: Command) -> None:
    done = fetched("reload")

    assert (done.code, "no daemon" in done.err) == (1, True)


def test_fetch_tells_hub_and_receivers_what_it_published(command: Command, web: WebServer) -> None:
    url = web.serve("/1", rss("One", [entry(TALKS, page="first")]))
    hook, hub = web.serve("/hook", Reply(status=500)), web.serve("/hub", Reply(status=202))
    configure(url, more=f"publish: {{hub: '{hub}'}}\nnotify: [{{name: desk, webhook: '{hook}'}}]\n")
    text = (
        Path("feeds.yaml").read_text().replace("site: {", "site: {base_url: 'http://a.example/', ")
    )
    Path("feeds.yaml").write_text(text)

    first = command("fetch")
    assert (first.code, len(web.asked("/hook"))) == (0, 1)  # put off
    assert len(web.asked("/hub")) == 5  # one for each file that names it
    web.serve("/hook", Reply(status=204))
    web.serve("/1", rss("One", [entry(TALKS, page="first"), entry(FIRMS)]))
    assert command("fetch", "--no-publish").code == 0
    assert len(web.asked("/hook")) == 1
    done = command("fetch")

    told = json.loads(web.asked("/hook")[-1].body)
    assert done.code == 0
    assert told["event"] == "new"
    assert len(web.asked("/hub")) == 10


# --- feeds --------------------------------------------------------------------------------------


def test_feeds_are_listed_without_their_secrets(command: Command) -> None:
    Path("feeds.yaml").write_text(
        "feeds:\n  - {url: 'https://u:pw@a.example/', name: A, rank: 3, enabled: false}\n"
        "  - {url: 'https://b.example/hidden', name: B, private: true}\n"
    )

    done = command("feeds", "list")

    assert "https://a.example/" in done.out
    assert "pw" not in done.out
    assert "hidden" not in done.out
    assert command("feeds", "list", "--json").document()[1]["url"] is None


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


def test_a_quiet_run_says_nothing_unless_every_feed_failed(
    command: Command, web: WebServer
) -> None:
    configure(web.serve("/1", rss("One", [entry(TALKS)])), web.base + "/missing")

    assert command("-q", "fetch") == Ended(0, "", "")
    alone = command("-q", "fetch", "--feed", "Feed 2")
    assert (alone.code, alone.out, alone.err) == (1, "", "http: Feed 2: HTTP 404\n")
    assert command("-q", "fetch", "--json").document()["feeds"] == 2


def test_a_quiet_run_says_why_it_ended_with_another_code(command: Command, web: WebServer) -> None:
    configure(web.serve("/1", rss("One", [entry(TALKS)])))
    with PollLock(Path("db/aggregator.db").resolve(), datetime.now(UTC), role="fetch"):
        locked = command("-q", "fetch", "--due")
    Path("public").write_text("in the way")
    unwritten = command("-q", "fetch", "--due")
    configure(more="outputs: x\n")
    wrong = command("-q", "fetch", "--due")

    assert [done.code for done in (locked, unwritten, wrong)] == [3, 1, 2]
    for done, said in (
        (locked, "polls with"),
        (unwritten, "cannot be written"),
        (wrong, "outputs"),
    ):
        assert done.out == ""
        assert (done.err.count("\n"), said in done.err) == (1, True)


def test_p10_a_feed_is_added_with_one_request_and_removed(command: Command, web: WebServer) -> None:
    configure()
    url = web.serve("/1", rss("Paper One", [entry(TALKS)]))

    added = command("feeds", "add", url)

    assert added.out == "added Paper One: 1 items today\n"
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

    assert (done.code, done.out) == (0, "added One: 1 items today\n")
    assert done.err.startswith("not stored, so it will be asked for again: ")
    assert done.err.count("\n") == 1
    assert "name: One" in Path("feeds.yaml").read_text()
    assert len(web.requests) == 1


def test_one_command_takes_a_source_out_of_the_list_and_of_every_published_file(
    command: Command, web: WebServer
) -> None:
    stays = web.serve("/1", rss("One", [entry(TALKS)]))
    gone = web.serve("/2", rss("Two", [entry("Floods close roads in Swat", host="two.example")]))
    configure(stays, gone)
    text = Path("feeds.yaml").read_text()
    Path("feeds.yaml").write_text(text.replace("name:", "on_topic: true, name:"))
    command("fetch")

    def named() -> list[str]:
        shown = {path.name: path.read_bytes() for path in Path("public").rglob("*.*")}
        return [name for name, data in shown.items() if b"two.example" in data or b"Feed 2" in data]

    assert len(named()) > 5
    removed = command("feeds", "remove", "Feed 2", "--withdraw")
    assert removed.out == "removed Feed 2; 1 feed left\nwithdrawn 1 item\n"
    assert named() == []
    assert "Feed 2" not in Path("feeds.yaml").read_text()

    added = command("feeds", "add", gone, "--name", "Feed 2")
    assert "its withdrawal is taken back" in added.err
    assert command("publish").code == 0
    assert "us-pakistan-security.atom" in named()

    text = Path("feeds.yaml").read_text()
    Path("feeds.yaml").write_text(text + f"  - {{url: '{web.base}/3', name: Never polled}}\n")
    unknown = command("feeds", "remove", "Never polled", "--withdraw")
    assert unknown.out.endswith("withdrawn 0 items\n")


def test_a_source_that_was_removed_before_can_still_be_withdrawn(
    command: Command, web: WebServer
) -> None:
    configure(web.serve("/1", rss("One", [entry(TALKS)])))
    command("fetch")
    assert command("feeds", "remove", "Feed 1").code == 0
    feed = Path("public/us-pakistan-security.atom")
    assert b"<entry" in feed.read_bytes()

    withdrawn = command("feeds", "remove", "Feed 1", "--withdraw")

    assert (withdrawn.code, withdrawn.out) == (0, "withdrawn 1 item\n")
    assert b"<entry" not in feed.read_bytes()
    assert command("feeds", "remove", "Feed 1").code == 2
    assert command("feeds", "remove", "Nobody", "--withdraw").code == 2


PAGE = (
    '<!doctype html><title>Paper</title><link rel="alternate" type="application/rss+xml" '
    'title="Paper news" href="/feed"><p>Welcome</p>'
)


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


def test_check_does_not_show_where_a_private_feed_moved_to(
    command: Command, web: WebServer
) -> None:
    web.serve("/t0ken", rss("Paper", [entry(TALKS)]))
    url = web.serve("/old", Reply(status=301, headers={"Location": "/t0ken"}))
    configure(url)
    assert f"moved for good to {web.base}/t0ken" in command("feeds", "check").out
    text = Path("feeds.yaml").read_text()
    Path("feeds.yaml").write_text(text.replace("Feed 1", "Feed 1, private: true"))

    done = command("feeds", "check")

    assert "moved for good to another address" in done.out
    assert "t0ken" not in done.out


def test_check_reports_health_and_stores_nothing(command: Command, web: WebServer) -> None:
    good = web.serve("/good", rss("Good", [entry(TALKS)]))
    bad = web.serve("/bad", Reply(b"<p>no feed</p>", headers={"Content-Type": "text/html"}))
    configure(good, bad, f"{web.base}/missing")

    findings = command("feeds", "check", "--json").document()

    assert [(one["name"], one["status"]) for one in findings] == [
        ("Feed 1", "ok"), ("Feed 2", "not_a_feed"), ("Feed 3", "http"),
    ]  # fmt: skip
    assert (findings[0]["items"], findings[0]["newest"]) == (1, "2025-08-12T10:00:00Z")
    assert not Path("db").exists()
    assert "rss" in command("feeds", "check", "Feed 1").out
    assert command("feeds", "check", "Feed 2").code == 1
    assert command("feeds", "check", "nobody").code == 2


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


def test_check_respects_what_servers_asked_for(command: Command, web: WebServer) -> None:
    configure(web.serve("/1", Reply(b"", 503, {"Retry-After": "3600"})))
    command("fetch")

    (finding,) = command("feeds", "check", "--json").document()

    assert finding["status"] == "waiting"
    assert len(web.asked("/1")) == 1


OPML = """<opml version="2.0"><head><title>x</title></head><body><outline text="Papers">
<outline text="One" type="rss" xmlUrl="https://one.example/feed"/>
<outline text="One" type="rss" xmlUrl="https://two.example/feed"/>
<outline text="Thief" type="rss" xmlUrl="https://thief.example/${HOME}"/>
<outline text="File" type="rss" xmlUrl="file:///etc/passwd"/>
<outline text="Feed 1" type="rss" xmlUrl="https://known.example/"/>
</outline></body></opml>"""


def test_a_list_that_spells_one_address_in_two_ways_is_taken_in(command: Command) -> None:
    configure("https://known.example/")
    urls = ("https://Known.example", "https://one.example", "HTTPS://one.example/#top")
    outlines = "".join(f'<outline text="{url}" xmlUrl="{url}"/>' for url in urls)
    Path("list.opml").write_text(f'<opml version="2.0"><body>{outlines}</body></opml>')

    done = command("feeds", "import", "list.opml")

    assert (done.code, done.out) == (0, "added 1 feed, left out 2\n")
    assert done.err.count("configured or listed already") == 2


def test_a_feed_that_is_configured_in_other_letters_is_named(
    command: Command, web: WebServer
) -> None:
    url = web.serve("/feed", rss("One", [entry(TALKS)]))
    configure(url)
    page = web.serve("/page", Reply(PAGE.encode(), headers={"Content-Type": "text/html"}))

    spelled = command("feeds", "add", f"{url}#top")
    assert (spelled.code, len(web.requests)) == (2, 0)
    declared = command("feeds", "add", page)
    assert (declared.code, len(web.requests)) == (2, 1)
    assert "configured already, as 'Feed 1'" in spelled.err
    assert "configured already, as 'Feed 1'" in declared.err


def test_opml_lists_come_in_and_go_out(command: Command) -> None:
    configure("https://known.example/")
    Path("list.opml").write_text(OPML)

    done = command("feeds", "import", "list.opml")

    assert done.out == "added 2 feeds, left out 3\n"
    assert "file:///etc/passwd" in done.err
    assert "thief" in done.err
    listed = command("feeds", "list", "--json").document()
    assert [(one["name"], one["url"]) for one in listed] == [
        ("Feed 1", "https://known.example/"),
        ("One", "https://one.example/feed"),
        ("One 2", "https://two.example/feed"),
    ]
    exported = command("feeds", "export").out
    assert exported.count("xmlUrl=") == 3
    Path("out.opml").write_text(exported)
    assert command("feeds", "import", "out.opml").out == "added 0 feeds, left out 3\n"
    Path("bad.opml").write_text("<p>")
    assert command("feeds", "import", "bad.opml").code == 1
