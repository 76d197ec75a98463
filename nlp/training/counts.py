"""Counts the corpus for its data sheet: `python -m nlp.training.counts` writes `nlp/corpus/counts.json`."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from nlp.training.data import FOLDER, PARTS, Example, part


def counted(examples: list[Example]) -> dict[str, Any]:
    """Messages, families, writers; shares by language, intent, channel, context and tag."""
    size = len(examples) or 1

    def shares(values: Counter[str]) -> dict[str, float]:
        return {name: round(100 * count / size, 1) for name, count in sorted(values.items())}

    return {"messages": len(examples), "families": len({each.family for each in examples}),
            "writers": len({each.writer for each in examples}),
            "languages": dict(sorted(Counter(each.lang for each in examples).items())),
            "percent": {"intents": shares(Counter(str(intent) for each in examples for intent in each.intents)),
                        "several intents": round(100 * sum(len(each.intents) > 1 for each in examples) / size, 1),
                        "scope said": round(100 * sum(each.scope is not None for each in examples) / size, 1),
                        "channels": shares(Counter(each.channel for each in examples)),
                        "contexts": shares(Counter(each.context for each in examples)),
                        "tags": shares(Counter(tag for each in examples for tag in each.tags))}}


def main() -> None:
    """Write it, and say how much there is."""
    found = {name: counted(part(name)) for name in PARTS}
    (FOLDER / "counts.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    for name, counts in found.items():
        print(f"{name:13}{counts['messages']:7,} messages {counts['families']:6,} families {counts['writers']} writers")


if __name__ == "__main__":
    main()
