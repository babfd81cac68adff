"""Moves every story of labelled rows into one window of 72 hours: the dense stress set.

    python bench/stories/dense.py FILE.jsonl > DENSE.jsonl

A story begins at an hour that the hash of its name chooses; its rows keep their distances.
Addresses are left out, since many have a date in them.
"""

import hashlib
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

BEGIN = datetime(2025, 8, 1, tzinfo=UTC)
WINDOW_HOURS = 72


def dense(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Returns the rows with their dates moved, in the order of the new dates."""
    begins: dict[str, datetime] = {}
    for row in rows:
        date = datetime.fromisoformat(row["date"])
        begins[row["story"]] = min(begins.get(row["story"], date), date)
    moved = []
    for row in rows:
        digest = hashlib.sha256(row["story"].encode()).digest()
        begin = BEGIN + timedelta(hours=int.from_bytes(digest, "big") % WINDOW_HOURS)
        date = begin + (datetime.fromisoformat(row["date"]) - begins[row["story"]])
        moved.append({**row, "date": date.isoformat()})
        del moved[-1]["url"]
    return sorted(moved, key=lambda row: (row["date"], row["title"]))


if __name__ == "__main__":
    lines = Path(sys.argv[1]).read_text("utf-8").splitlines()
    for moved_row in dense([json.loads(line) for line in lines]):
        print(json.dumps(moved_row, ensure_ascii=False))
