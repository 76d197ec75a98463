"""The words of a re-consent campaign: one folder per language, values of `catalogue.toml`; undefined ones are errors."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).parent / "reconsent"
LANGUAGES = ("fr", "en", "de", "es", "it", "nl", "pt", "pl")
FILES = ("subject.txt", "body.txt", "body.html", "sms.txt", "chat.txt")


@dataclass(frozen=True, slots=True)
class Campaign:
    """One message in one language, for each way it can be sent."""

    subject: str
    text: str
    html: str
    sms: str
    chat: str


def environment(folder: Path, *, html: bool) -> Environment:
    """How these templates are read; values are escaped in HTML, and a missing one raises UndefinedError."""
    return Environment(loader=FileSystemLoader([folder, FOLDER]), undefined=StrictUndefined,
                       autoescape=html, trim_blocks=True, lstrip_blocks=True,  # noqa: S701 - text has nothing to escape
                       keep_trailing_newline=True, auto_reload=False)


@cache
def _environment(language: str, html: bool) -> Environment:
    return environment(FOLDER / language, html=html)


def render(language: str, values: Mapping[str, object]) -> Campaign:
    """All forms of the message. Raises KeyError for a language that is not in LANGUAGES."""
    if language not in LANGUAGES:
        raise KeyError(language)
    made = {name: _environment(language, name.endswith(".html")).get_template(name).render(values).strip() + "\n"
            for name in FILES}
    return Campaign(made["subject.txt"].strip(), made["body.txt"], made["body.html"], made["sms.txt"].strip(),
                    made["chat.txt"])


@cache
def variables() -> Mapping[str, str]:
    """The names a wording may use, and what each is."""
    return dict(tomllib.loads((Path(__file__).parent / "catalogue.toml").read_text("utf-8"))["variables"])


def example(language: str, rows: int = 2) -> dict[str, object]:
    """Values to show a wording with: that many rows, and an answer to all of them beside when there are several."""
    given: dict[str, object] = tomllib.loads((FOLDER / language / "example.toml").read_text("utf-8"))
    listed = given["rows"]
    assert isinstance(listed, list)  # noqa: S101 - of our own file
    shown = [dict(each, **_links(f"r{number}")) for number, each in enumerate(listed[:rows])]
    return given | {"rows": shown, "everything": _links("all") if rows > 1 else None}


def example_sms(language: str) -> dict[str, object]:
    """The same values as an SMS takes them: the purpose in one short word."""
    given = example(language, 1)
    row = {"purpose": given["short"], "channel": "SMS", "often": "", **_links("sms")}
    return given | {"rows": [row], "sender": "Example"}


def _links(name: str) -> dict[str, str]:
    return {answer: f"https://consent.example/a/{name}-{answer}-Qk3vZ8r1Wm5pXt7yB2" for answer in ("yes", "no")}


@cache
def words(language: str) -> str:
    """The exact words, values as `[name]`: what is kept as evidence of what was shown."""
    row = {name: f"[{name}]" for name in ("purpose", "channel", "often", "yes", "no")}
    values: dict[str, object] = {name: f"[{name}]" for name in variables()}
    made = render(language, values | {"rows": [row], "everything": {"yes": "[yes]", "no": "[no]"}})
    return "\n\n".join((made.subject, made.text, made.html, made.sms, made.chat))
