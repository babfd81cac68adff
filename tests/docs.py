"""What the docs must say of the rows of our tables, for the tests that compare them."""

from __future__ import annotations

from pathlib import Path

from aggregator.publishing.formats import FORMATS

ROOT = Path(__file__).parents[1]


def page(name: str) -> str:
    """A page of the docs as it stands; `name` is relative to the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def undocumented_formats(text: str) -> list[str]:
    """The names of the output formats of which `text` (docs/publishing.md) has no row."""
    rows = {
        name: f"\n| `{name}` | `{one.file_name('TOPIC')}` | `{one.media_type}` | {one.label} |\n"
        for name, one in FORMATS.items()
    }
    return [name for name, row in rows.items() if row not in text]
