"""`aggregator db ...`."""

from __future__ import annotations

from pathlib import Path

from aggregator.storage import outbox
from aggregator.storage.store import open_store
from tests.command_line import Command, configure


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


def test_a_story_that_lost_its_entry_id_is_named_and_ends_nothing_for_others(
    fetched: Command,
) -> None:
    with open_store(Path("db/aggregator.db")) as store:
        rows = "SELECT s.uid FROM published p JOIN story s ON s.id = p.story_id ORDER BY s.id"
        lost, kept = store.column(rows)
        store.execute("UPDATE story SET entry_id=NULL WHERE uid=?", (lost,))
        store.execute("UPDATE topic_state SET wanted_rev = wanted_rev + 1")

    assert fetched("db", "check").err == "1 published stories without an entry id\n"
    assert fetched("publish").code == 0
    assert fetched("fetch").code == 0
    for suffix in ("atom", "rss", "json", "html"):
        published = Path(f"public/us-pakistan-security.{suffix}").read_text()
        assert kept in published, suffix
        assert lost not in published, suffix


def test_a_missing_database_is_told(command: Command) -> None:
    configure("https://a.example/")

    assert command("db", "check").code == 1
    assert command("status").code == 1
