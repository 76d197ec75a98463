"""`consentry classify`: JSON lines in, JSON lines out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.classify import row
from bot.errors import OperatorError

ROOT = Path(__file__).parents[2]


def classify(lines: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "bot.cli", "classify", *words], input=lines, capture_output=True,
                          text=True, cwd=ROOT, timeout=100, check=False)


def test_each_line_gets_its_line() -> None:
    rows = [{"id": 1, "text": "STOP", "channel": "sms"},
            {"id": "b", "text": "Oui", "context": "reconsent", "lang": "fr"},
            {"id": "c", "text": "Please delete all my data and close my account", "subject": "my account"},
            *({"id": number, "text": "Where is my parcel?"} for number in range(70))]
    done = classify("\n".join(map(json.dumps, rows)) + "\n\n")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["id"] for each in told] == [row["id"] for row in rows]
    stop, yes, erase = told[:3]
    assert (stop["intents"], stop["review"], stop["reason"]) == (["unsubscribe"], False, None)
    assert stop["scope"] == {"channels": ["all"], "purposes": ["all"]}
    assert stop["evidence"] == [[0, 4, "unsubscribe"]]
    assert (yes["intents"], yes["language"]) == (["grant"], "fr")
    assert erase["intents"] == ["erasure"]
    assert 0 < erase["confidence"] <= 1
    assert {"id", "language", "intents", "confidence", "review", "reason", "scope", "evidence"} <= set(erase)


def test_purposes_are_known_by_the_words_given() -> None:
    done = classify(json.dumps({"id": 1, "text": "Please stop sending me the Gardener's Gazette."}) + "\n",
                    "--purposes", "gazette=Gardener's Gazette", "--purposes", "offers=offers")
    assert json.loads(done.stdout)["scope"]["purposes"] == ["gazette"], done.stdout


def test_a_bad_line_is_named_and_what_came_before_is_kept() -> None:
    good = "".join(json.dumps({"id": number, "text": "STOP"}) + "\n" for number in range(64))
    done = classify(good + '{"id": 1}\n')
    assert done.returncode == 2
    assert done.stderr.startswith("Line 65 of the input")
    assert len(done.stdout.splitlines()) == 64


@pytest.mark.parametrize("bad", ["{", "[]", "3", '{"id": 1}', '{"id": 1, "text": 5}', '{"id": 1, "text": null}',
                                 '{"id": 1, "text": "x", "context": "sms"}', '{"id": 1, "text": "x", "lang": 3}'])
def test_what_is_no_message_is_a_sentence(bad: str) -> None:
    with pytest.raises(OperatorError, match=r"[Ll]ine 7 "):
        row(7, bad, {})
