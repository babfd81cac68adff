"""The markup of messages by service: how to escape text and links, and a default template. Pure.

Default templates use the same language as those of operators (`messages`).
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable

from msgspec import Struct

_MARKDOWN = re.compile(r"([\\`*_~|\[\]()<>#:@-])")
_MENTION = re.compile(r"@(?=\w)")  # Telegram and others link the name after it
_REPORTS = (
    "{% if reports > 1 %}\n{{ reports }} reports, {{ independent }} independent; first: {{ first }}"
    "{% elif first %}\n{{ first }}{% endif %}"
)
_CHANGED = "{% if event == 'updated' %}Changed: {% endif %}"


class Markup(Struct, frozen=True):
    """How to escape a text and a link in a message, and the default template."""

    escape: Callable[[str], str]
    link: Callable[[str], str]
    default: str
    most: int  # characters


def _slack(text: str) -> str:
    """Escapes Slack's control characters (docs.slack.dev, formatting), so no mention is left."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _in_string(text: str) -> str:
    """A text within a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


PLAIN = Markup(str, str, f"{_CHANGED}{{{{ headline }}}}{_REPORTS}\n{{{{ url }}}}", 100_000)
NTFY = Markup(str, str, _REPORTS, 3_000)  # its limit is 4,096 bytes
SLACK = Markup(
    _slack,
    _slack,
    f"{_CHANGED}{{% if url %}}<{{{{ url }}}}|{{{{ headline }}}}>{{% else %}}{{{{ headline }}}}"
    f"{{% endif %}}{_REPORTS}",
    30_000,
)
HTML = Markup(
    lambda text: html.escape(_MENTION.sub("@\u200b", text)),
    html.escape,
    f'{_CHANGED}{{% if url %}}<a href="{{{{ url }}}}">{{{{ headline }}}}</a>{{% else %}}'
    f"{{{{ headline }}}}{{% endif %}}{_REPORTS}",
    4_000,
)
DISCORD = Markup(
    lambda text: _MARKDOWN.sub(r"\\\1", text),
    lambda url: url.replace("(", "%28").replace(")", "%29"),
    f"{_CHANGED}**{{{{ headline }}}}**{_REPORTS}{{% if url %}}\n<{{{{ url }}}}>{{% endif %}}",
    1_900,
)
JSON = Markup(_in_string, _in_string, "{{ document | tojson }}", 1_000_000)


def markup_of(template: str) -> Markup:
    """The markup for a receiver that is no chat: JSON if the template begins like JSON."""
    return JSON if re.match(r"\s*(?:\{(?![{%#])|\[)", template) else PLAIN
