"""Values a template shows, in the person's language: dates, channels, purposes, what a right is called.

The words are in `templates/words/<language>.toml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.policy.deadlines import ZONES
from storage.records import Party
from templates import LANGUAGES, words

STATUSES: Mapping[str, Mapping[str, str]] = {language: words(language)["status"] for language in LANGUAGES}
ARTICLES: Mapping[str, Mapping[str, str]] = {language: words(language)["article"] for language in LANGUAGES}


def language_on_file(parties: Iterable[Party]) -> str | None:
    """The first language on file in which we have words; a region is left aside (`pt-BR` is answered in `pt`)."""
    filed = (party.language.replace("_", "-").partition("-")[0].lower() for party in parties if party.language)
    return next((each for each in filed if each in LANGUAGES), None)


def duration(iso: str, language: str) -> str:
    """`P3Y` as "3 years": one number and one unit, as the settings allow."""
    number, forms = int(iso[1:-1]), words(language)["unit"][iso[-1]]
    return f"{number} {forms[_form(number, len(forms))]}"


def _form(number: int, forms: int) -> int:
    """Which form of a noun goes with a number; three are the Slavic ones (1 rok, 3 lata, 5 lat, 12 lat)."""
    if number == 1:
        return 0
    few = number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14)
    return 1 if forms == 2 or few else 2


def channels(names: Iterable[str], language: str) -> list[str]:
    """Channel keys as words."""
    return [words(language)["channel"].get(name, name) for name in names]


def capacities(names: Iterable[str], language: str) -> list[str]:
    """In which role a person is written to, as words."""
    return [words(language)["capacity"].get(name, name) for name in names]


def purposes(keys: Iterable[str], language: str) -> list[str]:
    """The operator's purposes by their keys; "all" as words."""
    return [words(language)["everything"] if key == "all" else key for key in keys]


def day(moment: datetime, language: str, country: str) -> str:
    """A date in the controller's time zone, written out."""
    local, told = moment.astimezone(ZoneInfo(ZONES.get(country, "UTC"))), words(language)["date"]
    number = told["first"] if local.day == 1 else str(local.day)
    return str(told["day"].format(day=number, month=told["months"][local.month - 1], year=local.year))


def moment(at: datetime, language: str, country: str) -> str:
    """Date and time with the zone's name, in the controller's time zone."""
    local = at.astimezone(ZoneInfo(ZONES.get(country, "UTC")))
    return str(words(language)["date"]["moment"].format(
        day=day(at, language, country), clock=local.strftime("%H:%M"), zone=local.strftime("%Z")))
