"""How many examples Hypothesis tries."""

from __future__ import annotations

from hypothesis import settings


def part(share: float) -> settings:
    """For a test whose examples take long: this share of those that others try."""
    return settings(max_examples=round(settings().max_examples * share))
