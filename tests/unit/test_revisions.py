"""Whether an entry that changed is the item that it was: page, headline and date together."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aggregator.stories.revisions import Version, cuts_off, judge, judge_moved, judge_replaced
from aggregator.text import misread
from tests.newsroom import BLAST, BLAST_CUT, NOW, TALKS, WEATHER

PAGE, OTHER = "https://dawn.example/a", "https://dawn.example/b"
SHORT = "Road closed"
TEXT, ELSE = "The bridge at Hull is being mended.", "A lorry burns on the ring of Leeds."


def told(
    headline: str = BLAST, *, page: str | None = PAGE, hours: float | None = 0, text: str = ""
) -> Version:
    at = None if hours is None else NOW + timedelta(hours=hours)
    return Version(headline, page, at, text)


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (told(), "same"),
        (told(f"LIVE: {BLAST}"), "same"),
        (told(hours=900), "same"),
        (told(page=None, hours=30), "same"),
        (told(page=OTHER), "edit"),
        (told(page=OTHER, hours=3), "edit"),
        (told(page=OTHER, hours=30), "new"),
        (told(BLAST_CUT), "edit"),
        (told(BLAST.replace("five", "six")), "edit"),
        (told(BLAST.replace("five", "six"), hours=70), "edit"),
        (told(BLAST.replace("five", "six"), hours=80), "new"),
        (told(BLAST.replace("five", "six"), hours=None), "edit"),
        (told(BLAST.replace("five", "six"), page=None, hours=1), "edit"),
        (told(BLAST.replace("five", "six"), page=None, hours=7), "new"),
        (told(BLAST.replace("five", "six"), page=OTHER), "edit"),
        (told(BLAST.replace("five", "six"), page=OTHER, hours=1), "new"),
        (told(TALKS), "new"),
        (told(TALKS, hours=None), "new"),
        (told(BLAST.replace("Quetta", "Karachi")), "new"),
        (told("Bomb disposal team saves market in Quetta"), "new"),
        (told(""), "new"),
    ],
)
def test_page_headline_and_date_decide_together(entry: Version, kind: str) -> None:
    verdict = judge(told(), entry)

    assert verdict.kind == kind, verdict.reasons
    assert verdict.reasons


@pytest.mark.parametrize(
    ("stored", "entry"),
    [
        ("Lottery results: draw 1204", "Lottery results: draw 1205"),
        ("Harbour podcast, episode 12: rain", "Harbour podcast, episode 13: rain"),
        ("Harbour podcast #12", "Harbour podcast #13"),
        ("Harbour season 2, episode 12", "Harbour season 2, episode 13"),
        ("Trial of ex-mayor of Hull, day 5", "Trial of ex-mayor of Hull, day 6"),
        ("Storm Rafael Public Advisory Number 4", "Storm Rafael Public Advisory Number 5"),
        ("CVE-2026-1234: flaw in OpenSSL", "CVE-2026-1235: flaw in OpenSSL"),
        ("Linux kernel 6.19-rc3 released", "Linux kernel 6.19-rc4 released"),
        ("Aziz Khan wins seat NA-120", "Aziz Khan wins seat NA-122"),
        ("Flight PK301 to Lahore delayed", "Flight PK305 to Lahore delayed"),
        ("USN-6001-1: Linux kernel vulnerabilities", "USN-6002-1: Linux kernel vulnerabilities"),
    ],
)
def test_the_next_piece_of_a_series_is_another_item(stored: str, entry: str) -> None:
    assert judge(told(stored, text=TEXT), told(entry, text=ELSE)).is_new
    assert judge(told(stored), told(entry, hours=3)).is_new
    assert judge(told(stored, hours=None, text=TEXT), told(entry, hours=None, text=ELSE)).is_new
    assert judge_replaced(told(stored, text=TEXT), told(entry, page=OTHER, text=TEXT)).is_new
    slip = judge(told(stored), told(entry))
    assert not slip.is_new
    assert " instead of " in slip.reasons[-1]


@pytest.mark.parametrize(
    ("stored", "entry", "is_new"),
    [
        ("5.1-magnitude quake off Tonga", "5.6-magnitude quake off Tonga", True),
        ("Bitcoin trades at $90,112", "Bitcoin trades at $91,001", True),
        ("Firefox 142 released", "Firefox 143 released", True),
        ("5 killed in blast in Quetta market", "12 killed in blast in Quetta market", False),
        ("Flood in Swat: 3 missing", "Flood in Swat: 30 missing", False),
    ],
)
def test_other_figures_hours_later_with_another_text_are_news_but_for_tolls(
    stored: str, entry: str, is_new: bool
) -> None:
    assert judge(told(stored, text=TEXT), told(entry, hours=9, text=ELSE)).is_new is is_new
    assert not judge(told(stored, text=TEXT), told(entry, hours=2, text=ELSE)).is_new
    assert not judge(told(stored, text=TEXT), told(entry, hours=9, text=TEXT)).is_new


@pytest.mark.parametrize(
    ("stored", "entry"),
    [
        ("Report on Map> speed", "Report on Map<String, List<Integer>> speed"),
        ("Why std::vector", "Why std::vector<int> grows"),
        ("The element in HTML", "The <dialog> element in HTML"),
        ("Mail of at noon", "Mail of <dsmirnov> at noon"),
    ],
)
def test_what_stood_in_angle_brackets_is_no_other_event(stored: str, entry: str) -> None:
    assert judge(told(stored), told(entry)).kind == "same"
    assert judge(told(f"{stored} slowly"), told(entry)).kind != "same"


@pytest.mark.parametrize(
    ("stored", "entry", "kind"),
    [
        (told(SHORT, text=TEXT), told(SHORT, hours=9, text=ELSE), "new"),
        (told(SHORT, text=TEXT), told(SHORT, hours=9, text=TEXT), "same"),
        (told(SHORT, text=TEXT), told(SHORT, hours=5, text=ELSE), "same"),
        (told(SHORT), told(SHORT, hours=9), "same"),
        (told(SHORT, page=None), told(SHORT, page=None, hours=9), "new"),
        (told(SHORT), told(SHORT, page=OTHER, hours=1), "new"),
        (told(SHORT, text=TEXT), told(SHORT, page=OTHER, hours=9, text=TEXT), "edit"),
        (told(page=None, text=TEXT), told(page=None, hours=9, text=ELSE), "new"),
        (told("Markets fall"), told("Markets fall sharply"), "edit"),
        (told("Markets fall"), told("Markets fall as banks fail"), "new"),
        (told("Govenment to resign"), told("Government to resign"), "edit"),
        (told("Sharif lands in Beijing on visit"),
         told("Shehbaz Sharif lands in Beijing on visit"), "edit"),
        (told("PM Shehbaz Sharif meets Xi Jinping in Beijing"),
         told("PM Sharif meets Xi in Beijing"), "edit"),
        (told("Khan freed on bail in Lahore"), told("Imran Khan freed on bail in Lahore"), "edit"),
        (told("Blast in Quetta kills five"), told("Second blast in Quetta kills five"), "new"),
        (told("Khan freed on bail in Lahore"), told("Qureshi freed on bail in Lahore"), "new"),
        (told("Sharif lands in Beijing"), told("Maryam Nawaz lands in Beijing"), "new"),
        (told("v2.0.0"), told("v3.1.0"), "new"),
        (told("Missing person: John Smith"), told("Missing person: Anna Jones"), "new"),
        (told("Chief Jon Smyth resigns"), told("Chief John Smith resigns"), "edit"),
        (told("Trump says deal with Iran is close"), told("Trump says deal with Tehran is close"),
         "edit"),
        (told("Trump says Iran deal close"), told("Trump says Iran deal dead"), "new"),
        (told("Jon Smyth leads poll in Hull"), told("John Smith leads poll in Hull"), "edit"),
        (told("地震 東京 震度5"), told("地震 大阪 震度4"), "new"),
        (told("東京で震度5の強い地震"), told("東京で震度5の強い地震。"), "same"),
    ],
)  # fmt: skip
def test_short_headlines_need_more_than_their_words(
    stored: Version, entry: Version, kind: str
) -> None:
    verdict = judge(stored, entry)

    assert verdict.kind == kind, verdict.reasons


def test_an_item_led_away_from_its_first_headline_is_another() -> None:
    first = "Otter badger heron walrus"
    stored = told("Badger heron walrus lizard beetle")
    entry = told("Heron walrus lizard beetle gecko")

    assert judge(stored, entry).kind == "edit"
    assert judge(stored, entry, first=first).kind == "new"
    assert judge(stored, entry, first=stored.headline).kind == "edit"
    assert judge(stored, entry, first=TALKS).kind == "edit"  # led away by an older release


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (told(text=TEXT), "same"),
        (told(hours=9, text=TEXT), "same"),
        (told(hours=9, text=ELSE), "new"),
        (told(hours=5, text=ELSE), "same"),
        (told(BLAST.replace("five", "six"), hours=9, text=ELSE), "edit"),
        (told(page=OTHER, text=TEXT), "new"),
        (told(page=None, hours=None), "new"),
        (told(WEATHER), "new"),
    ],
)
def test_an_entry_of_another_identity_needs_the_page(entry: Version, kind: str) -> None:
    verdict = judge_moved(told(text=TEXT), entry)

    assert verdict.kind == kind, verdict.reasons


@pytest.mark.parametrize(
    ("stored", "entry", "is_new"),
    [
        (told(), told(page=OTHER), False),
        (told(text=TEXT), told(page=OTHER, text=TEXT), False),
        (told(text=TEXT), told(page=OTHER, text=ELSE), True),
        (told(), told(page=OTHER, hours=1), True),
        (told(), told(page=OTHER, hours=None), True),
        (told(hours=None), told(page=OTHER, hours=None), True),
        (told(hours=None, text=TEXT), told(page=OTHER, hours=None, text=TEXT), False),
        (told(SHORT), told(SHORT, page=OTHER), True),
        (told(SHORT, text=TEXT), told(SHORT, page=OTHER, text=TEXT), False),
        (told(SHORT, text=TEXT, hours=None), told(SHORT, page=OTHER, text=TEXT, hours=None), True),
        (told(text=TEXT), told(BLAST.replace("five", "six"), page=OTHER, text=TEXT), False),
        (told(), told(BLAST.replace("five", "six"), page=OTHER), True),
        (told(text=TEXT), told(TALKS, page=OTHER, text=TEXT), True),
    ],
)
def test_an_entry_of_another_identity_and_page_needs_all_else(
    stored: Version, entry: Version, is_new: bool
) -> None:
    assert judge_replaced(stored, entry).is_new is is_new


def test_a_shared_page_or_a_late_return_needs_date_or_text() -> None:
    stored = told(text=TEXT)

    assert judge_moved(stored, told(hours=1), is_shared=True).is_new
    assert not judge_moved(stored, told(hours=0), is_shared=True).is_new
    assert judge_moved(told(), told(hours=80), most_hours=72).is_new
    assert not judge_moved(told(), told(hours=70), most_hours=72).is_new
    assert judge_moved(told(SHORT), told(SHORT, hours=9)).is_new
    assert judge_moved(told(), told(), first=TALKS).kind == "same"


def test_a_cut_off_copy_of_a_headline_is_told_from_a_new_one() -> None:
    assert cuts_off(BLAST, BLAST_CUT)
    assert not cuts_off(BLAST_CUT, BLAST)
    assert not cuts_off(BLAST_CUT, BLAST_CUT)
    assert not cuts_off(BLAST, "Finance ministers of Japan and Brazil ...")
    assert cuts_off(BLAST, f"{BLAST_CUT} - Dawn", "Dawn")


@pytest.mark.parametrize(
    ("stored", "entry"),
    [
        ("В Киеве прогремел взрыв", "В Харькове прогремел взрыв"),
        ("انفجار في كابول يقتل خمسة", "انفجار في كويتا يقتل خمسة"),
        ("काबुल में धमाका, पांच की मौत", "क्वेटा में धमाका, पांच की मौत"),
        ("کابل میں دھماکا، پانچ جاں بحق", "کوئٹہ میں دھماکا، پانچ جاں بحق"),
    ],
)
def test_another_word_hours_later_with_another_text_is_news(stored: str, entry: str) -> None:
    assert judge(told(stored, text=TEXT), told(entry, hours=9, text=ELSE)).is_new
    assert not judge(told(stored, text=TEXT), told(entry, text=TEXT)).is_new


def test_a_form_that_is_filled_in_anew_is_another_issue() -> None:
    form = "Gold is sold at {} rupees a tola in the markets of Karachi on {}."
    first, next_one = form.format("210,000", "Sunday"), form.format("212,000", "Monday")
    at = "Gold price today: Rs {} per tola"

    assert judge(
        told(at.format(210), text=first), told(at.format(212), hours=24, text=next_one)
    ).is_new
    assert judge(told("Gold price", text=first), told("Gold price", hours=24, text=next_one)).is_new
    assert not judge(told("Gold price", text=first), told("Gold price", text=next_one)).is_new


@pytest.mark.parametrize(
    "headline", ["Café fermé à Nîmes", "В Киеве прогремел взрыв", "東京で地震"]
)
def test_a_headline_in_another_character_set_is_the_same(headline: str) -> None:
    assert judge(told(misread(headline)), told(headline)).kind == "same"
    assert judge(told(headline), told(misread(headline))).kind == "same"
