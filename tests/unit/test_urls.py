"""URLs from outside."""

from __future__ import annotations

import pytest

from aggregator.urls import (
    MAX_URL,
    absolute,
    ascii_name,
    canonical,
    host,
    is_web,
    redirect_target,
    same_site,
    web_address,
    without_tracking,
)


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/",
        "http://news.example:8080/a?b#c",
        "https://[2001:db8::1]/a",
        "http://192.0.2.1/",
        "https://xn--dwn-6cd.example/",
        "https://news.example./",
        "https://user@news.example/",
    ],
)
def test_web_addresses(url: str) -> None:
    assert is_web(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "news.example",
        "//news.example/",
        "ftp://news.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "http:///a",
        "http://",
        "http://[::1",
        "http://[zz]/",
        "http://news.example:99999/",
        "http://news.example:0/",
        "http://news.example:port/",
        "http://exam ple/",
        "https://news.example/a b",
        "https://news.example/\x00",
        "https://news.example/<b>",
        'https://news.example/"',
        "http://a..b/",
        "http://-a.b/",
        "http://%41.b/",
        "http://" + "a" * 64 + ".b/",
        "http://" + "a." * 130 + "b/",
        "https://news.example/" + "a" * MAX_URL,
        "https://news.example/\u202egpj",
        "http://\uff11\uff16\uff19.254.169.254/",
    ],
)
def test_what_is_no_web_address(url: str) -> None:
    assert not is_web(url)


@pytest.mark.parametrize(
    ("base", "url", "found"),
    [
        ("https://n.example/x/y", "z", "https://n.example/x/z"),
        ("https://n.example/x/y", "/z", "https://n.example/z"),
        ("https://n.example/x/y", "//m.example/z", "https://m.example/z"),
        ("https://n.example/x", " \t https://m.example/\n ", "https://m.example/"),
        ("https://n.example/x", "ht\ntps://m.example/", "https://m.example/"),
        ("https://n.example/x", "https://m.example/a b", "https://m.example/a%20b"),
        ("https://n.example/x", 'https://m.example/"<>', "https://m.example/%22%3C%3E"),
        ("https://n.example/x", "https://m.example/100%", "https://m.example/100%"),
        ("https://n.example/x", "https://m.example/é", "https://m.example/%C3%A9"),
        ("https://n.example/x", "https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://n.example/x", "https://u:p@m.example/", "https://m.example/"),
        ("https://n.example/x", "https://u:p@m.example:81/a?b#c", "https://m.example:81/a?b#c"),
        ("https://n.example/x", "https://[2001:DB8::1]/é", "https://[2001:db8::1]/%C3%A9"),
        ("https://n.example/x", r"http:\\m.example\a?b\c", "http://m.example/a?b%5Cc"),
        ("https://n.example/x", "https://m.example/\n      2026/1", "https://m.example/2026/1"),
        ("https://n.example/x", "https://m.example/?a=1&amp;b=2", "https://m.example/?a=1&b=2"),
        ("https://n.example/x", "https://m.example/?a=1&#038;b#c", "https://m.example/?a=1&b#c"),
        ("https://n.example/x", "/?a=1&#X26;b=2&AMP;c=3", "https://n.example/?a=1&b=2&c=3"),
        ("https://n.example/x", "https://m.example/?a=%26amp;b", "https://m.example/?a=%26amp;b"),
        ("https://n.example/x", "http://https://m.example/a", "https://m.example/a"),
        ("https://n.example/x", "https:http://m.example/a", "http://m.example/a"),
        (
            "https://n.example/x",
            "https://m.example/https://a.example/",
            "https://m.example/https://a.example/",
        ),
        ("https://n.example/x", "www.m.example/a?b", "http://www.m.example/a?b"),
        ("https://n.example/x", "WWW.m.example", "http://WWW.m.example"),
        ("https://n.example/x", "www.m", "https://n.example/www.m"),
        ("https://n.example/x", "", None),
        ("https://n.example/x", "javascript:alert(1)", None),
        ("https://n.example/x", "java\n  script:alert(1)", None),
        ("https://n.example/x", "java\nscript:alert(1)", None),
        ("https://n.example/x", "mailto:a@b.example", None),
        ("https://n.example/x", "http://[::1", None),
        ("https://n.example/x", "http://", None),
        ("https://n.example/x", "http://" + "ü" * 300 + "/", None),
        ("https://n.example/x", "http://ü..b/", None),
        ("https://n.example/x", "http://m.example:99999/", None),
        ("https://n.example/x", "http://\u2100.example/", None),
        ("https://n.example/x", "a" * (MAX_URL + 1), None),
        ("https://n.example/x", "/" + "é" * (MAX_URL - 10), None),
        ("", "a", None),
        ("file:///srv/feed.xml", "a", None),
        ("http://[::1", "a", None),
    ],
)
def test_absolute(base: str, url: str, found: str | None) -> None:
    assert absolute(base, url) == found


