"""`aggregator topic new`: YAML to paste, figures, and faults with file and line."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.commands import Home
from tests.unit.test_topics_propose import UNWANTED, WANTED

EXAMPLES = "\n".join((*(f"+ {one}" for one in WANTED), *(f"- {one}" for one in UNWANTED)))


def test_what_is_printed_can_be_pasted(tmp_path: Path) -> None:
    home = Home(tmp_path)
    (tmp_path / "examples.txt").write_text(EXAMPLES + "\n- us: \x1b[31m#\u2028NHL", "utf-8")
    (tmp_path / "shared.txt").write_text("\n".join(f"+ {n}x\n- {n}y" for n in "abcde"))
    (tmp_path / "bad.txt").write_bytes(b"+ fine\n+ \xff\n")
    (tmp_path / "plain.txt").write_text("+ fine\nplain\n")
    new = "topic new snow --from"
    made, apart, bad, plain, named, taken = home.run_each(
        f"{new} examples.txt",
        f"{new} shared.txt",
        f"{new} bad.txt",
        f"{new} plain.txt",
        "topic new index --from examples.txt",
        "topic new us-pakistan-security --from examples.txt",
    )

    assert made.code == 0, made.err
    assert "# on these headlines:    precision 1.00, recall 1.00" in made.out
    assert "# each one left out:     precision" in made.out
    assert (apart.code, "shared.txt: no term" in apart.err) == (1, True)
    assert (bad.code, "bad.txt:2: is not UTF-8" in bad.err) == (2, True)
    assert (plain.code, "plain.txt:2: begins with neither" in plain.err) == (2, True)
    assert (named.code, taken.code) == (2, 2)

    (row,) = yaml.safe_load(made.out)
    home.configure("feeds: []\ntopics:\n" + made.out)
    (tried,) = home.run_each("topic test Avalanche --json")
    assert row["name"] == "snow"
    assert tried.document()["topic"] == "snow"
