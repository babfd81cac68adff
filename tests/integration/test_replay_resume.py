"""A replay that is interrupted goes on; what it costs is said before it starts."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.cli.commands.replay import print_cost
from aggregator.cli.session import Session
from aggregator.errors import StoreError, WrongDatabase
from aggregator.ingest import corrections
from aggregator.ingest.replay import ReplayCost, ReplayReport
from aggregator.ingest.replay import replay as replay_history
from aggregator.ingest.rules import load_rules
from aggregator.semantics.wordpiece import Text
from aggregator.settings import Config, StorySettings
from aggregator.storage import decisions, history, maintenance
from aggregator.storage.store import Store, open_store
from tests.commands import environment
from tests.newsroom import BLAST, BLAST_CUT, NOW, TALKS, WEATHER, Newsroom, make_item, make_rules

SINCE = NOW - timedelta(days=30)
TABLES = ("story", "variant", "item", "evidence", "decision", "published", "correction",
          "story_key", "model_score")  # fmt: skip
BAZAAR = "Blast at Quetta bazaar injures dozens"
HUNT = "Police hunt bombers behind Quetta market attack"
TRAFFIC = "Snowstorm disrupts traffic in northern Norway"
PUPILS = "Norwegian pupils sent home after heavy snow"

PROCESS = """
import signal, sys
from datetime import timedelta
from pathlib import Path
from aggregator.ingest.replay import replay
from aggregator.storage.store import open_store
from tests.newsroom import NOW, make_rules

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have had it ignored

def wait(done, total):
    print(done, total, flush=True)
    if done == int(sys.argv[2]):
        sys.stdin.readline()

replay(open_store(Path(sys.argv[1])), make_rules(), NOW - timedelta(days=30), dry_run=False,
       now=NOW, on_start=lambda cost: wait, batch=1)
"""


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history that other rules matched: two wordings of one blast apart, two events as one."""
    path = tmp_path_factory.mktemp("past") / "a.db"
    with open_store(path) as store:
        room = Newsroom(store)
        room.poll("dawn", make_item(BLAST, identity="a"), make_item(TALKS, identity="t"))
        room.poll("geo", make_item(BLAST_CUT, identity="b", at=NOW + timedelta(minutes=1)))
        room.poll("wire", make_item(WEATHER, identity="w"))
        room.match()
        corrections.split(store, room.rules, item=f"i{room.item_id('b')}", now=NOW)
        glued = (room.story("t"), room.story("w"))
        corrections.merge(store, room.rules, first=glued[0], second=glued[1], now=NOW)
        store.execute("UPDATE correction SET undone_at=made_at")
        room.publish(room.story("t"))
    return path


@pytest.fixture
def room(past: Path, tmp_path: Path) -> Iterator[Newsroom]:
    """A copy of that history."""
    shutil.copy(past, tmp_path / "a.db")
    store = open_store(tmp_path / "a.db")
    yield Newsroom(store)
    assert maintenance.check(store) == ()
    store.close()


class Stop:
    """Ends a replay as Ctrl-C does, when so many items are done."""

    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self, done: int, total: int) -> None:
        if done == self.at:
            raise KeyboardInterrupt


def run(
    room: Newsroom, *, mode: str = "apply", days: int = 30, stop_at: int = -1
) -> tuple[ReplayReport | None, ReplayCost]:
    """One replay of single items, interrupted after `stop_at` of them; and what it said to cost."""
    costs: list[ReplayCost] = []

    def begin(cost: ReplayCost) -> Stop:
        costs.append(cost)
        return Stop(stop_at)

    try:
        report = replay_history(
            room.store, room.rules, NOW - timedelta(days=days), dry_run=mode == "dry", now=NOW,
            on_start=begin, batch=1,
        )  # fmt: skip
    except KeyboardInterrupt:
        return None, costs[0]
    return report, costs[0]


def left_over(room: Newsroom) -> Path:
    assert room.store.path is not None
    return history.scratch_path(room.store.path)


def dump(store: Store) -> list[tuple[object, ...]]:
    return [row for table in TABLES for row in sorted(store.tuples(f"SELECT * FROM {table}"),
                                                      key=repr)]  # fmt: skip


def copy_of(room: Newsroom, folder: Path) -> Newsroom:
    """The same history in another database."""
    path = folder / "copy.db"
    room.store.execute("VACUUM INTO ?", (str(path),))
    copy = Newsroom(open_store(path))
    copy.rules = room.rules
    return copy


