"""`make train`: corpus in, a folder of weights out. Fixed seed, CPU; prints what it does. Needs the `train` extra.

    python -m nlp.training [--out FOLDER] [--processes 2] [--only encoder|ngrams|gate] [--more FILE.jsonl]
"""

from __future__ import annotations

import argparse
import random
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from torch import multiprocessing

from nlp.training import base, calibrate, data, linear
from nlp.training.export import export
from nlp.training.fit import Recipe, join, network, ready, save, train, vocabulary
from nlp.weights import ENCODER, FOLDER, GATE, NGRAMS, TOKENIZER, manifest, write_manifest

STATE = "encoder.pt"


def work(rank: int, processes: int, out: Path, recipe: Recipe, more: Path | None = None) -> None:
    """One training process; the first one saves."""
    join(rank, processes, out)
    random.seed(recipe.seed)
    given = base.load(base.path())
    ids, pieces = vocabulary(given)
    model = network(given, ids, recipe.seed)
    train(model, ready(data.lessons(more), pieces, len(ids)), recipe, rank, processes)
    if rank == 0:
        save(model, out / STATE)


def encoder(out: Path, processes: int, recipe: Recipe, more: Path | None) -> int:
    """Fine-tune, export; returns the size of the vocabulary."""
    given = base.load(base.path())
    ids, pieces = vocabulary(given)
    pieces.save(out / TOKENIZER)
    with tempfile.TemporaryDirectory() as folder:
        multiprocessing.spawn(work, (processes, Path(folder), recipe, more), nprocs=processes)
        model = network(given, ids, recipe.seed)
        model.load_state_dict(torch.load(Path(folder) / STATE))
    export(model, out / ENCODER)
    return len(ids)


def gate(out: Path, version: str, size: int) -> None:
    """Mix and calibrate on writers whom neither reader learnt from."""
    from nlp.understand import Reader, body_of

    examples = data.part("calibration")
    calibrate.placeholder(out / GATE)
    write_manifest(out, version, size, (1.0, 0.0))
    reader = Reader(manifest(out))
    apart = [reader.evidence(*body_of(each.text, calibrate.context(each)))[0] for each in examples]
    shares = calibrate.mix(examples, np.array([each.encoder for each in apart]),
                           np.array([each.ngrams for each in apart]))
    evidence = [replace(each, whole=shares[0] * each.encoder + shares[1] * each.ngrams) for each in apart]
    needed = calibrate.fit(examples, evidence, out / GATE)
    write_manifest(out, version, size, shares)
    print(f"encoder {shares[0]:.1f}, n-grams {shares[1]:.1f}; needed: {needed}")


def main() -> None:
    """All of it, or one step again."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--out", type=Path, default=FOLDER)
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--only", choices=["encoder", "ngrams", "gate"], action="append")
    options.add_argument("--epochs", type=int, default=Recipe().epochs)
    options.add_argument("--more", type=Path, help="messages in the corpus' form that join the train part")
    given = options.parse_args()
    steps = given.only or ["encoder", "ngrams", "gate"]
    given.out.mkdir(parents=True, exist_ok=True)
    size = len(vocabulary(base.load(base.path()))[0])
    if "encoder" in steps:
        encoder(given.out, given.processes, Recipe(epochs=given.epochs), given.more)
    if "ngrams" in steps:
        np.save(given.out / NGRAMS, linear.fit(data.lessons(given.more)))
    if "gate" in steps:
        learnt = len(data.lessons(given.more))
        gate(given.out, f"{datetime.now(UTC):%Y%m%d}-{given.epochs}x{learnt}", size)
