"""The daemon as a process: starts, polls, publishes, reloads, stops; survives being killed."""

from __future__ import annotations

import hmac
import os
import re
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from email.message import Message
from email.utils import format_datetime
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qs, urlencode
from urllib.request import Request as UrlRequest
from urllib.request import urlopen

from aggregator.storage.lock import PollLock
from aggregator.storage.store import open_store
from bench.kills import run as run_kills
from tests.commands import Home, environment
from tests.forks import Forked
from tests.samples import Entry, rss
from tests.servers import Reply, Request, WebServer, document, held

HEADLINE = "Pakistan, US Hold Counterterrorism Dialogue in Islamabad and Pledge to Fight TTP"
FEED = "us-pakistan-security.atom"
QUICK = {"aggregator.serving.run:TICK_S": 0.3, "aggregator.serving.daemon:LEASES_S": 0.5}
READING = (
    *("status --json", "stories list", "stories corrections", "search Dialogue", "feeds list"),
    *("feeds export", "topic test talks", "db check", "db backup copy.db"),
)


def feed(name: str) -> str:
    link = f"https://{name}.example/a/talks"
    entry = Entry(HEADLINE, format_datetime(datetime.now(UTC)), link, "Officials met in Islamabad.")
    return rss(name, [entry])


@contextmanager
def daemon(
    home: Home, *arguments: str, command: str = "daemon", err: Path | None = None, **more: str
) -> Iterator[Forked]:
    """A running daemon with quick ticks, ended at the end if it still runs."""
    target = err or home.path / "daemon.log"
    with target.open("wb") as log, Path(os.devnull).open("wb") as nothing:
        process = Forked(
            [command, *arguments],
            folder=home.path,
            environ=environment(**more),
            stdout=nothing,
            stderr=log,
            constants=QUICK,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def wait_for(condition: Callable[[], bool], *, seconds: float = 90, every: float = 0.05) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(every)


def log_of(home: Home) -> str:
    return (home.path / "daemon.log").read_text()


def test_a_daemon_polls_alone_takes_up_good_configurations_and_ends_with_0(
    web: WebServer, home: Home
) -> None:
    home.subscribe([web.serve("/one", feed("one"))])
    two = web.serve("/two", document(feed("two"), etag='"1"'))
    early = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M")

    with daemon(home, "--no-http") as process:
        wait_for(lambda: home.has_published(FEED, b"<entry"))
        beside = home.run("fetch")
        reading = home.run_each(*READING)
        added = home.run("feeds", "add", two, "--name", "Two")
        wait_for(lambda: log_of(home).count("config.reloaded") == 1)
        removed = home.run("feeds", "remove", "Two")
        wait_for(lambda: log_of(home).count("config.reloaded") == 2)
        reloaded = home.run("reload")
        wait_for(lambda: log_of(home).count("config.reloaded") == 3)
        home.configure("feeds: {wrong}\n")
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: "config.refused" in log_of(home))
        process.send_signal(signal.SIGTERM)
        code = process.wait(30)

    holder = re.search(rf"process {process.pid} \(daemon, since (\S+Z)\)", beside.err)
    assert beside.code == 3
    assert holder is not None
    assert holder[1] >= early
    assert [done for done in reading if done.code != 0] == []
    assert (added.code, removed.code, reloaded.code, code) == (0, 0, 0, 0)
    for done in (added, removed):
        assert "the running daemon reads the new configuration" in done.err
    assert "Traceback" not in log_of(home)
    assert len(web.asked("/one")) == len(web.asked("/two")) == 1


def test_p10_a_feed_added_beside_a_daemon_is_matched_unasked_and_then_asked_with_validators(
    web: WebServer, home: Home
) -> None:
    two, asked_at, was_matched = document(feed("two"), etag='"1"'), [], []

    def answer(request: Request) -> Reply:
        asked_at.append(time.monotonic())
        if len(asked_at) == 2:  # what came first is matched though no further poll ends
            with suppress(AssertionError):
                wait_for(matched)
            was_matched.append(matched())
        return two(request) if callable(two) else two

    def matched() -> bool:
        with open_store(home.path / "db" / "aggregator.db", read_only=True) as store:
            return bool(
                store.value(
                    "SELECT count(variant_id) FROM item JOIN feed ON feed.id = feed_id"
                    " WHERE feed.name = 'Two'"
                )
            )

    one = web.serve("/one", document(feed("one"), etag='"1"'))
    home.subscribe([one], timeout="60s")
    text = (home.path / "feeds.yaml").read_text()
    text = text.replace("name: Feed 1", "name: Feed 1, every: 1h")
    home.configure(text.replace("host_gap: 0s", "host_gap: 1s, every: 1s"))
    url = web.serve("/two", answer)

    with daemon(home, "--no-http") as process:
        wait_for(lambda: home.has_published(FEED, b"<entry"))
        added = home.run("feeds", "add", url, "--name", "Two")
        wait_for(lambda: len(was_matched) == 1)
        process.send_signal(signal.SIGTERM)
        code = process.wait(30)

    assert (added.code, code, was_matched) == (0, 0, [True])
    assert "if-none-match" not in web.asked("/two")[0].headers
    assert web.asked("/two")[1].headers["if-none-match"] == '"1"'
    assert asked_at[1] - asked_at[0] >= 1
    assert "Traceback" not in log_of(home)


