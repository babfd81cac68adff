"""`aggregator replay`."""

from __future__ import annotations

from pathlib import Path

from tests.command_line import FIRMS, TALKS, TOPIC, Command


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
