"""URLs from outside: made absolute, checked, and folded to the page that they mean. Pure.

No function here raises on any text; what cannot be used is None, empty or False.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, parse_qsl, quote, urljoin, urlsplit

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

MAX_URL = 2000  # characters; longer ones break readers and caches (and no article needs them)

_TRIM = "".join(map(chr, range(0x21)))  # what WHATWG strips from both ends of a URL
# WHATWG drops line breaks and tabs anywhere in a URL; here the indent after them goes, too.
_DROPPED = " *[\t\r\n][ \t\r\n]*"  # as in `text`, rarely used expressions are strings
_AMPERSAND = "(?i)&(?:amp|#0*38|#x0*26);"  # escaped once too often
_TWO_SCHEMES = r"(?i)\Ahttps?:/{0,2}(?=https?:/)"
_NO_SCHEME = r"(?i)www\.[a-z0-9-]+(?:\.[a-z0-9-]+)+(?=[/?#:]|\Z)"
_UNFIT = '\x00-\x20\x7f-\xa0"<>\\\\^`{|}\u2028\u2029\u202a-\u202e\u2066-\u2069'
_FORBIDDEN = f"[{_UNFIT}]"
_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)*{_LABEL}\.?"
# A URL as most are: sound, with nothing that needs a closer look but its host.
_PLAIN_URL = re.compile(
    r"(https?)://([a-z0-9.-]{1,253})"
    rf"(/[^?#{_UNFIT}]*)?(?:\?([^#{_UNFIT}]*))?(?:#([^{_UNFIT}]*))?"
)
_IPV6 = r"\[[0-9a-f:.]{2,45}\]"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_DOTS = "[\u3002\uff0e\uff61]"  # what IDNA takes for a full stop
# Schemes by which browsers and podcast programs tell feeds from pages; "feed:https://host/" holds
# the address, some write it "feed://https//host/".
_FEED_SCHEME = r"(?i)(?:feed|rss|itpc|pcast|podcast)(s?):(?://)?(?:(https?):?//)?"

# Parameters that say how a reader came to a page, not which page it is. Honest-looking names
# (ref, source, uid, id) are not among them: sites select content with those.
_TRACKER_PREFIXES = ("utm_", "at_", "ns_", "pk_", "mtm_", "hsa_", "mc_", "_hs", "wt_", "__twitter")
_TRACKERS_TEXT = """
    fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid igshid igsh
    li_fat_id oly_anon_id oly_enc_id vero_id mkt_tok cmpid cmp ncid ocid smid smtyp sr_share
    ref_src ref_url ftag xtor wt.mc_id _ga _gl guccounter guce_referrer guce_referrer_sig
    traffic_source maca taid ito icid intcmp s_cid ef_id epik rb_clickid s_kwcid cmp_id
    amp outputtype src_medium ss_source spref feature_share
"""
_TRACKERS = frozenset(_TRACKERS_TEXT.split())
# Names that select content on some sites, but not with a value such as "rss".
_FEED_VALUES = frozenset({"rss", "feed", "atom"})
_FEED_VALUED_TEXT = (
    "partner emc mod from src source ref cid campaign ref_ origin via feedtype rssfeed"
)
_FEED_VALUED = frozenset(_FEED_VALUED_TEXT.split())
# To the eyes of `canonical` trackers, to a browser the choice of another form of the page.
_CHOOSES_FORM = frozenset({"amp", "outputtype"})
# A query that is signed means nothing once a parameter is gone.
_SIGNATURE = r"(?i)sig|hmac|token|expires|policy|hdnts|checksum|[-_]?(?:md5|sha\d*)"
_SHORTENERS_TEXT = """
    news.google.com t.co bit.ly ow.ly buff.ly dlvr.it trib.al tinyurl.com lnkd.in goo.gl
    feedproxy.google.com feeds.feedburner.com is.gd shorturl.at rb.gy flip.it reut.rs