def test_a_daemon_beside_another_process_names_it_and_ends_with_3(
    web: WebServer, home: Home
) -> None:
    home.subscribe([web.serve("/one", feed("one"))])

    with PollLock(home.path / "db" / "aggregator.db", datetime.now(UTC), role="replay"):
        refused = home.run("daemon", "--no-http")
        reload = home.run("reload")  # would end us, were it sent

    assert refused.code == 3
    assert f"process {os.getpid()} (replay, since 2" in refused.err
    assert reload.code == 1
    assert f"no daemon runs on {home.path}/db/aggregator.db; process {os.getpid()}" in reload.err
    assert not web.requests


def test_second_signal_ends_at_once(web: WebServer, home: Home) -> None:
    with held(Reply(b"late")) as (never, _):
        home.subscribe([web.serve("/slow", never)], timeout="90s")

        with daemon(home, "--no-http") as process:
            wait_for(lambda: bool(web.asked("/slow")))
            process.send_signal(signal.SIGINT)
            wait_for(lambda: "daemon.stopping" in log_of(home))
            process.send_signal(signal.SIGINT)
            code = process.wait(30)

    assert code == 130  # after its grace it would have ended with 0


def test_service_manager_is_told_of_start_and_stop(web: WebServer, home: Home) -> None:
    home.subscribe([web.serve("/one", feed("one"))])
    address = str(home.path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(20)
        told = []
        with daemon(home, "--no-http", NOTIFY_SOCKET=address, WATCHDOG_USEC="60000000") as process:
            while b"READY=1" not in told or b"WATCHDOG=1" not in told:
                told.append(manager.recv(200))
            process.send_signal(signal.SIGTERM)
            while b"STOPPING=1" not in told:
                told.append(manager.recv(200))
            process.wait(30)

    assert process.returncode == 0


class Killed(Forked):
    """A daemon without a server, for `bench.kills`."""

    def __init__(self, config: Path) -> None:
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - until it has ended
        with Path(os.devnull).open("wb") as nothing:
            super().__init__(
                ("-q", "--config", str(config), "daemon", "--no-http"),
                folder=config.parent,
                environ=environment(),
                stdout=nothing,
                stderr=self._complaints,
                constants=QUICK,
            )

    def communicate(self, *, timeout: float | None = None) -> tuple[None, bytes]:
        self.wait(timeout)
        with self._complaints as complaints:
            complaints.seek(0)
            return None, complaints.read()


def test_kills_lose_nothing_and_rename_nothing(tmp_path: Path) -> None:
    world, findings = run_kills(tmp_path, kills=4, seed=5, longest_s=0.8, start=Killed)

    assert findings.problems == []
    assert world.accepted
    assert findings.entry_ids


def test_daemon_serves_feeds_health_and_metrics(web: WebServer, home: Home) -> None:
    home.subscribe([web.serve("/one", document(feed("one"), etag='"1"'))])

    with daemon(home, "--port", "0") as process:
        wait_for(lambda: "http.listening" in log_of(home))
        (address,) = re.findall(r"http\.listening address=(\S+)", log_of(home))
        base = f"http://{address}"
        wait_for(lambda: home.has_published(FEED, b"<entry"))
        wait_for(lambda: b"<entry" in ask(f"{base}/{FEED}")[1], every=0.7)
        status, body, headers = ask(f"{base}/{FEED}")
        again = ask(f"{base}/{FEED}", {"If-None-Match": headers["ETag"]})
        health = ask(f"{base}/healthz")
        metrics = ask(f"{base}/metrics")
        process.send_signal(signal.SIGTERM)
        code = process.wait(30)

    assert (status, again[0], health[0], metrics[0]) == (200, 304, 200, 200)
    assert body == home.published(FEED)
    assert b'aggregator_polls_total{outcome="fetched"} 1.0' in metrics[1]
    assert code == 0


def test_the_server_alone_shows_what_was_published_and_polls_nothing(
    web: WebServer, home: Home
) -> None:
    home.subscribe([web.serve("/one", feed("one"))])
    assert home.run("fetch").code == 0

    with daemon(home, "--port", "0", command="serve") as process:
        wait_for(lambda: "serving http://" in log_of(home))
        base = log_of(home).split()[1].rstrip("/")
        got = {path: ask(f"{base}/{path}") for path in ("", FEED, "feeds", "healthz", "metrics")}
        process.send_signal(signal.SIGTERM)
        code = process.wait(30)

    assert {path: answer[0] for path, answer in got.items()} == dict.fromkeys(got, 200)
    assert b'aggregator_feeds{state="ok"} 1.0' in got["metrics"][1]
    assert b"aggregator_polls" not in got["metrics"][1]  # of a process that polls
    assert len(web.asked("/one")) == 1
    assert code == 0


def test_the_demo_takes_another_port_where_its_own_is_taken(home: Home) -> None:
    with ExitStack() as stack:
        with suppress(OSError):  # where somebody else has it, it is taken, too
            stack.enter_context(socket.create_server(("127.0.0.1", 8080)))
        process = stack.enter_context(daemon(home, "--serve", command="demo"))
        wait_for(lambda: "serving http://" in log_of(home))
        status = ask(log_of(home).split()[1])[0]
        process.send_signal(signal.SIGINT)
        code = process.wait(30)

    assert (status, code) == (200, 0)


def test_taken_port_is_named_with_what_to_do(web: WebServer, home: Home) -> None:
    home.subscribe([web.serve("/one", feed("one"))])
    port = web.base.rpartition(":")[2]

    done = home.run("daemon", "--port", port)

    assert done.code == 2
    assert "--port" in done.err


def ask(url: str, headers: dict[str, str] | None = None) -> tuple[int, bytes, Message]:
    """Status (0: nobody there yet), body and headers of an answer."""
    try:
        with urlopen(UrlRequest(url, headers=headers or {}), timeout=10) as answer:
            return answer.status, answer.read(), answer.headers
    except HTTPError as error:
        return error.code, error.read(), error.headers
    except URLError:
        return 0, b"", Message()


def test_p31_the_daemon_subscribes_to_a_hub_and_stores_what_it_delivers(
    web: WebServer, home: Home
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    link = f'<{web.base}/hub>; rel="hub", <{web.base}/one>; rel="self"'
    web.serve("/one", Reply(feed("one").encode(), headers={"ETag": '"1"', "Link": link}))
    web.serve("/hub", Reply(status=202))
    site = f"site: {{base_url: 'http://127.0.0.1:{port}/', contact: 'mailto:a@example.org'}}\n"
    home.subscribe([f"{web.base}/one"], more="serve: {websub: true}\n")
    config = (home.path / "feeds.yaml").read_text()
    home.configure(site + config.partition("\n")[2])

    with daemon(home, "--port", str(port)) as process:
        wait_for(lambda: bool(web.asked("/hub")))
        sent = parse_qs(web.asked("/hub")[0].body.decode())
        form = {name: value for name, (value,) in sent.items()}
        asked = {"hub.mode": "subscribe", "hub.topic": form["hub.topic"],
                 "hub.challenge": "echo-me", "hub.lease_seconds": "86400"}  # fmt: skip
        with urlopen(f"{form['hub.callback']}?{urlencode(asked)}") as verified:
            assert verified.read() == b"echo-me"
        body = rss("one", [Entry("Snow closes the pass at Babusar", format_datetime(
            datetime.now(UTC)), "https://one.example/a/snow")]).encode()  # fmt: skip
        signature = hmac.new(form["hub.secret"].encode(), body, "sha256").hexdigest()
        headers = {"Content-Type": "application/rss+xml", "X-Hub-Signature": f"sha256={signature}"}
        forged = headers | {"X-Hub-Signature": f"sha256={'0' * 64}"}
        for one in (forged, headers):
            with urlopen(UrlRequest(form["hub.callback"], body, one)) as taken:
                assert taken.status == 202
        found = home.run("search", "Babusar", "--json").document()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0

    assert [one["headline"] for one in found] == ["Snow closes the pass at Babusar"]
    assert len(web.asked("/one")) == 1
    log = log_of(home)
    assert log.count("poll.pushed") == log.count("websub.bad_signature") == 1
    assert form["hub.secret"] not in log
    assert "Traceback" not in log


def test_a_daemon_whose_database_is_moved_away_says_so_and_ends_with_1(home: Home) -> None:
    home.subscribe(["http://127.0.0.1:9/closed"])

    with daemon(home, "--no-http") as process:
        wait_for(lambda: "daemon.started" in log_of(home))
        (home.path / "db").rename(home.path / "moved")
        code = process.wait(60)

    assert code == 1
    (error,) = [line for line in log_of(home).splitlines() if line.startswith("error: ")]
    assert "removed, moved or replaced while the daemon ran" in error
