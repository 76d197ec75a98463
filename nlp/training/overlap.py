"""Near-duplicates between families: `python -m nlp.training.overlap [--remove]` lists them, takes the later out.

Two messages are near-duplicates when more than 70 % of their runs of four words are shared (short ones: equal words);
replies of up to four words ("STOP", "non merci") may recur, for they do in life.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

from nlp.training.data import FOLDER

ORDER = ("test", "calibration", "out-of-scope", "train")  # what comes first stays
RUN, SHARE, FEW = 4, 0.7, 4


def runs(text: str) -> frozenset[tuple[str, ...]]:
    """Runs of four words, or all words together when there are fewer than eight."""
    words = re.findall(r"\w+", text.lower())
    if len(words) < 2 * RUN:
        return frozenset({tuple(words)})
    return frozenset(tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1))


def near() -> list[tuple[Path, str, str]]:
    """File, id to take out, id it is like."""
    known: dict[tuple[str, ...], list[int]] = defaultdict(list)
    kept: list[tuple[str, str, frozenset[tuple[str, ...]]]] = []
    found: list[tuple[Path, str, str]] = []
    for file in sorted(FOLDER.glob("*.jsonl"), key=lambda file: (ORDER.index(file.stem.rpartition("-")[0]), file)):
        for line in file.read_text("utf-8").splitlines():
            row = json.loads(line)
            mine = runs(row["text"])
            if len(row["text"].split()) <= FEW:
                continue
            shared: dict[int, int] = defaultdict(int)
            for run in mine:
                for at in known[run]:
                    shared[at] += 1
            like = next((kept[at] for at, count in shared.items() if kept[at][1] != row["family"]
                         and count > SHARE * min(len(mine), len(kept[at][2]))), None)
            if like is not None:
                found.append((file, row["id"], like[0]))
                continue
            for run in mine:
                known[run].append(len(kept))
            kept.append((row["id"], row["family"], mine))
    return found


def main() -> None:
    """List, and with --remove rewrite the files."""
    found = near()
    for file, name, like in found:
        print(f"{file.name}: {name} is like {like}")
    if "--remove" in sys.argv:
        gone = {name for _, name, _ in found}
        for file in FOLDER.glob("*.jsonl"):
            lines = [line for line in file.read_text("utf-8").splitlines() if json.loads(line)["id"] not in gone]
            file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    print(f"{len(found)} near-duplicates {'removed' if '--remove' in sys.argv else 'found'}")


if __name__ == "__main__":
    main()
