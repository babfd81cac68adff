"""What readers know of an entry stays; only what is new to them changes it."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from aggregator.model import CurrentStory, LeadItem, PublishedRow
from aggregator.publishing import revisions
from aggregator.publishing.digest_days import DigestCalendar, digest_calendar
from aggregator.settings import PublishSettings
from aggregator.text import misread

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
NOW = AT + timedelta(hours=3)
LATER = NOW + timedelta(hours=5)
SUMMARY = "Police said 5 people died when a bomb went off at a market in Quetta on Sunday morning."


def make_lead(
    number: int = 1, headline: str = "Blast kills five in Quetta", **more: object
) -> LeadItem:
    lead = LeadItem(
        item_id=number, headline=headline, url=f"https://p{number}.example/a", summary=SUMMARY,
        published_at=AT, truncated=False, rank=0, publisher="Dawn",
    )  # fmt: skip
    return replace(lead, **more)


def make_story(*items: LeadItem, **more: object) -> CurrentStory:
    lead = items[0] if items else make_lead()
    story = CurrentStory(
        story_id=1, uid="abc", entry_id=None, headline=lead.headline, url=lead.url,
        lead_item_id=lead.item_id, merged=False, hidden=False, accepted=True, inherited_at=None,
        items=items,
    )  # fmt: skip
    return replace(story, **more)


def first(story: CurrentStory) -> PublishedRow:
    row = revisions.first_revision(story, topic="news", now=NOW)
    assert row is not None
    return replace(row, digest_day="2026-03-01")


def revised(row: PublishedRow, *items: LeadItem, **more: object) -> PublishedRow:
    return revisions.revise(row, make_story(*items, **more), now=LATER)


def test_a_first_revision_takes_headline_link_and_time_of_the_lead() -> None:
    row = first(make_story(make_lead(), headline="Blast kills five"))

    assert (row.headline, row.url) == ("Blast kills five", "https://p1.example/a")
    assert row.published_at == row.updated_at == AT
    assert row.summary == SUMMARY


def test_a_time_to_come_counts_as_now() -> None:
    assert first(make_story(make_lead(published_at=LATER))).published_at == NOW


def test_an_entry_takes_over_the_time_of_one_that_was_merged_into_it() -> None:
    earlier = AT - timedelta(days=1)

    assert first(make_story(make_lead(), inherited_at=earlier)).published_at == earlier


@pytest.mark.parametrize(
    "state", [{"hidden": True}, {"merged": True}, {"accepted": False}, {"items": ()}]
)
def test_what_may_not_be_shown_is_not_published(state: dict[str, object]) -> None:
    story = make_story(make_lead(), **state)

    assert revisions.first_revision(story, topic="news", now=NOW) is None


def test_a_lead_that_may_not_be_shown_gives_way_to_the_best_of_the_rest() -> None:
    cut = make_lead(2, truncated=True, rank=9)
    ranked = make_lead(3, "Ranked", rank=5)
    story = make_story(cut, make_lead(4, "Other"), ranked, lead_item_id=1)

    assert first(story).lead_item_id == 3


def test_nothing_new_changes_nothing() -> None:
    row = first(make_story(make_lead()))

    assert revised(row, make_lead()) == row


def test_a_further_source_changes_neither_title_nor_times() -> None:
    row = first(make_story(make_lead()))

    after = revised(row, make_lead(), make_lead(2, "Quetta market hit by bomb"))

    assert replace(after, content_hash="") == replace(row, content_hash="")
    assert after.content_hash != row.content_hash


def test_a_further_source_moves_updated_where_that_is_wanted() -> None:
    row = first(make_story(make_lead()))
    story = make_story(make_lead(), make_lead(2, "Quetta market hit by bomb"))

    after = revisions.revise(row, story, now=LATER, update_on_source=True)

    assert after.updated_at == LATER
    assert revisions.revise(after, story, now=LATER, update_on_source=True) == after


def test_another_lead_of_the_story_does_not_change_a_published_title() -> None:
    row = first(make_story(make_lead()))
    better = make_lead(2, "A finer headline", rank=9)

    after = revised(row, make_lead(), better, lead_item_id=2, headline=better.headline)

    assert (after.headline, after.url) == (row.headline, row.url)


def test_a_correction_by_its_own_source_is_taken_over_and_moves_updated() -> None:
    row = first(make_story(make_lead()))

    after = revised(row, make_lead(headline="Blast kills six in Quetta"))

    assert after.headline == "Blast kills six in Quetta"
    assert after.updated_at == LATER
    assert after.published_at == row.published_at


def test_a_correction_waits_until_the_story_was_matched_again() -> None:
    row = first(make_story(make_lead()))
    corrected = make_lead(headline="Blast kills six in Quetta")

    waiting = revised(row, corrected, headline=row.headline)
    after = revised(waiting, corrected)

    assert waiting == row
    assert after.headline == corrected.headline


def test_a_correction_counts_although_another_item_leads_by_now() -> None:
    row = first(make_story(make_lead()))
    other = make_lead(2, "Other words")

    after = revised(
        row, make_lead(headline="Blast kills six"), other, lead_item_id=2, headline=other.headline
    )

    assert after.headline == "Blast kills six"


def test_a_change_of_case_or_dots_is_shown_without_moving_updated() -> None:
    row = first(make_story(make_lead()))

    after = revised(row, make_lead(headline="BLAST kills five in Quetta."))

    assert after.headline == "BLAST kills five in Quetta."
    assert after.updated_at == row.updated_at


@pytest.mark.parametrize(
    ("headline", "summary"),
    [
        ("Café fermé à Nîmes", "Le café est fermé depuis l’été."),
        ("В Киеве прогремел взрыв", "Погибли 5 человек, сообщает полиция."),
        ("کوئٹہ میں دھماکا", "پولیس کے مطابق پانچ افراد جاں بحق ہوئے۔"),
    ],
)
def test_words_that_were_misread_are_put_right_without_moving_updated(
    headline: str, summary: str
) -> None:
    row = first(make_story(make_lead(headline=misread(headline), summary=misread(summary))))

    after = revised(row, make_lead(headline=headline, summary=f"{summary} ’"))

    assert (after.headline, after.summary) == (headline, f"{summary} ’")
    assert after.updated_at == row.updated_at


@pytest.mark.parametrize("headline", ["Café fermé à Nîmes", "파키스탄 시장서 폭탄 테러"])
def test_accents_in_signs_of_their_own_are_shown_without_moving_updated(headline: str) -> None:
    row = first(make_story(make_lead(headline=headline)))

    after = revised(row, make_lead(headline=unicodedata.normalize("NFD", headline)))

    assert after.updated_at == row.updated_at


def test_an_apostrophe_that_was_lost_comes_back_without_moving_updated() -> None:
    row = first(make_story(make_lead(headline="Ministers aide quits")))

    after = revised(row, make_lead(headline="Minister’s aide quits"))

    assert (after.headline, after.updated_at) == ("Minister’s aide quits", row.updated_at)


def test_a_correction_that_cuts_the_headline_off_is_none() -> None:
    row = first(make_story(make_lead()))

    after = revised(row, make_lead(headline="Blast kills...", truncated=True))

    assert after.headline == row.headline


def test_a_headline_that_was_cut_off_gives_way_to_a_whole_one_quietly() -> None:
    row = first(make_story(make_lead(headline="Blast kills five...", truncated=True)))
    whole = make_lead(2)

    after = revised(row, make_lead(headline="Blast kills five...", truncated=True), whole,
                    lead_item_id=2, headline=whole.headline, url=whole.url)  # fmt: skip

    assert (after.headline, after.url) == (whole.headline, whole.url)
    assert after.updated_at == row.updated_at
    assert not after.truncated


def test_a_headline_that_was_cut_off_stays_while_there_is_none_better() -> None:
    cut = make_lead(headline="Blast kills five...", truncated=True)
    row = first(make_story(cut))

    assert revised(row, cut) == row
    assert revised(row, cut, lead_item_id=9).headline == row.headline


def test_a_withdrawn_lead_gives_way() -> None:
    row = first(make_story(make_lead()))
    other = make_lead(2, "Bomb at Quetta market")

    after = revised(row, other)

    assert (after.headline, after.lead_item_id) == (other.headline, 2)


@pytest.mark.parametrize(
    ("summary", "moves"),
    [
        (SUMMARY.replace("5", "9"), False),  # one number alone is no other story
        ("At least 12 were killed and the region's minister resigned on Monday.", True),
        (SUMMARY + " More follows.", False),
        ("By Jane Doe. " + SUMMARY, False),
        ("", False),
        ("…", False),
    ],
)
def test_updated_moves_when_the_summary_changed_in_substance(summary: str, moves: bool) -> None:
    row = first(make_story(make_lead()))

    after = revised(row, make_lead(summary=summary))

    assert (after.updated_at == LATER) is moves
    assert after.summary == summary


@pytest.mark.parametrize(
    ("state", "word"),
    [({"hidden": True}, "hidden"), ({"merged": True}, "merged"), ({"items": ()}, "source")],
)
def test_a_story_leaves_with_its_reason_and_comes_back_as_it_was(
    state: dict[str, object], word: str
) -> None:
    row = first(make_story(make_lead()))

    left = revisions.revise(row, make_story(make_lead(), **state), now=LATER)

    assert left == replace(row, withdrawn=word)
    assert revised(left, make_lead()) == row


def test_what_replay_took_out_comes_back_only_when_it_is_accepted_again() -> None:
    row = replace(first(make_story(make_lead())), withdrawn="replay")

    assert revised(row, make_lead(), accepted=False).withdrawn == "replay"
    assert revised(row, make_lead()).withdrawn == ""


def test_a_published_story_stays_when_a_topic_no_longer_accepts_it() -> None:
    row = first(make_story(make_lead()))

    assert revised(row, make_lead(), accepted=False) == row


def test_a_day_ends_at_the_set_hour_of_its_zone() -> None:
    calendar = DigestCalendar(ZoneInfo("Asia/Karachi"), time(6))  # UTC+5

    assert calendar.day_of(datetime(2026, 3, 1, 0, 59, tzinfo=UTC)) == date(2026, 2, 28)
    assert calendar.day_of(datetime(2026, 3, 1, 1, 0, tzinfo=UTC)) == date(2026, 3, 1)
    assert calendar.closed_at(date(2026, 3, 1)) == datetime(2026, 3, 2, 1, tzinfo=UTC)
    assert calendar.last_closed(datetime(2026, 3, 1, 1, 0, tzinfo=UTC)) == "2026-02-28"


@pytest.mark.parametrize("closes", [time(0), time(0, 30), time(1, 30), time(2, 30), time(23, 59)])
@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),  # an hour is left out
        ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),  # an hour comes twice
        ("America/Havana", datetime(2026, 3, 8, 5, tzinfo=UTC)),  # at midnight
        ("America/Havana", datetime(2026, 11, 1, 5, tzinfo=UTC)),
        ("Asia/Beirut", datetime(2026, 10, 24, 21, tzinfo=UTC)),  # back to the day before
        ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),  # a day is left out
    ],
)
def test_days_follow_one_another_when_clocks_change(
    zone: str, change: datetime, closes: time
) -> None:
    calendar = DigestCalendar(ZoneInfo(zone), closes)
    before = date.min

    for minutes in range(-36 * 60, 60 * 60, 10):
        at = change + timedelta(minutes=minutes)
        day = calendar.day_of(at)
        assert day >= before
        assert calendar.closed_at(day - timedelta(days=1)) <= at < calendar.closed_at(day)
        before = day


TRACKED = "https://p1.example/a?id=1&utm_source=rss"


def test_a_new_entry_has_a_clean_link() -> None:
    row = first(make_story(make_lead(url=TRACKED)))
    other = make_lead(2, "Bomb kills nine", url="https://p2.example/b?fbclid=2")

    assert row.url == "https://p1.example/a?id=1"
    assert revised(row, make_lead(url=TRACKED)) == row
    assert revised(row, make_lead(url=f"{TRACKED}2")) == row  # tracking is nothing to see
    assert revised(row, make_lead(headline="Blast kills nine", url=TRACKED)).url == row.url
    assert revised(row, other).url == "https://p2.example/b"


def test_an_entry_of_an_earlier_release_keeps_its_link() -> None:
    story = make_story(make_lead(url=TRACKED))
    row = revisions.first_revision(story, topic="news", now=NOW, clean_links=False)
    assert row is not None

    assert row.url == TRACKED
    assert revisions.revise(row, story, now=LATER, update_on_source=True) == row
    assert revised(row, make_lead(headline="Blast kills nine", url=TRACKED)).url == TRACKED


@pytest.mark.parametrize("zone", ["UTC", "Asia/Karachi", "America/New_York"])
def test_the_calendar_is_that_of_the_settings(zone: str) -> None:
    calendar = digest_calendar(PublishSettings(digest_zone=zone, digest_at="18:30"))

    assert calendar.closed_at(date(2026, 3, 1)) == datetime(
        2026, 3, 2, 18, 30, tzinfo=ZoneInfo(zone)
    )
