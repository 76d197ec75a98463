"""The corpus (`nlp/corpus/*.jsonl`), one message a line. Split by writer, so by family: no wording is on two sides."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nlp.intents import Intent

FOLDER = Path(__file__).parents[1] / "corpus"
PARTS = ("train", "calibration", "test", "out-of-scope")


@dataclass(frozen=True, slots=True)
class Example:
    """One message with what its author wanted. `scope`: channels/purposes as in the data sheet, or None when unsaid."""

    id: str
    family: str
    writer: str
    lang: str
    channel: str
    context: str
    subject: str
    text: str
    intents: tuple[Intent, ...]
    scope: str | None
    tags: tuple[str, ...]

    @property
    def long(self) -> bool:
        """More than 120 words."""
        return len(self.text.split()) > 120


def read(file: Path) -> Iterable[Example]:
    """The messages of one file, in order."""
    for line in file.read_text("utf-8").splitlines():
        row = json.loads(line)
        yield Example(row["id"], row["family"], row["writer"], row["lang"], row["channel"], row["context"],
                      row.get("subject", ""), row["text"], tuple(Intent(each) for each in row["intents"]),
                      row.get("scope"), tuple(row.get("tags", ())))


def part(name: str, folder: Path = FOLDER) -> list[Example]:
    """All messages of one part: train, calibration, test or out-of-scope."""
    return [example for file in sorted(folder.glob(f"{name}-*.jsonl")) for example in read(file)]


def lessons(more: Path | None = None, folder: Path = FOLDER) -> list[Example]:
    """What is learnt from: the train part, and the messages of one more file."""
    return part("train", folder) + (list(read(more)) if more else [])
