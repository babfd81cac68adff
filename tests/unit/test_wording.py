"""The same words of two items: one report, or the same said of another event."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from aggregator.settings import StorySettings
from aggregator.stories.compare import Comparisons, Member, compare, load_matcher
from aggregator.stories.features import read
from aggregator.stories.match import Candidate, decide
from aggregator.stories.wording import text_share
from tests.newsroom import BLAST, NOW

MATCHER = load_matcher(StorySettings())
BANNU = "The two died when a device went off beside their patrol near Mir Ali on Monday."
GOLD = "Gold price per tola falls Rs2,000 in Pakistan"
PRICE = "The price of gold fell on {} to Rs{} per tola, the Sarafa Association of jewellers said."
RAZMAK = "A convoy was hit in the Razmak area; officials named Naik Ali and Sepoy Khan."


def said(
    number: int,
    headline: str,
    *,
    text: str = "",
    page: str | None = None,
    outlet: str = "Dawn",
    hours: float = 0,
) -> Member:
    return Member(
        item_id=number,
        features=read(headline, summary=text),
        at=NOW + timedelta(hours=hours),
        feed_id=len(outlet),
        identity=str(number),
        canonical_url=page and f"https://{outlet.lower()}.example/{page}",
        publisher=outlet,
    )


MARTYRED = "Two soldiers martyred in North Waziristan IED blast"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (
            said(1, MARTYRED, page="1", text=BANNU),
            said(2, MARTYRED, page="2", text=RAZMAK, hours=44),
        ),
        (said(1, BLAST, page="1", text=BANNU), said(2, BLAST, page="2", text=RAZMAK, hours=7)),
        (said(1, MARTYRED, page="1"), said(2, MARTYRED, page="2", hours=30)),
        (
            said(1, "Missing person", page="1", text="Anna Jones, 17, was last seen in Hull."),
            said(2, "Missing person", page="2", text="Police look for a boy of nine from Leeds."),
        ),
        (said(1, "v2.0.0", page="1", outlet="Alpha"), said(2, "v2.0.0", page="1", outlet="Beta")),
        (
            said(1, "Magnitude 4.6 earthquake strikes", page="1", outlet="Quakes", text=BANNU),
            said(2, "Magnitude 4.6 earthquake strikes", page="2", outlet="Tremor", text=RAZMAK),
        ),
        (said(1, "Road closed", outlet="Hull"), said(2, "Road closed", outlet="Leeds")),
        (said(1, "Release 1.4.2", outlet="Alpha"), said(2, "Release 1.4.2", outlet="Beta")),
        (said(1, "Morning briefing"), said(2, "Morning briefing", outlet="Reuters")),
        (
            said(1, "Body found in river", page="1",
                 text="Police in Hull found the body of a man of 40 in the Humber."),
            said(2, "Body found in river", page="2", outlet="Reuters",
                 text="The body of a woman was recovered in Leeds from the Aire at dawn."),
        ),
        (
            said(1, "Two die in house fire", page="1", text="Two people died in a fire in Hull."),
            said(2, "Two die in house fire", page="2", outlet="Reuters",
                 text="A fire killed two at a house in Leeds."),
        ),
        (
            said(1, GOLD, page="1", text=PRICE.format("Monday", "428,362")),
            said(2, GOLD, page="2", text=PRICE.format("Tuesday", "426,362"), hours=24),
        ),
        (
            said(1, GOLD, page="1", text=PRICE.format("this week", "428,362")),
            said(2, GOLD, page="2", text=PRICE.format("this week", "430,112"), hours=24),
        ),
        (
            said(1, "Five stocks to buy today", page="1", text=PRICE.format("Friday", "100")),
            said(2, "Five stocks to buy today", page="2", text=PRICE.format("Monday", "100"),
                 hours=72),
        ),
        (
            said(1, "Police appeal for witnesses", page="1", text=BANNU),
            said(2, "Police appeal for witnesses", page="2", text=RAZMAK, hours=1),
        ),
    ],
    ids=["martyred", "blast", "no text", "missing", "v2", "quakes", "road", "release", "briefing",
         "river", "fire", "gold", "gold, no day", "stocks", "witnesses"],
)  # fmt: skip
def test_the_same_words_of_another_event_join_nothing(a: Member, b: Member) -> None:
    for one, other in ((a, b), (b, a)):
        found = compare(one, other, MATCHER)
        story = Candidate(7, (other,), first_at=other.at, last_at=other.at)

        assert (found.rule, found.score) == ("reworded", 0.0)
        assert "veto_repeated" in found.vetoes
        assert decide(one, [story], Comparisons(MATCHER)).story_id is None


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (
            said(1, MARTYRED, page="1", text=BANNU),
            said(2, MARTYRED, page="2", text=BANNU, hours=44),
        ),
        (
            said(1, MARTYRED, page="1", text=BANNU),
            said(2, MARTYRED, page="1", text=RAZMAK, hours=44),
        ),
        (said(1, MARTYRED, page="1"), said(2, MARTYRED, page="2", hours=5)),
        (
            said(1, GOLD, page="1", text=PRICE.format("Monday", "428,362")),
            said(2, GOLD, page="2", text=PRICE.format("Monday", "428,362") + " (AFP)", hours=9),
        ),
        (
            said(1, GOLD, page="1", text=PRICE.format("Monday", "428,362")),
            said(2, GOLD, page="2", text=PRICE.format("Tuesday", "426,362"), hours=4),
        ),
        (
            said(1, MARTYRED, page="1", text=BANNU),
            said(2, MARTYRED, page="2", text=RAZMAK, hours=2),
        ),
        (said(1, MARTYRED), said(2, MARTYRED, hours=44)),
        (
            said(1, BLAST, page="1", text=BANNU),
            said(2, BLAST, page="9", outlet="Reuters", text=RAZMAK, hours=44),
        ),
        (
            said(1, "Missing person", page="1", text="Anna Jones, 17, was last seen in Hull."),
            said(2, "Missing person", page="2", outlet="Reuters",
                 text="Anna Jones of Hull, 17, has not been seen since."),
        ),
        (said(1, "Missing person", outlet=""), said(2, "Missing person", outlet="")),
        (said(1, "Road closed", page="1"), said(2, "Road closed", page="1", hours=3)),
    ],
    ids=["same text", "same page", "soon", "gold once more", "gold, soon", "soon, another text",
         "no page", "other outlet", "formula, same text", "nothing known", "formula, same page"],
)  # fmt: skip
def test_the_same_words_of_one_event_are_exact(a: Member, b: Member) -> None:
    assert compare(a, b, MATCHER).rule == compare(b, a, MATCHER).rule == "exact"


def test_the_same_feed_is_one_outlet_where_no_publisher_is_named() -> None:
    a, b = (
        Member(n, read(MARTYRED), NOW + timedelta(hours=30 * n), feed_id=5,
               canonical_url=f"https://dawn.example/{n}")
        for n in (1, 2)
    )  # fmt: skip

    assert "veto_repeated" in compare(a, b, MATCHER).vetoes


def test_headlines_without_words_are_not_the_same_words() -> None:
    a, b = (Member(n, read(headline), NOW) for n, headline in enumerate(("???", "!!!")))

    assert "veto_repeated" not in compare(a, b, MATCHER).vetoes


def test_how_much_of_a_text_another_has() -> None:
    assert text_share("", "") is None
    assert text_share("Anna was found.", "") is None
    assert text_share(BANNU, BANNU) == 1.0
    assert 0.0 <= (text_share(BANNU, RAZMAK) or 0.0) < 0.3


def undated(member: Member, *, seen: float) -> Member:
    return replace(member, at=None, seen_at=NOW + timedelta(hours=seen))


@pytest.mark.parametrize(
    "headline",
    [MARTYRED, "Missing person", "Road closed", "В Дагестане произошло ДТП", "지진 발생"],
)
@pytest.mark.parametrize(("first", "other"), [(BANNU, RAZMAK), ("", "")])
def test_items_without_dates_are_as_far_apart_as_they_were_first_seen(
    headline: str, first: str, other: str
) -> None:
    a = undated(said(1, headline, page="1", text=first), seen=0)
    b = said(2, headline, page="2", text=other)

    assert compare(a, undated(b, seen=44), MATCHER).rule != "exact"
    assert compare(a, replace(b, at=NOW + timedelta(hours=44)), MATCHER).rule != "exact"


def test_items_without_dates_that_came_at_once_are_one_report() -> None:
    a, b = (
        undated(said(number, BLAST, page=str(number), text=BANNU), seen=number) for number in (1, 2)
    )

    assert compare(a, b, MATCHER).rule == "exact"


@pytest.mark.parametrize(
    ("headline", "is_one"),
    [
        ("巴基斯坦奎达蔬菜市场发生爆炸至少5人死亡", True),
        ("日本と英国、防衛協定に署名", True),
        ("パキスタン南西部の市場で爆発", True),
        ("天气预报", False),
        ("速報", False),
        ("訃報", False),
        ("人事异动公告", False),
    ],
)
def test_a_headline_without_spaces_says_much_by_its_letters(headline: str, is_one: bool) -> None:
    a, b = said(1, headline, outlet="Xinhua"), said(2, headline, outlet="NHK", hours=2)

    assert (compare(a, b, MATCHER).rule == "exact") is is_one
