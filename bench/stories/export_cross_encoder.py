"""Turn trained weights into the model that is shipped: `aggregator/semantics/data`.

    pip install torch onnx onnxruntime
    python -m bench.stories.export_cross_encoder WEIGHTS.pt \\
        --vocabulary WEIGHTS.vocabulary --card CARD.json

WEIGHTS.pt is the state of `CrossEncoderNet`. CARD.json is an object of strings that a reader of the
file is told: `data`, `training` (the command), `figures`, `limits`. The weights become 7-bit
integers a channel (those of AVX2 and VNNI give the same sums then), activations are made integers
as they come. The same weights give the same file; its SHA-256 is written into
`aggregator/semantics/weights.py`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from aggregator.semantics.wordpiece import Text, WordPiece
from bench.stories.cross_encoder_net import CrossEncoderNet
from bench.stories.train import rows_of

PACKAGE = Path(__file__).parents[2] / "aggregator" / "semantics"
TARGET = PACKAGE / "data" / "cross_encoder.onnx"
HASH_PLACE = PACKAGE / "weights.py"
MOST_BYTES = 20_000_000
HEADLINES = Path(__file__).parent / "headlines.jsonl"
OPSET = 17
# Of the standard deviation of logits: how far 7 bits may lead at most, and on average.
TOLERANCE = 0.7
MEAN_TOLERANCE = 0.1
LICENCE = """Apache License, Version 2.0 (https://www.apache.org/licenses/LICENSE-2.0).
Base weights: sentence-transformers/all-MiniLM-L6-v2, Copyright the Sentence Transformers authors;
changed: word pieces left out, a head added, fine-tuned, made 7-bit integers."""
CARD = ("data", "training", "figures", "limits")


def main() -> int:
    """Exports, checks, and puts the file and its hash in place."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("--vocabulary", type=Path, required=True)
    parser.add_argument("--card", type=Path, required=True)
    parser.add_argument("--target", type=Path, default=TARGET)
    said = parser.parse_args()

    pieces = said.vocabulary.read_text(encoding="utf-8").rstrip("\n").split("\n")
    card = json.loads(said.card.read_text(encoding="utf-8"))
    if set(card) != set(CARD):
        print(f"the card must say exactly {', '.join(CARD)}", file=sys.stderr)
        return 2
    net = loaded(torch.load(said.weights, map_location="cpu", weights_only=True), len(pieces))
    data = exported(net, {**card, "licence": LICENCE, "vocabulary": "\n".join(pieces)})
    if len(data) > MOST_BYTES:
        print(f"{len(data)} bytes are more than {MOST_BYTES}", file=sys.stderr)
        return 1
    apart = difference(net, data, WordPiece(pieces))
    print(
        f"apart from torch: {apart.max():.3f} at most, {apart.mean():.3f} on average (deviations)"
    )
    if apart.max() > TOLERANCE or apart.mean() > MEAN_TOLERANCE:
        print("that is more than the tolerance; nothing is written", file=sys.stderr)
        return 1
    said.target.parent.mkdir(exist_ok=True)
    said.target.write_bytes(data)
    found = hashlib.sha256(data).hexdigest()
    if said.target == TARGET:
        _note(found)
    print(f"{said.target}: {len(data)} bytes, SHA-256 {found}")
    return 0


def loaded(state: Mapping[str, torch.Tensor], vocabulary: int) -> CrossEncoderNet:
    """The network with trained weights; its number of layers is that of the state."""
    layers = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("layers."))
    net = CrossEncoderNet(vocabulary, layers)
    net.load_state_dict(state)
    net.eval()
    return net


def exported(net: CrossEncoderNet, about: Mapping[str, str]) -> bytes:
    """The network as a quantised ONNX file that carries `about` in its metadata."""
    with tempfile.TemporaryDirectory() as folder:
        plain, small = Path(folder, "plain.onnx"), Path(folder, "small.onnx")
        sample = torch.ones(1, 40, dtype=torch.long)
        torch.onnx.export(
            net,
            (sample, torch.zeros_like(sample)),
            str(plain),
            input_names=["ids", "types"],
            output_names=["z"],
            dynamic_axes={"ids": {1: "places"}, "types": {1: "places"}},
            opset_version=OPSET,
            dynamo=False,
        )
        quantize_dynamic(
            _simplified(plain),
            small,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
        )
        model = onnx.load(small)
    model.producer_name, model.producer_version = "aggregator", ""
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, dict(sorted(about.items())))
    return bytes(model.SerializeToString(deterministic=True))


def _simplified(plain: Path) -> Path:
    """The same graph with constants folded, in standard operators only: alike on every machine."""
    result = plain.with_name("simple.onnx")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(result)
    onnxruntime.InferenceSession(plain, options, providers=["CPUExecutionProvider"])
    return result


def vocabulary_of(data: bytes) -> list[str]:
    """The word pieces of an exported file, in the order of their numbers."""
    about = {one.key: one.value for one in onnx.load_from_string(data).metadata_props}
    return str(about["vocabulary"]).split("\n")


def read_back(data: bytes) -> dict[str, torch.Tensor]:
    """The weights of an exported file, as near as its integers hold them: for further training."""
    graph = onnx.load_from_string(data).graph
    known = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    state = {
        name: torch.tensor(values)
        for name, values in known.items()
        if name.endswith((".weight", ".bias"))
    }

    def decoded(name: str) -> np.ndarray:
        base = name.removesuffix("_quantized")
        whole = known[name].astype(np.float32) - known[f"{base}_zero_point"].astype(np.float32)
        exact: np.ndarray = whole * known[f"{base}_scale"]
        return exact

    for table in ("we.weight", "te.weight"):
        state[table] = torch.tensor(decoded(f"{table}_quantized"))
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            layer = re.split("/(?:MatMul|Gemm)", node.output[0])[0].strip("/").replace("/", ".")
            state[f"{layer}.weight"] = torch.tensor(decoded(node.input[1]).T.copy())
    return state


def difference(net: CrossEncoderNet, data: bytes, pieces: WordPiece) -> np.ndarray:
    """How far the logits of the file and of the network are apart, over 300 pairs of our own.

    In standard deviations of the network's logits.
    """
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    rows = [Text(row["title"], row.get("summary") or "") for row in rows_of(HEADLINES)]
    rng = random.Random(1)
    found, wanted = [], []
    for _ in range(300):
        at = rng.randrange(len(rows) - 3)
        pair = pieces.pair(rows[at], rows[at + rng.randint(1, 3)])  # neighbours are alike
        ids, sides = [pair.ids], [pair.sides]
        (logit,) = session.run(None, {"ids": np.array(ids), "types": np.array(sides)})
        found.append(float(logit[0]))
        with torch.no_grad():
            wanted.append(float(net(torch.tensor(ids), torch.tensor(sides))))
    apart: np.ndarray = np.abs(np.subtract(found, wanted)) / np.std(wanted)
    return apart


def _note(sha256: str) -> None:
    code = HASH_PLACE.read_text(encoding="utf-8")
    noted, times = re.subn(r'^SHA256 = "[0-9a-f]{64}"$', f'SHA256 = "{sha256}"', code, flags=re.M)
    assert times == 1, "the constant is not where it was"
    HASH_PLACE.write_text(noted, encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
