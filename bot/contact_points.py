"""One normal form for each kind of contact point, wherever it comes from: a mail, a file, an operator's keyboard.

The same address must give the same handle, and so the same suppression HMAC, or a no would be missed. No I/O.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import idna
import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberFormat

from storage.records import ChannelKind, Handle

LONGEST = 254  # octets of an addr-spec (RFC 5321, 4.5.3.1.3, without the angle brackets)
LONGEST_POST = 500
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@((?:[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?\.)+[a-z]{{2,63}})")
_SEPARATORS = re.compile(r"[\s().\-/\u00ad\u2010-\u2015\u202a-\u202e]+")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{1,2}|\d+\.0")  # what a spreadsheet makes of a number
_CHAT = re.compile(r"[A-Za-z0-9_.:@+-]{1,200}")


class NotAContactPoint(ValueError):
    """It cannot be one; the message is the reason, in words that do not repeat the value."""


def email(text: str) -> str:
    """An addr-spec: lower-cased, NFC, domain as A-label (IDNA 2008, UTS 46); +tags stay. Raises NotAContactPoint."""
    given = text.strip().lower()
    plain = _PLAIN.fullmatch(given)
    if plain and len(plain[1]) <= 64 and len(given) <= LONGEST and "xn--" not in given and "--" not in plain[2]:
        return given
    if "@" not in given:
        raise NotAContactPoint("the e-mail address has no @")
    if re.search(r"[\s,;<>\"]", given):
        raise NotAContactPoint("the e-mail address holds a space, a quote, or several addresses")
    try:
        checked = validate_email(given, check_deliverability=False, test_environment=True, globally_deliverable=False)
    except EmailNotValidError:
        raise NotAContactPoint("the e-mail address cannot exist (RFC 5321)") from None
    if "." not in checked.domain:
        raise NotAContactPoint("the e-mail address has no complete domain")
    local = unicodedata.normalize("NFC", checked.local_part.lower())
    return f"{local}@{domain(checked.ascii_domain or checked.domain)}"


def email_as_written(text: str) -> str | None:
    """The same form, of a sender that is what it is: what no rule allows is kept lower-cased; None without an @."""
    local, at, host = text.strip().lower().rpartition("@")
    if not (local and at and host):
        return None
    return f"{local if local.isascii() else unicodedata.normalize('NFC', local)}@{domain(host)}"


def domain(name: str) -> str:
    """Lower-cased, as A-labels where it can be (RFC 5891), without the root's dot."""
    host = name.lower().rstrip(".")
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode().lower()
    except idna.IDNAError:
        return host


def phone(text: str, country: str) -> str:
    """E.164. `country`: of a number without its own (ISO 3166-1). Raises NotAContactPoint."""
    given = text.strip()
    if _SCIENTIFIC.fullmatch(given):
        given = f"{float(given):.0f}"
    return _plain_number(given, country) or _number(given, country)


FAST = ("FR", "BE", "NL", "DE", "AT", "CH", "ES", "PT", "PL")  # one country to the code, plain prefixes


