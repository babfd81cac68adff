"""Fails when a measured score is under its floor in floors.json.

    python bench/floors.py

Each row of floors.json names an `evaluate` command on a labelled file of this folder and the least
that its figures may be, with `config` under another configuration. A floor is raised when the score
has risen for good; to lower one is a decision that its commit has to defend.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def main() -> int:
    """Prints every figure beside its floor; 1 when one is under it."""
    failed = 0
    for row in json.loads((HERE / "floors.json").read_text(encoding="utf-8")):
        config = ["--config", row["config"]] if "config" in row else []
        command = [sys.executable, "-m", "aggregator", *config]
        command += ["evaluate", row["kind"], row["file"]]
        done = subprocess.run(
            [*command, "--json"], cwd=HERE, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.stderr.write(done.stderr)
            return 1
        result = json.loads(done.stdout)
        for name, floor in row["floors"].items():
            value = figure(result, name)
            verdict = "ok" if value >= floor else "UNDER ITS FLOOR"
            failed += value < floor
            where = f"{row['file']} {row.get('config', '')}".strip()
            print(f"{where} {name}: {value:.3f} (floor {floor:.3f}) {verdict}")
    return 1 if failed else 0


def figure(result: Any, name: str) -> float:
    """The figure of a dotted name, such as `pairwise.precision`."""
    for part in name.split("."):
        result = result[part]
    return float(result)


if __name__ == "__main__":
    sys.exit(main())