"""
_SHORTENERS = frozenset(_SHORTENERS_TEXT.split())
# Redirectors that name their target: host, path prefix, parameters to look at.
_REDIRECTORS = (
    ("bing.com", "/news/apiclick.aspx", ("url",)),
    ("google.com", "/url", ("url", "q")),
    ("l.facebook.com", "/l.php", ("u",)),
)
_REDIRECTING = tuple(site for site, _, _ in _REDIRECTORS)
_SUBDOMAINS = ("www.", "amp.", "m.", "mobile.")
_AMP_PATH = r"(?i)/amp(?:/(?=.)|/?\Z)|(?<=.)\.amp(?=\Z|\.html?\Z)"
# Fragments that name a way in or a place on the page; others may be all that tells two entries of
# a weblog or of an application apart.
_PLACE_ON_PAGE = (
    r"(?is)[^/!]*=.*"
    r"|(?:top|main|content|comments?|respond|disqus_thread|rss|feed|more-\d+|tk\..*|:~:.*)?"
)
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class _Url(NamedTuple):
    """The parts of a sound http(s) URL."""

    scheme: str
    host: str  # lower case, IPv6 without brackets
    port: int | None
    path: str
    query: str
    fragment: str
    userinfo: bool


def is_web(url: str) -> bool:
    """Whether this is a complete, well-formed http(s) URL of at most `MAX_URL` characters."""
    return _read(url) is not None


def absolute(base: str, url: str) -> str | None:
    """The http(s) URL that `url` means on a page at `base`, safe to publish, or None.

    White space around it and line breaks inside it are dropped as browsers do (WHATWG URL),
    characters that no URL may hold are percent-encoded, names are put in their ASCII form and
    user names and passwords removed. So are slips of publishers mended: an ampersand that is
    escaped once more, a scheme that is written twice or, before `www.`, not at all.
    """
    found = _read(url)
    if (
        found is not None
        and url.isascii()
        and not found.userinfo
        and found.host not in _DEFAULT_PORTS
        and not ("&" in url and re.search(_AMPERSAND, url))
    ):
        return url  # as most are
    text = re.sub(_DROPPED, "", url[: MAX_URL * 2].strip(_TRIM + "\u00a0"))
    text = re.sub(_TWO_SCHEMES, "", re.sub(_AMPERSAND, "&", text))
    if re.match(_NO_SCHEME, text):
        text = f"http://{text}"
    if not text or len(text) > MAX_URL:
        return None
    if "\\" in text:  # a slash to browsers, before the query
        path, mark, query = text.partition("?")
        text = path.replace("\\", "/") + mark + query
    found = _read(text)
    if found is not None and text.isascii() and not found.userinfo:
        return text
    try:
        joined = (
            text if text[:8].lower().startswith(("http://", "https:/")) else urljoin(base, text)
        )
        ascii_url = _ascii(urlsplit(joined))
    except ValueError:
        return None
    return ascii_url if ascii_url is not None and is_web(ascii_url) else None


def web_address(url: str) -> str:
    """The http(s) address that one with a feed's scheme means (`feed://host/`); others as they are.

    Without http or https in it, http is meant (draft-obasanjo-feed-URI-scheme-02).
    """
    text = url.strip(_TRIM)
    match = re.match(_FEED_SCHEME, text)
    if match is None:
        return url
    scheme = match[2] or f"http{match[1]}"
    return f"{scheme.lower()}://{text[match.end() :].lstrip('/')}"


def ascii_name(name: str) -> str:
    """A host name with letters of other scripts as it is looked up (UTS 46); raises ValueError."""
    name = re.sub(_DOTS, ".", unicodedata.normalize("NFKC", name)).lower().removesuffix(".")
    if name.isascii():
        return name
    import idna  # noqa: PLC0415 - slow to load, and for few feeds

    return idna.encode(name, uts46=True).decode("ascii")


def canonical(url: str) -> str | None:
    """The same text for all spellings of one page's URL; None if it does not say which page.

    Folds scheme, `www.` and mobile hosts, default port, trailing slash, AMP forms, tracking
    parameters and fragments that are places on a page (`#comments`); all other parameters and
    their order stay. Home pages, shorteners and redirectors that do not name their target give
    None. For comparing, not for linking.
    """
    for _ in range(3):
        found = _read(url)
        if found is None:
            return None
        if not found.host.endswith(_REDIRECTING):
            return _folded(found)
        target = _target(found)
        if target is None:
            return None if _redirector(found) else _folded(found)
        url = target
    return None


def redirect_target(url: str) -> str | None:
    """The page that a known redirector (Bing News, Google Alerts) names in its own URL."""
    found = _read(url)
    return _target(found) if found is not None and found.host.endswith(_REDIRECTING) else None


def without_tracking(url: str) -> str:
    """The same link without parameters that only tell how a reader came to the page.

    All else stays to the letter. Links that are signed, and those of shorteners and redirectors,
    stay as they are: of them nobody else can tell what a parameter does.
    """
    found = _read(url)
    if found is None or found.userinfo or not (found.query or found.fragment):
        return url
    if found.host in _SHORTENERS or _redirector(found) or re.search(_SIGNATURE, found.query):
        return url
    rest, mark, fragment = url.partition("#")
    page, asks, query = rest.partition("?")
    kept = "&".join(part for part in query.split("&") if not _only_tracks(part))
    if asks and kept != query:
        rest = f"{page}?{kept}" if kept else page
    if mark and all("=" in part and _only_tracks(part) for part in fragment.split("&")):
        return rest
    return f"{rest}{mark}{fragment}"


def is_signed(url: str) -> bool:
    """Whether a URL's query seems to hold a signature, or a date on which it expires."""
    return re.search(_SIGNATURE, url.partition("?")[2]) is not None


