"""What keeps headlines apart although nearly all of their words are the same."""

from __future__ import annotations

import pytest

from aggregator.stories.features import read
from aggregator.stories.lexicon import lexicon
from aggregator.stories.vetoes import vetoes


def found(a: str, b: str, hours: float | None = 5.0) -> tuple[str, ...]:
    first, second = read(a), read(b)
    assert vetoes(first, second, hours) == vetoes(second, first, hours)
    return vetoes(first, second, hours)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Suicide bomber kills nine in Bannu", "Suicide attack leaves nine dead in Turbat"),
        ("Roadside bomb hits van in southwestern Quetta", "Bomb targets van in Peshawar"),
        ("Raid in Dera Ismail Khan kills six", "Six militants killed in North Waziristan raid"),
        ("Blast near mosque in Islamabad", "Blast near mosque in Kabul"),
        (
            "US lists group behind Multan attack that killed 12",
            "Group blamed for 31 deaths in Pakistan's Quetta put on US terror list",
        ),
    ],
)
def test_two_places_are_two_events(a: str, b: str) -> None:
    assert "veto_place" in found(a, b) or "veto_swapped" in found(a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Bomb kills four in Bannu", "Bomb kills four in Khyber Pakhtunkhwa"),
        ("Six killed in Miranshah raid", "Raid in North Waziristan kills six"),
        ("Gunmen storm post in Kupwara", "Gunmen storm post in Indian Kashmir"),
        ("Talks held in Islamabad", "Pakistan hosts talks with Washington"),
        ("Envoy in Jerusalem to push the Gaza plan", "Envoy meets premier over Gaza plan"),
        ("Clash in Kurram", "Clash in Kuram"),
        ("Clash in Dera Ismail Khan", "Clash in DI Khan"),
    ],
)
def test_a_place_and_what_it_lies_in_may_be_one_event(a: str, b: str) -> None:
    assert found(a, b) == ()


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Army kills 12 militants in Hangu as talks go on",
         "Army kills 31 militants in Chitral as talks go on"),
        ("Qatar condemns strike on southern school", "Turkey condemns strike on southern school"),
        ("Rubio thanks premier for support", "Hegseth thanks premier for support"),
    ],
)  # fmt: skip
def test_the_same_sentence_with_other_names_is_another_event(a: str, b: str) -> None:
    assert "veto_swapped" in found(a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Zelenskyy thanks premier for support", "Zelensky thanks premier for support"),
        ("Blast kills nine in Quetta market", "Blast kills 14 in Quetta market"),
        ("Rubio thanks premier for support", "Premier thanked by Hegseth for support"),
        ("Rubio thanks premier", "Rubio, Hegseth thank premier"),
        ("US sanctions three Karachi firms over missile parts",
         "US sanctions three Pakistani firms over missile parts"),
    ],
)  # fmt: skip
def test_spellings_tolls_and_additions_swap_nothing(a: str, b: str) -> None:
    assert "veto_swapped" not in found(a, b)


def test_every_place_leads_to_a_region_without_end_or_loop() -> None:
    words = lexicon()

    assert all(len(chain) == len(set(chain)) for chain in words.within.values())
    assert set(words.towns.values()) <= set(words.within)
    assert words.within["miranshah"] == (
        "miranshah", "north_waziristan", "waziristan", "khyber", "pakistan")  # fmt: skip


@pytest.mark.parametrize(
    ("a", "b", "answered"),
    [
        ("Iran says Qatar captured three of its bomber pilots months ago",
         "Qatar rejects the claim over captured pilots", True),
        ("Qatar holds three Iranian bomber pilots",
         "Qatar rejects the claim over captured pilots", False),
        ("Iran captured three bomber pilots", "Outrage over captured bomber pilots", False),
    ],
)  # fmt: skip
def test_an_answer_is_another_event_than_what_it_answers(a: str, b: str, answered: bool) -> None:
    assert ("veto_reaction" in found(a, b)) == answered


def test_two_days_in_the_headlines_are_two_issues() -> None:
    assert "veto_date" in found("Press briefing of August 12", "Press briefing of August 14")
    assert "veto_date" in found("Report on terrorism 2022", "Report on terrorism 2023")


@pytest.mark.parametrize(
    ("a", "b", "apart"),
    [
        ("Pakistan, US hold talks on terrorism", "Pakistan, China hold talks on terrorism", True),
        (
            "US would handle Oman easily if it interferes in talks on the strait",
            "Trump threatens to bomb Oman if it gets in the way of talks with Iran",
            False,
        ),
    ],
)
def test_a_leader_stands_for_a_counterparty(a: str, b: str, apart: bool) -> None:
    assert ("veto_counterparty" in vetoes(read(a), read(b), 1.0)) is apart


