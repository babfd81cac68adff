"""Which headline leads a story, and that a published one stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.stories.features import read
from aggregator.stories.lead import LeadCandidate, PublishedLead, choose_lead

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FULL = "Bomb blast kills five at vegetable market in Quetta, police say"


def one(
    number: int, headline: str = FULL, *, rank: int = 0, own_site: bool = True,
    has_url: bool = True, hours: int = 0, dated: bool = True,
) -> LeadCandidate:  # fmt: skip
    at = NOW + timedelta(hours=hours) if dated else None
    features = read(headline)
    return LeadCandidate(number, headline, features, rank, own_site, has_url, at)


def lead_of(*candidates: LeadCandidate, published: PublishedLead | None = None) -> int:
    chosen = {choose_lead(candidates, published=published).item_id,
              choose_lead(candidates[::-1], published=published).item_id}  # fmt: skip
    (number,) = chosen
    return number


def test_a_complete_headline_leads_before_an_earlier_one_that_is_cut_off() -> None:
    assert lead_of(one(1, "Bomb blast kills five at vegetable market in..."), one(2, hours=3)) == 2


def test_a_quiet_headline_leads_before_a_shouting_one() -> None:
    assert lead_of(one(1, FULL.upper(), rank=9), one(2, hours=1)) == 2


def test_the_higher_ranked_source_leads_and_then_the_earlier() -> None:
    assert lead_of(one(1), one(2, rank=5, hours=4)) == 2
    assert lead_of(one(1, hours=2), one(2)) == 2


def test_a_feed_that_speaks_for_others_leads_only_by_rank() -> None:
    assert lead_of(one(1, own_site=False), one(2, hours=5)) == 2
    assert lead_of(one(1, own_site=False, rank=3), one(2, hours=5)) == 1


def test_a_headline_with_a_link_and_a_date_leads_before_one_without() -> None:
    assert lead_of(one(1, has_url=False), one(2, hours=5)) == 2
    assert lead_of(one(1, dated=False), one(2, hours=5)) == 2


def test_news_leads_before_comment_and_before_a_stub() -> None:
    assert lead_of(one(1, "Opinion: what the Quetta market blast means"), one(2, hours=2)) == 2
    assert lead_of(one(1, "Quetta blast"), one(2, hours=2)) == 2


def test_a_published_lead_stays_whatever_comes() -> None:
    known = PublishedLead(1, FULL)

    assert lead_of(one(1), one(2, rank=50), published=known) == 1


def test_a_published_lead_that_was_cut_off_gives_way_to_a_complete_one_only() -> None:
    cut = "Bomb blast kills five at vegetable market in..."
    known = PublishedLead(1, cut)

    assert lead_of(one(1, cut), one(2), published=known) == 2
    assert lead_of(one(1, cut), one(2, "Bomb blast kills five at...", rank=9),
                   published=known) == 1  # fmt: skip


def test_a_published_lead_that_is_gone_gives_way() -> None:
    assert lead_of(one(2), one(3, rank=1), published=PublishedLead(1, FULL)) == 3


def test_a_story_without_items_has_no_lead() -> None:
    with pytest.raises(ValueError, match="without items"):
        choose_lead([])