def _only_tracks(parameter: str) -> bool:
    return parameter.partition("=")[0].lower() not in _CHOOSES_FORM and _is_tracker(parameter)


def host(url: str) -> str:
    """The host name in lower case, without port; empty if there is none."""
    if plain := _PLAIN_URL.fullmatch(url):  # as most are, and a tenth of the time
        return plain[2].rstrip(".")
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def same_site(first: str, second: str) -> bool:
    """Whether two URLs (or host names) belong to one registrable domain (Public Suffix List)."""
    one, other = _host_of(first), _host_of(second)
    if not one or one == other:
        return bool(one)
    if one.split(".")[-2:] != other.split(".")[-2:]:
        return False  # whatever the list says: it is slow to read, and most hosts differ so
    return registrable_domain(one) == registrable_domain(other)


@lru_cache(maxsize=256)  # an item's address is looked at four times in a row
def _read(url: str) -> _Url | None:
    if len(url) > MAX_URL or url[:4].lower() != "http":
        return None
    plain = _PLAIN_URL.fullmatch(url)
    if plain is not None and _is_host(plain[2]):
        scheme, name, path, query, fragment = plain.groups("")
        return _Url(scheme, name, None, path, query, fragment, False)
    return None if re.search(_FORBIDDEN, url) else _read_closely(url)


def _read_closely(url: str) -> _Url | None:
    """What `_read` says of the few addresses that its expression leaves open."""
    try:
        parts = urlsplit(url)
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    is_host = _is_host(name) or (":" in name and re.fullmatch(_IPV6, f"[{name}]"))
    if parts.scheme not in _DEFAULT_PORTS or port == 0 or not is_host:
        return None
    userinfo = "@" in parts.netloc
    return _Url(parts.scheme, name, port, parts.path, parts.query, parts.fragment, userinfo)


@lru_cache(maxsize=1024)  # many items, few hosts
def _is_host(name: str) -> bool:
    return re.fullmatch(_HOST, name) is not None


