"""Values a template shows, in the person's language: dates, channels, purposes, what a right is called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.policy.deadlines import ZONES

CHANNELS: Mapping[str, Mapping[str, str]] = {
    "fr": {"all": "tous les canaux (e-mail, SMS, téléphone, courrier, messagerie)", "email": "e-mail", "sms": "SMS",
           "phone": "téléphone", "post": "courrier postal", "chat": "messagerie"},
    "en": {"all": "every channel (e-mail, SMS, phone, post, chat)", "email": "e-mail", "sms": "SMS",
           "phone": "phone", "post": "post", "chat": "chat"},
}
EVERYTHING = {"fr": "toutes nos communications commerciales", "en": "all our marketing"}
CAPACITIES: Mapping[str, Mapping[str, str]] = {
    "fr": {"consumer": "particulier", "professional": "professionnel"},
    "en": {"consumer": "private person", "professional": "professional"},
}
STATUSES: Mapping[str, Mapping[str, str]] = {
    "fr": {"unknown": "Rien d’établi", "requested": "Demandé, sans réponse", "request_deferred": "Réponse reportée",
           "given": "Oui", "renewed": "Oui, renouvelé", "refused": "Non, refusé",
           "withdrawn": "Non, consentement retiré",
           "expired": "Non, consentement expiré", "invalidated": "Non, consentement invalidé",
           "revoked": "Non, consentement annulé par nous"},
    "en": {"unknown": "Nothing is established", "requested": "Asked, no answer", "request_deferred": "Answer put off",
           "given": "Yes", "renewed": "Yes, renewed", "refused": "No, refused", "withdrawn": "No, consent withdrawn",
           "expired": "No, consent expired", "invalidated": "No, consent invalidated",
           "revoked": "No, consent revoked by us"},
}
ARTICLES: Mapping[str, Mapping[str, str]] = {
    "fr": {"A15": "accès à vos données", "A16": "rectification", "A17": "effacement", "A18": "limitation du traitement",
           "A20": "portabilité", "A21": "opposition", "A22": "décision automatisée", "A7-3": "retrait du consentement"},
    "en": {"A15": "access to your data", "A16": "rectification", "A17": "erasure", "A18": "restriction of processing",
           "A20": "portability", "A21": "objection", "A22": "automated decision", "A7-3": "withdrawal of consent"},
}
MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
          "décembre")
MONTHS_EN = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
             "November", "December")


UNITS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "fr": {"Y": ("an", "ans"), "M": ("mois", "mois"), "D": ("jour", "jours")},
    "en": {"Y": ("year", "years"), "M": ("month", "months"), "D": ("day", "days")},
}


def duration(iso: str, language: str) -> str:
    """`P3Y` as "3 years": one number and one unit, as the settings allow."""
    one, several = UNITS[language][iso[-1]]
    return f"{iso[1:-1]} {one if iso[1:-1] == '1' else several}"


def channels(names: Iterable[str], language: str) -> list[str]:
    """Channel keys as words."""
    return [CHANNELS[language].get(name, name) for name in names]


def capacities(names: Iterable[str], language: str) -> list[str]:
    """In which role a person is written to, as words."""
    return [CAPACITIES[language].get(name, name) for name in names]


def purposes(keys: Iterable[str], language: str) -> list[str]:
    """The operator's purposes by their keys; "all" as words."""
    return [EVERYTHING[language] if key == "all" else key for key in keys]


def day(moment: datetime, language: str, country: str) -> str:
    """A date in the controller's time zone, written out."""
    local = moment.astimezone(ZoneInfo(ZONES.get(country, "UTC")))
    if language == "fr":
        return f"{local.day if local.day > 1 else '1er'} {MONTHS[local.month - 1]} {local.year}"
    return f"{local.day} {MONTHS_EN[local.month - 1]} {local.year}"


def moment(at: datetime, language: str, country: str) -> str:
    """Date and time with the zone's name, in the controller's time zone."""
    local = at.astimezone(ZoneInfo(ZONES.get(country, "UTC")))
    clock = local.strftime("%H:%M %Z")
    return f"{day(at, language, country)} {'à' if language == 'fr' else 'at'} {clock}"
