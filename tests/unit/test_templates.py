"""Every message, in every language, as the person reads it: compared with `tests/golden/templates/`.

`CONSENTRY_WRITE_GOLDEN=1` writes the files again; read the difference before you keep it.
"""

import os
import tomllib
from pathlib import Path

import pytest
from jinja2 import Environment, UndefinedError, meta

import templates
from templates import LANGUAGES, NAMES, Rendered, render

GOLDEN = Path(__file__).parents[1] / "golden" / "templates"
GIVEN: dict[str, object] = {
    "handle": "anne.martin@example.org", "purposes": ["newsletter", "<offers> & more"], "channels": ["e-mail", "SMS"],
    "capacities": ["private person", "representative of <Acme>"],
    "since": "23/11/2026 10:00 CET", "due": "23/12/2026", "undo_address": "privacy+token@shop.example",
    "controller": "Demo <Shop>", "contact": "privacy@shop.example", "authority": "CNIL",
    "authority_url": "https://www.cnil.fr/plaintes", "reference": "r-1",
    "receipts": ["", "https://privacy.shop.example/receipt/token"], "narrow": True, "article_words": "article 15",
}


def as_text(rendered: Rendered) -> str:
    return f"{rendered.subject}\n\n{rendered.text}\n{'-' * 20}\n{rendered.html}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_the_words_are_those_that_were_read(name: str, language: str) -> None:
    path, text = GOLDEN / f"{name}.{language}.txt", as_text(render([(name, GIVEN)], language))
    if os.environ.get("CONSENTRY_WRITE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")
    assert "<offers>" not in text.partition("-" * 20)[2]


def test_several_things_are_said_in_one_mail_each_once() -> None:
    rendered = render([("rights_acknowledged", GIVEN), ("objection_confirmed", GIVEN)], "en")
    assert rendered.subject == "Your request is recorded"
    for body in (rendered.text, rendered.html):
        assert body.count("has reached us") == body.count("takes effect now") == body.count("Hello,") == 1


def test_another_language_is_answered_in_english() -> None:
    assert render([("help", GIVEN)], "pl") == render([("help", GIVEN)], "en")


def test_a_missing_variable_is_an_error_not_a_hole() -> None:
    with pytest.raises(UndefinedError):
        render([("help", {"controller": "x"})], "en")


def test_the_catalogue_is_complete() -> None:
    catalogue = tomllib.loads((templates.FOLDER.parent / "catalogue.toml").read_text("utf-8"))
    assert sorted(catalogue["message"]) == list(NAMES)
    assert set(catalogue["variables"]) == set(GIVEN) == templates.variables()
    for name in NAMES:
        for language in LANGUAGES:
            assert {path.name for path in (templates.FOLDER / name / language).iterdir()} == {
                "subject.txt", "body.txt", "body.html"}


def test_templates_use_only_the_catalogues_names() -> None:
    used: set[str] = set()
    for path in templates.FOLDER.rglob("*.*"):
        used |= meta.find_undeclared_variables(Environment().parse(path.read_text("utf-8")))
    assert used - {"said"} == set(GIVEN)
