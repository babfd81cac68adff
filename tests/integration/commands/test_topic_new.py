"""`aggregator topic new`: YAML to paste, figures, and faults with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.command_line import Command
from tests.unit.test_topics_propose import UNWANTED, WANTED

EXAMPLES = "\n".join((*(f"+ {one}" for one in WANTED), *(f"- {one}" for one in UNWANTED)))


def test_what_is_printed_can_be_pasted(command: Command) -> None:
    hostile = "\n- Avalanche: \x1b[31m#\u2028- NHL\x85rules: [x]"
    Path("examples.txt").write_text(EXAMPLES + hostile, "utf-8")

    made = command("topic", "new", "snow", "--from", "examples.txt")

    assert made.code == 0, made.err
    assert made.out.startswith("# goes below 'topics:' in feeds.yaml, ")
    assert "# proposed from 6 wanted and 7 unwanted headlines" in made.out
    assert "# on these headlines:    precision 1.00, recall 1.00, F1 1.00" in made.out
    assert "# each one left out:     precision " in made.out
    (row,) = yaml.safe_load(made.out)
    assert set(row) == {"name", "query"}
    Path("feeds.yaml").write_text("feeds: []\ntopics:\n" + made.out)
    tried = command("topic", "test", "Avalanche danger: snowpack weak", "--json").document()
    assert (tried["topic"], tried["accepted"]) == ("snow", True)


def test_what_the_query_gets_wrong_stands_in_comments(command: Command) -> None:
    odd = "\n+ Nothing shared\n- Avalanche \x1b[31m\u2028in snowpack"
    Path("examples.txt").write_text(EXAMPLES + odd, "utf-8")

    out = command("topic", "new", "snow", "--from", "examples.txt").out

    assert "# misses: Nothing shared\n" in out
    assert "# takes, though unwanted: Avalanche " in out
    assert "\x1b" not in out
    assert "\u2028" not in out
    assert yaml.safe_load(out)


@pytest.mark.parametrize(
    ("name", "content", "code", "told"),
    [
        ("snow", "".join(f"+ {n}x\n- {n}y\n" for n in "abcde").encode(), 1, "e.txt: no term"),
        ("snow", b"+ fine\n+ \xff\n", 2, "e.txt:2: is not UTF-8"),
        ("snow", b"+ fine\nplain\n", 2, "e.txt:2: begins with neither"),
        ("snow", b"", 2, "e.txt:1: the file has 0 wanted headlines; write 5 at least"),
        ("index", EXAMPLES.encode(), 2, "name of another published file; choose"),
        ("us-pakistan-security", EXAMPLES.encode(), 2, "there already"),
    ],
)
def test_what_cannot_be_done_is_told(
    command: Command, name: str, content: bytes, code: int, told: str
) -> None:
    Path("e.txt").write_bytes(content)

    ended = command("topic", "new", name, "--from", "e.txt")

    assert (ended.code, ended.out) == (code, "")
    assert told in ended.err
