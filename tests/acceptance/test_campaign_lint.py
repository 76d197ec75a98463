"""A marketer checks a wording at the command line, measured by a real browser where there is one."""

import json
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from typer.testing import CliRunner

from bot.campaigns.lint import chromium, lint
from bot.campaigns.lint.model import Context, Finding
from bot.campaigns.lint.read import rendered
from bot.cli import app
from bot.errors import OperatorError
from templates import LANGUAGES, campaign
from tests.harness.campaign_mails import BUTTON, NO, SUBJECT, YES, button, failing, mail

READY = campaign.FOLDER


@pytest.fixture(scope="module")
def browser() -> str:
    found = chromium.program()
    if found is None:
        why = "Chromium is not installed: apt-get install chromium"
        if os.environ.get("CONSENTRY_REQUIRE_SERVERS"):
            pytest.fail(why)
        pytest.skip(why)
    return found


def says(*arguments: str, exit_code: int = 0) -> str:
    done = CliRunner().invoke(app, ["campaign", *arguments])
    assert done.exit_code == exit_code, (done.output, done.exception)
    return done.stdout


def measured(html: str, browser: str) -> list[Finding]:
    views = chromium.measured(html, browser)
    assert views is not None
    return [each for width, nodes in views.items()
            for each in lint(rendered(Context(), subject=SUBJECT, html=html, nodes=nodes, screen=width))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_ready_wording_passes_in_a_browser(language: str, browser: str) -> None:
    told = json.loads(says("lint", str(READY / language), "--json"))
    assert told == {"language": language, "refused": False, "findings": []}


def test_a_folder_is_checked_without_a_browser_and_says_so() -> None:
    assert "0 to mend, 1 to know (fr)" in says("lint", str(READY / "fr"), "--static")


def test_a_spoilt_wording_is_refused_with_its_reasons(tmp_path: Path) -> None:
    folder = shutil.copytree(READY / "en", tmp_path / "mine")
    html = (folder / "body.html").read_text("utf-8").replace("Yes, I want to receive it", "YES PLEASE, HURRY!")
    (folder / "body.html").write_text(html.replace("so we are asking", "win a prize, so we are asking"), "utf-8")
    said = says("lint", str(folder), "--static", exit_code=1)
    assert "DP02 fail" in said
    assert "DP06 fail" in said
    assert "Write both in the same case." in said
    french = says("lint", str(folder), "--static", "--words", "fr", exit_code=1)
    assert "Écrivez les deux de la même façon." in french


def test_one_file_takes_its_subject_from_the_command_line(tmp_path: Path) -> None:
    page = tmp_path / "mail.html"
    page.write_text(mail(), "utf-8")
    assert "DP12 fail  Subject" in says("lint", str(page), "--static", exit_code=1)
    assert says("lint", str(page), "--static", "--subject", SUBJECT).count("\n") == 3
    assert "Other Ltd" not in says("lint", str(page), "--static", "--subject", SUBJECT, "--sender", "Other Ltd",
                                   exit_code=1)


@pytest.mark.parametrize(("name", "content", "said"), [
    ("none", None, "There is no"), ("bad.html", b"\xff\xfe<p>", "is not UTF-8"),
    ("open.html", b"{% if %}", "cannot be filled in"),
    ("name.html", b"{{ nobody }}", "The names it may use are"), ("big.html", b"x" * 1_000_001, "larger than"),
])
def test_a_wrong_file_gets_a_sentence(tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = CliRunner().invoke(app, ["campaign", "lint", str(tmp_path / name), "--static"])
    assert isinstance(done.exception, OperatorError)
    assert said in str(done.exception)


def test_an_empty_folder_and_an_unknown_language_get_a_sentence(tmp_path: Path) -> None:
    for arguments in (["lint", str(tmp_path)], ["lint", str(READY / "fr"), "--language", "ja"],
                      ["wording", "--language", "ja"], ["wording", "--html"]):
        assert isinstance(CliRunner().invoke(app, ["campaign", *arguments]).exception, OperatorError), arguments


def test_the_ready_wording_is_printed_with_its_version() -> None:
    said = says("wording", "--language", "fr")
    assert "== fr, version" in said
    assert "Sans réponse de votre part, c’est non" in said
    assert {each["language"] for each in json.loads(says("wording", "--json"))} == set(LANGUAGES)
    assert says("wording", "--language", "de", "--html").startswith("<!doctype html>")


def test_the_browser_sees_what_a_style_sheet_does(browser: str) -> None:
    assert failing(measured(mail(), browser)) == set()
    sheet = "<style>@media (max-width:400px){.no a{font-size:8px!important;color:#bbb!important}}</style>"
    narrow = mail(no=f'<span class="no">{button(NO)}</span>', more=sheet)
    assert {"DP02.font_differs", "DP02.contrast_low"} <= failing(measured(narrow, browser))


def test_the_browser_measures_where_the_answers_are(browser: str) -> None:
    assert "DP10.below" in failing(measured(mail(before=f'{"<br>" * 60}'), browser))
    far = mail(no=button(NO, style=BUTTON + ";margin-top:900px"))
    assert "DP01.place_differs" in failing(measured(far, browser))
    for away in ("position:absolute;left:-9999px", "position:absolute;top:-9999px", "opacity:0", "visibility:hidden"):
        assert "DP01.no_missing" in failing(measured(mail(no=button(NO, style=f"{BUTTON};{away}")), browser)), away
    assert "DP02.area_differs" in failing(measured(
        mail(yes=button(YES, style=BUTTON + ";line-height:60px")), browser))


class _Counting(BaseHTTPRequestHandler):
    hits: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.hits.append(self.path)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def counted() -> Iterator[tuple[str, list[str]]]:
    _Counting.hits = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Counting)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", _Counting.hits
    server.shutdown()
    server.server_close()
    thread.join()


def test_nothing_is_loaded_and_no_script_runs(browser: str, counted: tuple[str, list[str]]) -> None:
    site, hits = counted
    hostile = (f'<img src="{site}/pixel"><link rel="stylesheet" href="{site}/css"><iframe src="{site}/frame"></iframe>'
               f'<div style="background:url({site}/bg)">x</div>'
               '<script>document.body.textContent="measured:e30=:"</script>'
               f'<img src=x onerror="fetch(\'{site}/fetch\')"><style>@import url({site}/import);</style>'
               f'<object data="{site}/object"></object><video poster="{site}/poster"></video>'
               f'<a href="{site}/ping" ping="{site}/ping2">Yes</a></body>"></iframe><script>alert(1)</script>')
    found = failing(measured(mail(more=hostile), browser))
    assert {"DP13.remote", "DP14.script"} <= found
    assert hits == []


def test_a_message_that_goes_elsewhere_is_not_measured_and_is_refused(browser: str, tmp_path: Path,
                                                                       counted: tuple[str, list[str]]) -> None:
    site, hits = counted
    page = tmp_path / "mail.html"
    page.write_text(mail(more=f'<meta http-equiv="refresh" content="0;url={site}/away">'), "utf-8")
    assert "DP14 fail" in says("lint", str(page), "--subject", SUBJECT, exit_code=1)
    assert hits == []


def test_a_message_cannot_pretend_to_have_been_measured(tmp_path: Path) -> None:
    """A browser that only prints the page it was given, as one does whose script never ran."""
    fake = tmp_path / "browser"
    fake.write_text('#!/bin/sh\nfor last; do :; done\ncat "${last#file://}"\n', "utf-8")
    fake.chmod(0o755)
    assert chromium.measured("measured:e30=:", str(fake)) is None
    assert chromium.measured("x", str(tmp_path / "absent")) is None
    fake.write_text("#!/bin/sh\nprintf '<html>measured:bm9uc2Vuc2U=:</html>'\n", "utf-8")
    assert chromium.measured("x", str(fake)) is None
