"""How many requests a peer may send: a bucket of tokens each, refilled steadily."""

from __future__ import annotations

from collections import OrderedDict

from msgspec import Struct

MAX_PEERS = 10_000  # the longest unseen is forgotten first


class _Bucket(Struct):
    tokens: float
    at_s: float


class RateLimit:
    """`per_minute` requests a minute for each peer, as many at once; 0 means no limit."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute  # may be changed
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait_s(self, peer: str, now_s: float) -> int:
        """0 when the request may pass (and is counted), else whole seconds until one may."""
        if self.per_minute <= 0:
            return 0
        refill = self.per_minute / 60
        bucket = self._buckets.pop(peer, None) or _Bucket(float(self.per_minute), now_s)
        gained = max(now_s - bucket.at_s, 0.0) * refill
        bucket.tokens = min(bucket.tokens + gained, float(self.per_minute))
        bucket.at_s = now_s
        self._buckets[peer] = bucket
        if len(self._buckets) > MAX_PEERS:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1:
            return max(int((1 - bucket.tokens) / refill + 0.999), 1)
        bucket.tokens -= 1
        return 0
