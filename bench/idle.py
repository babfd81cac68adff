"""What the daemon costs when nothing is due: CPU share and resident memory of all its processes.

    python -m bench.idle --feeds 500 --seconds 60

The daemon is started as users start it, with its HTTP server, on a farm of feeds on loopback. All
feeds are polled once, matched and published; when the children that parsed have ended (60 s
without work) and what no night has done is done (the first backup, 120 s after the start), it is
watched. Linux only: figures are read from /proc. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import feed_farm

FARM_PORT = 8868
SETTLED_S = 135.0  # after the last first poll


def processes(pid: int) -> Iterator[int]:
    """The process and all that descend from it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from processes(int(child))


def cpu_s(pid: int) -> float:
    """User and system seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    """Resident memory of a process."""
    return (
        int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    )


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_until_done(config: Path, feeds: int) -> None:
    """Until every feed has a first success and all is matched; ten minutes at most."""
    end = time.monotonic() + 600
    command = [sys.executable, "-m", "aggregator", "--config", str(config), "status", "--json"]
    while time.monotonic() < end:
        time.sleep(3)
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode == 0:
            found = json.loads(done.stdout)
            polled = [feed for feed in found["feeds"] if feed["last_success"]]
            if len(polled) == feeds and not found["totals"]["unmatched"]:
                return
    raise SystemExit("not all was polled and matched within ten minutes")


def watch(daemon: subprocess.Popen[bytes], seconds: float) -> dict[str, float | int]:
    """CPU share in percent of a core, and memory, over so many seconds."""
    before = {pid: cpu_s(pid) for pid in processes(daemon.pid)}
    began = time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - began
    after = {pid: cpu_s(pid) for pid in processes(daemon.pid)}
    used = sum(after.values()) - sum(before.get(pid, 0.0) for pid in after)
    return {
        "processes": len(after),
        "cpu_percent": round(100 * used / passed, 2),
        "resident_mib": round(sum(map(resident_mib, after)), 1),
    }


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    daemon = None
    with feed_farm.running(options.feeds, port=FARM_PORT) as urls:
        try:
            with tempfile.TemporaryDirectory() as name:
                config = Path(name) / "feeds.yaml"
                lines = "".join(
                    f"  - {{url: '{url}', name: Feed {n}}}\n" for n, url in enumerate(urls)
                )
                config.write_text(
                    "site: {contact: 'mailto:bench@example.org'}\n"
                    f"fetch: {{host_gap: 0s, allow_private_networks: true}}\nfeeds:\n{lines}"
                )
                daemon = subprocess.Popen(
                    [sys.executable, "-m", "aggregator", "-q", "--config", str(config), "daemon",
                     "--port", str(free_port())]
                )  # fmt: skip
                wait_until_done(config, options.feeds)
                time.sleep(SETTLED_S)
                print(json.dumps({"feeds": options.feeds, **watch(daemon, options.seconds)}))
                daemon.send_signal(signal.SIGTERM)
                return daemon.wait(60)
        finally:
            if daemon is not None and daemon.poll() is None:
                daemon.kill()
                daemon.wait()


if __name__ == "__main__":
    sys.exit(main())
