"""Which character set a document is in."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import UnsupportedFormat
from aggregator.parsing.charset import _CODECS, _TWICE, codec_of, decode


def xml(encoding: str, text: str = "") -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?><rss>{text}</rss>'


def test_every_label_names_a_codec_of_python() -> None:
    assert {codecs.lookup(codec).name for codec in _CODECS.values()}
    assert len(_CODECS) > 200


@pytest.mark.parametrize("label", ["UTF-8", " utf8 ", "Latin1", "WINDOWS-1251", "ISO-8859-1"])
def test_labels_are_known_in_any_case(label: str) -> None:
    assert codec_of(label) is not None


@pytest.mark.parametrize(
    "label", ["utf-7", "utf-32", "punycode", "idna", "unicode_escape", "hex", "zlib", "mbcs", "hz"]
)
def test_codecs_that_are_no_character_sets_of_the_web_are_unknown(label: str) -> None:
    assert codec_of(label) is None


@pytest.mark.parametrize(
    ("mark", "codec"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
def test_a_byte_order_mark_decides(mark: bytes, codec: str) -> None:
    found = decode(mark + xml("latin1", "اردو").encode(codec), {})

    assert "اردو" in found.text
    assert found.text.startswith("<?xml")


def test_two_byte_order_marks_are_as_one() -> None:
    assert decode(codecs.BOM_UTF8 * 2 + b"<rss/>", {}).text == "<rss/>"


@pytest.mark.parametrize("mark", [codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE])
def test_utf32_is_refused(mark: bytes) -> None:
    with pytest.raises(UnsupportedFormat, match="UTF-32"):
        decode(mark + b"x", {})


def test_utf8_that_is_declared_as_something_else_is_noted() -> None:
    found = decode(xml("windows-1251", "é").encode(), {})

    assert "é" in found.text
    assert found.notes == ("the document is in UTF-8 although it is declared otherwise",)


def test_plain_ascii_needs_no_note() -> None:
    assert decode(xml("windows-1251").encode(), {}).notes == ()


def test_a_declaration_that_the_bytes_contradict_is_passed_over() -> None:
    body = xml("euc-jp", "Über").encode("latin-1")

    found = decode(body, {"content-type": "text/xml; charset='windows-1252'"})

    assert "Über" in found.text


def test_bytes_that_no_declaration_fits_are_read_by_the_first() -> None:
    found = decode(xml("euc-kr").encode() + b"\xff\xff\x80", {})

    assert found.notes == ("the bytes are not in the declared character set; read as cp949",)


def test_mostly_broken_utf8_is_windows_1252() -> None:
    assert "über größe" in decode(xml("utf-8", "über größe").encode("cp1252"), {}).text


WHOLE = "café – “Größe” 日本語 اردو Новости".encode()


@pytest.mark.parametrize(
    ("bad", "read"),
    [
        (b"\xe9t\xe9", "été"),  # windows-1252 among UTF-8
        (b"\x93so\x94 \x96 \x80", "“so” – €"),
        (b"na\xefve", "naïve"),
        (b"d\xe9j\xe0\xa0!", "déjà\xa0!"),
        (b"caf\xc3", "caf"),  # cut within a character
        (b"caf\xc3...", "caf..."),
        (b"so\xe2\x80", "so"),
        ("so 🔥".encode()[:-1], "so "),
        ("so 🔥".encode()[:-2] + b"...", "so ..."),
        ("日本".encode()[:-1], "日"),
        ("اردو".encode()[:-1], "ارد"),
        ("Новости".encode()[1:], "овости"),
        (b"a\xffb\x81", "ab"),
        (b"\xed\xa0\xbd"[:1] + b"o", "ío"),
    ],
)
@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1"])
def test_a_bad_byte_in_utf8_costs_its_own_run_only(bad: bytes, read: str, declared: str) -> None:
    found = decode(xml(declared).encode() + WHOLE + b" " + bad + b" " + WHOLE, {})

    assert found.text == f"{xml(declared)}{WHOLE.decode()} {read} {WHOLE.decode()}"
    assert "not UTF-8" in found.notes[0]


@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "windows-1251"])
@pytest.mark.parametrize("sign", "🔥𝄞𠀋\U0010fffd")
def test_the_two_halves_of_a_sign_are_one(sign: str, declared: str) -> None:
    units = sign.encode("utf-16-be")
    halves = "".join(chr(int.from_bytes(units[at : at + 2])) for at in (0, 2))
    said = f"{xml(declared)}Fire {halves}{halves} – café"

    found = decode(said.encode("utf-8", "surrogatepass"), {})

    assert found.text == f"{xml(declared)}Fire {sign * 2} – café"
    assert "CESU-8" in found.notes[0]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("café".encode() + b" \xe9", "café é"),
        (b"\xe9 " + "café".encode(), "é café"),
        ("\ufeffcafé".encode() + b" \xe9", "café é"),
        ("’".encode() + b" \x92 \x92 \x92", "’ ’ ’ ’"),
        (b"Spa\xdf, Fu\xdf " + "für".encode(), "Spaß, Fuß für"),
        (b"\xfcber gr\xf6\xdfe: " + "naïve".encode(), "über größe: naïve"),
        (b"\xfcber \xabCAF\xc9\xbb gr\xf6\xdfe", "über «CAFÉ» größe"),
    ],
)
def test_each_run_is_read_for_itself_however_few_there_are(body: bytes, text: str) -> None:
    assert decode(body, {}).text == text
    if not body.startswith(codecs.BOM_UTF8):
        assert decode(body, {"content-type": "text/xml; charset=iso-8859-1"}).text == text


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("windows-1251", "Київ: події дня, Ді Бі"),
        ("koi8-r", "Новости дня"),
        ("gbk", "联通 中文新闻"),
        ("big5", "中文新聞"),
        ("shift_jis", "日本のニュース"),
        ("iso-8859-2", "Žluťoučký kůň"),
    ],
)
def test_documents_that_are_in_what_they_declare_are_read_whole(codec: str, text: str) -> None:
    assert text in decode(xml(codec, text).encode(codec), {}).text


@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1"])
@pytest.mark.parametrize(
    "text", ["\xab\xa0doué\xa0\xbb, déjà", "CAFÉ\xbb, déjà vu", "à\xa0\xab né\xbb"]
)
def test_western_text_that_is_utf8_by_chance_in_places_is_read_as_it_was(
    text: str, declared: str
) -> None:
    assert decode(xml(declared, text).encode("cp1252"), {}).text == xml(declared, text)


def test_a_declaration_that_is_right_needs_no_note() -> None:
    assert decode(xml("iso-8859-1", "über größe").encode("latin-1"), {}).notes == ()


def test_a_bad_byte_in_declared_utf8_text_of_another_script() -> None:
    cyrillic = "Новости дня".encode()

    found = decode(xml("windows-1251").encode() + cyrillic + b" \xcf\xf0", {})

    assert found.text.endswith("Новости дня Пр")


@given(
    texts=st.lists(st.text("abcäöüßéèêñç’“”–… ", min_size=1), min_size=1, max_size=8),
    legacy=st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_runs_of_two_character_sets_are_told_apart(texts: list[str], legacy: list[bool]) -> None:
    parts = [
        text.encode("cp1252" if is_legacy else "utf-8")
        for text, is_legacy in zip(texts, legacy, strict=False)
    ]
    # letters of windows-1252 may be one of UTF-8 by chance, also where they seem encoded twice
    western = [text.encode("cp1252") for text in texts]
    by_chance = any(
        part.decode("utf-8", "ignore") != part.decode("ascii", "ignore") for part in western
    )

    assert by_chance or decode(b" | ".join(parts), {}).text == " | ".join(texts)


@pytest.mark.parametrize(
    ("codec", "language", "text"),
    [
        ("cp1251", "ru", "Взрыв в Киеве, есть жертвы"),
        ("cp1251", "uk-UA", "Вибух у Києві стався"),
        ("cp1253", "el", "Έκρηξη στην Αθήνα"),
        ("cp1255", "he", "פיצוץ בקאבול"),
        ("cp1256", "ar", "انفجار في كابول"),
        ("cp874", "th", "ระเบิดในเควตตา"),
        ("gb18030", "zh-cn", "巴基斯坦发生爆炸"),
        ("big5", "zh-TW", "巴基斯坦發生爆炸"),
        ("euc_jp", "ja", "パキスタンで爆発"),
        ("cp932", "ja", "パキスタンで爆発"),
        ("cp949", "ko", "파키스탄에서 폭탄 테러"),
    ],
)
@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "x-unknown"])
def test_a_wrong_declaration_gives_way_to_the_language(
    codec: str, language: str, text: str, declared: str
) -> None:
    for said in (f"<language>{language}</language>", f"<dc:language>\n<![CDATA[{language}]]>"):
        found = decode(xml(declared, f"{said}{text}").encode(codec), {})
        assert text in found.text
        assert found.notes[0].endswith("after the feed's language")
    assert text in decode(f'<rss xml:lang="{language}">{text}'.encode(codec), {}).text


@pytest.mark.parametrize("language", ["fr", "ru", "zh", "xx"])
def test_accents_tell_nothing_of_the_character_set(language: str) -> None:
    text = "Le café est fermé à Nîmes"
    body = xml("utf-8", f"<language>{language}</language>{text}").encode("cp1252")

    assert text in decode(body, {}).text


def test_bytes_that_are_not_in_the_character_set_of_the_language_are_read_as_before() -> None:
    body = xml("utf-8", "<language>el</language>").encode() + b"\xd2\xe1\xe1\xe1\xe1"

    assert decode(body, {}).text.endswith("Òáááá")


def test_text_with_a_foreign_letter_that_only_looks_encoded_twice_stays() -> None:
    assert "Ã© und 日本" in decode(xml("utf-8", "Ã© und 日本").encode(), {}).text


def test_a_garbled_charset_parameter_is_passed_over() -> None:
    found = decode(xml("utf-8", "é").encode(), {"content-type": 'text/xml; charset="; x=y'})

    assert "é" in found.text


def test_what_looks_encoded_twice_is_what_windows_1252_makes_of_two_bytes() -> None:
    firsts = {chr(code) for code in range(0xC2, 0xF5)}
    seconds = {chr(byte) for byte in range(0x80, 0xC0)}  # of which five mean nothing to it
    seconds |= {bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0xC0)} - {""}
    plane = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]

    def found(before: str, after: str) -> set[str]:
        each = [f"{before}{char}{after}" for char in plane]
        return {
            one.removeprefix(before).removesuffix(after)
            for at in range(0, len(each), 1000)  # first a thousand at once, most hold none
            if _TWICE.search("\n".join(each[at : at + 1000]).encode())
            for one in each[at : at + 1000]
            if _TWICE.search(one.encode())
        }

    assert found("", "€") == firsts
    assert found("Ã", "") == seconds