@pytest.mark.parametrize(("number", "at"), [(signal.SIGINT, 1), (signal.SIGKILL, 2)])
def test_a_process_that_is_interrupted_goes_on_to_the_same_end(
    room: Newsroom, tmp_path: Path, number: signal.Signals, at: int
) -> None:
    straight = copy_of(room, tmp_path)
    before = dump(room.store)
    with subprocess.Popen(
        [sys.executable, "-c", PROCESS, str(room.store.path), str(at)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=environment(),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        while process.stdout.readline() != f"{at} 4\n":
            assert process.poll() is None
        process.send_signal(number)
        assert process.wait(30) in {-number, 130}
    assert dump(room.store) == before

    report, cost = run(room)
    expected, whole = run(straight)

    assert (cost.items, cost.done, whole.done) == (4, at, 0)
    assert report == expected
    assert report is not None
    assert (report.joined, report.split) == (1, 1)
    assert dump(room.store) == dump(straight.store)
    assert not left_over(room).exists()
    straight.store.close()


@pytest.mark.parametrize("at", [[0], [4], [3, 3], [1, 2, 3, 4]])
def test_one_that_is_interrupted_again_and_again_comes_to_the_same_end(
    room: Newsroom, tmp_path: Path, at: list[int]
) -> None:
    straight = copy_of(room, tmp_path)
    before = dump(room.store)
    for number in at:
        assert run(room, stop_at=number)[0] is None
    assert dump(room.store) == before

    report, cost = run(room)

    assert cost.done == at[-1]
    assert report == run(straight)[0]
    assert dump(room.store) == dump(straight.store)
    straight.store.close()


def test_a_dry_run_that_was_interrupted_is_finished_by_one_that_applies(room: Newsroom) -> None:
    run(room, mode="dry", stop_at=3)

    report, cost = run(room)

    assert cost.done == 3
    assert report is not None
    assert (report.items, report.joined, report.split) == (4, 1, 1)
    assert len(room.groups()) == 3


def test_what_came_since_is_added(room: Newsroom) -> None:
    run(room, stop_at=2)
    room.poll("dawn", make_item(PUPILS, identity="p", at=NOW + timedelta(hours=1)))
    room.match()

    report, cost = run(room)

    assert (cost.items, cost.done) == (5, 2)
    assert report is not None
    assert report.items == 5


def correct(room: Newsroom) -> None:
    corrections.merge(
        room.store, room.rules, first=room.story("a"), second=room.story("b"), now=NOW
    )


def change_rules(room: Newsroom) -> None:
    room.rules = make_rules(term="textile")


def change_window(room: Newsroom) -> None:
    room.rules = make_rules(window_days=3)


def edit_an_item(room: Newsroom) -> None:
    edited = make_item(BLAST + ", 9 hurt", identity="a")
    room.poll("dawn", edited, make_item(TALKS, identity="t"))
    room.match()


def trust_a_feed(room: Newsroom) -> None:
    room.store.execute("UPDATE feed SET on_topic=1")


def forget_an_item(room: Newsroom) -> None:
    room.store.execute("DELETE FROM correction")
    room.store.execute("DELETE FROM item WHERE identity='b'")
    room.store.execute("DELETE FROM variant WHERE id NOT IN (SELECT variant_id FROM item)")


def spoil_the_note(room: Newsroom) -> None:
    with open_store(left_over(room)) as work:
        work.execute("""UPDATE setting SET value='{"rules": 1}'""")


def lose_the_note(room: Newsroom) -> None:
    with open_store(left_over(room)) as work:
        work.execute("DELETE FROM setting")


@pytest.mark.parametrize(
    "happens",
    [correct, change_rules, change_window, edit_an_item, trust_a_feed, forget_an_item,
     spoil_the_note, lose_the_note],
)  # fmt: skip
def test_one_that_is_out_of_date_starts_again(
    room: Newsroom, happens: Callable[[Newsroom], None]
) -> None:
    run(room, stop_at=3)
    happens(room)

    report, cost = run(room)

    assert cost.done == 0
    assert report is not None
    assert report.items == cost.items == room.store.value("SELECT count(*) FROM item")
    assert not left_over(room).exists()


def test_another_age_starts_again(room: Newsroom) -> None:
    run(room, stop_at=3)

    assert run(room, days=31)[1].done == 0


def test_a_damaged_leftover_is_named(room: Newsroom) -> None:
    run(room, stop_at=3)
    left_over(room).write_bytes(left_over(room).read_bytes()[:5000])

    with pytest.raises(StoreError, match=r"a\.replay\.db.* remove it"):
        run(room)


def test_a_database_of_another_program_is_left_alone(room: Newsroom) -> None:
    with closing(sqlite3.connect(left_over(room))) as other:
        other.execute("CREATE TABLE theirs (x)")

    with pytest.raises(WrongDatabase):
        run(room)

    assert left_over(room).exists()


# --- what the model reads -----------------------------------------------------------------------


class Model:
    """A reader of pairs, as the cross-encoder is one: these are two stories, whatever they say."""

    def __init__(self) -> None:
        self.pairs: list[tuple[Text, Text]] = []

    def __call__(self, pairs: Sequence[tuple[Text, Text]]) -> list[float]:
        self.pairs += pairs
        return [-6.0] * len(pairs)


@pytest.fixture
def unsure(room: Newsroom) -> tuple[Newsroom, Model]:
    """The same room with headlines that words alone do not decide, two near the topic."""
    for name, headline in (("dawn", BAZAAR), ("geo", HUNT), ("wire", TRAFFIC), ("dawn", PUPILS)):
        room.poll(name, make_item(headline))
    room.match()
    model = Model()
    room.rules = replace(room.rules, reader=model)
    return room, model


def read_of(store: Store) -> int:
    return int(store.value("SELECT count(*) FROM model_score WHERE logit IS NOT NULL"))


def test_what_a_dry_run_read_is_not_read_again(unsure: tuple[Newsroom, Model]) -> None:
    room, model = unsure
    _, cost = run(room, mode="dry")
    once = len(model.pairs)
    assert once == read_of(room.store) > 0

    _, again = run(room)

    assert len(model.pairs) == once == read_of(room.store)
    assert cost.near + cost.others > 0
    assert (again.near, again.others) == (0, 0)


def test_what_an_interrupted_one_read_is_not_read_again(unsure: tuple[Newsroom, Model]) -> None:
    room, model = unsure
    run(room, stop_at=6)
    kept = read_of(room.store)
    assert kept == len(model.pairs) > 0

    room.rules = replace(room.rules, window=timedelta(days=6))  # out of date: begins again
    run(room)

    assert len(model.pairs) == len(set(model.pairs))


@pytest.mark.parametrize("budget", [0, 1, 2, 3])
@pytest.mark.parametrize("stop_at", [-1, 6])
def test_the_model_reads_no_more_than_its_budget(
    unsure: tuple[Newsroom, Model], budget: int, stop_at: int
) -> None:
    room, model = unsure
    room.rules = replace(room.rules, pairs_per_run=budget)
    run(room, mode="dry", stop_at=stop_at)
    report, cost = run(room) if stop_at >= 0 else run(room, mode="dry")

    others = [pair for pair in model.pairs if not any("Quetta" in text.headline for text in pair)]
    assert report is not None
    assert len(others) <= budget * (1 if stop_at >= 0 else 2)
    assert cost.most_others is not None
    assert cost.most_others <= budget


def test_pairs_wait_for_later_polls_once_they_are_applied(unsure: tuple[Newsroom, Model]) -> None:
    room, _ = unsure
    room.rules = replace(room.rules, pairs_per_run=0)
    stale = (room.item_id("a"), room.item_id("t"))
    decisions.keep_logits(room.store, {stale: None})

    run(room, mode="dry")
    assert decisions.waiting_pairs(room.store, 9) == (stale,)

    run(room)
    waiting = decisions.waiting_pairs(room.store, 99)
    assert waiting
    assert stale not in waiting


# --- wordings and their core --------------------------------------------------------------------


@pytest.mark.parametrize(
    "of_before",
    ["core=0", "terms=''", "truncated=1", "fingerprint='old' || id", "core=0, terms='x'"],
)
def test_wordings_are_those_of_today(room: Newsroom, tmp_path: Path, of_before: str) -> None:
    straight = copy_of(room, tmp_path)
    room.store.execute(f"UPDATE variant SET {of_before}")

    run(room)
    run(straight)

    told = ("SELECT i.identity, v.headline, v.fingerprint, v.truncated, v.terms, v.core"
            " FROM item i JOIN variant v ON v.id = i.variant_id ORDER BY i.id")  # fmt: skip
    assert room.store.tuples(told) == straight.store.tuples(told)
    straight.store.close()


def test_wordings_that_are_one_today_count_once(room: Newsroom) -> None:
    store = room.store
    room.poll("geo", make_item(BLAST_CUT, identity="b", at=NOW + timedelta(minutes=1)),
              make_item(WEATHER, identity="again"))  # fmt: skip
    room.match()
    run(room)  # the story stands alone from here on
    story = store.value("SELECT id FROM story WHERE uid=?", (room.story("again"),))
    other = store.value(
        "INSERT INTO variant (story_id, headline, fingerprint, truncated, item_id)"
        " SELECT story_id, headline, 'old', truncated, ? FROM variant WHERE story_id=?"
        " RETURNING id",
        (room.item_id("again"), story),
    )
    store.execute("UPDATE item SET variant_id=? WHERE identity='again'", (other,))
    store.execute("UPDATE story SET variants=2 WHERE id=?", (story,))

    report, _ = run(room)

    assert report is not None
    assert (report.joined, report.split) == (0, 0)
    assert store.value("SELECT variants FROM story WHERE id=?", (story,)) == 1
    assert store.value("SELECT count(*) FROM variant WHERE story_id=?", (story,)) == 1


# --- the command --------------------------------------------------------------------------------

COMMAND = """
import signal
from aggregator.cli.root import main

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have had it ignored
main()
"""


def start(room: Newsroom, *arguments: str, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
    """The command as users run it, over this room's database."""
    assert room.store.path is not None
    folder = room.store.path.parent
    (folder / "feeds.yaml").write_text("stories: {model: off}\nfeeds: []\n")
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, "--db", "a.db", "replay", "--since", "3650d", *arguments],
        cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=stderr, text=True,
    )  # fmt: skip


def test_the_command_says_its_cost_before_it_starts_and_ends_with_130(room: Newsroom) -> None:
    with room.store.transaction():  # it waits here, where it would read the history
        process = start(room, "--dry-run")
        assert process.stderr is not None
        said = process.stderr.readline()
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)

    assert process.returncode == 130
    assert re.fullmatch(r"4 items; about \d+ s\n", said)
    assert err.split("\n") == [
        "run it again with the same --since to go on from here", "", "interrupted", ""
    ]  # fmt: skip
    assert out == ""
    assert left_over(room).exists()


