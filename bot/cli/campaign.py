"""`consentry campaign`: the wording of a re-consent campaign, checked before anybody is asked. Needs no settings."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from jinja2 import TemplateError
from rich.console import Console

from bot.campaigns.lint import chromium, fails, reasons
from bot.campaigns.lint.model import Context, Finding
from bot.campaigns.wording import Draft, check, notice_of
from bot.clock import system_clock
from bot.errors import OperatorError
from bot.html_text import html_to_text
from nlp.language import language as language_of
from templates import LANGUAGES, campaign
from templates.gsm7 import plain

app = typer.Typer(no_args_is_help=True, help="Ask old contacts again: check the wording, see the ready ones.")
FORMS = {"subject.txt": "subject", "body.txt": "text", "body.html": "html", "sms.txt": "sms", "chat.txt": "chat"}
LANG = re.compile(r"<html[^>]{0,500}?\slang\s*=\s*[\"']?([a-z]{2})", re.I)
MAX_SIZE = 1_000_000  # bytes of a wording
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.command("lint")
def lint_(
    path: Annotated[Path, typer.Argument(help="An HTML file, or a folder with body.html, body.txt, subject.txt, "
                                              "sms.txt, chat.txt (any of them).", metavar="FILE.html|FOLDER")],
    language: Annotated[str, typer.Option(help="Of the wording; default: what it states, else what it reads "
                                               "like.")] = "",
    subject: Annotated[str, typer.Option(help="The subject; default: subject.txt beside the file.")] = "",
    sender: Annotated[str, typer.Option(help="The organisation's name, which must be in it.")] = "",
    words: Annotated[str, typer.Option(help="Language of the findings: en or fr.")] = "en",
    static: Annotated[bool, typer.Option("--static", help="Without Chromium, though it is here.")] = False,
    as_json: Json = False,
) -> None:
    """Look for dark patterns, DP01 to DP16. Exit status 1 when one is found that refuses the wording."""
    _known(words, reasons.LANGUAGES, "--words")
    draft, lang = _draft(path, language)
    if subject:
        draft = replace(draft, subject=subject)
    browser = None if static else chromium.program()
    found = check(draft, Context(language=lang, sender=sender), browser=browser)
    if as_json:
        sys.stdout.write(json.dumps({"language": lang, "refused": fails(found),
                                     "findings": [_told(each, words) for each in found]}, ensure_ascii=False) + "\n")
    else:
        _say(found, lang, words)
    if fails(found):
        raise typer.Exit(1)


@app.command()
def wording(
    language: Annotated[str, typer.Option(help="One of fr, en, de, es, it, nl, pt, pl; default: all.")] = "",
    html: Annotated[bool, typer.Option("--html", help="The HTML of one language, with example values.")] = False,
    as_json: Json = False,
) -> None:
    """The ready wording with example values, in every form, and its version."""
    if language:
        _known(language, LANGUAGES, "--language")
    if html and not language:
        raise OperatorError("Say which language: --html --language fr.")
    if html:
        sys.stdout.write(campaign.render(language, campaign.example(language)).html)
        return
    shown = [_ready(each) for each in ((language,) if language else LANGUAGES)]
    if as_json:
        sys.stdout.write(json.dumps(shown, ensure_ascii=False) + "\n")
        return
    for each in shown:
        sys.stdout.write(f"== {each['language']}, version {each['version']}\n\nSubject: {each['subject']}\n\n"
                         f"{each['text']}\n-- SMS\n{each['sms']}\n\n-- chat\n{each['chat']}\n")


def _ready(language: str) -> dict[str, str]:
    mail = campaign.render(language, campaign.example(language))
    return {"language": language, "version": notice_of(language, system_clock()).version, "subject": mail.subject,
            "text": mail.text, "html": mail.html, "chat": mail.chat,
            "sms": campaign.render(language, campaign.example_sms(language)).sms}


def _known(language: str, among: Sequence[str], option: str) -> None:
    if language not in among:
        raise OperatorError(f"{option} {language} is not there: choose one of {', '.join(among)}.")


def _draft(path: Path, language: str) -> tuple[Draft, str]:
    """The forms that are there, with example values where they are templates, and the language they are in."""
    if not path.exists():
        raise OperatorError(f"There is no {path}; name an HTML file, or a folder with body.html or body.txt.")
    folder = path if path.is_dir() else path.parent
    files = {form: folder / name for name, form in FORMS.items() if (folder / name).is_file()}
    if not path.is_dir():
        files = {form: file for form, file in files.items() if form == "subject"} | {"html": path}
    if not set(files) - {"subject"}:
        raise OperatorError(f"{path} has nothing to check: put body.html, body.txt, sms.txt or chat.txt into it.")
    raw = {form: _read(file) for form, file in files.items()}
    lang = language or _stated(raw, folder.name)
    _known(lang, LANGUAGES, "--language")
    return Draft(**{form: _filled(files[form], form, lang) for form in files}), lang


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_SIZE:
            raise OperatorError(f"{path} is larger than {MAX_SIZE:,} bytes; no honest question is.")
        return path.read_text("utf-8")
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise OperatorError(f"{path} is not UTF-8; save it again as UTF-8.") from error


def _stated(raw: Mapping[str, str], folder: str) -> str:
    """What the HTML states, else the folder's name, else what the words read like."""
    stated = LANG.search(raw.get("html", ""))
    if stated and stated[1].lower() in LANGUAGES:
        return stated[1].lower()
    if folder in LANGUAGES:
        return folder
    return language_of(html_to_text(raw["html"]) if "html" in raw else "\n".join(raw.values()))


def _filled(path: Path, form: str, language: str) -> str:
    values = campaign.example_sms(language) if form == "sms" else campaign.example(language)
    try:
        filled = campaign.render_file(path, values)
    except TemplateError as error:
        raise OperatorError(f"{path} cannot be filled in: {error}. The names it may use are "
                            f"{', '.join(campaign.variables())}.") from error
    return plain(filled) if form == "sms" else filled  # as it is sent


def _told(finding: Finding, words: str) -> dict[str, Any]:
    return {"rule": finding.rule, "reason": finding.reason, "severity": str(finding.severity), "where": finding.where,
            "why": reasons.why(finding, words), "fix": reasons.fix(finding, words)}


def _say(found: Sequence[Finding], language: str, words: str) -> None:
    say = Console(markup=False, highlight=False, soft_wrap=True).print
    for each in found:
        say(f"{each.rule} {each.severity}  {each.where}\n     {reasons.why(each, words)} {reasons.fix(each, words)}")
    failed = sum(each.severity == "fail" for each in found)
    said = {"en": f"{failed} to mend, {len(found) - failed} to know ({language}).",
            "fr": f"{failed} à corriger, {len(found) - failed} à savoir ({language})."}
    say(said[words])
