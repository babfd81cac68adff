"""Runs the command line in a process of its own, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.forks import Forked


@dataclass(frozen=True, slots=True)
class Ended:
    """A finished command."""

    code: int
    out: str
    err: str

    def document(self) -> Any:
        """stdout as the one JSON document that it must be."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Home:
    """A folder with a `feeds.yaml`, where commands run."""

    path: Path

    def configure(self, text: str) -> None:
        """Writes feeds.yaml."""
        (self.path / "feeds.yaml").write_text(text, encoding="utf-8")

    def subscribe(
        self, urls: Sequence[str], *, more: str = "", timeout: str = "5s", model: str = "off"
    ) -> None:
        """Writes a feeds.yaml with these feeds of the loopback server, asked without gaps.

        The model takes a second or two to load: tests that it decides in switch it on.
        """
        feeds = "".join(f"  - {{url: '{url}', name: Feed {n}}}\n" for n, url in enumerate(urls, 1))
        self.configure(
            "site: {contact: 'mailto:test@example.org'}\n"
            "fetch: {allow_private_networks: true, host_gap: 0s, per_host: 8,"
            f" timeout: {timeout}}}\n"
            f"stories: {{model: {model}}}\n"
            f"{more}feeds:\n{feeds}"
        )

    def run(self, *arguments: str, timeout_s: float = 60, **environ: str) -> Ended:
        """Runs `aggregator ARGUMENTS` here."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = Forked(
                arguments, folder=self.path, environ=environment(**environ), stdout=out, stderr=err
            )
            try:
                process.wait(timeout_s)
            finally:
                process.kill()
            out.seek(0)
            err.seek(0)
            return Ended(process.wait(), out.read().decode(), err.read().decode())

    def run_each(self, *lines: str, timeout_s: float = 60, **environ: str) -> list[Ended]:
        """Runs commands one after another; their arguments hold no blanks."""
        return [self.run(*line.split(), timeout_s=timeout_s, **environ) for line in lines]

    def start(self, *arguments: str, timeout_s: float = 60, **environ: str) -> Ended:
        """Runs it in an interpreter that starts with it, as users do; takes a second longer."""
        done = subprocess.run(
            [sys.executable, "-m", "aggregator", *arguments],
            cwd=self.path,
            env=environment(**environ),
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    def published(self, name: str) -> bytes:
        """A published file."""
        return (self.path / "public" / name).read_bytes()

    def has_published(self, name: str, words: bytes) -> bool:
        """Whether a published file is there and holds these words."""
        path = self.path / "public" / name
        return path.exists() and words in path.read_bytes()


def environment(**more: str) -> dict[str, str]:
    """This process's environment without settings of ours, and with `more`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AGGREGATOR")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # each command would compile the program anew
    root = Path(__file__).parents[1]
    kept.setdefault("COVERAGE_FILE", str(root / ".coverage"))
    return {**kept, "PYTHONPATH": str(root), **more}
