"""`consentry model`: measured, trained, compared and promoted by command, with models of some kilobytes."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.bootstrap import open_storage
from bot.cli import app
from bot.clock import new_id, system_clock
from bot.errors import OperatorError
from bot.intake import new_item
from bot.learning import LEAST, kept_back
from bot.settings import load
from nlp.intents import Intent
from nlp.training.data import lessons, read
from storage.records import ChannelKind, LabelledExample
from tests.harness.models import tiny

WORDS = {"zstop": Intent.UNSUBSCRIBE, "zdata": Intent.ACCESS, "zgone": Intent.ERASURE}


@dataclass
class Shop:
    """Settings, a store with what a reviewer decided, and the model in use."""

    folder: Path
    champion: Path

    @property
    def config(self) -> Path:
        return self.folder / "consentry.toml"

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(app, ["model", *words, "-c", str(self.config)])

    def said(self, *words: str) -> str:
        result = self.run(*words)
        assert result.exit_code == 0, result.exception
        return " ".join(result.output.split())

    def refused(self, *words: str) -> str:
        result = self.run(*words)
        assert isinstance(result.exception, OperatorError), result.output
        return str(result.exception)

    def decided(self, count: int, word: str, intent: Intent, context: str = "none", *, back: bool = True) -> None:
        """So many messages with this word that a reviewer said want this, all kept back or none."""
        store = open_storage(load(self.config))
        with store.unit_of_work() as uow:
            number = uow.examples.count() * 1000
            while count:
                number += 1
                item = new_item(f"{number}".encode(), channel=ChannelKind.EMAIL, source="t", external_id=f"{number}",
                                envelope={}, received_at=system_clock(), item_id=new_id())
                example = LabelledExample(new_id(), item.id, f"{word} please, case {number}", "", ChannelKind.EMAIL,
                                          context, "en", (intent,), "zoe", system_clock(), "old", ("other",))
                if kept_back(example) == back:
                    count -= 1
                    uow.inbox.add(item)
                    uow.examples.add(example)
            uow.commit()
        store.close()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Without a corpus, as an installed program is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("nlp.training.data.FOLDER", tmp_path / "corpus")
    assert CliRunner().invoke(app, ["init"]).exit_code == 0
    champion = tiny(tmp_path / "champion", "one", {name: WORDS[name] for name in ("zstop", "zdata")})
    made = Shop(tmp_path, champion)
    with made.config.open("a", encoding="utf-8") as out:
        out.write('\n[understanding]\nweights = "champion"\n')
    return made


@pytest.fixture
def measured(shop: Shop) -> Shop:
    """With 36 messages kept back, of which the model in use reads 24 right."""
    for word, intent in WORDS.items():
        shop.decided(12, word, intent)
    return shop


def corpus(folder: Path, part: str, *rows: dict[str, Any]) -> None:
    (folder / "corpus").mkdir(exist_ok=True)
    lines = [json.dumps({"id": f"{at}", "family": f"x-{at}", "writer": "x", "lang": "en", "channel": "email",
                         "context": "none", **row}) for at, row in enumerate(rows)]
    (folder / "corpus" / f"{part}-x.jsonl").write_text("\n".join(lines), "utf-8")


def test_there_is_nothing_to_measure_with_before_anything_was_decided(shop: Shop) -> None:
    assert "nothing to measure with" in shop.refused("evaluate")
    shop.decided(3, "zstop", Intent.UNSUBSCRIBE, back=False)
    assert "nothing to measure with" in shop.refused("evaluate"), "what may be learnt from does not measure"


def test_the_model_in_use_is_scored_on_what_was_kept_back(measured: Shop) -> None:
    said = measured.said("evaluate")
    assert "one on 36 messages of the store" in said
    assert "all labels right │ 66.7%" in said
    assert "corpus is in a checkout of the source only" in said
    found = json.loads(measured.run("evaluate", "--json").stdout)
    assert found["version"] == "one"
    assert found["store"]["figures"]["all labels right"]["count"] == 36
    assert "corpus" not in found
    other = tiny(measured.folder / "two", "two", WORDS)
    assert "all labels right │ 100.0%" in measured.said("evaluate", "--weights", str(other))


def test_a_checkout_has_the_corpus_too(measured: Shop) -> None:
    corpus(measured.folder, "test", {"text": "zstop it", "intents": ["unsubscribe"]},
           {"text": "zgone with it", "intents": ["erasure"], "subject": "my account"})
    found = json.loads(measured.run("evaluate", "--json").stdout)
    assert found["corpus"]["figures"]["all labels right"]["value"] == 0.5


def test_a_model_that_is_missing_or_damaged_is_named(shop: Shop) -> None:
    assert "nowhere" in shop.refused("evaluate", "--weights", "nowhere")
    damaged = tiny(shop.folder / "damaged", "two", WORDS)
    (damaged / "gate.json").write_text("{}", "utf-8")
    assert "gate.json" in shop.refused("compare", str(damaged))
    odd = tiny(shop.folder / "odd", "../../up", WORDS)
    assert "cannot name a folder" in shop.refused("promote", str(odd))


def test_a_better_model_is_promoted_and_reads_from_then_on(measured: Shop) -> None:
    better = str(tiny(measured.folder / "new", "two", WORDS))
    said = measured.said("compare", better)
    assert "all labels right │ 66.7%" in said
    assert "│ 100.0%" in said
    assert "gain │ │ +33.3%" in said
    assert "Not worse" in said
    result = measured.run("promote", better)
    assert result.exit_code == 0, result.exception
    line = result.stdout.splitlines()[-1]
    assert line == 'weights = "models/two"'
    assert not list((measured.folder / "models").glob(".*")), "nothing half copied is left"
    measured.config.write_text(measured.config.read_text("utf-8").replace('weights = "champion"', line), "utf-8")
    assert json.loads(measured.run("evaluate", "--json").stdout)["version"] == "two"
    assert "version of the model in use" in measured.refused("promote", better)
    measured.config.write_text(measured.config.read_text("utf-8").replace(line, 'weights = "champion"'), "utf-8")
    assert "exists already" in measured.refused("promote", better)


def test_a_model_that_reads_less_is_refused(measured: Shop) -> None:
    worse = str(tiny(measured.folder / "new", "two", {"zstop": Intent.UNSUBSCRIBE}, needed=0.99999))
    compared = measured.run("compare", worse)
    assert compared.exit_code == 1
    assert "Worse: on the store's messages 33.3% fewer messages have all labels right" in compared.output
    assert "automatic readings" not in compared.output, "it leaves everything to a person"
    assert "not promoted" in measured.refused("promote", worse)
    assert not (measured.folder / "models").exists()


def test_a_model_that_is_wrong_by_itself_more_often_is_refused(measured: Shop) -> None:
    measured.decided(1, "zother", Intent.OTHER)
    bold = str(tiny(measured.folder / "new", "two", {**WORDS, "zgone": Intent.RESTRICTION, "zother": Intent.ACCESS}))
    refused = measured.refused("promote", bold)
    assert "13 automatic readings are wrong, 12 with the model in use" in refused


def test_a_model_that_would_invent_a_consent_is_refused(measured: Shop) -> None:
    measured.decided(1, "zwell", Intent.REFUSE, "reconsent")
    credulous = str(tiny(measured.folder / "new", "two", {**WORDS, "zwell": Intent.GRANT}))
    refused = measured.refused("promote", credulous)
    assert "it would record 1 grants that are none" in refused
    assert "fewer" not in refused, "however much better it is otherwise"


def test_a_few_messages_prove_nothing(shop: Shop) -> None:
    shop.decided(LEAST - 1, "zstop", Intent.UNSUBSCRIBE)
    assert f"{LEAST} are needed" in shop.refused("promote", str(tiny(shop.folder / "new", "two", WORDS)))


def test_training_says_what_it_lacks(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.cli.model.EXTRA", ("no_such_module",))
    assert "pip install 'consentry[train]'" in shop.refused("train", "--out", "new")
    monkeypatch.setattr("bot.cli.model.CORPUS", shop.folder / "corpus")
    assert "checkout of the source only" in shop.refused("train", "--out", "new")
    corpus(shop.folder, "train", {"text": "STOP", "intents": ["unsubscribe"]})
    monkeypatch.setattr("bot.cli.model.EXTRA", ())
    assert "not empty" in shop.refused("train", "--out", "champion")


def test_training_joins_what_was_decided_and_what_is_kept_back_stays_out(measured: Shop,
                                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    measured.decided(2, "zlearn\u2028", Intent.OBJECTION, back=False)
    measured.decided(1, "zyes", Intent.GRANT, back=False)  # where nothing was asked: no reader can learn it
    corpus(measured.folder, "train", {"text": "STOP", "intents": ["unsubscribe"]})
    monkeypatch.setattr("bot.cli.model.CORPUS", measured.folder / "corpus")
    monkeypatch.setattr("bot.cli.model.EXTRA", ())
    ran: list[list[str]] = []

    def trained(words: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        ran.append(words)
        more = Path(words[words.index("--more") + 1])
        assert more.parent.stat().st_mode & 0o077 == 0, "nobody else may read it"
        learnt = lessons(more, measured.folder / "corpus")
        assert [each.intents for each in learnt] == [(Intent.UNSUBSCRIBE,), (Intent.OBJECTION,), (Intent.OBJECTION,)]
        assert "zlearn\u2028" in learnt[1].text
        return subprocess.CompletedProcess(words, 0)

    monkeypatch.setattr("bot.cli.model.subprocess.run", trained)
    assert "2 examples of the store" in measured.said("train", "--out", "new")
    (words,) = ran
    assert words[words.index("--out") + 1] == str(measured.folder / "new")
    assert not Path(words[words.index("--more") + 1]).exists(), "people's words are not left behind"
    monkeypatch.setattr("bot.cli.model.subprocess.run", lambda words, **_: subprocess.CompletedProcess(words, 3))
    assert "status 3" in measured.refused("train", "--out", "new")


def test_without_more_only_the_train_part_is_learnt(tmp_path: Path) -> None:
    corpus(tmp_path, "train", {"text": "STOP", "intents": ["unsubscribe"]})
    corpus(tmp_path, "test", {"text": "NO", "intents": ["unsubscribe"]})
    assert lessons(None, tmp_path / "corpus") == list(read(tmp_path / "corpus" / "train-x.jsonl"))
