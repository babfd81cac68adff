"""What is wrong with the outcome of a case: one line for each check that fails."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tests import validity
from tests.hostile.arena import BASE_URL, GOOD_FEEDS, GOOD_ITEMS, Bout, Fate, paths_of
from tests.hostile.corpus.cases import Case
from tests.hostile.corpus.check import check_case, check_output

PAGE_TAGS = (
    *("meta", "link", "title", "style"),
    *("form", "input", "button", "select", "option", "datalist"),
)


def problems(case: Case, bout: Bout) -> list[str]:
    """Everything that a case's outcome and checks ask for and the run does not show."""
    return [
        *_outcome(case, bout),
        *_stored(case, bout),
        *_said(case, bout),
        *_asked(case, bout),
    ]


def general_problems(bout: Bout) -> list[str]:
    """What holds for every case, in the run as a whole."""
    found = [problem for name, data in bout.outputs.items() for problem in check_output(data, name)]
    found += validity.problems(bout.files, base_url=BASE_URL)
    for name, data in bout.pages.items():
        found += check_output(data, name, page_tags=PAGE_TAGS)
    for path in GOOD_FEEDS:
        fate = bout.fates[path]
        if fate.error_kind or len(fate.items) != GOOD_ITEMS:
            found.append(f"{path}: {fate.error_kind} {fate.error}, {len(fate.items)} items")
    again = bout.again
    if again is not None and (again.failed or again.new_items or again.updated_items):
        found.append(f"a second reading changed something: {bout.again}")
    found += [f"the canary was asked: {one['target']}" for one in bout.requests
              if one["port"] == "canary"]  # fmt: skip
    if "Traceback" in bout.log:
        found.append("a traceback in the log")
    return found


def _outcome(case: Case, bout: Bout) -> Iterator[str]:
    fate = _fate(case, bout)
    if fate.error_kind == "internal":
        yield f"a fault of our own: {fate.error}"
    if fate.error_kind and not (fate.error and fate.error.isprintable()):
        yield f"the failure names no cause in one line: {fate.error!r}"
    if case.outcome in ("error", "wait") and not fate.error_kind:
        yield "succeeded"
    if case.outcome == "items" and (not fate.ever_ok or fate.error_kind) and not _ends_badly(case):
        yield f"failed: {fate.error_kind}: {fate.error}"
    if case.outcome == "unchanged":
        if fate.error_kind:
            yield f"failed: {fate.error_kind}: {fate.error}"
        if case.fetches > 1 and fate.late_changes:
            yield f"the last poll changed {fate.late_changes} items"


def slow(case: Case, bout: Bout) -> bool:
    """Whether the case took longer than its `max_s`, waiting for others included."""
    limit: float = case.checks.get("max_s", 60)
    return max(bout.handled_s[path] for path in paths_of(case)) > limit


def late(case: Case, bout: Bout) -> bool:
    """Whether what should have been read was not there in time."""
    return case.outcome in ("items", "unchanged") and _fate(case, bout).error_kind == "timeout"


def _ends_badly(case: Case) -> bool:
    """A server case whose last scripted answer is an error, so that only items can be asked for."""
    steps = case.args.get("steps", [{}])
    return case.fetches == len(steps) and steps[-1].get("status", 200) >= 400


def _stored(case: Case, bout: Bout) -> Iterator[str]:
    fate, checks = _fate(case, bout), case.checks
    every = [item for path in paths_of(case) for item in bout.fates[path].items]
    titles = [item.headline for item in fate.items]
    if "items" in checks:
        least, most = _bounds(checks["items"])
        if not least <= len(fate.items) <= most:
            yield f"{len(fate.items)} items, not {checks['items']}"
    if "clusters" in checks:
        clusters = len({item.story_id for item in fate.items})
        if clusters != checks["clusters"]:
            yield f"{clusters} stories, not {checks['clusters']}: {titles}"
    plain = _loosely if checks.get("titles_loose") else str
    for wanted in (checks.get("titles"), checks.get("titles_if_any") if titles else None):
        if wanted is not None and sorted(map(plain, titles)) != sorted(map(plain, wanted)):
            yield f"titles are {titles!r}, not {wanted!r}"
    if not set(checks.get("titles_include", ())) <= {item.headline for item in every}:
        yield f"titles lack {checks['titles_include']}: {[item.headline for item in every]}"
    if not set(checks.get("links_include", ())) <= {item.url for item in every}:
        yield f"links lack {checks['links_include']}: {[item.url for item in every]}"
    for link in checks.get("links_include", ()):
        if not any(link.encode() in data for data in bout.outputs.values()):
            yield f"no output names {link}"
    if titles and max(map(len, titles)) > checks.get("max_title", 10_000):
        yield f"a title of {max(map(len, titles))} characters"


def _said(case: Case, bout: Bout) -> Iterator[str]:
    fate, checks = _fate(case, bout), case.checks
    if "backoff" in checks:
        least, most = checks["backoff"]
        if not least <= fate.wait_s <= most + 1:  # times are stored to the second
            yield f"the next poll is {fate.wait_s:.0f} s away, not {checks['backoff']}"
    if checks.get("url_kept") and fate.moved:
        yield "the configured URL counts as replaced"
    if checks.get("dates_sane"):
        latest = bout.ended_at + timedelta(days=1)
        for date in fate.dates:
            if not datetime(1990, 1, 1, tzinfo=UTC) <= date <= latest:
                yield f"an entry of {date}"
    for start in checks.get("log_lines_not_starting", ()):
        if any(line.lstrip().startswith(start) for line in bout.log.splitlines()):
            yield f"a log line starts with {start}"
    yield from _shown(case, bout)


def _shown(case: Case, bout: Bout) -> Iterator[str]:
    """What outputs lack and folders hold."""
    checks = case.checks
    if checks.get("good_feeds_visible"):
        feed = bout.outputs["us-pakistan-security.atom"]
        for host in (b"a.example", b"b.example", b"c.example"):
            if b"http://%s/good/" % host not in feed:
                yield f"no entry of {host.decode()} is left in the published feed"
    if "no_file" in checks:
        yield from (f"a file was made: {path}" for path in bout.folder.rglob("*")
                    if checks["no_file"] in path.name)  # fmt: skip


def _asked(case: Case, bout: Bout) -> Iterator[str]:
    """What outputs and the server's log tell."""
    described: dict[str, Any] = {"id": case.id, "checks": case.checks}
    own = [dict(one) for one in bout.requests if one["port"] == "canary" or re.search(
        rf"/c/{re.escape(case.id)}(?![\w.-])", one["target"])]  # fmt: skip
    yield from check_case(described, dict(bout.outputs), own)


def _fate(case: Case, bout: Bout) -> Fate:
    """Of the feed that the case itself serves."""
    return bout.fates[next(path for path in paths_of(case) if path.startswith("/c/"))]


def _bounds(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def _loosely(text: str) -> str:
    """Without invisible characters and with single spaces."""
    seen = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return " ".join(seen.split())
