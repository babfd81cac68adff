"""The model that is shipped: the same logit for a pair, however it is asked."""

from __future__ import annotations

import hashlib
import importlib
import random
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from aggregator.errors import ModelUnavailable
from aggregator.ingest import rules
from aggregator.semantics import weights
from aggregator.semantics.cross_encoder import CrossEncoder, load_cross_encoder
from aggregator.semantics.process import ModelProcess
from aggregator.semantics.wordpiece import Text
from aggregator.settings import Config, StorySettings

PLACE = files("aggregator.semantics") / "data" / weights.FILE
needs_weights = pytest.mark.skipif(not PLACE.is_file(), reason="the weights are not there yet")

TEXTS = [
    Text("United States and Pakistan hold counter-terrorism dialogue in Islamabad"),
    Text("Pakistan, US agree to deepen fight against terrorism", "A joint statement said so."),
    Text("Türkiye’s envoy visits Kyïv; “no comment”", "x" * 700),
    Text(""),
    Text("中国 和 巴基斯坦", ""),
    Text("a" * 300),
    Text("\u0000\u200b", "only the summary says anything"),
    Text(" ".join(["word"] * 60), " ".join(["more"] * 60)),
]
PAIRS = [(a, b) for at, a in enumerate(TEXTS) for b in TEXTS[at:]]


@pytest.fixture(scope="module")
def encoder() -> CrossEncoder:
    return load_cross_encoder()


@pytest.fixture(scope="module")
def process() -> Iterator[ModelProcess]:
    with ModelProcess() as started:
        yield started


@needs_weights
def test_pair_gets_the_same_bits_alone_in_any_batch_in_any_order_and_either_way(
    encoder: CrossEncoder,
) -> None:
    alone = {pair: encoder.logits([pair])[0] for pair in PAIRS}
    mixed = random.Random(5).sample(PAIRS, len(PAIRS))

    assert len(set(alone.values())) > len(PAIRS) // 2  # it does tell pairs apart
    assert encoder.logits(PAIRS) == list(alone.values())
    assert encoder.logits(mixed) == [alone[pair] for pair in mixed]
    assert encoder.logits([(b, a) for a, b in PAIRS]) == list(alone.values())
    assert load_cross_encoder().logits(mixed[:5]) == [alone[pair] for pair in mixed[:5]]


@needs_weights
def test_the_process_says_what_the_model_says(encoder: CrossEncoder, process: ModelProcess) -> None:
    assert process.logits(PAIRS) == encoder.logits(PAIRS)


@needs_weights
def test_the_process_keeps_within_its_memory(process: ModelProcess) -> None:
    process.logits(PAIRS)

    mine = str(Path("/proc/self").resolve().name)
    children = [
        status
        for status in (path.read_text() for path in Path("/proc").glob("[0-9]*/status"))
        if f"\nPPid:\t{mine}\n" in status and "\nState:\tZ" not in status
    ]
    peaks = [int(line.split()[1]) for status in children for line in status.splitlines()
             if line.startswith("VmHWM")]  # fmt: skip
    assert peaks
    assert max(peaks) <= 120 * 1024


@needs_weights
def test_the_file_says_what_it_is() -> None:
    data = PLACE.read_bytes()

    assert len(data) <= 20_000_000
    assert hashlib.sha256(data).hexdigest() == weights.SHA256
    for word in (b"vocabulary", b"licence", b"Apache License", b"all-MiniLM-L6-v2", b"training",
                 b"figures", b"limits"):  # fmt: skip
        assert word in data


@pytest.mark.parametrize("data", [b"", b"x", b"<html>", bytes(1000)])
def test_other_bytes_than_those_measured_are_refused(data: bytes) -> None:
    with pytest.raises(ModelUnavailable, match="is not the one that was measured"):
        weights.verified(data)
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        CrossEncoder(data)


def test_file_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "FILE", "elsewhere.onnx")

    with pytest.raises(ModelUnavailable, match=r"elsewhere.onnx cannot be read"):
        weights.read_weights()


@pytest.mark.parametrize("library", ["onnxruntime", "numpy"])
def test_runtime_that_cannot_be_imported_is_named(
    monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, "aggregator.semantics.cross_encoder")

    with pytest.raises(ModelUnavailable, match="pip install onnxruntime"):
        importlib.import_module("aggregator.semantics.cross_encoder")


def test_rules_without_the_model_say_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    rules.shared_reader.cache_clear()
    try:
        found = [rules.load_rules(Config()).reader for _ in range(3)]
    finally:
        rules.shared_reader.cache_clear()

    assert found == [None] * 3
    assert [record.getMessage() for record in caplog.records] == ["model.missing"]


@needs_weights
def test_rules_share_one_reader_unless_it_is_switched_off(encoder: CrossEncoder) -> None:
    first, second = rules.load_rules(Config()), rules.load_rules(Config())

    assert first.reader == second.reader
    assert first.reader is not None
    assert first.reader(PAIRS[:2]) == encoder.logits(PAIRS[:2])
    assert rules.load_rules(Config(stories=StorySettings(model=False))).reader is None


@needs_weights
def test_a_changed_byte_is_noticed() -> None:
    data = bytearray(PLACE.read_bytes())
    data[len(data) // 2] ^= 1

    with pytest.raises(ModelUnavailable, match="install aggregator again"):
        weights.verified(bytes(data))
