"""Time zones as feeds write them: `PKT`, `EDT`, `Asia/Karachi`, `+05:00`."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo

# Minutes east of Greenwich. Ambiguous names have their usual meaning in English-language news: IST
# is India's, BST Britain's, GST the Gulf's, CST and EST are American (RFC 822).
_MINUTES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "uct": 0,
    "bst": 60, "west": 60, "cet": 60, "mez": 60, "wat": 60, "met": 60,
    "cest": 120, "mesz": 120, "eet": 120, "cat": 120, "sast": 120,
    "eest": 180, "msk": 180, "мск": 180, "eat": 180, "trt": 180, "ast": -240, "adt": -180,
    "irst": 210, "gst": 240, "azt": 240, "get": 240, "aft": 270,
    "pkt": 300, "uzt": 300, "tjt": 300, "mvt": 300,
    "ist": 330, "slst": 330, "npt": 345, "bdt": 360, "kgt": 360, "mmt": 390,
    "ict": 420, "wib": 420, "hkt": 480, "sgt": 480, "myt": 480, "pht": 480, "awst": 480,
    "wita": 480, "jst": 540, "kst": 540, "wit": 540, "acst": 570, "aest": 600, "acdt": 630,
    "aedt": 660, "nzst": 720, "nzdt": 780,
    "nst": -210, "ndt": -150, "brt": -180, "art": -180, "clt": -240,
    "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360,
    "pst": -480, "pdt": -420, "akst": -540, "akdt": -480, "hst": -600, "sst": -660,
}  # fmt: skip
_REGIONS = {
    "et": "America/New_York",
    "ct": "America/Chicago",
    "mt": "America/Denver",
    "pt": "America/Los_Angeles",
}
_CITY = re.compile(r"[A-Za-z]{2,20}/[A-Za-z_+-]{2,30}(?:/[A-Za-z_+-]{2,30})?")
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})?")
_WEST_MOST, _EAST_MOST = timedelta(hours=-12), timedelta(hours=14)


def named_zone(name: str) -> tzinfo | None:
    """The zone for an abbreviation or an Area/City name; None for any other word."""
    minutes = _MINUTES.get(name.lower())
    if minutes is not None:
        return timezone(timedelta(minutes=minutes))
    key = _REGIONS.get(name.lower()) or (name if _CITY.fullmatch(name) else None)
    if key is None:
        return None
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - few dates name a city

    try:
        return ZoneInfo(key)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder
        return None


def offset_zone(text: str) -> tzinfo:
    """The zone for `+0530`, `-07:00` or `+5`; UTC for offsets that no place on Earth has."""
    match = _OFFSET.fullmatch(text)
    if match is None:
        return UTC
    sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    offset = -offset if sign == "-" else offset
    return timezone(offset) if _WEST_MOST <= offset <= _EAST_MOST else UTC
