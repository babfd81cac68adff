"""The main job as a command: fetched, matched, published; again; and when it cannot."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from aggregator.storage import health
from aggregator.storage.store import open_store
from tests.commands import Home, environment
from tests.samples import Entry, rss
from tests.servers import Reply, WebServer, document, held

SUMMARY = {
    "feeds", "fetched", "not_modified", "unchanged", "failed", "skipped", "items", "new_items",
    "updated_items", "new_stories", "merged_items", "on_topic", "published", "seconds", "errors",
}  # fmt: skip
TOPIC = "us-pakistan-security"
# a shell that starts the tests in the background has them, and what they start, ignore it
INTERRUPTIBLE = """
import signal
from aggregator.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""


def hours_ago(hours: float) -> str:
    return format_datetime(datetime.now(UTC) - timedelta(hours=hours))


def talks(host: str, *, title: str, hours: float = 5) -> Entry:
    return Entry(title, hours_ago(hours), f"https://{host}/a/talks", "Officials met in Islamabad.")


HEADLINE = "Pakistan, US Hold Counterterrorism Dialogue in Islamabad and Pledge to Fight TTP"


@pytest.fixture
def two_papers(web: WebServer, home: Home) -> Home:
    """Two feeds that tell one story, and one story of cricket."""
    cricket = Entry("Lahore wins the cricket final", hours_ago(3), "https://one.example/a/cricket")
    one = rss("One", [talks("one.example", title=HEADLINE), cricket])
    two = rss("Two", [talks("two.example", title=f"{HEADLINE} - Two", hours=4)])
    home.subscribe(
        [web.serve("/one", document(one, etag='"1"')), web.serve("/two", document(two, etag='"2"'))]
    )
    return home


def test_one_story_of_two_feeds_is_one_entry_and_a_second_run_changes_no_byte(
    two_papers: Home, web: WebServer
) -> None:
    done = two_papers.run("fetch", "--json")

    assert (done.code, done.err) == (0, "")
    summary = done.document()
    assert set(summary) >= SUMMARY
    assert summary["feeds"] == summary["fetched"] == 2
    assert (summary["items"], summary["new_items"], summary["new_stories"]) == (3, 3, 2)
    assert (summary["merged_items"], summary["on_topic"]) == (1, 1)
    assert summary["published"] == {TOPIC: 1}
    assert summary["errors"] == []
    for name in ("atom", "rss", "json", "html"):
        assert HEADLINE.encode() in two_papers.published(f"{TOPIC}.{name}")
    assert b"cricket" not in two_papers.published(f"{TOPIC}.atom")
    assert b"Feed 2" in two_papers.published("feeds.opml")

    folder = two_papers.path / "public"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    times = {path: path.stat().st_mtime_ns for path in before}

    summary = two_papers.run("fetch", "--json").document()

    assert (summary["not_modified"], summary["new_items"]) == (2, 0)
    assert [one.headers.get("if-none-match") for one in web.asked("/one")] == [None, '"1"']
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert {path: path.stat().st_mtime_ns for path in before} == times


def test_secrets_reach_the_server_and_nothing_else(web: WebServer, home: Home) -> None:
    body = rss("Keyed", [talks("one.example", title=HEADLINE)])
    web.serve("/keyed", document(body))
    port = web.base.rpartition(":")[2]
    home.configure(
        "fetch: {allow_private_networks: true, host_gap: 0s}\nstories: {model: off}\nfeeds:\n"
        f"  - url: http://me:pa55w0rd@127.0.0.1:{port}/keyed?key=${{KEY}}\n    name: Keyed\n"
        f"  - {{url: '{web.serve('/hidden-path', document(body))}', name: P, private: true}}\n"
        f"  - url: http://127.0.0.1:{port}/missing?key=${{KEY}}\n    name: Missing\n"
        "    headers: {X-Token: '${TOKEN}'}\n"
    )

    done, status = home.run_each("-vv fetch", "status", KEY="k3y-of-mine", TOKEN="t0ken-of-mine")

    (request,) = web.asked("/keyed")
    assert request.path == "/keyed?key=k3y-of-mine"
    assert request.headers["authorization"].startswith("Basic ")
    assert web.asked("/missing")[0].headers["x-token"] == "t0ken-of-mine"
    everything = "".join([done.out, done.err, status.out, status.err])
    files = b"".join(p.read_bytes() for p in (home.path / "public").rglob("*") if p.is_file())
    for secret in ("pa55w0rd", "k3y-of-mine", "t0ken-of-mine", "hidden-path"):
        assert secret not in everything
        assert secret.encode() not in files


def test_while_another_process_polls_the_answer_is_3_and_its_pid(
    web: WebServer, home: Home
) -> None:
    with held(Reply(b"too late", 500)) as (answer, _):
        home.subscribe([web.serve("/slow", answer)], timeout="90s")
        first = subprocess.Popen(
            [sys.executable, "-c", INTERRUPTIBLE, "fetch"],
            cwd=home.path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            while not web.asked("/slow") and first.poll() is None:
                time.sleep(0.02)
            done = home.run("fetch")
            assert done.code == 3
            assert str(first.pid) in done.err

            first.send_signal(signal.SIGINT)
            _, err = first.communicate(timeout=60)
            assert (first.returncode, err.strip()) == (130, b"interrupted")
        finally:
            first.kill()
            first.communicate()


def test_with_no_network_at_all_it_ends_soon_with_one_line_per_kind(home: Home) -> None:
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode:
        pytest.skip("a network namespace of one's own needs unprivileged user namespaces")
    default = str(Path(__file__).parents[2] / "feeds.yaml")

    started = time.monotonic()
    done = subprocess.run(
        ["unshare", "-rn", sys.executable, "-m", "aggregator", "--config", default,
         "--db", "news.db", "fetch", "--no-publish"],
        cwd=home.path, env=environment(), capture_output=True, timeout=60, check=False,
    )  # fmt: skip

    assert time.monotonic() - started < 30
    assert done.returncode == 1
    problems = [line for line in done.stderr.decode().splitlines() if "warning: site" not in line]
    assert len(problems) == 2
    assert problems[0].startswith("dns: ")
    assert problems[1].startswith("no feed's host can be reached: check the network")
    assert home.run("--db", "news.db", "db", "check").code == 0


def test_without_an_interpreter_for_documents_it_ends_with_one_line(two_papers: Home) -> None:
    launch = (
        "from aggregator.cli import main; from aggregator.polling import parse_pool; "
        "parse_pool.COMMAND = ('/no/such/python',); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", launch, "fetch"],
        cwd=two_papers.path,
        env=environment(),
        capture_output=True,
        timeout=30,
        check=False,
        text=True,
    )

    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: /no/such/python: the process that reads documents cannot be st")


@pytest.mark.parametrize(
    "closed", ["2>&-", ">&-", "<&-", "<&- >&- 2>&-"], ids=["stderr", "stdout", "stdin", "all"]
)
def test_a_closed_standard_stream_changes_nothing(home: Home, closed: str) -> None:
    """Without a null device there, the database would have its number, and get what is told."""
    run = [sys.executable, "-m", "aggregator", "--db", "news.db", "db", "migrate"]
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *run],
        cwd=home.path,
        env=environment(),
        timeout=60,
        check=False,
    )

    assert done.returncode == 0
    with open_store(home.path / "news.db", read_only=True) as store:
        assert health.quick_check(store) == "ok"
