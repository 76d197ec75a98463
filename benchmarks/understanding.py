"""How well and how fast messages are understood, written to `docs/classifier-figures.md`.

Run: python -m benchmarks.understanding [--weights FOLDER] [--out FILE]

Scores the model in use on the corpus' test writers and its out-of-scope set, which nobody who writes rules, patterns
or training data reads; then measures load, memory and speed of this process on one core.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil

from nlp.evaluate import Rate, Report, Scored, false_actions, report
from nlp.intents import Intent
from nlp.training.data import Example, part
from nlp.understand import Reader
from nlp.understanding import Context, Thread
from nlp.weights import FOLDER, manifest

OUT = Path(__file__).parents[1] / "docs" / "classifier-figures.md"
GOALS = {
    "all labels right": ">= 93 %", "long mails": ">= 85 %", "several wishes": ">= 80 %", "opt-out recall": ">= 98.5 %",
    "automatic": ">= 80 %", "automatic that are right": ">= 99 %", "automatic opt-outs missed": "<= 0.3 %",
    "automatic grants that are none": "0", "calibration error": "<= 0.04",
}
SHOP = {"newsletter": ("newsletter",), "offers": ("offers", "offres"), "events": ("events", "événements"),
        "partners": ("partners", "partenaires"), "profiling": ("profiling", "profilage"),
        "loyalty": ("loyalty", "fidélité")}
ERRORS = 10


def context(example: Example) -> Context:
    """As the line would give it, for the demo shop."""
    return Context(example.channel, Thread(example.context), example.lang, SHOP, example.subject)


def scored(reader: Reader, examples: Sequence[Example]) -> list[Scored]:
    """Read in batches, as a queue is."""
    out: list[Scored] = []
    for at in range(0, len(examples), 64):
        some = examples[at : at + 64]
        for each, read in zip(some, reader.many([(each.text, context(each)) for each in some]), strict=True):
            out.append(Scored(each.family, each.lang, each.long, each.tags, frozenset(each.intents), read))
    return out


def speed(reader: Reader, examples: Sequence[Example]) -> dict[str, str]:
    """Short messages one by one, and all in batches."""
    short = [each for each in examples if len(each.text.split()) <= 30][:400]
    took = []
    for each in short:
        began = time.perf_counter()
        reader.understand(each.text, context(each))
        took.append(1000 * (time.perf_counter() - began))
    began = time.perf_counter()
    scored(reader, short)
    many = len(short) / (time.perf_counter() - began)
    cuts = statistics.quantiles(took, n=100)
    return {"a short message, p50 (goal <= 8 ms)": f"{cuts[49]:.1f} ms",
            "a short message, p99 (goal <= 30 ms)": f"{cuts[98]:.1f} ms",
            "short messages in batches (goal >= 150/s)": f"{many:.0f}/s",
            "resident memory (goal < 350 MB)": f"{psutil.Process().memory_info().rss / 1e6:.0f} MB"}


def page(found: Report, outside: Rate, costs: dict[str, str], version: str, errors: Iterator[str]) -> str:
    """The figures as Markdown."""
    rows = [f"| {name} | {_words(value)} | {GOALS.get(name, '')} |" for name, value in found.figures.items()]
    rows.append(f"| out of scope: automatic false actions | {outside} | <= 1 % |")
    languages = [f"| {lang} | {value} |" for lang, value in found.languages.items()]
    intents = [f"| {intent} | {recall} | {precision} |" for intent, (recall, precision) in found.intents.items()]
    mixed = [f"| {wanted} | {read} | {count} |" for wanted, read, count in found.confusions]
    return "\n".join([
        f"# Figures of the reader, model {version}", "",
        "Made by `python -m benchmarks.understanding`; the method is in `docs/classifier.md`. In brackets: the 95 %",
        "interval, families drawn again and again, and the number of messages. The writers of these messages wrote",
        "nothing that the model learnt from.", "",
        "| figure | reached | goal |", "|---|---|---|", *rows, "",
        "## By language: all labels right (goal >= 90 %)",
        "", "| language | right |", "|---|---|", *languages, "", "## By intent", "", "| intent | found | rightly |",
        "|---|---|---|", *intents, "", "## Taken for something else, commonest first", "",
        "| wanted | read | times |", "|---|---|---|", *mixed, "", f"## {ERRORS} errors verbatim", "", *errors,
        "", "## Cost, one core", "", "| what | measured |", "|---|---|",
        *(f"| {name} | {value} |" for name, value in costs.items()), ""])


def _words(value: Rate | float) -> str:
    return str(value) if isinstance(value, Rate) else f"{value:.3f}".rstrip("0").rstrip(".")


def errors_of(rows: Sequence[Scored], examples: Sequence[Example]) -> Iterator[str]:
    """One of each confusion, those let through without a person first."""
    seen: set[tuple[frozenset[Intent], frozenset[Intent]]] = set()
    wrong = [(row, each) for row, each in zip(rows, examples, strict=True) if not row.right and not row.long]
    for row, each in sorted(wrong, key=lambda pair: (not pair[0].automatic, -pair[0].read.confidence)):
        kind = (row.wanted, frozenset(row.read.intents))
        if kind in seen:
            continue
        seen.add(kind)
        text = " ".join(f"{each.subject}: {each.text}".removeprefix(": ").split())[:400].replace("`", "'")
        outcome = "automatic" if row.automatic else f"held: {row.read.abstained}"
        yield (f"- `{text}`\n  wanted {' + '.join(each.intents)}; read {' + '.join(row.read.intents)} "
               f"({row.read.confidence:.0%}, {outcome})")
        if len(seen) == ERRORS:
            return


def timed(load: Callable[[], Reader]) -> tuple[Reader, float]:
    """What it loads, and the seconds."""
    began = time.perf_counter()
    reader = load()
    reader.understand("Bonjour", Context())
    return reader, time.perf_counter() - began


def main() -> None:
    """Score, measure, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--weights", type=Path, default=FOLDER)
    options.add_argument("--out", type=Path, default=OUT)
    given = options.parse_args()
    reader, seconds = timed(lambda: Reader(manifest(given.weights)))
    examples = part("test")
    costs = {"load, first message included (goal < 2 s)": f"{seconds:.2f} s", **speed(reader, examples)}
    rows = scored(reader, examples)
    found = report(rows)
    text = page(found, false_actions(scored(reader, part("out-of-scope"))), costs, reader.version,
                errors_of(rows, examples))
    given.out.write_text(text, "utf-8")
    print(text.partition("## By intent")[0], *(f"{name}: {value}" for name, value in costs.items()), sep="\n")


if __name__ == "__main__":
    main()