PAGE = "https://news.example/world/1"


@pytest.mark.parametrize(
    "url",
    [
        PAGE,
        "http://news.example/world/1",
        "https://www.news.example/world/1",
        "https://m.news.example/world/1",
        "https://amp.news.example/world/1/",
        "https://news.example:443/world/1",
        "http://news.example:80/world/1",
        "https://NEWS.example/world//1/",
        "https://news.example./world/1",
        "https://user:pass@news.example/world/1",
        PAGE + "?",
        PAGE + "#top",
        PAGE + "#comments",
        PAGE + "#xtor=RSS-1",
        PAGE + "#:~:text=words",
        PAGE + "/amp",
        PAGE + "/amp/",
        "https://news.example/amp/world/1",
        PAGE + ".amp",
        PAGE + "?amp=1",
        PAGE + "?utm_source=a&utm_medium=b&UTM_Campaign=c",
        PAGE + "?fbclid=1&gclid=2&mc_cid=3&mc_eid=4",
        PAGE + "?at_medium=RSS&at_campaign=KARANGA",
        PAGE + "?traffic_source=rss",
        PAGE + "?partner=rss&emc=rss&mod=rss_whats_news",
        PAGE + "?ref=rss&&",
        "https://news.example/%77orld/1",
    ],
)
def test_spellings_of_one_page_are_one(url: str) -> None:
    assert canonical(url) == PAGE


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (PAGE + "?b=2&a=1", PAGE + "?b=2&a=1"),
        (PAGE + "?id=&ref=home&source=x", PAGE + "?id=&ref=home&source=x"),
        (PAGE + "?partner=42", PAGE + "?partner=42"),
        ("https://news.example/a%2fb", "https://news.example/a%2Fb"),
        ("https://news.example/example", "https://news.example/example"),
        ("https://news.example/champ", "https://news.example/champ"),
        ("https://news.example/ramp.html", "https://news.example/ramp.html"),
        ("https://news.example/?p=12", "https://news.example?p=12"),
        ("https://news.example/#!/a/1", "https://news.example#!/a/1"),
        ("https://news.example/#s/a9", "https://news.example#s/a9"),
        ("https://news.example/day#a080605", "https://news.example/day#a080605"),
        ("https://news.example:8443/a", "https://news.example:8443/a"),
        ("https://[2001:db8::1]:8443/a", "https://[2001:db8::1]:8443/a"),
        ("https://m.me/page", "https://m.me/page"),
        ("https://www.example/page", "https://www.example/page"),
    ],
)
def test_what_tells_pages_apart_stays(url: str, kept: str) -> None:
    assert canonical(url) == kept


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/",
        "https://news.example",
        "https://news.example/?utm_source=x",
        "https://news.example/#top",
        "https://news.google.com/rss/articles/CBMiZ2h0dHA",
        "https://t.co/abc",
        "http://feedproxy.google.com/~r/a/~3/b",
        "https://www.bing.com/news/apiclick.aspx?ref=x",
        "https://www.google.com/url?q=javascript:alert(1)",
        "not a url",
        "ftp://news.example/a",
    ],
)
def test_what_says_no_page_has_no_canonical_form(url: str) -> None:
    assert canonical(url) is None


def test_redirectors_that_name_their_target_mean_it() -> None:
    target = "https%3A%2F%2Fwww.news.example%2Fworld%2F1%3Futm_source%3Dx"

    assert canonical(f"https://www.bing.com/news/apiclick.aspx?ref=F&url={target}") == PAGE
    assert canonical(f"https://www.google.com/url?rct=j&url={target}&ct=ga") == PAGE
    assert canonical(f"https://l.facebook.com/l.php?u={target}") == PAGE


def test_other_pages_of_redirecting_sites_are_pages() -> None:
    assert canonical("https://blog.google.com/a") == "https://blog.google.com/a"
    assert redirect_target("https://www.google.com/search?q=https%3A%2F%2Fnews.example%2F") is None