@pytest.mark.parametrize(
    ("title", "stuffed"),
    [
        ("U.S. Pakistan counterterrorism dialogue Islamabad security talks army police India"
         " Afghanistan border attack", True),
        ("Pakistan, India, Afghanistan, Iran, border, attack, security, police, army, clash", True),
        ("India Pakistan China Iran border clash army news attack today live war", True),
        ("China US Russia Japan chips export controls border army clash Nvidia", True),
        ("Pakistan, India, Iran and China hold border talks after army clash near Chaman", False),
        ("Pakistan army reports border clash, kills 12 militants, arrests dozens today", False),
        ("New Delhi watching U.S.-Pakistan border dialogue closely after clash, MEA says", False),
        ("Pakistan India China Iran border clash", False),
    ],
)  # fmt: skip
def test_a_title_of_search_words_is_of_no_event(title: str, *, stuffed: bool) -> None:
    report = "Pakistan army reports border clash near Chaman"

    assert ("veto_keywords" in found(title, report)) is stuffed
    assert ("veto_keywords" in found(report, title)) is stuffed


@pytest.mark.parametrize(
    ("a", "b", "apart"),
    [
        ("Bomb blast kills five at Quetta market", "Second bomb found near Quetta hospital", True),
        ("Second bomb found near Quetta hospital", "Police defuse second bomb in Quetta", False),
        ("Drone strike kills six in Khost", "Another strike reported in Khost", True),
        ("Blast at Quetta market", "Second minister visits Quetta after blast", False),
    ],
)
def test_what_counts_on_is_another_event(a: str, b: str, *, apart: bool) -> None:
    assert ("veto_another" in found(a, b)) is apart


@pytest.mark.parametrize(
    ("a", "b", "apart"),
    [
        ("US clears $450 million F-16 package for Pakistan",
         "US clears $686 million F-16 package for Pakistan", True),
        ("IMF approves $1.2bn for Pakistan", "IMF approves $1bn for Pakistan", False),  # rounded
        ("US and Pakistan hold round 3 of talks", "US and Pakistan hold round 5 of talks", True),
        ("Blast kills 3 in Hangu market", "Blast kills 9 in Hangu market", False),
        ("155 hostages rescued from hijacked Pakistan train",
         "190 hostages rescued from hijacked Pakistan train", False),
        ("Pakistan arrests 12 suspects over Islamabad bombing",
         "Pakistan arrests 20 suspects over Islamabad bombing", False),
        ("Pakistan evacuates 150,000 as floods hit Punjab",
         "Pakistan evacuates 310,000 as floods hit Punjab", False),
        ("US clears $680 million package", "Package of $450 million gets nod in US", False),
        ("Talks in Doha enter day 2", "Talks in Doha enter final day", False),
    ],
)  # fmt: skip
def test_another_sum_or_round_is_another_event(a: str, b: str, apart: bool) -> None:
    assert ("veto_figures" in found(a, b)) is apart


@pytest.mark.parametrize(
    ("a", "b", "apart"),
    [
        ("Kenya launches second corvette", "Kenya launches third corvette for navy", True),
        ("Sixth round of Oman talks opens", "Oman talks: 7th round opens in Muscat", True),
        ("21st session of tax panel", "Tax panel meets for twenty-first session", False),
        ("Kenya launches 3rd corvette", "Third corvette is launched in Kenya", False),
        # of other things
        ("Second blast in Hangu as fifth convoy passes", "Fifth blast in Hangu kills two", True),
        ("First corvette is launched", "Third minister attends launch of corvette", False),
        ("Navy has its second corvette", "Corvette is launched in Kenya", False),
        ("Third and last", "Second and third", False),
    ],
)  # fmt: skip
def test_another_of_a_series_is_another_event(a: str, b: str, apart: bool) -> None:
    assert ("veto_ordinal" in found(a, b)) is apart


def test_ordinals_are_told_in_words_and_in_figures() -> None:
    ordinals = lexicon().ordinals

    assert [ordinals[term] for term in ("first", "third", "sixth", "6th", "12th")] == [
        1,
        3,
        6,
        6,
        12,
    ]
    assert [ordinals[term] for term in ("11th", "21st", "22nd", "23rd")] == [11, 21, 22, 23]


@pytest.mark.parametrize(
    ("a", "b", "apart"),
    [
        ("Kenya peace talks with rebels open in Ghana",
         "Kenya peace talks with rebels collapse in Ghana", True),
        ("Kenya resumes peace talks", "Kenya peace talks fail", True),
        ("Kenya peace talks fail", "Kenya peace talks collapse", False),
    ],
)  # fmt: skip
def test_talks_that_open_are_not_talks_that_fail(a: str, b: str, apart: bool) -> None:
    assert ("veto_opposite" in found(a, b)) is apart


