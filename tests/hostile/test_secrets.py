"""What must never be shown: environment values, passwords in URLs, URLs of private feeds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from aggregator.config import load
from aggregator.serving.metrics import Metrics
from aggregator.serving.web import create_app
from aggregator.settings import Config
from tests.commands import Home
from tests.samples import Entry, rss
from tests.servers import Reply, WebServer

ENVIRON: dict[str, Any] = {  # keyword arguments of `Home.run`
    "FEED_KEY": "environment-key-7d1f",
    "FEED_TOKEN": "environment-token-9b2c",
    "HOOK": "environment-hook-55aa",
}
SECRETS = (*ENVIRON.values(), "userinfo-pass-3e4d", "private-path-c0de", "signing-secret-e1f0",
           "proxy-user-77ab", "proxy-pass-19cd")  # fmt: skip
DATE = "Mon, 02 Mar 2026 10:00:00 +0000"
SELF = '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="{}"/></channel>'
COMMANDS = (
    *("fetch --json", "status", "status --json", "feeds list", "feeds list --json"),
    *("feeds export", "feeds check", "feeds check --json", "doctor", "doctor --json"),
    *("stories list", "stories list --json", "publish", "search talks --json"),
    *("fetch --force --json", "-v fetch --force", "-vv --log-format json fetch --force"),
    "replay --dry-run --json",
    *(f"stories export --since 3650d --format {form}" for form in ("md", "csv", "jsonl")),
)


def configure(home: Home, web: WebServer) -> None:
    """Feeds with every kind of secret, some of which fail."""
    host = web.base.removeprefix("http://")
    document = rss("News", [Entry("Talks in Islamabad", DATE, "https://paper.example/talks")])
    paths = ("/key", "/headers", "/user", "/moved-to", "/private-path-c0de/feed")
    for path in paths:
        own = f"{web.base}{path}?key={ENVIRON['FEED_KEY']}&amp;u=userinfo-pass-3e4d"
        web.serve(path, document.replace("</channel>", SELF.format(own)))
    target = f"{web.base}/moved-to?key={ENVIRON['FEED_KEY']}"
    web.serve("/moved", Reply(status=301, headers={"Location": target}))
    web.serve("/denied", Reply(f"no {ENVIRON['FEED_KEY']}".encode(), 403))
    names = f'<link rel="alternate" type="application/rss+xml" href="/f?key={ENVIRON["FEED_KEY"]}">'
    web.serve("/html", f"<html><title>{ENVIRON['FEED_TOKEN']}</title></html>")
    web.serve("/names", f"<html>{names}</html>")
    web.serve("/text", f"{ENVIRON['FEED_TOKEN']} is your key")
    web.serve("/away", Reply(status=302, headers={"Location": "http://10.1.2.3/private-path-c0de"}))
    home.configure(
        f"""\
site: {{contact: 'mailto:test@example.org'}}
fetch: {{allow_private_networks: true, host_gap: 0s, per_host: 8, timeout: 5s}}
stories: {{model: off}}
notify:
  - {{name: desk, webhook: '{web.base}/hook/${{HOOK}}', secret: signing-secret-e1f0}}
feeds:
  - {{name: Key, url: '{web.base}/key?key=${{FEED_KEY}}', on_topic: true}}
  - {{name: Headers, url: '{web.base}/headers', on_topic: true,
     headers: {{X-Token: '${{FEED_TOKEN}}'}}}}
  - {{name: User, url: 'http://me:userinfo-pass-3e4d@{host}/user', on_topic: true}}
  - {{name: Private, url: '{web.base}/private-path-c0de/feed', private: true, on_topic: true}}
  - {{name: Moved, url: '{web.base}/moved?key=${{FEED_KEY}}', on_topic: true}}
  - {{name: Denied, url: '{web.base}/denied?key=${{FEED_KEY}}'}}
  - {{name: Page, url: '{web.base}/html', headers: {{X-Token: '${{FEED_TOKEN}}'}}}}
  - {{name: Text, url: '{web.base}/text', headers: {{X-Token: '${{FEED_TOKEN}}'}}}}
  - {{name: Names, url: '{web.base}/names?key=${{FEED_KEY}}'}}
  - {{name: Away, url: '{web.base}/away', private: true}}
  - {{name: Down, url: 'http://me:userinfo-pass-3e4d@127.0.0.1:1/?key=${{FEED_KEY}}'}}
  - {{name: Proxied, url: 'https://feeds.example.org/',
     proxy: 'http://proxy-user-77ab:proxy-pass-19cd@127.0.0.1:1'}}
  - {{name: Forwarded, url: 'http://feeds.example.org/',
     proxy: 'http://proxy-user-77ab:proxy-pass-19cd@127.0.0.1:{web.base.rpartition(":")[2]}'}}
  - {{name: Lost, url: 'http://127.0.0.1:1/private-path-c0de', private: true}}
"""
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def answers(config: Config, paths: list[str]) -> dict[str, bytes]:
    """Headers and body of what the server answers."""
    numbers, now = Metrics(), datetime.now(UTC) + timedelta(minutes=1)
    app = create_app(config, metrics=lambda store: numbers.render(store, now))
    with TestClient(app, client=("127.0.0.1", 4711)) as client:
        got = {path: client.get(f"/{path}") for path in paths}
    assert [path for path, one in got.items() if one.status_code != 200] == ["none"]
    return {f"/{path}": f"{one.headers}\n{one.text}".encode() for path, one in got.items()}


def test_no_secret_is_ever_shown(web: WebServer, home: Home) -> None:
    configure(home, web)

    done = dict(zip(COMMANDS, home.run_each(*COMMANDS, **ENVIRON), strict=True))
    summary = done["fetch --force --json"].document()
    out = home.path / "public"
    paths = [str(path.relative_to(out)) for path in out.rglob("*.*")]
    (story,) = [Path(path).stem for path in paths if path.startswith("stories/")]
    looks = (f"explain {story}", f"explain {story} --json", f"stories show {story}")
    for look, ended in zip(looks, home.run_each(*looks, **ENVIRON), strict=True):
        done[look] = ended
        assert ended.code == 0
    assert not [command for command, ended in done.items() if "Traceback" in ended.err]
    shown = {command: (one.out + one.err).encode() for command, one in done.items()}
    shown |= {path: (out / path).read_bytes() for path in paths}
    config = load(home.path / "feeds.yaml", ENVIRON)
    shown |= answers(config, [*paths, "", "feeds", "search?q=talks", "healthz", "metrics", "none"])

    leaks = [(where, secret) for where, data in shown.items() for secret in SECRETS
             if secret.encode() in data]  # fmt: skip
    assert leaks == []
    assert summary["fetched"] == 5  # the secrets did their work
    assert web.asked("/headers")[0].headers["x-token"] == ENVIRON["FEED_TOKEN"]
    assert web.asked("/user")[0].headers["authorization"].startswith("Basic ")
    assert b"Private" in shown["us-pakistan-security.atom"]
