"""Measures polling against the `reader` package: cold, all 304, a tenth changed; and the daemon.

    python -m bench.polling --feeds 200 --runs 3 [--headlines DIRECTORY]

All poll the same farm on loopback, interleaved, each run in a process of its own. As it comes,
`reader` matches no stories and keeps no full-text index: measured is against that, and against
it with its own `entry_dedupe` and search besides, which is the same work. Ours is measured without
the model, and with it beside that. `--headlines` serves real ones, see `real_news`.
CPU seconds are user + system with all children; the first run of each kind starts with an empty
database. Both run from bytecode, as installed packages do: a checkout is compiled first, for that
takes longer than a run of 304s.
`host_gap` is 0s here; `--host-gap 2s` measures with the default, where four feeds a host take six
seconds more of waiting and hardly any CPU. Memory is the peak of the largest main process and of
the largest parsing process. The report is medians; wall times mean something only on a quiet
machine.
"""

from __future__ import annotations

import argparse
import asyncio
import compileall
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from statistics import median
from urllib.request import urlopen

import aggregator
from aggregator.config import load
from aggregator.ingest.rules import load_rules
from aggregator.model import PollResult
from aggregator.polling.poller import Poller
from aggregator.storage.thread import StoreThread
from bench import feed_farm

READER = """
import sys
from reader import make_reader
from reader.plugins import DEFAULT_PLUGINS
reader = make_reader(sys.argv[1], plugins=[*DEFAULT_PLUGINS, *sys.argv[3:]])
for url in open(sys.argv[2]).read().split():
    reader.add_feed(url, exist_ok=True)
if sys.argv[3:]:
    reader.enable_search()
reader.update_feeds(workers=1, scheduled=False)
if sys.argv[3:]:
    reader.update_search()
"""
KINDS = ("cold", "warm", "changed")
OTHERS = ("reader", "reader, same work", "aggregator with the model")


def measured(command: Sequence[str]) -> list[float]:
    """CPU and wall seconds of a command; peak MiB of its process and of the largest parsing one."""
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peaks = [0.0, 0.0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peaks), daemon=True)
    watcher.start()
    assert process.wait() == 0, command
    watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return [cpu, time.monotonic() - started, *peaks]


def _watch(pid: int, peaks: list[float]) -> None:
    """Notes the peaks of a process and of its parsing ones until it ends.

    A child is a copy of its parent, with the parent's peak, until it has become another program.
    """
    while (own := _peak_mib(pid)) is not None:
        peaks[0] = max(peaks[0], own)
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            with suppress(OSError):  # ended meanwhile
                for child in children.read_text().split():
                    if b"parse_child" in Path(f"/proc/{child}/cmdline").read_bytes():
                        peaks[1] = max(peaks[1], _peak_mib(int(child)) or 0.0)
        time.sleep(0.1)


def _peak_mib(pid: int) -> float | None:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    _, found, rest = status.partition("VmHWM:")
    return int(rest.split()[0]) / 1024 if found else None


def write_config(
    folder: Path, urls: Sequence[str], host_gap: str = "0s", *, model: bool = True
) -> Path:
    """feeds.yaml of the farm."""
    folder.mkdir(exist_ok=True)
    path = folder / "feeds.yaml"
    feeds = "".join(f"  - url: {url}\n    name: Feed {i}\n" for i, url in enumerate(urls))
    path.write_text(
        "site: {contact: 'mailto:bench@example.org'}\ndatabase: news.db\noutput: public\n"
        f"fetch: {{host_gap: {host_gap}, allow_private_networks: true}}\n"
        f"stories: {{model: {str(model).lower()}}}\nfeeds:\n{feeds}"
    )
    return path


