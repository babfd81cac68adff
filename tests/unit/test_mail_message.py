"""A digest as a mail: what a reader of mail finds in it, and nothing that it did not ask for."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.publishing.digest_days import MOST, Period, last_closed, periods_after
from aggregator.publishing.mail_message import Envelope, message
from aggregator.publishing.render_document import Day
from aggregator.views import PublishedEntry
from tests.views import AT, make_entry, make_feed, make_source

ENVELOPE = Envelope("news@example.org", "reader@paper.example", "<0f@example.org>", AT)
URDU = "امریکا اور پاکستان کے مذاکرات"


def sent(
    *stories: PublishedEntry,
    envelope: Envelope = ENVELOPE,
    count: int = 0,
    days: int = 1,
    **changes: Any,
) -> EmailMessage:
    told = [
        Day(f"2026-03-0{number}", AT, stories, count or len(stories))
        for number in range(days, 0, -1)
    ]
    data = message(make_feed(**changes), told, envelope)
    assert data.isascii()
    lines = data.split(b"\r\n")
    assert max(map(len, lines)) <= 998  # RFC 5322, section 2.1.1
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    found = message_from_bytes(data, policy=policy.default)
    assert isinstance(found, EmailMessage)
    assert not found.defects
    return found


def part(mail: EmailMessage, kind: str) -> str:
    (found,) = [one for one in mail.iter_parts() if one.get_content_subtype() == kind]
    assert isinstance(found, EmailMessage)
    assert not found.defects
    return str(found.get_content()).replace("\r\n", "\n")


def test_its_headers_are_those_of_a_mailing() -> None:
    mail = sent(make_entry(headline=URDU))

    assert {name: str(value) for name, value in mail.items() if name != "Content-Type"} == {
        "From": "Example site <news@example.org>",
        "To": "reader@paper.example",
        "Subject": f"The news, 1 March 2026: {URDU}",
        "Date": "Sun, 01 Mar 2026 09:30:00 +0000",
        "Message-ID": "<0f@example.org>",
        "List-Id": "The news <news.news.example.org>",
        "List-Unsubscribe": "<mailto:news@example.org?subject=unsubscribe>",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
    }
    assert mail.get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in mail.iter_parts()] == ["text/plain", "text/html"]


def test_its_text_tells_each_story_with_its_sources() -> None:
    geo = make_source("Geo")
    mail = sent(
        make_entry(1, geo, make_source("The News", url=None)),
        make_entry(2, url=None, summary="", lead=make_source("", feed="")),
        count=3,
    )

    assert part(mail, "plain") == (
        "The news\n\n== 1 March 2026 ==\n\n"
        "* Talks held in Islamabad, round 1\n  Dawn, 1 March 2026, 10:30 UTC\n"
        "  https://dawn.example/talks\n  Both sides met for two days.\n"
        "  3 reports, 3 independent; first: Dawn.\n"
        "  Geo: https://geo.example/talks\n  The News\n\n"
        "* Talks held in Islamabad, says\n  1 March 2026, 11:30 UTC\n\n"
        "And 1 more story.\n\n-- \nAll stories: https://news.example.org/news.html\n"
        "No more of these mails: mailto:news@example.org?subject=unsubscribe\n"
    )


def test_its_html_asks_for_nothing() -> None:
    html = part(sent(make_entry(1, make_source("Geo"))), "html")

    assert html.startswith('<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>')
    assert "<h2>1 March 2026</h2>" in html
    assert '<a href="https://geo.example/talks"' in html
    for word in ("<img", "src=", "<link", "<style", "url(", "<script", "srcset", "background"):
        assert word not in html


def test_a_week_tells_its_days() -> None:
    leave = "https://news.example.org/leave?x=1&y"
    envelope = Envelope("news@example.org", "a@b.example", "<1@x>", AT, leave)

    mail = sent(make_entry(), days=2, envelope=envelope, base_url=None, count=4)

    assert mail["Subject"].startswith("The news, 1 March 2026 to 2 March 2026: Talks")
    assert mail["List-Unsubscribe"] == f"<{leave}>"
    text = part(mail, "plain")
    assert text.index("== 2 March 2026 ==") < text.index("== 1 March 2026 ==")
    assert text.endswith(f"And 3 more stories.\n\n-- \nNo more of these mails: {leave}\n")
    assert f'<hr><p><a href="{leave.replace("&", "&amp;")}">' in part(mail, "html")


HOSTILE = (
    "A\r\nBcc: evil@evil.example\r\n\r\nbody",
    "A\nBcc: evil@evil.example",
    "=?utf-8?q?A=0d=0aBcc:_evil=40evil.example?=",
    "=?utf-8?b?QQ0KQmNjOiBldmlsQGV2aWwuZXhhbXBsZQ==?=",
    '"Evil" <evil@evil.example>, other@evil.example',
    "evil@evil.example (comment",
    "From evil@evil.example Sun Mar  1 09:30:00 2026",
    "--=_0f\r\nContent-Type: text/html\r\n\r\n<script>",
    "<img src=https://evil.example/x.png><script>alert(1)</script>",
    "\x00\x1b[31m\x9b\u2028\u202eA\ud800",
    ".\r\n.",
    "A" * 3000,
    "ا" * 3000,
    "",
)


@pytest.mark.parametrize("said", HOSTILE)
def test_what_sources_say_stays_in_its_place(said: str) -> None:
    source = make_source(said, headline=said)
    mail = sent(
        make_entry(1, source, headline=said, summary=said, lead=source),
        title=said, site_title=said,
    )  # fmt: skip

    assert mail["Bcc"] is None
    assert len(mail.keys()) == len(set(mail.keys())) == 10
    assert [one.addr_spec for one in mail["From"].addresses] == ["news@example.org"]
    assert [one.addr_spec for one in mail["To"].addresses] == ["reader@paper.example"]
    assert [one.get_content_type() for one in mail.walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip
    html = part(mail, "html")
    assert not any(word in html for word in ("<script", "<img", "\x00", "\x1b", "\u202e"))
    assert all(len(line) < 4000 for line in part(mail, "plain").split("\n"))


@given(st.text(), st.text())
def test_any_text_comes_back_as_it_was_meant(headline: str, title: str) -> None:
    source = make_source(headline, headline=headline)
    mail = sent(make_entry(1, source, headline=headline), title=title, site_title=title)

    assert [one.addr_spec for one in mail["From"].addresses] == ["news@example.org"]
    assert len(mail.keys()) == 10
    assert part(mail, "plain").count("\n* ") == part(mail, "html").count("<h3") == 1


@pytest.mark.parametrize(
    ("every", "closed", "period"),
    [
        ("day", "2026-03-01", Period("2026-03-01", "2026-03-01")),
        ("week", "2026-03-01", Period("2026-02-23", "2026-03-01")),  # a Sunday
        ("week", "2026-03-02", Period("2026-02-23", "2026-03-01")),
        ("week", "2026-03-07", Period("2026-02-23", "2026-03-01")),
        ("week", "2026-03-08", Period("2026-03-02", "2026-03-08")),
    ],
)
def test_a_period_is_over_with_its_last_day(every: str, closed: str, period: Period) -> None:
    assert last_closed(every, closed) == period


def test_what_was_missed_is_made_up_for_within_bounds() -> None:
    assert periods_after("day", "2026-03-01", closed="2026-03-01") == ()
    assert [one.last for one in periods_after("day", "2026-02-27", closed="2026-03-01")] == [
        "2026-02-28", "2026-03-01",
    ]  # fmt: skip
    assert len(periods_after("day", "2020-01-01", closed="2026-03-01")) == MOST
    assert periods_after("week", "2026-02-22", closed="2026-03-05") == (
        Period("2026-02-23", "2026-03-01"),
    )
    assert Period("2026-03-01", "2026-03-02").days(("2026-03-03", "2026-03-02", "2026-02-01")) == (
        "2026-03-02",
    )
