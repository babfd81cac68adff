"""Which pictures, sound and film of an entry are kept, by their addresses alone."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.hosts import public_https
from aggregator.model import Enclosure, Image, Media, ParseTask
from aggregator.parsing.document import parse
from aggregator.parsing.media import MAX_ENCLOSURES, media_of
from aggregator.parsing.rawfeed import RawFile
from aggregator.publishing.render_text import image_of
from tests.views import make_entry, make_source

BASE = "https://dawn.example/news/1"
JPG = "https://img.example/a.jpg"


def picture(url: str, width: str = "", height: str = "") -> RawFile:
    return RawFile(url, medium="image", width=width, height=height)


@pytest.mark.parametrize(
    "url",
    [
        "http://img.example/a.jpg",
        "ftp://img.example/a.jpg",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "https://user:key@img.example/a.jpg",
        "https://user@img.example/a.jpg",
        "//key@img.example/a.jpg",
        "\\\\key@img.example\\a.jpg",
        "ht\ntps:/\t/key@img.example/a.jpg",
        "https://img.example:8443/a.jpg",
        "https://localhost/a.jpg",
        "https://printer.local/a.jpg",
        "https://intranet/a.jpg",
        "https://10.0.0.1/a.jpg",
        "https://169.254.169.254/a.jpg",
        "https://0x7f.1/a.jpg",
        "https://[::1]/a.jpg",
        "https://[::ffff:10.0.0.1]/a.jpg",
        "https://[::1/a.jpg",
        f"https://img.example/{'a' * 2000}.jpg",
        "",
    ],
)
def test_addresses_that_no_reader_should_ask_are_left_out(url: str) -> None:
    assert public_https(BASE, url) is None
    assert media_of([picture(url)], "", BASE) == Media()


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (JPG, JPG),
        ("https://img.example:443/a.jpg", "https://img.example:443/a.jpg"),
        ("https://img.example/@a/b@c.jpg", "https://img.example/@a/b@c.jpg"),
        ("/a.jpg?w=1", "https://dawn.example/a.jpg?w=1"),
        ("https://bücher.example/ä.jpg", "https://xn--bcher-kva.example/%C3%A4.jpg"),
        ("https://9.9.9.9/a.jpg", "https://9.9.9.9/a.jpg"),
    ],
)
def test_public_addresses_are_kept_in_ascii(url: str, kept: str) -> None:
    assert media_of([picture(url)], "", BASE) == Media(Image(kept))


@given(url=st.text(max_size=60), host=st.text(max_size=20))
@example(url="https://[", host="[")
def test_whatever_is_kept_is_a_plain_public_address(url: str, host: str) -> None:
    for text in (url, f"https://{host}/a.jpg", f"//{host}@{host}/{url}"):
        found = public_https(BASE, text)

        assert found is None or (
            found.isascii()
            and found.startswith("https://")
            and "@" not in found.split("/")[2]
            and not set(found) & set(" \"'<>\\\n") - {"'"}
            and image_of(make_entry(1, lead=make_source(media=Media(Image(found)))))
        )


@pytest.mark.parametrize(
    "file",
    [
        picture(JPG, "1", "1"),
        picture(JPG, "0", "0"),
        picture(JPG, "600", "1"),
        picture(JPG, "16px", "16px"),
        picture("https://img.example/1x1.gif"),
        picture("https://img.example/tracking/pixel?id=7"),
        picture("https://s.example/images/core/emoji/72x72/1f600.png"),
        picture("https://feeds.feedburner.com/~r/news/~4/x"),
        RawFile(JPG, type="text/html", medium="image"),
        RawFile("https://img.example/a.swf"),
        RawFile("https://img.example/a"),
    ],
)
def test_what_is_no_picture_is_left_out(file: RawFile) -> None:
    assert media_of([file], "", BASE) == Media()


def test_of_several_sizes_the_largest_that_is_not_too_large_is_taken() -> None:
    sizes = [picture(f"https://img.example/{width}.jpg", width, "9.9") for width in
             ("140", "460", "1200", "2400")]  # fmt: skip
    plain = [picture(one.url, one.width) for one in sizes]

    assert media_of(sizes, "", BASE) == Media()  # nine pixels high
    assert media_of(plain, "", BASE).image == Image("https://img.example/1200.jpg", 1200)
    assert media_of(plain[3:], "", BASE).image == Image("https://img.example/2400.jpg", 2400)
    assert media_of([picture(JPG), *plain], "", BASE).image == Image(JPG)
    assert media_of([picture(JPG, "99999999", "x")], "", BASE).image == Image(JPG)


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ('<p><img src="https://img.example/a.jpg" width="600" height=400></p>',
         Image(JPG, 600, 400)),
        ('<img src="a.jpg">', Image("https://dawn.example/news/a.jpg")),
        ('<img src="https://img.example/1x1.gif"><img src=" https://img.example/a.jpg ">',
         Image(JPG)),
        ('<img src="data:image/gif;base64,R0" data-src="https://img.example/a.jpg">', Image(JPG)),
        ('<img data-src="https://img.example/a.jpg">', Image(JPG)),
        ('<IMG SRC="https://img.example/a.jpg?a=1&amp;b=2" alt="a > b">',
         Image(f"{JPG}?a=1&b=2")),
        ('<noscript><img src="https://img.example/a.jpg"></noscript>', None),
        ("<!-- <img src=https://img.example/a.jpg> -->", None),
        ("&lt;img src=https://img.example/a.jpg&gt; is <b>how</b> to show a picture", None),
        ("<img>", None),
    ],
)  # fmt: skip
def test_the_first_picture_of_the_content_stands_in(html: str, kept: Image | None) -> None:
    assert media_of([], html, BASE).image == kept
    assert media_of([picture("https://img.example/own.jpg")], html, BASE).image == Image(
        "https://img.example/own.jpg"
    )


def test_sound_and_film_are_kept_with_type_and_size() -> None:
    files = [
        RawFile("https://img.example/a.mp3?x=1", bytes=" 1234 "),
        RawFile("https://img.example/b", type="Video/MP4", bytes="-1"),
        RawFile("https://img.example/b", type="video/mp4", bytes="NaN"),
        RawFile("http://img.example/c.mp3"),
        RawFile("https://img.example/d", type='audio/x"><script>'),
        RawFile("https://img.example/open/pixel.gif?reader=1", type="audio/mpeg"),
    ]
    many = [RawFile(f"https://img.example/{number}.mp3") for number in range(9)]

    assert media_of(files, "", BASE).enclosures == (
        Enclosure("https://img.example/a.mp3?x=1", "audio/mpeg", 1234),
        Enclosure("https://img.example/b", "video/mp4"),
    )
    assert len(media_of(many, "", BASE).enclosures) == MAX_ENCLOSURES


RSS = b"""<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Dawn</title>
<link>https://dawn.example/</link><item><title>A</title><link>https://dawn.example/a</link>%s
</item></channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Dawn</title><entry><title>A</title>
<id>a</id>%s</entry></feed>"""
JSON = b"""{"version": "https://jsonfeed.org/version/1.1", "title": "Dawn", "items":
[{"id": "a", "title": "A", %s}]}"""
SOUND = Enclosure("https://img.example/a.mp3", "audio/mpeg", 12)


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (RSS % b'<media:thumbnail url="https://img.example/a.jpg" width="240" height="160"/>',
         Media(Image(JPG, 240, 160))),
        (RSS % b'<media:group><media:content url="https://img.example/a.jpg" medium="image"/>'
         b'<media:content url="https://img.example/a.mp3" type="audio/mpeg" fileSize="12"/>'
         b"</media:group>", Media(Image(JPG), (SOUND,))),
        (RSS % b'<enclosure url="https://img.example/a.jpg" type="image/jpeg" length="9"/>',
         Media(Image(JPG))),
        (RSS % b'<enclosure url="https://img.example/a.mp3" type="audio/mpeg" length="12"/>',
         Media(None, (SOUND,))),
        (RSS % b"<description>&lt;img src='https://img.example/a.jpg'&gt; Talks</description>",
         Media(Image(JPG))),
        (ATOM % b'<link rel="enclosure" href="https://img.example/a.mp3" type="audio/mpeg"'
         b' length="12"/><link rel="enclosure" href="/a.jpg" type="image/jpeg"/>',
         Media(Image("https://dawn.example/a.jpg"), (SOUND,))),
        (JSON % b'"image": "https://img.example/a.jpg"', Media(Image(JPG))),
        (JSON % b'"banner_image": "https://img.example/a.jpg", "image": 7', Media(Image(JPG))),
        (JSON % b'"attachments": [{"url": "https://img.example/a.mp3", "mime_type": "audio/mpeg",'
         b' "size_in_bytes": 12}, {"url": "https://img.example/b.mp3"}, 3]',
         Media(None, (SOUND,))),
    ],
)  # fmt: skip
def test_each_format_names_them_in_its_own_way(document: bytes, found: Media) -> None:
    (item,) = parse(ParseTask(document, {}, "https://dawn.example/feed", "Dawn")).items

    assert item.media == found


def test_another_picture_makes_no_other_item() -> None:
    one, other = (
        parse(ParseTask(RSS % extra, {}, "https://dawn.example/feed", "Dawn")).items[0]
        for extra in (b"", b'<media:thumbnail url="https://img.example/a.jpg"/>')
    )

    assert one.content_hash == other.content_hash
    assert one.identity == other.identity
