"""The daemon as in its container: all is read-only but a volume and a scratch folder."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.commands import Home, environment
from tests.samples import Entry, rss
from tests.servers import WebServer, document

ROOT = Path(__file__).parents[2]
HEADLINE = "Pakistan, US Hold Counterterrorism Dialogue in Islamabad"
SHUT = """
mount --bind . . && mount --bind volume volume && mount -t tmpfs tmpfs scratch || exit
cd "$PWD" && mount -o remount,bind,ro . && mount -o remount,bind,ro / || exit
cd volume && ! touch ../beside 2>/dev/null && exec "$0" -m aggregator daemon --port 0
"""


def can_unshare() -> bool:
    """Whether this user may have mounts of its own."""
    try:
        done = subprocess.run(
            ["unshare", "--map-root-user", "--mount", "true"], capture_output=True, check=False
        )
    except FileNotFoundError:
        return False
    return done.returncode == 0


@pytest.mark.skipif(not can_unshare(), reason="this user may have no mounts of its own (unshare)")
def test_on_a_read_only_root_it_publishes_at_once_and_is_healthy(
    web: WebServer, home: Home
) -> None:
    link = "https://one.example/a/talks"
    url = web.serve("/one", document(rss("one", [Entry(HEADLINE, "", link)])))
    volume = Home(home.path / "volume")
    volume.path.mkdir()
    volume.subscribe([url])
    scratch = home.path / "scratch"  # not /tmp, where the tests themselves may have been copied
    scratch.mkdir()
    uncounted = {name: "" for name in os.environ if name.startswith("COVERAGE_")}  # it would write
    log = volume.path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", SHUT, sys.executable],
            cwd=home.path, env=environment(TMPDIR=str(scratch), **uncounted),
            stdout=out, stderr=out,
        )  # fmt: skip
    try:
        end = time.monotonic() + 90
        while not volume.has_published("us-pakistan-security.atom", HEADLINE.encode()):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        (address,) = re.findall(r"http.listening address=(\S+)", log.read_text())
        assert check_health(address) == 0
    finally:
        process.terminate()
    assert process.wait(60) == 0, log.read_text()
    assert not (home.path / "beside").exists()
    assert check_health(address) != 0


def check_health(address: str) -> int:
    """The exit code of the image's own health check, for a server at this address."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    (command,) = re.findall(r"^HEALTHCHECK .* CMD (\[.*\])$", text, re.MULTILINE)
    _, *arguments = json.loads(command.replace("127.0.0.1:8080", address))
    return subprocess.run(
        [sys.executable, *arguments], stderr=subprocess.DEVNULL, env=os.environ, check=False
    ).returncode
