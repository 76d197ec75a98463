"""Handles as other programs write them, normalised as the store keeps them."""

from __future__ import annotations

import re
from http import HTTPStatus
from urllib.parse import unquote

import phonenumbers

from bot.parse import address
from bot.web.api.models import HandleBody
from bot.web.api.problem import Problem
from storage.records import ChannelKind, Handle

FIELD = "Consentry-Handle"
_PLAIN = re.compile(r"[A-Za-z0-9._+-]+@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{1,63}")  # nothing to take apart


def normalised(kind: ChannelKind, value: str, country: str) -> Handle | None:
    """The handle; None when it cannot be one. E-mail: lower case, domain as A-label. Numbers: E.164."""
    text = value.strip()
    if kind is ChannelKind.EMAIL:
        if _PLAIN.fullmatch(text):
            return Handle(kind, text.lower())
        return address(text) if "@" in text and "," not in text else None
    if kind in (ChannelKind.SMS, ChannelKind.PHONE):
        try:
            number = phonenumbers.parse(text, country)
        except phonenumbers.NumberParseException:
            return None
        if not phonenumbers.is_possible_number(number):
            return None
        return Handle(kind, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return Handle(kind, text) if text else None


def from_body(body: HandleBody, country: str) -> Handle:
    """Raises Problem when it cannot be a handle; the value is not repeated."""
    found = normalised(body.kind, body.value, country)
    if found is None:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"A handle of the kind {body.kind} is not well-formed.")
    return found


def from_field(field: bytes, country: str) -> Handle:
    """`kind:value`, the value percent-encoded (RFC 3986) where it is not plain ASCII. Raises Problem."""
    kind, separator, value = field.decode("latin-1").strip().partition(":")
    if not separator or kind not in list(ChannelKind):
        raise Problem(HTTPStatus.BAD_REQUEST, f"{FIELD} is kind:value, as in email:name@example.org; kinds are "
                      f"{', '.join(ChannelKind)}.")
    return from_body(HandleBody.model_construct(kind=ChannelKind(kind), value=unquote(value)), country)
