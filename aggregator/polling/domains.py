"""The registrable domain of a host: `example.co.uk` of `feeds.example.co.uk`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from aggregator.polling.guard import literal

if TYPE_CHECKING:
    from tldextract import TLDExtract


@lru_cache(maxsize=1)
def _extract() -> TLDExtract:
    """With the list that came with the library: no network, no files written."""
    from tldextract import TLDExtract  # noqa: PLC0415 - slow to import, and rarely needed

    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def registrable_domain(host: str) -> str:
    """One label more than the public suffix; the host itself for addresses and local names."""
    if literal(host) is not None:
        return host
    return _extract()(host).top_domain_under_public_suffix or host
