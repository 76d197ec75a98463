"""Words: a folder per message, over a common base; undefined variables are errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).parent / "message"
LANGUAGES = ("en", "fr")
NAMES = tuple(sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and path.name != "_base"))


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message in one language."""

    subject: str
    text: str
    html: str


@cache
def _environment(html: bool) -> Environment:
    return Environment(loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, autoescape=html,  # noqa: S701
                       trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)


def render(name: str, language: str, variables: Mapping[str, object]) -> Rendered:
    """The message in that language, or in English; raises UndefinedError when a variable is missing."""
    lang = language if language in LANGUAGES else "en"

    def one(file: str, html: bool = False) -> str:
        return _environment(html).get_template(f"{name}/{lang}/{file}").render(variables)

    return Rendered(one("subject.txt").strip(), one("body.txt"), one("body.html", html=True))
