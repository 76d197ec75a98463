"""The fine-tuned encoder, run by onnxruntime: a message in, one logit for each intent out. Reads only its own files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from nlp.marks import layout
from nlp.pieces import Pieces


@dataclass(frozen=True, slots=True)
class Text:
    """What is read: the person's words, and where they come from."""

    text: str
    subject: str = ""
    context: str = "none"
    channel: str = "email"


class Encoder:
    """Safe to share between threads."""

    def __init__(self, file: Path, pieces: Pieces, size: int, threads: int = 1) -> None:
        """An ONNX file made by `nlp.training.export`; `size` pieces in its vocabulary."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.enable_cpu_mem_arena = False  # the arena keeps the largest batch's memory for good
        self._session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        self._pieces, self._size = pieces, size

    def logits(self, texts: Sequence[Text]) -> NDArray[np.float32]:
        """(texts, intents), in the order given.

        One by one: 8-bit scales are a batch's, and no reading may depend on what else is read with it.
        """
        return np.concatenate([self._run(layout(self._pieces, self._size, each.text, each.subject, each.context,
                                                each.channel)) for each in texts])

    def _run(self, laid: list[int]) -> NDArray[np.float32]:
        ids, mask = np.array([laid], np.int64), np.ones((1, len(laid)), np.float32)
        out: NDArray[np.float32] = self._session.run(None, {"ids": ids, "mask": mask})[0]
        return out