def _ascii(parts: SplitResult) -> str | None:
    """The URL in ASCII: the host by IDNA, the rest percent-encoded; raises ValueError."""
    if parts.scheme not in _DEFAULT_PORTS:
        return None
    name = parts.hostname or ""
    port = f":{parts.port}" if parts.port is not None else ""
    if not name or len(name) > 253:
        return None
    if not name.isascii():
        name = name.encode("idna").decode("ascii")
    place = f"[{name}]{port}" if ":" in name else name + port
    return SplitResult(
        parts.scheme, place, _quoted(parts.path), _quoted(parts.query), _quoted(parts.fragment)
    ).geturl()


def _quoted(text: str) -> str:
    if text.isascii() and not re.search(_FORBIDDEN, text):
        return text
    return quote(text, safe="%/:=&?~#+!$,;'@()*[]-._")


def _redirector(url: _Url) -> tuple[str, ...]:
    """The parameters that may name the target, if this is a redirector."""
    for site, path, names in _REDIRECTORS:
        on_site = url.host == site or url.host.endswith("." + site)
        if on_site and url.path.lower().startswith(path):
            return names
    return ()


def _target(url: _Url) -> str | None:
    names = _redirector(url)
    if not names:
        return None
    try:
        parameters = parse_qsl(url.query, max_num_fields=200)
    except ValueError:
        return None
    return next((value for key, value in parameters if key in names and is_web(value)), None)


def _folded(url: _Url) -> str | None:
    name = url.host.rstrip(".")
    if name in _SHORTENERS:
        return None
    for prefix in _SUBDOMAINS:
        if name.startswith(prefix) and "." in name[len(prefix) :]:
            name = name[len(prefix) :]
            break
    if ":" in name:
        name = f"[{name}]"
    if url.port not in (None, _DEFAULT_PORTS[url.scheme]):
        name = f"{name}:{url.port}"
    path = url.path
    while "//" in path:
        path = path.replace("//", "/")
    path = same_escapes(path)
    if "amp" in path.lower():
        path = re.sub(_AMP_PATH, lambda amp: "/" if amp[0].endswith("/") else "", path)
    path = path.rstrip("/")
    parts = [part for part in url.query.split("&") if part and not _is_tracker(part)]
    query = "&".join(parts)
    fragment = f"#{url.fragment}" if url.fragment else ""
    if fragment and re.fullmatch(_PLACE_ON_PAGE, url.fragment):
        fragment = ""
    if not (path or query or fragment):
        return None
    return f"https://{name}{path}{'?' + query if query else ''}{fragment}"


def same_escapes(text: str) -> str:
    """A part of a URL with its escapes as all write them (RFC 3986 section 6.2.2).

    Characters that need no escape have none, and the digits of others are upper case.
    """
    if "%" not in text:
        return text
    return _ESCAPE.sub(
        lambda escape: (
            char if (char := chr(int(escape[1], 16))) in _UNRESERVED else escape[0].upper()
        ),
        text,
    )


def _is_tracker(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    name = name.lower()
    if name in _TRACKERS or name.startswith(_TRACKER_PREFIXES):
        return True
    return (
        name in _FEED_VALUED and re.split(r"[^a-z]", value.lower(), maxsplit=1)[0] in _FEED_VALUES
    )


def _host_of(url_or_host: str) -> str:
    name = host(url_or_host) if "/" in url_or_host else url_or_host.strip().lower().rstrip(".")
    return name if len(name) <= 253 else ""


@lru_cache(maxsize=1024)  # many items, few hosts
def registrable_domain(name: str) -> str:
    """One label more than the public suffix of a host name (`example.co.uk`, `me.github.io`).

    The host itself for addresses, local names and public suffixes.
    """
    if ":" in name or name.rpartition(".")[2].isdigit():
        return name
    return _suffixes(encoded="xn--" in name).privatesuffix(name) or name


@lru_cache(maxsize=2)
def _suffixes(*, encoded: bool) -> PublicSuffixList:
    # Imported when first needed: parsing processes never ask. Encoding the list for IDNA takes
    # most of the 0.1 s that reading it costs, and only names that are encoded need it.
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 (see above)

    return PublicSuffixList(accept_encoded_idn=encoded)
