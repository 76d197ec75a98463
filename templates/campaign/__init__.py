"""The words of a re-consent campaign: a folder per language, values of `catalogue.toml`; undefined ones are errors."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from templates import LANGUAGES
from templates.gsm7 import plain

FOLDER = Path(__file__).parent / "reconsent"
FILES = ("subject.txt", "body.txt", "body.html", "sms.txt", "chat.txt")


@dataclass(frozen=True, slots=True)
class Campaign:
    """One message in one language, for each way it can be sent."""

    subject: str
    text: str
    html: str
    sms: str
    chat: str


def _environment(folder: Path, *, html: bool) -> SandboxedEnvironment:
    return SandboxedEnvironment(loader=FileSystemLoader([folder, FOLDER]), undefined=StrictUndefined, autoescape=html,
                                trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, auto_reload=False)


@cache
def _ready(language: str, html: bool) -> SandboxedEnvironment:
    return _environment(FOLDER / language, html=html)


def render(language: str, values: Mapping[str, object]) -> Campaign:
    """All forms of the ready message; the SMS in the letters of GSM-7. Raises KeyError when it is not in LANGUAGES."""
    if language not in LANGUAGES:
        raise KeyError(language)
    made = {name: _ready(language, name.endswith(".html")).get_template(name).render(values).strip() for name in FILES}
    return Campaign(made["subject.txt"], made["body.txt"] + "\n", made["body.html"] + "\n", plain(made["sms.txt"]),
                    made["chat.txt"] + "\n")


def render_file(path: Path, values: Mapping[str, object]) -> str:
    """An operator's own wording, by the same names; plain HTML stays as it is. Raises TemplateError, OSError."""
    environment = _environment(path.parent, html=path.suffix.lower() in (".html", ".htm"))
    return environment.from_string(path.read_text("utf-8")).render(values).strip()


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
    """The exact words in all forms, values as `[name]`: what is kept as evidence of what was shown."""
    row = {name: f"[{name}]" for name in ("purpose", "channel", "often", "yes", "no")}
    values: dict[str, object] = {name: f"[{name}]" for name in variables()}
    made = render(language, values | {"rows": [row], "everything": {"yes": "[yes]", "no": "[no]"}})
    return "\n".join((made.subject, "", made.text, made.html, made.sms, "", made.chat))
