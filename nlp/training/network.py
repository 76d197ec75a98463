"""The encoder and its head in PyTorch: BERT, post-LN, exact GELU; mean pooling; one logit for each intent."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from nlp.training.base import Base


class Layer(nn.Module):
    """One transformer layer."""

    def __init__(self, hidden: int, heads: int, inner: int, epsilon: float) -> None:
        """Sizes as in the base model."""
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.ao = (nn.Linear(hidden, hidden) for _ in range(4))
        self.fi, self.fo = nn.Linear(hidden, inner), nn.Linear(inner, hidden)
        self.aln, self.oln = nn.LayerNorm(hidden, epsilon), nn.LayerNorm(hidden, epsilon)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """`x`: (batch, length, hidden); `bias`: (batch, 1, 1, length), 0 for words and very low for padding."""
        batch, length, hidden = x.shape

        def split(part: nn.Linear) -> Tensor:
            return part(x).view(batch, length, self.heads, hidden // self.heads).transpose(1, 2)

        scores = split(self.q) @ split(self.k).transpose(2, 3) / math.sqrt(hidden // self.heads) + bias
        seen = (scores.softmax(-1) @ split(self.v)).transpose(1, 2).reshape(batch, length, hidden)
        x = self.aln(x + self.ao(seen))
        out: Tensor = self.oln(x + self.fo(functional.gelu(self.fi(x))))
        return out


class Network(nn.Module):
    """Token ids in, logits out."""

    def __init__(self, base: Base, kept: list[int], marks: int, labels: int) -> None:
        """`kept`: ids of the base vocabulary, in the new order; `marks`: extra ids for context and channel."""
        super().__init__()
        self.word = nn.Embedding(len(kept) + marks, base.hidden)
        self.position = nn.Embedding(base.positions, base.hidden)
        self.kind = nn.Parameter(torch.zeros(base.hidden))
        self.ln = nn.LayerNorm(base.hidden, base.epsilon)
        self.layers = nn.ModuleList(Layer(base.hidden, base.heads, base.inner, base.epsilon)
                                    for _ in range(base.layers))
        self.drop = nn.Dropout(0.1)
        self.register_buffer("centre", torch.zeros(base.hidden))  # of the pooled vectors: they all point one way
        self.register_buffer("spread", torch.ones(base.hidden))
        self.head = nn.Linear(base.hidden, labels)
        with torch.no_grad():
            self._fill(base, kept)

    def _fill(self, base: Base, kept: list[int]) -> None:
        given = {name: torch.from_numpy(values.copy()) for name, values in base.tensors.items()}
        words = given["emb.word"].view(-1, base.hidden)[torch.tensor(kept)]
        self.word.weight[: len(kept)] = words
        self.word.weight[len(kept):].normal_(0, float(words.std()))
        self.position.weight.copy_(given["emb.pos"].view(-1, base.hidden))
        self.kind.copy_(given["emb.type"].view(-1, base.hidden)[0])
        self.ln.weight.copy_(given["emb.ln.w"])
        self.ln.bias.copy_(given["emb.ln.b"])
        for number, layer in enumerate(self.layers):
            for name, part in layer.named_children():
                part.weight.copy_(given[f"l{number}.{name}.w"].view(part.weight.shape))
                part.bias.copy_(given[f"l{number}.{name}.b"])

    def freeze(self, layers: int) -> None:
        """The embeddings and the first layers stay as they are."""
        for part in (self.word, self.position, self.ln, *list(self.layers)[:layers]):
            part.requires_grad_(False)
        self.kind.requires_grad_(False)

    def lower(self, ids: Tensor, mask: Tensor, layers: int) -> Tensor:
        """(batch, length, hidden): what the first layers make of it."""
        x: Tensor = self.ln(self.word(ids) + self.position.weight[: ids.shape[1]] + self.kind)
        for layer in list(self.layers)[:layers]:
            x = layer(x, _bias(mask))
        return x

    def pooled(self, x: Tensor, mask: Tensor, layers: int) -> Tensor:
        """(batch, hidden): the mean over the words of what the layers after the first `layers` make of that."""
        for layer in list(self.layers)[layers:]:
            x = layer(x, _bias(mask))
        mean: Tensor = (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1.0)
        return mean

    def upper(self, x: Tensor, mask: Tensor, layers: int) -> Tensor:
        """(batch, labels): the head's reading of that."""
        logits: Tensor = self.head(self.drop((self.pooled(x, mask, layers) - self.centre) / self.spread))
        return logits

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """`ids`: (batch, length), `mask`: the same in floats, 1 for words; logits (batch, labels)."""
        return self.upper(self.lower(ids, mask, 0), mask, 0)


def _bias(mask: Tensor) -> Tensor:
    """Nothing is read in the padding."""
    return (1.0 - mask)[:, None, None, :] * -1e4
