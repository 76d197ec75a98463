"""The files of one model, checked against their hashes before they are used, and never written."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "weights"
ENCODER, TOKENIZER, NGRAMS, GATE = "encoder.onnx", "tokenizer.json", "ngrams.npy", "gate.json"
FILES = (ENCODER, TOKENIZER, NGRAMS, GATE)
MANIFEST = "model.json"


class DamagedModel(Exception):
    """A model file is missing or is not the one that was measured: install the package again, or the promoted model."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `model.json` says: a version, the vocabulary's size, how the two readers are mixed, a hash for each file."""

    folder: Path
    version: str
    size: int  # pieces of the vocabulary
    mix: tuple[float, float]  # weights of the encoder's and of the n-grams' logits

    def path(self, name: str) -> Path:
        """Where that file is."""
        return self.folder / name


def digest(file: Path) -> str:
    """SHA-256 in hexadecimal digits, read in pieces."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def manifest(folder: Path = FOLDER) -> Manifest:
    """Read and check. Raises DamagedModel."""
    try:
        given = json.loads((folder / MANIFEST).read_text("utf-8"))
        wrong = [name for name in FILES if digest(folder / name) != given["sha256"][name]]
    except (OSError, ValueError, KeyError) as error:
        raise DamagedModel(f"The model in {folder} cannot be read ({type(error).__name__}).") from error
    if wrong:
        raise DamagedModel(f"{', '.join(wrong)} in {folder} is not the file that was measured.")
    return Manifest(folder, given["version"], given["size"], tuple(given["mix"]))


def write_manifest(folder: Path, version: str, size: int, mix: tuple[float, float]) -> None:
    """After the files: their hashes beside what they are."""
    body = {"version": version, "size": size, "mix": list(mix),
            "sha256": {name: digest(folder / name) for name in FILES}}
    (folder / MANIFEST).write_text(json.dumps(body, indent=1) + "\n", "utf-8")
