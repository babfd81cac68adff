"""The images, audio and video files of an entry: selects the addresses that may be passed on.

Readers and visitors of our pages request these addresses, so they are checked like links. We never
request them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from aggregator.hosts import public_https
from aggregator.html import page_images
from aggregator.model import Enclosure, Image, Media
from aggregator.parsing.rawfeed import RawFile

MAX_ENCLOSURES = 5  # of one entry
_LEAST_SIDE = 32  # pixels: anything smaller is an icon or a tracking pixel
_BEST_WIDTH = 1200  # pixels: of several sizes, the largest up to this one is used
_MOST_PIXELS = 20_000
# Names of images that are no illustrations: tracking pixels, spacers, emoji, authors' portraits.
_NO_PICTURE = (
    r"(?i)(?:^|[/_.=-])(?:1x1|pixel|blank|spacer|transparent|beacon|track(?:er|ing)?|emoji|smilies"
    r"|gravatar|avatar)s?(?:[/_.?-]|$)"
    r"|//(?:feeds\.feedburner\.com|stats\.wordpress\.com|[a-z0-9-]+\.doubleclick\.net"
    r"|[a-z0-9.]*scorecardresearch\.com|www\.google-analytics\.com|www\.facebook\.com)/"
)
_DIGITS = re.compile(r"\s*([0-9]{1,15})(?:\.[0-9]+)?(?:px)?\s*", re.ASCII)
_TYPE = re.compile(r"(audio|image|video)/[a-z0-9][a-z0-9.+-]{0,60}", re.ASCII)
_ENDINGS = {  # for files without a declared type
    **{ending: f"image/{ending}" for ending in ("avif", "gif", "jpeg", "png", "webp")},
    **{"jpg": "image/jpeg", "m4a": "audio/mp4", "mp3": "audio/mpeg"},
    **dict.fromkeys(("oga", "ogg", "opus"), "audio/ogg"),
    **{"m4v": "video/mp4", "mp4": "video/mp4", "webm": "video/webm"},
}


def media_of(files: Sequence[RawFile], html: str, base: str) -> Media:
    """The image and the enclosures of an entry.

    `files`: the best illustrations first; if none of them is an image, the first one in the HTML is
    used. Relative addresses are resolved against `base`.
    """
    typed = [(_type(file), file) for file in files]
    pictures = [file for kind, file in typed if kind.startswith("image/")]
    images = [one for file in pictures if (one := _image(file, base))]
    image = images[0] if images else None
    if image is not None and image.width:
        # Feeds may list one image in several sizes, so all with a size count as the same image;
        # the largest that is not too large is used.
        fitting = [one for one in images if 0 < one.width <= _BEST_WIDTH]
        if fitting:
            image = max(fitting, key=lambda one: one.width)
        else:
            image = min((one for one in images if one.width), key=lambda one: one.width)
    if image is None and "<img" in html.lower():
        shown = (RawFile(one.url, width=one.width, height=one.height) for one in page_images(html))
        image = next((found for one in shown if (found := _image(one, base))), None)
    kept = dict.fromkeys(
        Enclosure(url, kind, _number(file.bytes))
        for kind, file in typed
        if kind[:6] in ("audio/", "video/")
        and not _by_ending(file.url).startswith("image/")  # perhaps a tracking pixel
        and (url := public_https(base, file.url)) is not None
    )
    return Media(image, tuple(kept)[:MAX_ENCLOSURES])


def _image(file: RawFile, base: str) -> Image | None:
    width, height = _pixels(file.width), _pixels(file.height)
    if any(0 < side < _LEAST_SIDE for side in (width, height)) or "0" in (
        file.width.strip(), file.height.strip()):  # fmt: skip
        return None
    url = public_https(base, file.url)
    return None if url is None or re.search(_NO_PICTURE, url) else Image(url, width, height)


def _type(file: RawFile) -> str:
    """The media type if it is an image, audio or video type, else "".

    Without a declared type, the file's ending decides; `image/`: an image of unknown type.
    """
    said = file.type.strip().lower()
    if "/" in said:
        return said if _TYPE.fullmatch(said) else ""
    return _by_ending(file.url) or ("image/" if file.medium.strip().lower() == "image" else "")


def _by_ending(url: str) -> str:
    path = re.split(r"[?#]", url, maxsplit=1)[0]
    return _ENDINGS.get(path.rpartition(".")[2].strip().lower(), "")


def _pixels(text: str) -> int:
    found = _number(text)
    return found if found <= _MOST_PIXELS else 0


def _number(text: str) -> int:
    digits = _DIGITS.fullmatch(text)
    return int(digits[1]) if digits else 0
