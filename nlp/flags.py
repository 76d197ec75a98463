"""Marks on a message that send it to a person, or to the front of the queue. They never decide what is wanted."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from nlp.replies import plain
from nlp.understanding import Flag

READ = 20_000  # characters


@cache
def _words(flag: str, language: str) -> tuple[str, ...]:
    table = tomllib.loads((files("nlp") / "flags.toml").read_text("utf-8")).get(flag, {})
    return tuple(f" {plain(each)} " for each in (*table.get("any", ()), *table.get(language, ())))


def flags(text: str, language: str) -> tuple[Flag, ...]:
    """What the words of that language say: a legal threat, an attempt to instruct a machine."""
    words = f" {plain(text[:READ])} "
    return tuple(flag for flag in Flag if any(each in words for each in _words(flag, language)))
