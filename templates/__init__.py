"""Words: a folder per message, over a common base; undefined variables are errors."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from templates.gsm7 import plain

FOLDER = Path(__file__).parent / "message"
PAGES = Path(__file__).parent / "web"
WORDS = Path(__file__).parent / "words"
LANGUAGES = ("fr", "en", "de", "es", "it", "nl", "pt", "pl")
NAMES = tuple(sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and path.name != "_base"))

Part = tuple[str, Mapping[str, object]]
Short = Literal["sms", "chat"]


@dataclass(frozen=True, slots=True)
class Rendered:
    """One mail in one language."""

    subject: str
    text: str
    html: str


@cache
def _environment(html: bool) -> Environment:
    return Environment(loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, autoescape=html,  # noqa: S701
                       trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, auto_reload=False)


@cache
def _pages() -> Environment:
    return Environment(loader=FileSystemLoader(PAGES), undefined=StrictUndefined, autoescape=True, trim_blocks=True,
                       lstrip_blocks=True, auto_reload=False)


@cache
def words(language: str) -> Mapping[str, Any]:
    """What `bot.wording` says in one of `LANGUAGES`: channels, statuses, rights, dates (`words/<language>.toml`)."""
    return tomllib.loads((WORDS / f"{language}.toml").read_text("utf-8"))


@cache
def page_language(name: str, language: str) -> str:
    """That language, or English where the page does not exist in it."""
    return language if language in LANGUAGES and (PAGES / name / f"{language}.html").is_file() else "en"


def page(name: str, language: str, values: Mapping[str, object]) -> str:
    """A page for a browser, in that language or in English. Raises UndefinedError when a value is missing."""
    lang = page_language(name, language)
    return _pages().get_template(f"{name}/{lang}.html").render(dict(values) | {"language": lang})


@cache
def variables() -> frozenset[str]:
    """The names a template may use (`catalogue.toml`)."""
    text = (Path(__file__).parent / "catalogue.toml").read_text("utf-8")
    return frozenset(tomllib.loads(text)["variables"])


def render(parts: Sequence[Part], language: str) -> Rendered:
    """One mail that says every part, in that language or in English; the subject is the first part's.

    Raises UndefinedError when a variable is missing, TemplateNotFound for a name that is not in `NAMES`.
    """
    lang = language if language in LANGUAGES else "en"
    name, first = parts[0]
    subject = _environment(False).get_template(f"{name}/{lang}/subject.txt").render(first).strip()
    return Rendered(subject, _whole(parts, lang, "txt"), _whole(parts, lang, "html"))


def short(name: str, language: str, values: Mapping[str, object], kind: Short) -> str:
    """One message as an SMS (in GSM-7 as far as the values can be spelt in it) or for a chat; else in English.

    `link` in the values: where to answer or undo, for who cannot write back; empty where a reply reaches us.
    Raises as `render` does.
    """
    lang = language if language in LANGUAGES else "en"
    said = _environment(False).get_template(f"{name}/{lang}/{kind}.txt").render(values).strip()
    return plain(said) if kind == "sms" else said


@cache
def wording(name: str, language: str, kind: Literal["mail", "sms", "chat"] = "mail") -> tuple[str, str]:
    """The language and the exact words of a message, values as `[name]`: what was shown, without personal data."""
    lang = language if language in LANGUAGES else "en"
    values = {each: _placeholder(each) for each in variables()}
    return lang, render([(name, values)], lang).text if kind == "mail" else short(name, lang, values, kind)


def _placeholder(name: str) -> object:
    if name in ("purposes", "channels"):
        return [f"[{name}]"]
    return "" if name in ("since", "receipts", "narrow", "capacities", "link") else f"[{name}]"


def _whole(parts: Sequence[Part], lang: str, kind: str) -> str:
    """The base around the `body` block of each part."""
    environment = _environment(kind == "html")
    said = []
    for name, given in parts:
        template = environment.get_template(f"{name}/{lang}/body.{kind}")
        block = "".join(template.blocks["body"](template.new_context(dict(given))))
        said.append(Markup(block) if kind == "html" else block)  # noqa: S704 - rendered with autoescape just above
    return environment.get_template(f"_base/{lang}.{kind}").render(dict(parts[0][1]) | {"said": said})
