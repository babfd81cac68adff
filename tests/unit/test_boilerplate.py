"""Boilerplate of pages in the texts of feeds."""

from __future__ import annotations

import re

import pytest

from aggregator.html import sanitise
from aggregator.parsing.boilerplate import _TAIL, _TAIL_WORDS, strip_boilerplate

STORY = "Officials of both countries met on Tuesday."


def stripped(html: str) -> str:
    return strip_boilerplate(sanitise(html))


@pytest.mark.parametrize(
    "boilerplate",
    [
        "Skip to content",
        "3 posts - 2 participants",
        'Statistics: Posted by <a href="https://n.example/u">bob</a> — Fri Nov 20, 2026',
        'Article URL: <a href="https://n.example/1">https://n.example/1</a>',
        "Points: 12",
        "# Comments: 3",
        "Subscribe to read the full article.",
        "Log in or subscribe to continue reading",
        "Sign up now to unlock this story",
        "This content is for members only",
        "This article is only available to paid subscribers. Choose a plan.",
        "Skip to main navigation",
        "Read also: Another story that you may like",
        "ALSO READ | Another story",
        "Also Read: Another story",
        "Read more: Another story",
        "Read More",
        "Read more...",
        "Continue reading &rarr;",
        "Read the full story here",
        "Click here to read more",
        'The post <a href="https://n.example/1">Title</a> appeared first on '
        '<a href="https://n.example/">News</a>.',
        "This article was originally published by Another Site.",
        "Share this:",
        "Share on Facebook",
        "Click to share on WhatsApp (Opens in new window)",
        "Tweet",
        "Follow us on Twitter and Facebook",
        "Subscribe to our newsletter",
        "Sign up for our daily briefing email",
        "Get the latest news delivered in your inbox",
        "Download our app for more",
        "Advertisement",
        "Listen to this article",
        "4 min read",
        "Tags: pakistan, us",
        "submitted by /u/someone to /r/news",
        "[link]",
        "[12 comments]",
        "Enable JavaScript to view this",
        "To read this article in full, please click here",
        "All rights reserved.",
        "© 2025 News Ltd",
        "Image source, Reuters",
        "Photo credit: Somebody",
        "* * *",
        "مزید پڑھیں",
    ],
)
def test_blocks_of_boilerplate_go(boilerplate: str) -> None:
    story = f"<p>{STORY}</p>"
    for tag in ("p", "div", "li"):
        block = f"<{tag}>{boilerplate}</{tag}>"
        assert (stripped(block + story), stripped(story + block)) == (story, story), tag


@pytest.mark.parametrize(
    "tail",
    [
        ' <a href="https://n.example/1">Read more</a>',
        ' <a href="https://n.example/1">Continue reading <span>Title</span> &raquo;</a>',
        " Read more...",
        " [&#8230;]",
        " [...]",
        " The post Title appeared first on News.",
        '<br><a href="https://n.example/1">[link]</a> <a href="https://n.example/2">[comments]</a>',
    ],
)
def test_boilerplate_at_the_end_of_a_paragraph_goes(tail: str) -> None:
    assert stripped(f"<p>{STORY}{tail}</p>") == f"<p>{STORY}</p>"


@pytest.mark.parametrize(
    "sentence",
    [
        "Share prices rose on Tuesday.",
        "3 posts of the army - 2 of them new - were hit.",
        "Points: 12 of them were agreed.",
        "Share the burden, the secretary told the allies.",
        "Readers of the report were surprised.",
        "The post of ambassador, vacant since May, was filled.",
        "Follow the money, prosecutors said.",
        "Officials read more into it than was there, she said.",
        "Advertisement spending fell.",
        "Register to vote by Monday, the commission said.",
        "This story is for the children of Swat, the author says.",
        "More than 40 people were killed.",
        "Get out, protesters shouted.",
        "Related industries suffered.",
        "She said: <b>we will see</b>.",
    ],
)
def test_sentences_that_begin_alike_stay(sentence: str) -> None:
    assert stripped(f"<p>{sentence}</p>") == f"<p>{sentence}</p>"


def test_links_within_a_sentence_stay() -> None:
    html = sanitise(f'<p>{STORY} See <a href="https://n.example/">the statement</a>.</p>')

    assert strip_boilerplate(html) == html


def test_markup_that_reaches_over_a_block_of_boilerplate_stays_whole() -> None:
    html = "<b>Read more<br>A story</b>"

    assert strip_boilerplate(html) == "<b><br>A story</b>"


def test_a_text_without_boilerplate_is_itself() -> None:
    assert strip_boilerplate(STORY) == STORY


def test_a_long_paragraph_is_no_boilerplate() -> None:
    text = "Read more: " + "words and " * 200 + "an end."

    assert strip_boilerplate(text) == text


def test_breaks_and_empty_elements_around_the_text_go() -> None:
    html = f"<br><br><p></p><b></b>{STORY}<p><i> </i></p><br> <br>"

    assert strip_boilerplate(html) == STORY


def test_empty_elements_are_unwrapped_four_deep() -> None:
    assert strip_boilerplate("<b><i><em><s></s></em></i></b>") == ""
    assert strip_boilerplate("<b><i><em><s><u></u></s></em></i></b>") == "<b></b>"


def test_a_text_of_boilerplate_alone_is_empty() -> None:
    assert strip_boilerplate("<p>Advertisement</p><ul><li>Share on Facebook</li></ul>") == ""


@pytest.mark.parametrize(
    "tail",
    [
        *("Read more…", "Continue reading", "Read the full story", "read the full article »"),
        *("Click here to read more", "The post Title appeared first on News.", "[…]", "[&hellip;]"),
    ],
)
def test_tails_without_a_link_go_in_any_case(tail: str) -> None:
    for spelt in (tail, tail.lower(), tail.title().replace("Hellip", "hellip")):
        assert strip_boilerplate(f"<p>The dam opened. {spelt}</p>") == "<p>The dam opened.</p>"


def test_words_that_a_tail_holds_have_letters_of_two_cases_only() -> None:
    letters = set("".join(_TAIL_WORDS)) - {" "}
    every = "".join(map(chr, range(0x110000)))
    equal = {letter: set(re.findall(letter, every, re.I)) for letter in letters}

    assert equal == {letter: {letter, letter.upper()} for letter in letters}


def test_no_tail_is_longer_than_what_is_looked_at() -> None:
    post = f"the post {'x' * 400} appeared first on {'y' * 160}"

    assert _TAIL.fullmatch(post)
    assert strip_boilerplate(f"<p>{'The dam opened. ' * 100}{post}</p>").endswith("opened.</p>")
