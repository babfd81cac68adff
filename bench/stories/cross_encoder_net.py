"""The cross-encoder as a torch module: a few layers of MiniLM and a head with one logit.

The layers are those of BERT (Devlin et al., 2019), as in MiniLM (Wang et al., 2020,
arXiv:2002.10957): 384 wide, twelve heads. The mean of all places is what the head reads.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

WIDTH, HEADS, PLACES = 384, 12, 128
_EPSILON = 1e-12


class Layer(nn.Module):  # type: ignore[misc] # torch is untyped where it is not installed
    """Attention and feed-forward network, each with its residual and norm behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.o = nn.Linear(WIDTH, WIDTH)
        self.l1 = nn.LayerNorm(WIDTH, eps=_EPSILON)
        self.i = nn.Linear(WIDTH, 4 * WIDTH)
        self.f = nn.Linear(4 * WIDTH, WIDTH)
        self.l2 = nn.LayerNorm(WIDTH, eps=_EPSILON)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One pair (1, places, width) without padding."""
        _, places, _ = x.shape
        heads = self.qkv(x).view(1, places, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        query, key, value = heads
        weights = (query @ key.transpose(-1, -2) / math.sqrt(WIDTH // HEADS)).softmax(-1)
        attended = (weights @ value).transpose(1, 2).reshape(1, places, WIDTH)
        x = self.l1(x + self.o(attended))
        return self.l2(x + self.f(functional.gelu(self.i(x))))


class CrossEncoderNet(nn.Module):  # type: ignore[misc] # as above
    """The network for inference, with the parameter names of the training's checkpoints."""

    def __init__(self, vocabulary: int, layers: int) -> None:
        super().__init__()
        self.we = nn.Embedding(vocabulary, WIDTH)  # of word pieces
        self.pe = nn.Embedding(PLACES, WIDTH)  # of places
        self.te = nn.Embedding(2, WIDTH)  # of sides
        self.ln = nn.LayerNorm(WIDTH, eps=_EPSILON)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.h1 = nn.Linear(WIDTH, WIDTH)
        self.h2 = nn.Linear(WIDTH, 1)

    def forward(self, ids: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        """The logit of one pair: piece numbers and sides, (1, places) each."""
        x = self.ln(self.we(ids) + self.pe.weight[: ids.shape[1]] + self.te(types))
        for layer in self.layers:
            x = layer(x)
        return self.h2(functional.gelu(self.h1(x.mean(1))))[:, 0]
