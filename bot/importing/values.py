"""What a cell's text means: dates, truths, statuses. A word that is not known is a fault, never a guess."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from storage.records import Capacity, ConsentStatus, Source

GIVEN, REFUSED, WITHDRAWN = ConsentStatus.GIVEN, ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN
YES = ("1", "true", "yes", "y", "oui", "o", "ja", "j", "si", "s", "x", "vrai", "wahr", "vero", "verdadero", "ok")
NO = ("0", "false", "no", "n", "non", "nein", "faux", "falsch", "falso")
UNKNOWN = ("unknown", "inconnu", "unbekannt", "desconocido", "sconosciuto", "?", "-", "n/a", "pending", "unconfirmed")
STATUSES: Mapping[str, ConsentStatus] = {
    **dict.fromkeys(YES, GIVEN), **dict.fromkeys(NO, REFUSED), **dict.fromkeys(UNKNOWN, ConsentStatus.UNKNOWN),
    **{status.value: status for status in ConsentStatus},
    **dict.fromkeys(("subscribed", "opt-in", "optin", "opted-in", "opted in", "inscrit", "abonne", "accepte",
                     "angemeldet", "suscrito", "iscritto", "consent", "active", "actif", "enabled"), GIVEN),
    **dict.fromkeys(("unsubscribed", "opt-out", "optout", "opted-out", "opted out", "desinscrit", "desabonne",
                     "abgemeldet", "baja", "disiscritto", "stop", "stopped", "spam", "complaint", "complained",
                     "plainte", "opposition", "objected", "rpo"), WITHDRAWN),
    **dict.fromkeys(("declined", "refus", "abgelehnt", "rechazado", "rifiutato", "do not contact", "dnc"), REFUSED),
    **dict.fromkeys(("bounced", "hard bounce", "hardbounce", "cleaned", "invalid", "npai", "invalide", "ungultig"),
                    ConsentStatus.INVALIDATED),
}
METHODS = ("box", "pre_ticked", "bundled", "oral", "paper", "double_opt_in", "unknown")
CAPACITIES: Mapping[str, Capacity] = {
    **dict.fromkeys(("consumer", "b2c", "particulier", "privat", "privatkunde", "particular", "privato", "individual"),
                    Capacity.CONSUMER),
    **dict.fromkeys(("professional", "b2b", "professionnel", "pro", "entreprise", "geschaftlich", "firma", "empresa",
                     "azienda", "company", "business"), Capacity.PROFESSIONAL)}
SOURCES: Mapping[str, Source] = {
    **{source.value: source for source in Source},
    **dict.fromkeys(("client", "customer", "site", "web", "form", "formulaire", "direct"), Source.PERSON),
    **dict.fromkeys(("partner", "partenaire", "bought", "rented", "achete", "loue", "annuaire", "directory"),
                    Source.THIRD_PARTY)}
SERIALS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}  # day 0 of a workbook's dates (ECMA-376)
EARLIEST = datetime(1900, 1, 2, tzinfo=UTC)


class Meaningless(ValueError):
    """A cell says nothing that we know; the message says why, without the value."""


def plain(text: str) -> str:
    """Lower case, without accents or outer space: as the words above are written."""
    return unicodedata.normalize("NFKD", text.strip().lower()).encode("ascii", "ignore").decode()


@lru_cache(1024)
def truth(text: str) -> bool:
    """Raises Meaningless."""
    word = plain(text)
    if word in YES or word in NO:
        return word in YES
    raise Meaningless("says neither yes nor no")


@lru_cache(1024)
def status(text: str) -> ConsentStatus:
    """A claimed status; a plain no is a refusal. Raises Meaningless."""
    found = STATUSES.get(plain(text))
    if found is None:
        raise Meaningless("has a word for the status that is not known: add it to the claim's values")
    return found


@lru_cache(65_536)
def moment(text: str, form: str, zone: str, serials: bool | None) -> datetime:
    """UTC, to the second or better; a date alone is its beginning. `serials`: numbers are a workbook's days, from 1904
    when true; None: they are not. Raises Meaningless.
    """
    naive = _read(text.strip(), form, serials)
    try:
        found = (naive if naive.tzinfo else naive.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise Meaningless("is a date before 1900, or after all time") from error
    if found < EARLIEST:
        raise Meaningless("is a date before 1900, or after all time")
    return found


def _read(text: str, form: str, serials: bool | None) -> datetime:
    if serials is not None and text.replace(".", "", 1).isdigit() and text.isascii():
        try:
            return (SERIALS[serials] + timedelta(days=float(text))).replace(microsecond=0)
        except OverflowError as error:
            raise Meaningless("is a number that is no date") from error
    if form:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            pass
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Meaningless(f"is no date as {form or 'ISO 8601'} writes it") from error
