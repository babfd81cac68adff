"""The doctor names what is wrong and what to do about it."""

from __future__ import annotations

import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.semantics import weights
from aggregator.serving import doctor
from aggregator.serving.doctor import Check, examine
from aggregator.settings import Config, FeedSource, ServeSettings, SiteSettings, StorySettings
from aggregator.storage import history, items
from aggregator.storage.polls import note_pause
from aggregator.storage.store import open_store

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SITE = SiteSettings(contact="mailto:desk@example.org")
SERVE = ServeSettings()
FEED = FeedSource("Herald", "http://127.0.0.1:9/feed", key="http://127.0.0.1:9/feed")


def config(
    folder: Path,
    *,
    site: SiteSettings = SITE,
    feeds: tuple[FeedSource, ...] = (FEED,),
    serve: ServeSettings = SERVE,
) -> Config:
    return Config(
        path=folder / "feeds.yaml",
        site=site,
        database=folder / "db" / "a.db",
        output=folder / "public",
        feeds=feeds,
        serve=serve,
    )


def found(config: Config, now: datetime = NOW) -> dict[str, Check]:
    return {check.check: check for check in examine(config, now)}


def test_sound_installation_passes_every_check(tmp_path: Path) -> None:
    plan = config(tmp_path)
    open_store(plan.database).close()

    checks = examine(plan, NOW)

    assert [check for check in checks if not check.ok] == []
    assert {"config", "contact", "clock", "dns", "disk_database", "write_output", "database"} <= {
        check.check for check in checks
    }


def test_why_no_feed_is_polled_is_told_as_the_daemon_noted_it(tmp_path: Path) -> None:
    plan = config(tmp_path)
    with open_store(plan.database) as store:
        note_pause(store, "tls://scheduler:8786: no worker has joined the scheduler", NOW)

    check = found(plan)["polling"]

    assert (check.ok, check.detail) == (
        False,
        "no feed has been polled since 2026-03-01T12:00:00Z: tls://scheduler:8786: no worker"
        " has joined the scheduler",
    )


def test_what_an_interrupted_replay_left_is_told(tmp_path: Path) -> None:
    plan = config(tmp_path)
    open_store(plan.database).close()
    assert "replay" not in found(plan)
    open_store(history.scratch_path(plan.database)).close()

    told = found(plan)["replay"]

    assert told.ok
    assert "a.replay.db" in told.detail
    assert "'aggregator replay'" in told.detail


def test_installation_before_its_first_fetch_passes(tmp_path: Path) -> None:
    checks = found(config(tmp_path))

    assert checks["database"].ok
    assert "first fetch" in checks["database"].detail


def test_missing_contact_and_empty_configuration_are_named(tmp_path: Path) -> None:
    checks = found(config(tmp_path, site=SiteSettings(), feeds=()))

    assert not checks["contact"].ok
    assert "site.contact" in checks["contact"].fix
    assert not checks["config"].ok
    assert "dns" not in checks


def test_another_user_agent_is_shown(tmp_path: Path) -> None:
    feed = FeedSource("Herald", "file:///x", key="x", headers=(("User-Agent", "Mozilla/5.0"),))

    checks = found(config(tmp_path, feeds=(feed,)))

    assert "Herald" in checks["user_agent"].detail
    assert "Mozilla" not in checks["user_agent"].detail


def test_model_that_is_switched_off_is_no_fault(tmp_path: Path) -> None:
    check = found(replace(config(tmp_path), stories=StorySettings(model=False)))["model"]

    assert check.ok
    assert "stories.model is off" in check.detail


@pytest.mark.parametrize("library", ["onnxruntime", "numpy"])
def test_missing_runtime_of_the_model_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)

    check = found(config(tmp_path))["model"]

    assert not check.ok
    assert library in check.detail
    assert "pip install onnxruntime" in check.fix
    assert "stories.model: off" in check.fix


def test_missing_file_of_the_model_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "FILE", "elsewhere.onnx")

    check = found(config(tmp_path))["model"]

    assert not check.ok
    assert "elsewhere.onnx" in check.detail
    assert "install aggregator again" in check.fix