@pytest.mark.parametrize(
    ("a", "b", "apart"),
    [
        ("Pakistan signs trade deal with China", "Pakistan signs arms deal with Turkey", True),
        ("Qatar opens talks with the U.S.", "Qatar opens talks with Oman over gas", True),
        ("Qatar opens talks with the U.S.", "Qatar opens talks with Trump team", False),
        ("Talks with Iran resume in Muscat", "Talks resume with Oman as mediator for Iran", False),
        ("Talks with US in Muscat over", "Talks with Iran in Muscat over, US says", False),
        ("Qatar opens talks with rebels", "Qatar opens talks with Oman", False),
        ("Deal with", "Deal with Oman", False),
        ("Kenya signs port deal with Ghana", "Peru signs port deal with Kenya", True),
        ("Kenya signs port deal with Ghana", "Kenya and Ghana sign deal with Peru", False),
        ("Port deal with Ghana signed by Kenya", "Port deal with Kenya signed by Peru", True),
        # what states do together in other words than talks
        ("India and US review efforts against terrorism",
         "Pakistan and US review efforts against terrorism in Lahore", True),
        ("Port deal with Ghana signed by mayor", "Port deal with Ghana signed by Kenya", False),
        ("Brazil signs port deal with Ghana", "Brasília signs pact with Accra", False),
        # both sides tell of the same deal
        ("Saudi Arabia signs defence pact with Pakistan",
         "Pakistan signs mutual defence pact with Saudi Arabia", False),
        ("India agrees to ceasefire with Pakistan",
         "Pakistan agrees to immediate ceasefire with India, Trump says", False),
        ("US ceasefire with Iran brokered by Pakistan",
         "Iran agrees to ceasefire with US after Pakistani mediation", False),
        # a place stands for its state
        ("Pakistan opens border with Iran", "Pakistan reopens trade with Zahedan by rail", False),
    ],
)  # fmt: skip
def test_deals_with_other_states_are_other_deals(a: str, b: str, apart: bool) -> None:
    assert ("veto_counterparty" in found(a, b)) is apart


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Thai cargo ship hit in Strait of Hormuz", "Iran hits cargo ship in Strait of Hormuz"),
        ("Morocco boat tragedy: 44 Pakistanis feared dead",
         "Spain-bound boat capsizes, 44 Pakistanis among dead"),
        ("Afghan drone attack kills three Chinese workers",
         "Tajikistan says three Chinese workers killed in cross-border drone attack"),
        ("Chinese J-10 downed French Rafale, says US official",
         "Pakistan's J-10 shot down Indian jets, US officials say"),
        ("Jim Jordan demands briefing on vetting after Guard shooting",
         "US House panel demands briefing on vetting after Guard shooting"),
    ],
)  # fmt: skip
def test_a_state_that_opens_a_headline_need_not_act(a: str, b: str) -> None:
    assert found(a, b) == ()


def test_nations_are_told_by_all_their_words() -> None:
    nations = lexicon().nations
    for headline in ("Brazilians vote", "Brazilian court rules", "Brasília yields", "BRAZIL WINS"):
        assert read(headline).actor == "brazil"
    assert {nations[name] for name in ("us", "pakistan", "india")} == {"us", "pakistan", "india"}
    assert "gaza" not in nations


SECURITY = "US and Pakistan hold counterterrorism dialogue in Islamabad, both vowing joint efforts"


@pytest.mark.parametrize(
    ("a", "b", "apart"),
    [
        (SECURITY, "United States and Pakistan hold discussions on trade in Islamabad", True),
        (SECURITY, "US and Pakistan hold dialogue on critical minerals in Islamabad", True),
        (SECURITY, "Islamabad holds visa discussions with the U.S.", True),
        (SECURITY, "Pakistan and US hold water talks in Islamabad", True),
        ("Iran, Oman hold nuclear talks in Muscat", "Iran and Oman hold gas talks in Muscat", True),
        ("India, Nepal hold talks on river dam", "India and Nepal hold trade talks", True),
        # a field that both name, and one that neither or only one side names
        (SECURITY, "US, Pakistan hold talks on trade and counterterrorism in Islamabad", False),
        (SECURITY, "Islamabad hosts discussions with the U.S. on militant groups", False),
        (SECURITY, "US and Pakistan hold talks in Islamabad", False),
        ("US and Pakistan hold talks", "Pakistan and US meet for talks in Islamabad", False),
        # what states do together in other words than talks
        (
            "Kenya and Ghana pledge closer cooperation against terrorism",
            "Kenya, Ghana review cooperation on river dams",
            True,
        ),
        ("Kenya and Ghana review border security", "Kenya reviews river dams", False),
        # no talks, or those of others: this veto has nothing to say
        ("Pakistan raises import tariffs", "Pakistan army kills militants", False),
        ("Norway and Peru hold trade talks", "Kenya and Ghana hold security talks", False),
    ],
)
def test_talks_about_something_else_are_other_talks(a: str, b: str, apart: bool) -> None:
    assert ("veto_subject" in found(a, b)) is apart


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Multan shivers on coldest night at 2°C", "Multan records coldest night at 1°C"),
        ("Turbat hottest town of the day at 49C", "Turbat is hottest again with 51C"),
        ("Mercury dips to minus 4 in Skardu", "Skardu: mercury slides to minus 6"),
        ("Delhi most polluted capital in the world", "Delhi among most polluted cities"),
        ("AQI in Faisalabad crosses 400", "Faisalabad AQI at 412, schools stay shut"),
    ],
)
def test_another_days_reading_is_another_event(a: str, b: str) -> None:
    assert "veto_recurring" in found(a, b, hours=24.0)
    assert "veto_recurring" not in found(a, b, hours=4.0)


def test_one_side_that_is_no_reading_may_be_the_same_event() -> None:
    assert found("Delhi most polluted capital", "Smog chokes Delhi", hours=24.0) == ()
