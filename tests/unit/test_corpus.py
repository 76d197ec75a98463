"""The corpus is what its data sheet says: labels of the vocabulary, families of one writer, no wording on two sides."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from nlp.intents import Intent
from nlp.training.data import FOLDER, PARTS, Example, read
from nlp.understanding import Thread

FILES = sorted(FOLDER.glob("*.jsonl"))
ALONE = {Intent.OTHER, Intent.AUTO_REPLY}
ANSWERS = {Intent.GRANT, Intent.REFUSE}
SCOPE = re.compile(r"!?(?:email|sms|phone|post|chat|all)(?:,(?:email|sms|phone|post|chat))*/"
                   r"!?(?:newsletter|offers|events|partners|profiling|loyalty|all)(?:,\w+)*")


@pytest.fixture(scope="module")
def corpus() -> dict[str, list[Example]]:
    return {file.stem: list(read(file)) for file in FILES}


def plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_line_is_a_message_with_labels_of_the_vocabulary(file: Path) -> None:
    examples = list(read(file))
    assert examples
    part, _, writer = file.stem.rpartition("-")
    assert part in PARTS
    for each in examples:
        assert each.writer == writer
        assert each.text.strip() or each.subject.strip()
        assert each.context in set(Thread)
        assert each.intents
        assert len(each.intents) == 1 or not ALONE & set(each.intents), each.id
        assert not ANSWERS & set(each.intents) or each.context == "reconsent", each.id
        assert each.scope is None or SCOPE.fullmatch(each.scope), each.id
        assert ("long" in each.tags) == each.long, each.id
    assert len({each.id for each in examples}) == len(examples)


def test_a_family_belongs_to_one_writer(corpus: dict[str, list[Example]]) -> None:
    owners: dict[str, str] = {}
    for name, examples in corpus.items():
        for each in examples:
            assert owners.setdefault(each.family, name) == name


def test_no_text_of_more_than_four_words_is_on_two_sides(corpus: dict[str, list[Example]]) -> None:
    sides: dict[str, str] = {}
    for name, examples in corpus.items():
        side = name.rpartition("-")[0]
        for each in examples:
            words = plain(each.text)
            if len(words.split()) > 4:
                assert sides.setdefault(words, side) == side, each.id


def test_the_data_sheet_counts_what_is_there(corpus: dict[str, list[Example]]) -> None:
    told = json.loads((FOLDER / "counts.json").read_text("utf-8"))
    for part in PARTS:
        mine = [each for name, examples in corpus.items() if name.rpartition("-")[0] == part for each in examples]
        assert told[part]["messages"] == len(mine)
        assert told[part]["families"] == len({each.family for each in mine})
        assert told[part]["languages"] == dict(sorted(Counter(each.lang for each in mine).items()))