def test_wrong_clock_is_noticed(tmp_path: Path) -> None:
    plan = config(tmp_path)
    store = open_store(plan.database)
    store.execute(
        "INSERT INTO feed(key, name, last_poll_at) VALUES ('k', 'n', '2026-03-02T00:00:00Z')"
    )
    store.close()

    assert not found(plan)["clock"].ok
    assert found(plan, NOW + timedelta(days=1))["clock"].ok
    assert not found(plan, datetime(1970, 1, 2, tzinfo=UTC))["clock"].ok


def test_name_that_does_not_resolve_is_noticed(tmp_path: Path) -> None:
    feed = FeedSource("Herald", "https://no-such-host.invalid/feed", key="k")

    assert not found(config(tmp_path, feeds=(feed,)))["dns"].ok


def test_foreign_database_is_refused_with_its_reason(tmp_path: Path) -> None:
    plan = config(tmp_path)
    plan.database.parent.mkdir()
    other = sqlite3.connect(plan.database)
    other.execute("CREATE TABLE bookmarks(url TEXT)")
    other.close()

    check = found(plan)["database"]

    assert not check.ok
    assert "another program" in check.detail


def test_full_disk_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "FREE_BYTES", 10**18)

    assert not found(config(tmp_path))["disk_output"].ok


def test_folder_that_cannot_be_written_is_noticed() -> None:
    checks = found(config(Path("/proc/aggregator")))

    assert not checks["write_database"].ok
    assert "/proc" in checks["write_database"].fix


def test_failing_gone_and_moved_feeds_are_listed(tmp_path: Path) -> None:
    plan = config(tmp_path)
    store = open_store(plan.database)
    store.execute(
        "INSERT INTO feed(key, name, failures, last_error, last_ok_at)"
        " VALUES ('a', 'Bad', 9, 'HTTP 404', '2026-02-01T00:00:00Z')"
    )
    store.execute("INSERT INTO feed(key, name, gone) VALUES ('b', 'Dead', 1)")
    store.execute(
        "INSERT INTO feed(key, name, shown_url, private, permanent_url)"
        " VALUES ('c', 'Moved', 'https://c.example/', 0, 'https://n.example/'),"
        " ('d', 'Secret', '', 1, 'https://n.example/t0ken')"
    )
    store.close()

    checks = found(plan)

    assert checks["feeds_failing"].detail == "1 of 4 feeds failed when last asked"
    assert checks["feed"].detail.startswith("Bad: error: HTTP 404; failed 9 times in a row")
    assert "Dead" in checks["feeds_gone"].detail
    assert checks["feeds_moved"].detail == "moved for good: Moved (https://n.example/)"


def test_hub_needs_a_public_address(tmp_path: Path) -> None:
    plan = config(tmp_path, serve=ServeSettings(websub=True))
    store = open_store(plan.database)
    store.execute("INSERT INTO feed(key, name) VALUES ('a', 'Dawn')")
    store.execute(
        "INSERT INTO hub_lease(feed_id, hub, topic, callback, secret, state)"
        " VALUES (1, 'https://hub.example/', '', 'c', '', 'refused')"
    )
    store.close()

    checks = found(plan)

    assert not checks["base_url"].ok
    assert checks["hubs"].detail == "without a lease: Dawn (https://hub.example/: refused)"
    assert "site.base_url" in checks["hubs"].fix


def test_items_at_which_matching_fails_are_counted(tmp_path: Path) -> None:
    plan = config(tmp_path)
    store = open_store(plan.database)
    store.execute("INSERT INTO feed(key, name) VALUES ('a', 'Herald')")
    store.execute(
        "INSERT INTO item(id, feed_id, identity, headline, first_seen_at, content_hash)"
        " VALUES (1, 1, 'x', 'Talks', '2026-02-01T00:00:00Z', '')"
    )
    items.set_aside(store, 1)
    store.close()

    check = found(plan)["matching"]

    assert not check.ok
    assert check.detail == "fails at 1 item, set aside"


@pytest.mark.parametrize(
    ("output", "told"),
    [
        (".", "the configuration and the database"),
        ("..", "the configuration and the database"),
        ("db", "the database"),
        ("public", ""),
        ("db/public", ""),
    ],
)
def test_an_output_that_would_show_secrets_is_told(tmp_path: Path, output: str, told: str) -> None:
    finding = found(replace(config(tmp_path), output=tmp_path / output)).get("output")

    assert (finding.detail if finding else "").partition(": ")[2] == (
        f"also holds {told}, which a web server would show" if told else ""
    )
