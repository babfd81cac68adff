"""Headlines are read without what others put around their words, and without disguises."""

from __future__ import annotations

import gc

import pytest

from aggregator.stories.features import Features, read
from aggregator.stories.folding import MAX_CHARS
from aggregator.stories.revisions import Version, judge
from tests.newsroom import NOW, make_rules

PLAIN = read("Pakistan and U.S. sign trade deal worth 1,200 crore")


@pytest.mark.parametrize(
    "headline",
    [
        "BREAKING: Pakistan and U.S. sign trade deal worth 1,200 crore",
        "Pakistan and U.S. sign trade deal worth 1,200 crore - dawn.com",
        "Pakistan and U.S. sign trade deal worth 1,200 crore | Reuters",
        "Pakistan &amp; U.S. sign trade deal worth 1,200 crore".replace("&amp;", "and"),
        "Pak\u200distan and U.S. si\u200cgn trade deal worth 1,200 crore",
        "P\u0430kistan and U.S. sign tr\u0430de deal worth 1,200 crore",
        "Pa\u0301kistan and U.S. sign trade de\u0301al worth 1,200 crore",
    ],
)
def test_labels_and_disguises_change_no_word(headline: str) -> None:
    assert read(headline).fingerprint == PLAIN.fingerprint


def test_what_was_escaped_twice_is_unescaped() -> None:
    once = read("Talks on Kashmir &amp; trade resume")

    assert once.core == "Talks on Kashmir & trade resume"


def test_a_headline_of_a_megabyte_is_read_at_its_beginning_only() -> None:
    long = read("Quetta blast " * 80_000)

    assert long.truncated
    assert len(long.core) <= MAX_CHARS


def test_initials_with_points_and_ampersands_are_words() -> None:
    assert read("R&D and the F.B.I. agree").words == ("rd", "and", "the", "fbi", "agree")


def test_shouting_is_told_in_any_script() -> None:
    assert read("BOMB BLAST KILLS FIVE IN QUETTA").shouting
    assert read("ВЗРЫВ НА РЫНКЕ В КВЕТТЕ").shouting
    assert not read("Bomb blast kills five in QUETTA").shouting


def test_signs_behind_a_dash_name_no_publisher() -> None:
    assert read("Talks resume in Doha - ???").core == "Talks resume in Doha - ???"


def test_a_happening_of_several_words_names_nobody() -> None:
    found = read("Four tourists were shot dead near Quetta")

    assert "kill" in found.bag
    assert "kill" not in found.names


def test_an_ordinal_in_figures_is_the_one_in_words() -> None:
    assert read("Pakistan ranks 2nd").terms == read("Pakistan ranks second").terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Six khwarij killed in Hangu", "Six khawarij killed in Hangu"),
        ("Six khawarij killed in Hangu", "Six militants killed in Hangu"),
        ("Two labourers abducted", "Two workers kidnapped"),
        ("Two laborers kidnapped", "Two labourers taken hostage"),
        ("Air raids in Khost", "Bombardment in Khost"),
        ("Mayor assassinated", "Mayor killed"),
        ("Warship at sea", "Destroyer at sea"),
        ("Envoy summoned", "Ambassador summoned"),
        ("Chargé d'affaires summoned", "Envoy summoned"),
        ("Missile test-fired", "Missile tested"),
        ("Missile flight-tested", "Missile test-launched"),
        ("Atomic sites", "Nuclear sites"),
        ("Skipper found guilty", "Skipper convicted"),
        ("Retaliation at sea", "Retaliates at sea"),
        ("Concern in Oman", "Unease in Oman"),
        ("Asian Development Bank visits", "ADB visits"),
        ("UN refugee agency warns", "UNHCR warns"),
        ("EAM arrives", "Jaishankar arrives"),
        ("Clash in D.I. Khan", "Clash in Dera Ismail Khan"),
        ("Clash in Bermal", "Clash in Birmal"),
    ],
)
def test_words_of_one_meaning_are_one_term(one: str, other: str) -> None:
    assert sorted(read(one).terms) == sorted(read(other).terms)


def test_the_longest_name_wins_where_its_beginning_is_one_in_capitals() -> None:
    assert read("UN Security Council meets").terms == read("Security Council meets").terms
    assert read("US President Donald Trump speaks").terms == read("Trump speaks").terms
    assert read("UN speaks").terms == ("un", "speak")


def test_ministers_stand_for_their_states() -> None:
    lands = [read(f"{who} speaks").lands for who in ("Rajnath Singh", "Ajit Doval", "Muttaqi")]

    assert lands == [{"india"}, {"india"}, {"afghanistan"}]
    assert read("Wang Yi speaks").lands == {"china"}


@pytest.mark.parametrize("word", ["፭", "፭ሺህ", "❼", "❼i9", "፭th"])
def test_figures_that_are_no_decimal_digits_are_words(word: str) -> None:
    found = read(f"Police hold {word} after the blast")

    assert found.bag == read("Police hold after the blast").bag | {word}
    assert not found.numbers


def test_a_date_that_names_an_event_is_its_name() -> None:
    assert "mumbai_attacks" in read("26/11 plotter lands in Delhi").names
    assert "mumbai_attacks" in read("2008 Mumbai attacks suspect lands in Delhi").names
    assert "mumbai_attacks" not in read("26 killed in 11 raids").bag


def test_a_day_may_stand_before_its_month() -> None:
    assert read("Court to hear appeal on 12 March").dates == {(3, 12)}
    assert read("Court to hear appeal on March 12").dates == {(3, 12)}


def test_what_is_quoted_is_found_by_its_terms() -> None:
    assert read('Minister calls the plan "a bitter pill" for farmers').quoted >= {"bitter", "pill"}
    assert read("Minister's plan angers farmers' unions").quoted == frozenset()


def test_labels_in_many_layers_come_off_as_far_as_they_are_looked_for() -> None:
    headline = "BREAKING: BREAKING: BREAKING: BREAKING: BREAKING: Bomb blast in Quetta"

    assert read(headline).core == "BREAKING: Bomb blast in Quetta"


def test_a_run_that_is_over_keeps_no_headline() -> None:
    rules, headline = make_rules(), "Ferry sinks off Gwadar, says owner: 14 rescued"

    def kept() -> int:
        return sum(
            isinstance(one, Features) and one.headline == headline for one in gc.get_objects()
        )

    one = rules.read(headline, "Fishermen pulled them out.", "Dawn", "")
    assert one.kind is not None
    del one
    told = Version(headline, None, NOW, "")
    judge(told, told)
    assert kept() == 2

    rules.forget()

    assert kept() == 0


@pytest.mark.parametrize("headline", ["Elections are expected in May", "May says a deal is near"])
def test_a_month_without_a_day_is_no_date(headline: str) -> None:
    assert not read(headline).dates