def test_redirectors_that_name_each_other_mean_nothing() -> None:
    url = PAGE
    for _ in range(5):
        url = "https://www.google.com/url?q=" + url.replace("%", "%25").replace(":", "%3A")

    assert canonical(url) is None


def test_redirectors_with_thousands_of_parameters_name_nothing() -> None:
    many = "a=1&" * 250

    assert redirect_target(f"https://www.google.com/url?{many}") is None


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "http://[::1"])
def test_what_is_no_address_redirects_nowhere(url: str) -> None:
    assert redirect_target(url) is None


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://News.Example:81/a", "news.example"),
        ("https://news.example./", "news.example"),
        ("https://news.example?a@b/", "news.example"),
        ("https://user@news.example/a", "news.example"),
        ("mailto:a@b", ""),
        ("http://[::1", ""),
        ("http://[::1]/", "::1"),
    ],
)
def test_host(url: str, name: str) -> None:
    assert host(url) == name


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("https://www.bbc.co.uk/news/1", "https://feeds.bbc.co.uk/rss", True),
        ("https://www.bbc.co.uk/news/1", "bbc.co.uk", True),
        ("https://a.co.uk/", "https://b.co.uk/", False),
        ("https://a.github.io/", "https://b.github.io/", False),
        ("https://news.example/", "https://other.example/", False),
        ("http://192.0.2.1/a", "192.0.2.1", True),
        ("localhost", "http://localhost/", True),
        ("", "", False),
        ("mailto:a@b/c", "mailto:a@b/c", False),
        ("a" * 300, "a" * 300, False),
    ],
)
def test_same_site(first: str, second: str, same: bool) -> None:
    assert same_site(first, second) is same


@pytest.mark.parametrize(
    ("name", "looked_up"),
    [
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("MÜNCHEN。example.", "xn--mnchen-3ya.example"),
        ("ｎｅｗｓ.example", "news.example"),
        ("straße.example", "xn--strae-oqa.example"),
    ],
)
def test_names_in_other_letters_are_looked_up_in_ascii(name: str, looked_up: str) -> None:
    assert ascii_name(name) == looked_up


@pytest.mark.parametrize("name", ["-ü.example", "ü..example", "☕.example", "ü" * 300])
def test_names_that_no_form_has_are_errors(name: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the library's own text is not shown
        ascii_name(name)


@pytest.mark.parametrize(
    "url", ["https://news.example/", "feedback://x", "/feed:x", "", "mailto:a@b"]
)
def test_addresses_without_a_scheme_for_feeds_are_left(url: str) -> None:
    assert web_address(url) == url


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://a.example/x?utm_source=rss&utm_medium=feed", "https://a.example/x"),
        (
            "https://a.example/x?id=7&utm_source=rss&b=%20#part",
            "https://a.example/x?id=7&b=%20#part",
        ),
        ("https://a.example/x?FBCLID=1&gclid=2&mc_cid=3&at_medium=RSS", "https://a.example/x"),
        ("https://a.example/x?traffic_source=rss&src=rss", "https://a.example/x"),
        ("https://a.example/x#utm_source=rss&utm_medium=rss", "https://a.example/x"),
        ("https://a.example/x?a=1#xtor=RSS-1", "https://a.example/x?a=1"),
        ("https://a.example:8443/x/?&utm_term=b&&a=1", "https://a.example:8443/x/?&&a=1"),
    ],
)
def test_a_link_loses_what_only_tracks(url: str, clean: str) -> None:
    assert without_tracking(url) == clean
    assert without_tracking(clean) == clean
    assert canonical(clean) == canonical(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/x",
        "https://a.example/x?src=front&ref=7&source=wire",  # they may choose the content
        "https://a.example/x?amp=1&outputType=amp",  # another form of the page
        "https://a.example/x#at_home",  # a place on it
        "https://a.example/x?utm_source=rss&sig=abc",
        "https://a.example/x?utm_source=rss&X-Amz-Signature=abc",
        "https://news.google.com/rss/articles/CBM?oc=5&utm_source=rss",
        "https://www.bing.com/news/apiclick.aspx?url=https%3a%2f%2fb.example&utm_source=rss",
        "https://user@a.example/x?utm_source=rss",
        "mailto:desk@a.example?utm_source=rss",
        "",
    ],
)
def test_a_link_stays_where_the_rest_might_mean_another_page(url: str) -> None:
    assert without_tracking(url) == url
