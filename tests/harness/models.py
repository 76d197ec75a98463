"""Whole models of some kilobytes: the n-grams know a few words, the encoder says nothing, the gate is as told."""

import json
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from nlp.gate import NAMES
from nlp.intents import Intent
from nlp.ngrams import BITS, INTENTS
from nlp.pieces import HIDDEN, Pieces
from nlp.weights import ENCODER, GATE, NGRAMS, TOKENIZER, write_manifest

FLOAT, INT64 = 1, 7  # ONNX element types


def tiny(folder: Path, version: str, words: Mapping[str, Intent], needed: float = 0.6) -> Path:
    """A model that reads these words, everything else as `other`; below `needed` a person reads it."""
    folder.mkdir(parents=True)
    pieces = [*HIDDEN, *"▁abcdefghijklmnopqrstuvwxyz"]
    Pieces(pieces, [-1.0] * len(pieces)).save(folder / TOKENIZER)
    (folder / ENCODER).write_bytes(silent(len(INTENTS)))
    np.save(folder / NGRAMS, weights(words))
    gate = {"weights": [float(name == "joint") for name in NAMES], "bias": 0.0,
            "thresholds": dict.fromkeys(("no", "right", "none", "yes"), needed)}
    (folder / GATE).write_text(json.dumps(gate), "utf-8")
    write_manifest(folder, version, len(pieces), (0.0, 1.0))
    return folder


def weights(words: Mapping[str, Intent]) -> np.ndarray:
    """(slots + 1, intents): `other`, unless one of the words is there."""
    out = np.zeros(((1 << BITS) + 1, len(INTENTS)), np.float16)
    out[-1] = [5 if intent is Intent.OTHER else -5 for intent in INTENTS]
    for word, intent in words.items():
        slot = zlib.crc32(f"\1{word}".encode()) & ((1 << BITS) - 1)
        out[slot] = [200 * (each is intent) - 200 * (each is Intent.OTHER) for each in INTENTS]
    return out


def silent(labels: int) -> bytes:
    """An ONNX file (ir_version 8, opset 17) whose logits are all 0: ReduceMean(mask) times a row of zeros."""
    mean = _node("ReduceMean", ["mask"], "mean", _field(5, _text(1, "axes") + _number(20, 7) + _number(8, 1)))
    times = _node("MatMul", ["mean", "zeros"], "logits")
    zeros = _number(1, 1) + _number(1, labels) + _number(2, FLOAT) + _text(8, "zeros") + _field(9, bytes(4 * labels))
    graph = b"".join([_field(1, mean), _field(1, times), _text(2, "silent"), _field(5, zeros),
                      _field(11, _value("ids", INT64, ["batch", "length"])),
                      _field(11, _value("mask", FLOAT, ["batch", "length"])),
                      _field(12, _value("logits", FLOAT, ["batch", "labels"]))])
    return _number(1, 8) + _field(7, graph) + _field(8, _text(1, "") + _number(2, 17))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _number(tag: int, value: int) -> bytes:
    return _varint(tag << 3) + _varint(value)


def _field(tag: int, body: bytes) -> bytes:
    return _varint(tag << 3 | 2) + _varint(len(body)) + body


def _text(tag: int, value: str) -> bytes:
    return _field(tag, value.encode())


def _node(kind: str, inputs: Iterable[str], output: str, attribute: bytes = b"") -> bytes:
    return b"".join(_text(1, name) for name in inputs) + _text(2, output) + _text(4, kind) + attribute


def _value(name: str, kind: int, shape: Iterable[str]) -> bytes:
    sizes = _field(2, b"".join(_field(1, _text(2, size)) for size in shape))
    return _text(1, name) + _field(2, _field(1, _number(1, kind) + sizes))
