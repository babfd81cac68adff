"""The built-in topics on headlines written for this project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aggregator.model import TopicText
from aggregator.settings import TopicSettings
from aggregator.topics.decide import judge
from aggregator.topics.query import Topic, compile_topic

BENCH = Path(__file__).parents[2] / "bench" / "topics"


@pytest.fixture(scope="module")
def security() -> Topic:
    return compile_topic(TopicSettings("us-pakistan-security"))


@pytest.fixture(scope="module")
def chips() -> Topic:
    return compile_topic(TopicSettings("semiconductor-export-controls"))


def headlines(name: str) -> list[str]:
    lines = (BENCH / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def accepts(topic: Topic, headline: str, summary: str = "") -> bool:
    return judge(topic, [TopicText(headline, summary)]).accepted


def test_hardly_any_off_topic_headline_is_let_in(security: Topic) -> None:
    off = headlines("off_topic.txt")

    let_in = [line for line in off if accepts(security, line)]

    assert len(off) >= 400
    assert len(let_in) <= len(off) // 100, let_in


def test_hardly_any_headline_that_belongs_is_missed(security: Topic) -> None:
    belongs = headlines("on_topic.txt")

    missed = [line for line in belongs if not accepts(security, line)]

    assert len(missed) <= len(belongs) * 8 // 100, missed


@pytest.mark.parametrize(
    "headline",
    [
        "US, Pakistan hold counterterrorism talks in Islamabad",
        "U.S. approves upgrade of Pakistan’s F-16s - The Washington Post",
        "Trump says again he ended India-Pakistan war",
        "Washington lists Majeed Brigade as terrorist group, Islamabad welcomes move",
        "CENTCOM chief calls on Field Marshal Munir at GHQ",
        "امریکہ اور پاکستان کے درمیان انسداد دہشت گردی مذاکرات",
        "अमेरिका ने पाकिस्तान के मिसाइल कार्यक्रम पर प्रतिबंध लगाए",
    ],
)
def test_security_news_of_both_countries_is_let_in(security: Topic, headline: str) -> None:
    assert accepts(security, headline)


@pytest.mark.parametrize(
    "headline",
    [
        "Washington Sundar shines as India beat Pakistan",
        "Islamabad United sign US spinner",
        "US dollar rises against Pakistani rupee",
        "Jaishankar meets Rubio in Washington",
        "Fire in Pak Nam; US tourists flee",
        "Pakistan, US sign trade deal on textiles",
        "Pakistan army kills ten militants in Waziristan",
        "IPL: Punjab Kings beat Chennai",
        "Taliban retake Lashkar Gah bazaar, years after US exit",
        "پاکستان نے کرکٹ میچ میں امریکہ کو ہرا دیا",
        "भारत और अमेरिका के बीच व्यापार समझौता",
    ],
)
def test_other_news_of_the_same_names_is_kept_out(security: Topic, headline: str) -> None:
    assert not accepts(security, headline)


def test_a_vague_title_is_let_in_by_its_summary(security: Topic) -> None:
    assert not accepts(security, "A welcome step")
    assert accepts(
        security,
        "A welcome step",
        "The United States has designated the Balochistan Liberation Army, which has killed"
        " hundreds in Pakistan, as a terrorist organisation.",
    )


@pytest.mark.parametrize(
    ("headline", "expected"),
    [
        ("US widens export controls on AI chips to China", True),
        ("Dutch licence requirement hits ASML lithography sales", True),
        ("Export curbs push Nvidia shares lower", True),
        ("Nvidia shares jump on record sales", False),
        ("New entity list targets drone makers", False),
        ("Fish and chips shop wins award", False),
    ],
)
def test_the_second_builtin_reads_another_subject(
    chips: Topic, headline: str, expected: bool
) -> None:
    assert accepts(chips, headline) is expected


def test_a_bomb_with_its_article_is_no_nuclear_one(security: Topic) -> None:
    text = TopicText("Police defuse a bomb in Karachi", "")

    assert "A-bomb" not in {hit.term for hit in judge(security, [text]).terms}


def test_every_rule_has_a_prior_from_which_its_weight_is_fitted(security: Topic) -> None:
    priors = json.loads((BENCH / "priors.json").read_text(encoding="utf-8"))

    assert priors.keys() == {"start", *(rule.name for rule in security.rules)}


def test_a_configuration_that_is_read_again_compiles_nothing_anew(security: Topic) -> None:
    again, renamed = (
        compile_topic(TopicSettings("us-pakistan-security", title=title)) for title in ("", "Ours")
    )

    assert again is security
    assert (renamed.title, renamed.rules_hash) == ("Ours", security.rules_hash)
