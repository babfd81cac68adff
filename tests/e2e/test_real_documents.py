"""Half of the real feed documents at hand, served over loopback in one run.

The integration tests read each of them.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.commands import Home
from tests.servers import Reply, WebServer, serve_documents
from tests.validity import problems

BASE_URL = "https://news.example.org/"


def test_real_documents_are_read_in_one_run_and_failures_are_one_line_each(
    shared: Path, web: WebServer, home: Home
) -> None:
    every = serve_documents(web, shared / "data" / "feeds" / "real")
    urls = dict([*every.items()][::2])
    assert len(urls) > 40
    hub = web.serve("/hub", Reply(status=204))
    feeds = "".join(f"  - {{url: '{url}', name: Feed {n}, on_topic: {str(n % 12 == 0).lower()}}}\n"
                    for n, url in enumerate(urls.values(), 1))  # fmt: skip
    home.configure(
        f"site: {{contact: 'mailto:test@example.org', base_url: '{BASE_URL}'}}\n"
        "fetch: {allow_private_networks: true, host_gap: 0s, per_host: 8, timeout: 5s}\n"
        "stories: {model: off}\n"
        f"publish: {{entries: 1000, hub: '{hub}'}}\nfeeds:\n{feeds}"
    )

    done = home.run("fetch", "--json", timeout_s=110)

    summary = done.document()
    assert web.asked("/hub")
    assert (done.code, done.err) == (0, "")
    assert summary["feeds"] == len(urls)
    assert summary["items"] > 500
    failed = {error["feed"]: error for error in summary["errors"]}
    assert len(failed) < len(urls) / 5
    for error in failed.values():
        assert error["detail"]
        assert "\n" not in error["detail"]
        assert "Error" not in error["detail"]  # a sentence, not a Python exception
    unread = [
        path.name
        for number, path in enumerate(urls, 1)
        if f"Feed {number}" in failed and re.search(rb"<(item|entry)[ >]", path.read_bytes())
    ]
    assert unread == []
    out = home.path / "public"
    files = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*.*")}
    assert len(files) > 100
    assert problems(files, base_url=BASE_URL) == []