def one_round(
    folder: Path, urls: Sequence[str], control: str, host_gap: str
) -> dict[str, list[float]]:
    """Cold, warm and changed of all programs: see `measured`."""
    listing = folder / "urls.txt"
    listing.write_text("\n".join(urls))
    command = [sys.executable, "-m", "aggregator", "--config"]
    reader = [sys.executable, "-c", READER]
    config = write_config(folder, urls, host_gap, model=False)
    with_model = write_config(folder / "model", urls, host_gap)
    commands = {
        "aggregator": [*command, str(config), "fetch"],
        "reader": [*reader, str(folder / "reader.db"), str(listing)],
        "reader, same work": [*reader, str(folder / "whole.db"), str(listing),
                              "reader.entry_dedupe"],
        "aggregator with the model": [*command, str(with_model), "fetch"],
    }  # fmt: skip
    found: dict[str, list[float]] = {}
    for kind in KINDS:
        if kind == "changed":
            ask(f"{control}/_tick?percent=10&new=3")
        for program, command in commands.items():
            ask(f"{control}/_stats")
            found[f"{kind} {program}"] = measured(command)
            answers = ask(f"{control}/_stats")
            assert sum(answers.values()) == len(urls), f"{program} asked {answers}"
    return found


def ask(url: str) -> dict[str, int]:
    with urlopen(url) as answer:
        counts: dict[str, int] = json.load(answer)
    return counts


async def daemon_cost(folder: Path, *, rounds: int = 5) -> float:
    """CPU milliseconds for a 304 in a process that is already running."""
    config = load(folder / "feeds.yaml", os.environ)
    thread = StoreThread(config.database)
    shift = timedelta(days=3)
    polled: list[str] = []

    is_done = asyncio.Event()

    def count(done: PollResult) -> None:
        polled.append(done.outcome)
        if len(polled) % len(config.feeds) == 0:
            is_done.set()

    poller = Poller(
        config, thread, load_rules(config), lambda: datetime.now(UTC) + shift, on_poll=count
    )
    costs = []
    for _ in range(rounds):
        is_done.clear()
        before = time.process_time()
        await poller.tick()
        await is_done.wait()
        costs.append((time.process_time() - before) * 1000 / len(config.feeds))
        shift += timedelta(days=3)
    await poller.drain(5)
    thread.close()
    assert set(polled) == {"not_modified"}, set(polled)
    return median(costs[1:])  # the first one opens the connections and loads code


def compile_package() -> None:
    """Writes the bytecode that pip writes when it installs a package."""
    compileall.compile_dir(Path(aggregator.__file__).parent, quiet=1)


def main(
    *, feeds: int, items: int, runs: int, port: int, host_gap: str, headlines: Path | None
) -> None:
    compile_package()
    with feed_farm.running(feeds, items=items, port=port, headlines=headlines) as urls:
        rounds = []
        for _ in range(runs):
            with tempfile.TemporaryDirectory() as folder:
                rounds.append(one_round(Path(folder), urls, f"http://127.0.0.1:{port}", host_gap))
                cost = asyncio.run(daemon_cost(Path(folder)))
                rounds[-1]["daemon"] = [cost, 0.0]
    print(f"{feeds} feeds x {items} items, host_gap {host_gap}, medians of {runs}")
    print("| work | beside | aggregator CPU s (wall) | theirs CPU s (wall) | theirs / ours |")
    print("|---|---|---|---|---|")
    for kind, other in product(KINDS, OTHERS):
        ours, theirs = (
            [median(one[f"{kind} {program}"][part] for one in rounds) for part in (0, 1)]
            for program in ("aggregator", other)
        )
        print(
            f"| {kind} | {other} | {ours[0]:.2f} ({ours[1]:.1f}) "
            f"| {theirs[0]:.2f} ({theirs[1]:.1f}) "
            f"| {theirs[0] / ours[0]:.2f} ({theirs[1] / ours[1]:.2f}) |"
        )
    for place, name in ((2, "main process"), (3, "parsing process")):
        peaks = (
            f"{kind} {max(one[f'{kind} aggregator'][place] for one in rounds):.0f}"
            for kind in KINDS
        )
        print(f"peak MiB of the {name}: {', '.join(peaks)}")
    cost = median(one["daemon"][0] for one in rounds)
    print(f"all 304 in the daemon: {cost:.2f} ms CPU a poll")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--items", type=int, default=30)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--port", type=int, default=8850)
    parser.add_argument("--host-gap", default="0s")
    parser.add_argument("--headlines", type=Path, help="directory of labelled headlines")
    given = parser.parse_args()
    main(**vars(given))
