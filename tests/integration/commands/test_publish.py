"""`aggregator publish`."""

from __future__ import annotations

from pathlib import Path

from tests.command_line import TOPIC, Command


def test_publish_heals_the_output_and_fills_another_folder(fetched: Command) -> None:
    before = Path(f"public/{TOPIC}.atom").read_bytes()
    Path(f"public/{TOPIC}.atom").write_text("damaged")

    assert fetched("publish").code == 0
    assert fetched("publish", "--output", "elsewhere").code == 0

    assert Path(f"public/{TOPIC}.atom").read_bytes() == before
    assert Path(f"elsewhere/{TOPIC}.atom").read_bytes() == before