def test_the_command_goes_on_and_shows_it_on_a_terminal(room: Newsroom) -> None:
    folder = left_over(room).parent
    config = Config(path=folder / "feeds.yaml", stories=StorySettings(model=False))
    room.rules = load_rules(config)
    run(room, mode="dry", days=3650, stop_at=2)
    terminal, its_end = pty.openpty()

    process = start(room, "--json", stderr=its_end)
    os.close(its_end)
    shown = read_all(terminal)
    out, _ = process.communicate(timeout=30)

    assert process.returncode == 0
    assert json.loads(out)["items"] == 4
    assert re.match(r"4 items, 2 of them done before; about \d+ s\r\n", shown)
    assert "Matching" in shown
    assert "100%" in shown


def read_all(terminal: int) -> str:
    """What is written to a terminal until nobody has it open for writing."""
    found = b""
    with suppress(OSError):  # EIO: its other end is closed
        while part := os.read(terminal, 10_000):
            found += part
    os.close(terminal)
    return found.decode()


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        (ReplayCost(1, 0, 0.01), ["1 item; about 1 s"]),
        (ReplayCost(9000, 0, 89.4), ["9000 items; about 89 s"]),
        (ReplayCost(300_000, 1000, 600), ["300000 items, 1000 of them done before; about 10 min"]),
        (ReplayCost(9, 0, 3599.9, 3), ["9 items; about 1 h 0 min",
         "pairs for the model to read: about 3 near a topic, about 0 others"]),
        (ReplayCost(9, 0, 7500, 3, 70), ["9 items; about 2 h 5 min",
         "pairs for the model to read: about 3 near a topic, about 70 others"]),
        (ReplayCost(9, 0, 60, 0, 70, 50), ["9 items; about 60 s",
         "pairs for the model to read: about 0 near a topic, at most 50 of about 70 others"]),
        (ReplayCost(9, 0, 60, 0, 40, 50), ["9 items; about 60 s",
         "pairs for the model to read: about 0 near a topic, at most 40 of about 40 others"]),
    ],
)  # fmt: skip
def test_what_it_costs_is_said(
    cost: ReplayCost, said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    print_cost(Session(), cost)
    assert capsys.readouterr().err.splitlines() == said

    print_cost(Session(verbosity=-1), cost)
    assert capsys.readouterr().err == ""


def test_a_new_scratch_database_without_room_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreError) as caught:
        history.open_scratch(tmp_path / "file" / "a.replay.db")

    assert "interrupted" not in str(caught.value)
