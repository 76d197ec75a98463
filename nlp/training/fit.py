"""Fine-tunes the encoder on a CPU: two processes, each with half of every batch, gradients averaged."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, distributed, nn
from torch.nn import functional

from nlp.marks import MARKS, layout
from nlp.ngrams import INTENTS
from nlp.pieces import PAD, Pieces
from nlp.training.base import Base
from nlp.training.data import Example
from nlp.training.network import Network
from nlp.training.vocabulary import kept


@dataclass(frozen=True, slots=True)
class Recipe:
    """What was tried and kept; `docs/classifier.md` has the figures."""

    epochs: int = 4
    rate: float = 3e-4
    head_rate: float = 3e-4
    frozen: int = 6
    tokens: int = 1_400  # of one batch, over all processes
    decay: float = 0.01
    warm: float = 0.08
    smooth: float = 0.02
    seed: int = 11


@dataclass(frozen=True, slots=True)
class Ready:
    """An example as ids and targets."""

    ids: list[int]
    wanted: list[float]


def vocabulary(base: Base) -> tuple[list[int], Pieces]:
    """Kept ids and the tokenizer over them."""
    ids = kept(base.pieces)
    return ids, Pieces([base.pieces[number] for number in ids], [float(base.scores[number]) for number in ids])


def ready(examples: Sequence[Example], pieces: Pieces, size: int) -> list[Ready]:
    """Laid out for the encoder."""
    return [Ready(layout(pieces, size, each.text, each.subject, each.context, each.channel),
                  [float(intent in each.intents) for intent in INTENTS]) for each in examples]


def batches(items: Sequence[Ready], tokens: int, rng: random.Random) -> list[list[int]]:
    """Of like length, in random order, each of about so many tokens with its padding."""
    order = sorted(range(len(items)), key=lambda at: (len(items[at].ids) + rng.random() * 12, rng.random()))
    found: list[list[int]] = [[]]
    for at in order:
        if found[-1] and len(items[at].ids) * (len(found[-1]) + 1) > tokens:
            found.append([])
        found[-1].append(at)
    rng.shuffle(found)
    return found


def tensors(items: Sequence[Ready]) -> tuple[Tensor, Tensor, Tensor]:
    """Padded ids, mask and targets."""
    longest = max(len(item.ids) for item in items)
    ids = torch.full((len(items), longest), PAD)
    mask = torch.zeros(len(items), longest)
    for row, item in enumerate(items):
        ids[row, : len(item.ids)] = torch.tensor(item.ids)
        mask[row, : len(item.ids)] = 1.0
    return ids, mask, torch.tensor([item.wanted for item in items])


def lowered(model: Network, items: Sequence[Ready], layers: int, rank: int, world: int) -> list[Tensor]:
    """What the frozen layers make of each, once for all epochs: (length, hidden) in 16 bits.

    Each process does its share, then they exchange them.
    """
    model.eval()
    mine: dict[int, Tensor] = {}
    with torch.no_grad():
        for some in batches(items, 4_000, random.Random(0))[rank::world]:
            ids, mask, _ = tensors([items[at] for at in some])
            for at, row in zip(some, model.lower(ids, mask, layers), strict=True):
                mine[at] = row[: len(items[at].ids)].half()
    found = _gathered(mine, world)
    return [found[at] for at in range(len(items))]


def probe(model: Network, items: Sequence[Ready], seen: Sequence[Tensor], recipe: Recipe, rank: int,
          world: int) -> None:
    """Start from the best head over the vectors as they are: then the layers need not bend to a random one."""
    mine: dict[int, np.ndarray] = {}
    with torch.no_grad():
        for some in batches(items, 4_000, random.Random(0))[rank::world]:
            _, mask, _ = tensors([items[at] for at in some])
            below = nn.utils.rnn.pad_sequence([seen[at].float() for at in some], batch_first=True)
            for at, row in zip(some, model.pooled(below, mask, recipe.frozen).numpy(), strict=True):
                mine[at] = row
    found = _gathered(mine, world)
    vectors = np.array([found[at] for at in range(len(items))])
    model.centre.copy_(torch.from_numpy(vectors.mean(0)))
    model.spread.copy_(torch.from_numpy(vectors.std(0)))
    level = (vectors - vectors.mean(0)) / vectors.std(0)
    wanted = np.array([item.wanted for item in items])
    fits = [LogisticRegression(C=0.01, max_iter=300).fit(level, wanted[:, label]) for label in range(wanted.shape[1])]
    with torch.no_grad():
        model.head.weight.copy_(torch.tensor(np.array([fit.coef_[0] for fit in fits])))
        model.head.bias.copy_(torch.tensor(np.array([fit.intercept_[0] for fit in fits])))


def _gathered(mine: dict[int, Any], world: int) -> dict[int, Any]:
    """What each process made, together."""
    shares = [mine] * world
    if world > 1:
        distributed.all_gather_object(shares, mine)
    return {at: row for share in shares for at, row in share.items()}


def _rates(model: Network, recipe: Recipe) -> list[dict[str, object]]:
    """Later layers learn faster than earlier ones; the head fastest."""
    groups: list[dict[str, object]] = [{"params": list(model.head.parameters()), "lr": recipe.head_rate}]
    for number, layer in enumerate(model.layers):
        wanted = [value for value in layer.parameters() if value.requires_grad]
        if wanted:
            groups.append({"params": wanted, "lr": recipe.rate * 0.93 ** (len(model.layers) - 1 - number)})
    return groups


def _schedule(step: int, steps: int, recipe: Recipe) -> float:
    warm = max(1, int(steps * recipe.warm))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def _share(model: nn.Module, world: int) -> None:
    """The same gradient everywhere."""
    if world == 1:
        return
    grads = [value.grad for value in model.parameters() if value.grad is not None]
    flat = torch.cat([grad.view(-1) for grad in grads])
    distributed.all_reduce(flat)
    at = 0
    for grad in grads:
        grad.copy_(flat[at : at + grad.numel()].view_as(grad))
        at += grad.numel()


def steps_of(items: Sequence[Ready], recipe: Recipe, world: int) -> Iterator[list[list[int]]]:
    """For each step, each process's part of the batch; all processes draw the same."""
    rng = random.Random(recipe.seed)
    for _ in range(recipe.epochs):
        found = batches(items, recipe.tokens // world, rng)
        while len(found) % world:
            found.append(found[0])
        yield from ([found[at + rank] for rank in range(world)] for at in range(0, len(found), world))


def train(model: Network, items: Sequence[Ready], recipe: Recipe, rank: int = 0, world: int = 1) -> None:
    """In place. Progress on standard output of the first process."""
    torch.manual_seed(recipe.seed + rank)
    model.freeze(recipe.frozen)
    seen = lowered(model, items, recipe.frozen, rank, world)
    probe(model, items, seen, recipe, rank, world)
    best = torch.optim.AdamW(_rates(model, recipe), weight_decay=recipe.decay)
    first = [group["lr"] for group in best.param_groups]
    plan = list(steps_of(items, recipe, world))
    began, model = time.monotonic(), model.train()
    for step, parts in enumerate(plan):
        for group, rate in zip(best.param_groups, first, strict=True):
            group["lr"] = rate * _schedule(step, len(plan), recipe)
        _, mask, wanted = tensors([items[at] for at in parts[rank]])
        below = nn.utils.rnn.pad_sequence([seen[at].float() for at in parts[rank]], batch_first=True)
        aim = wanted * (1 - recipe.smooth) + recipe.smooth / 2
        whole = sum(map(len, parts))
        guess = model.upper(below, mask, recipe.frozen)
        loss = functional.binary_cross_entropy_with_logits(guess, aim, reduction="sum") / whole
        best.zero_grad()
        loss.backward()
        _share(model, world)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        best.step()
        if rank == 0 and (step % 50 == 49 or step + 1 == len(plan)):
            gone = time.monotonic() - began
            print(f"step {step + 1}/{len(plan)} loss {loss.item():.3f} {gone:.0f} s, "
                  f"{gone / (step + 1) * (len(plan) - step - 1):.0f} s to go", flush=True)


def logits(model: Network, items: Sequence[Ready]) -> np.ndarray:
    """(messages, intents), in the order given."""
    model.eval()
    out = np.zeros((len(items), len(INTENTS)), np.float32)
    with torch.no_grad():
        for some in batches(items, 4_000, random.Random(0)):
            ids, mask, _ = tensors([items[at] for at in some])
            out[some] = model(ids, mask).numpy()
    return out


def network(base: Base, ids: list[int], seed: int) -> Network:
    """Before training."""
    torch.manual_seed(seed)
    return Network(base, ids, len(MARKS), len(INTENTS))


def join(rank: int, world: int, folder: Path) -> None:
    """Meet the other processes, by a file in this folder."""
    torch.set_num_threads(1)
    if world > 1:
        distributed.init_process_group("gloo", f"file://{folder}/meet", rank=rank, world_size=world)


def save(model: Network, file: Path) -> None:
    """The learnt state."""
    torch.save(model.state_dict(), file)
