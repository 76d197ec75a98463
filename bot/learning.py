"""What reviewers said, as messages to train and to measure with; and how a better model gets into use.

One example in four, chosen by its words, is never learnt from: every model is measured on those.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bot.errors import OperatorError
from nlp.compare import Comparison, Message, compare, scored
from nlp.evaluate import Scored
from nlp.intents import Intent
from nlp.replies import plain
from nlp.understanding import Context, Thread
from nlp.weights import FILES, MANIFEST, DamagedModel, Manifest, manifest
from storage.records import LabelledExample
from storage.unit_of_work import UnitOfWork

ONE_IN = 4
LEAST = 30  # messages: fewer tell nothing about a model
ANSWERS = {str(Intent.GRANT), str(Intent.REFUSE)}  # possible only where something was asked
NAME = re.compile(r"[\w+-][\w.+-]{0,79}")
PAGE = 500

Sets = Mapping[str, Sequence[Message]]


def examples(uow: UnitOfWork) -> Iterator[LabelledExample]:
    """Every one that a reader can learn from: it has words, and nothing is granted where nothing was asked."""
    after = ""
    while page := uow.examples.list(after, PAGE):
        after = page[-1].id
        yield from (each for each in page if (each.text.strip() or each.subject.strip())
                    and (each.context == Thread.RECONSENT or not ANSWERS & set(each.intents)))


def family(example: LabelledExample) -> str:
    """The same for the same words: they are on one side."""
    return hashlib.sha256(plain(f"{example.subject} {example.text}").encode("utf-8", "replace")).hexdigest()[:16]


def kept_back(example: LabelledExample) -> bool:
    """Whether no model learns from it."""
    return int(family(example), 16) % ONE_IN == 0


def lessons(uow: UnitOfWork) -> list[str]:
    """The others, as lines of the corpus' form (`nlp/training/data.py`)."""
    return [json.dumps({
        "id": each.id, "family": f"staff-{family(each)}", "writer": "staff", "lang": each.language,
        "channel": str(each.channel), "context": each.context, "subject": each.subject, "text": each.text,
        "intents": list(each.intents)}) for each in examples(uow) if not kept_back(each)]


def measuring(uow: UnitOfWork, purposes: Mapping[str, Sequence[str]]) -> dict[str, list[Message]]:
    """What a model is measured on: the corpus' test part, where there is one, and the examples kept back."""
    known = {key: tuple(words) for key, words in purposes.items()}
    own = [Message(family(each), each.text, Context(str(each.channel), Thread(each.context), each.language, known,
                                                    each.subject), frozenset(map(Intent, each.intents)), each.language)
           for each in examples(uow) if kept_back(each)]
    return {name: messages for name, messages in (("corpus", corpus()), ("store", own)) if messages}


def corpus() -> list[Message]:
    """The corpus' test part; empty where there is no checkout."""
    try:
        from nlp.training import data
    except ImportError:
        return []
    return [Message(each.family, each.text, Context(each.channel, Thread(each.context), each.lang, {}, each.subject),
                    frozenset(each.intents), each.lang, each.tags) for each in data.part("test", data.FOLDER)]


def checked(folder: Path) -> Manifest:
    """What the model there says of itself. Raises OperatorError."""
    try:
        found = manifest(folder)
    except DamagedModel as error:
        raise OperatorError(f"{error} Name the folder of a whole model.") from error
    if not NAME.fullmatch(found.version):
        raise OperatorError(f"The model in {folder} has a version that cannot name a folder: train it again.")
    return found


def score(model: Manifest, sets: Sets) -> dict[str, list[Scored]]:
    """What it makes of each set; loads the model."""
    from nlp.understand import Reader  # onnxruntime: a second that others need not wait

    reader = Reader(model)
    return {name: scored(reader.many, messages) for name, messages in sets.items()}


def against(champion: Manifest, challenger: Manifest, sets: Sets) -> dict[str, Comparison]:
    """Both on the same messages, set by set. Raises OperatorError when these are too few to tell."""
    count = sum(map(len, sets.values()))
    if count < LEAST:
        raise OperatorError(f"{count} messages to measure with tell nothing: {LEAST} are needed. One in {ONE_IN} that "
                            "`consentry inbox decide` settles is kept back for this; a checkout has the corpus too.")
    ours, theirs = score(champion, sets), score(challenger, sets)
    return {name: compare(ours[name], theirs[name]) for name in sets}


def faults(found: Mapping[str, Comparison]) -> list[str]:
    """Why the challenger is worse, on whichever set; empty when it is not."""
    return [f"on the {name}'s messages {fault}" for name, each in found.items() for fault in each.faults]


def install(model: Manifest, folder: Path) -> Path:
    """A checked copy under `folder`, by its version; all of it or none. Raises OperatorError."""
    target, half = folder / model.version, folder / f".{model.version}.part"
    if target.exists():
        raise OperatorError(f"{target} exists already: a version is never replaced.")
    try:
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        for name in (*FILES, MANIFEST):
            shutil.copyfile(model.path(name), half / name)
        checked(half)
        half.rename(target)
    except OSError as error:
        raise OperatorError(f"{folder} cannot be written ({error.strerror}): nothing was promoted.") from error
    return target