@lru_cache(64)
def _forms(country: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """What a plain number looks like, and what goes before its national part: +CC, 00CC, and the country's own."""
    forms = []
    own = PhoneMetadata.metadata_for_region(country)
    own_code = f"+{own.country_code}" if own is not None else ""
    for region in FAST:
        known = PhoneMetadata.metadata_for_region(region)
        assert known is not None  # noqa: S101 - the library's own data
        kinds = (known.fixed_line, known.mobile, known.toll_free, known.premium_rate, known.shared_cost,
                 known.personal_number, known.voip, known.pager, known.uan, known.voicemail)
        whole = "|".join(f"(?:{kind.national_number_pattern})" for kind in kinds
                         if kind is not None and kind.national_number_pattern)
        code, prefix = f"+{known.country_code}", known.national_prefix or ""
        abroad = r"\+|00" if own is not None and own.international_prefix == "00" else r"\+"
        forms.append((re.compile(rf"(?:{abroad})(?:{code[1:]})((?!0|{code[1:]})(?:{whole}))"), code))
        if region == country:
            forms.append((re.compile(rf"{prefix}((?!0|{code[1:]})(?:{whole}))"), code))
    return tuple(sorted(forms, key=lambda form: form[1] != own_code))


def _plain_number(text: str, country: str) -> str | None:
    """The common, well-formed case in a tenth of the time; None: ask the library."""
    if not text.isascii():
        return None
    bare = _SEPARATORS.sub("", text)
    for form, code in _forms(country):
        found = form.fullmatch(bare)
        if found:
            return code + found[1]
    return None


@lru_cache(4096)
def _number(text: str, country: str) -> str:
    """By the library, whatever was written."""
    try:
        parsed = phonenumbers.parse(text, country)
    except NumberParseException:
        raise NotAContactPoint("the number is no telephone number") from None
    if parsed.extension:
        raise NotAContactPoint("the number has an extension, which cannot be called by itself")
    if not phonenumbers.is_valid_number(parsed):
        raise NotAContactPoint(f"no such telephone number is given out (read as one of {country} unless it says "
                               "its country)")
    return str(phonenumbers.format_number(parsed, PhoneNumberFormat.E164))


def post(text: str) -> str:
    """A postal address on one line: NFKC, upper case, single spaces. Raises NotAContactPoint."""
    given = ", ".join(" ".join(line.split()) for line in text.splitlines() if line.strip())
    value = unicodedata.normalize("NFKC", given).upper()
    if len(value) > LONGEST_POST or len(value) < 5:
        raise NotAContactPoint(f"a postal address has 5 to {LONGEST_POST} characters")
    return value


def chat(text: str) -> str:
    """A chat's own id, as the platform gives it. Raises NotAContactPoint."""
    value = text.strip()
    if not _CHAT.fullmatch(value):
        raise NotAContactPoint("a chat id has 1 to 200 letters, digits or _.:@+-")
    return value


def handle(kind: ChannelKind, text: str, country: str) -> Handle:
    """Of any kind, normalised. Raises NotAContactPoint."""
    if not text.isprintable() and any(unicodedata.category(mark) == "Cc" and mark not in "\r\n\t" for mark in text):
        raise NotAContactPoint("it holds a control character")
    if kind is ChannelKind.EMAIL:
        return Handle(kind, email(text))
    if kind in (ChannelKind.PHONE, ChannelKind.SMS):
        return Handle(kind, phone(text, country))
    return Handle(kind, post(text) if kind is ChannelKind.POST else chat(text))


FREE_MAIL = frozenset((
    "gmail.com", "googlemail.com", "outlook.com", "outlook.fr", "hotmail.com", "hotmail.fr", "live.com", "live.fr",
    "msn.com", "yahoo.com", "yahoo.fr", "yahoo.de", "ymail.com", "icloud.com", "me.com", "aol.com", "orange.fr",
    "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr", "neuf.fr", "bbox.fr", "numericable.fr", "gmx.de", "gmx.net",
    "gmx.fr", "gmx.com", "web.de", "t-online.de", "freenet.de", "proton.me", "protonmail.com", "libero.it",
    "virgilio.it", "tin.it", "telefonica.net", "terra.es", "bluewin.ch", "telenet.be", "skynet.be", "ziggo.nl",
    "kpnmail.nl"))
GENERIC = frozenset((
    "info", "infos", "contact", "contacts", "hello", "bonjour", "office", "sales", "ventes", "commercial", "vertrieb",
    "support", "service", "serviceclient", "accueil", "administration", "admin", "secretariat", "compta",
    "comptabilite", "buchhaltung", "direction", "rh", "hr", "jobs", "marketing", "presse", "press", "kontakt",
    "empfang", "informacion", "ventas", "contacto", "informazioni", "vendite", "amministrazione", "segreteria"))


def hint(address: str) -> str:
    """What an e-mail address suggests of its capacity: free_mail, generic or "". It never decides."""
    local, _, host = address.rpartition("@")
    if local.partition("+")[0] in GENERIC:
        return "generic"
    return "free_mail" if host in FREE_MAIL else ""
