"""`consentry classify`: JSON lines in, what each message wants out. Needs no settings; nothing is stored or sent."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from bot.errors import OperatorError
from nlp.understanding import Context, Thread, Understanding

BATCH = 64
FIELDS = ("subject", "channel", "context", "lang")


def classify(
    purposes: Annotated[list[str] | None, typer.Option(help="A purpose of yours, as KEY=word,word; repeat it.")] = None,
    weights: Annotated[Path | None, typer.Option(help="A model's folder; default: the package's.")] = None,
) -> None:
    """Read {"id", "text"} lines (optional: subject, channel, context, lang) and write one JSON line for each."""
    from nlp.understand import reader  # loads the model: half a second that `--help` need not wait
    from nlp.weights import FOLDER

    read, known = reader(weights or FOLDER), dict(map(_purpose, purposes or []))
    for batch in _shown(_batches(known)):
        for row, found in zip(batch, read.many([(row["text"], row["context"]) for row in batch]), strict=True):
            typer.echo(json.dumps(told(row["id"], found), ensure_ascii=False))


def told(name: object, found: Understanding) -> dict[str, Any]:
    """One answer. `review`: a person should read it, for the `reason`."""
    scope = found.scope
    granted = {"granted": {"channels": list(scope.granted_channels), "purposes": list(scope.granted_purposes)}}
    return {"id": name, "language": found.language, "intents": [str(intent) for intent in found.intents],
            "confidence": round(found.confidence, 4), "review": found.abstained is not None, "reason": found.abstained,
            "scope": {"channels": list(scope.channels), "purposes": list(scope.purposes),
                      **(granted if scope.granted_channels or scope.granted_purposes else {})},
            "evidence": [[span.start, span.end, str(span.label)] for span in found.evidence],
            "flags": [str(flag) for flag in found.flags]}


def _purpose(text: str) -> tuple[str, tuple[str, ...]]:
    key, _, words = text.partition("=")
    return key.strip(), tuple(word.strip() for word in words.split(",") if word.strip()) or (key.strip(),)


def _batches(purposes: Mapping[str, tuple[str, ...]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for number, line in enumerate(sys.stdin, 1):
        if line.strip():
            batch.append(row(number, line, purposes))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def row(number: int, line: str, purposes: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """One message and what is known of it. Raises OperatorError that names the line."""
    try:
        given = json.loads(line)
        text, name = given["text"], given["id"]
        subject, channel, context, lang = (given.get(field) for field in FIELDS)
        thread = Thread(context or "none")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OperatorError(f'Line {number} of the input is not {{"id": ..., "text": ...}} with a context of none, '
                            f"newsletter or reconsent ({type(error).__name__}).") from error
    if not isinstance(text, str) or not all(each is None or isinstance(each, str) for each in (subject, channel, lang)):
        raise OperatorError(f"In line {number} of the input text, subject, channel and lang must be strings.")
    return {"id": name, "text": text, "context": Context(channel or "email", thread, lang, purposes, subject or "")}


def _shown(batches: Iterator[list[dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    """With a counter on standard error, when that is a terminal."""
    console = Console(stderr=True)
    with Progress(TextColumn("{task.completed:,} messages"), TimeElapsedColumn(), console=console, transient=True,
                  disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)
        for batch in batches:
            yield batch
            progress.advance(task, len(batch))
