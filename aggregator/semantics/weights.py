"""The file of the cross-encoder: where it lies, and whether it is the one that was measured.

It comes with the package and from nowhere else. The file carries its vocabulary, its licence and
its card in its own metadata (`bench/stories/export_cross_encoder.py` writes them).
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

from aggregator.errors import ModelUnavailable

_DATA = Path(__file__).parent / "data"
FILE = "cross_encoder.onnx"
SHA256 = "be40e17962d4e72bf7a3eba858cdc4eee894f5b0e0ae762710c9fcdd9f41ee46"
RUNTIME = ("onnxruntime", "numpy")
INSTALL = "install it with 'pip install onnxruntime', or set stories.model: off"
_AGAIN = "install aggregator again, or set stories.model: off"


def missing() -> str:
    """What the model lacks here and what to do about it; empty where runtime and file are there.

    Nothing is imported or read: cheap enough for every start.
    """
    for name in RUNTIME:
        if find_spec(name) is None:
            return f"{name}, which runs the model, is not installed; {INSTALL}"
    try:
        is_there = (_DATA / FILE).is_file()
    except OSError as error:  # a folder that this user may not enter
        return f"{FILE} cannot be read ({error.strerror}); {_AGAIN}"
    return "" if is_there else f"{FILE} is missing from the package; {_AGAIN}"


def read_weights() -> bytes:
    """The file's bytes. Raises ModelUnavailable where it is missing or another one."""
    place = _DATA / FILE
    try:
        data = place.read_bytes()
    except OSError as error:
        raise ModelUnavailable(f"{FILE} cannot be read ({error.strerror}); {_AGAIN}") from error
    return verified(data)


def verified(data: bytes) -> bytes:
    """The same bytes. Raises ModelUnavailable where their hash is not `SHA256`."""
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise ModelUnavailable(
            f"{FILE} is not the one that was measured (SHA-256 {found[:12]}...); {_AGAIN}"
        )
    return data
