"""The mapping file: which column says what, and what its words mean. Every mistake becomes one sentence."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator, model_validator

from bot.errors import OperatorError
from bot.settings import Section, sentences
from storage.records import ALL, Capacity, ConsentStatus

HANDLES = ("email", "phone", "sms", "chat", "post")  # the first one that a row has says whose row it is
DATES = ("collected_at", "last_sale_at", "contract_until", "asked_at", "last_contact_at")
TRUTHS = ("at_sale", "refusal_offered")
PLAIN = ("capacity", "organisation", "language", "country", "region", "time_zone", "source")
CLAIMED = ("status", "date", "method", "notice", "proof")
FieldName = Literal["capacity", "organisation", "language", "country", "region", "time_zone", "source", "collected_at",
                    "at_sale", "refusal_offered", "last_sale_at", "contract_until", "asked_at", "last_contact_at"]
ClaimField = Literal["status", "date", "method", "notice", "proof"]


class Columns(Section):
    """The name of the column of each field; `post` may take several, which make one address."""

    email: str = ""
    phone: str = ""
    sms: str = ""
    chat: str = ""
    post: str | list[str] = ""
    capacity: str = ""
    organisation: str = ""
    language: str = ""
    country: str = ""
    region: str = ""
    time_zone: str = ""
    source: str = ""
    collected_at: str = ""
    at_sale: str = ""
    refusal_offered: str = ""
    last_sale_at: str = ""
    contract_until: str = ""
    asked_at: str = ""
    last_contact_at: str = ""

    def of(self, field: str) -> tuple[str, ...]:
        """The columns of a field, none when it has none."""
        named = getattr(self, field)
        return tuple(named) if isinstance(named, list) else (named,) if named else ()


class ClaimColumns(Section):
    """What the file claims of one purpose and channel. `always`: what every row says alike, instead of a column."""

    purpose: str = Field(min_length=1)
    channel: Literal["email", "sms", "phone", "post", "chat", "all"]
    status: str = ""
    date: str = ""
    method: str = ""
    notice: str = ""
    proof: str = ""
    always: dict[ClaimField, str] = Field(default_factory=dict)
    values: dict[str, ConsentStatus] = Field(default_factory=dict)  # words of the status column
    methods: dict[str, str] = Field(default_factory=dict)  # words of the method column

    @model_validator(mode="after")
    def _says_something(self) -> ClaimColumns:
        if not self.status and "status" not in self.always:
            raise ValueError(f"the claim about {self.purpose} has no status: name its column, or give it in always")
        return self


class Mapping(Section):
    """A whole mapping. `capacity`: of every row; without it the column `capacity` says it."""

    default_country: str = Field(default="", pattern=r"^([A-Z]{2})?$")
    capacity: Capacity | None = None
    date_format: str = ""  # as of strptime; ISO 8601 is always read
    time_zone: str = ""
    sheet: str = ""
    encoding: str = ""
    delimiter: str = Field(default="", max_length=1)
    columns: Columns
    always: dict[FieldName, str] = Field(default_factory=dict)
    values: dict[FieldName, dict[str, str]] = Field(default_factory=dict)
    claim: list[ClaimColumns] = Field(default_factory=list)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            return str(ZoneInfo(value)) if value else ""
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("is no IANA time zone, such as Europe/Paris") from error

    @model_validator(mode="after")
    def _whole(self) -> Mapping:
        if not any(self.columns.of(kind) for kind in HANDLES):
            raise ValueError(f"columns names no contact point: give at least one of {', '.join(HANDLES)}")
        if (self.capacity is None) == (not self.columns.capacity):
            raise ValueError("say the capacity once: capacity = \"consumer\" or \"professional\" for every row, or "
                             "columns.capacity when a column says it")
        if "capacity" in self.always:
            raise ValueError("give capacity by itself, not in always")
        twice = [(claim.purpose, claim.channel) for claim in self.claim]
        if len(set(twice)) < len(twice):
            raise ValueError("two claims are about the same purpose and channel")
        return self

    def named(self) -> Iterator[str]:
        """Every column it names."""
        for field in Columns.model_fields:
            yield from self.columns.of(field)
        for claim in self.claim:
            yield from (name for name in (getattr(claim, field) for field in CLAIMED) if name)


def load(path: Path) -> Mapping:
    """Raises OperatorError."""
    try:
        return build(tomllib.loads(path.read_text("utf-8")), str(path))
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OperatorError(f"{path} is no valid TOML: {error}; correct that line.") from error


def build(data: dict[str, Any], origin: str) -> Mapping:
    """Raises OperatorError."""
    try:
        return Mapping(**data)
    except ValidationError as error:
        raise OperatorError(f"In {origin}, {sentences(error)}.") from None


def check(mapping: Mapping, names: Sequence[str], purposes: Sequence[str], origin: str) -> None:
    """Every column is there, every purpose is the operator's. Raises OperatorError."""
    missing = sorted({name for name in mapping.named() if name not in names})
    if missing:
        raise OperatorError(f"The mapping names the columns {', '.join(missing)}, which {origin} does not have: it has "
                            f"{', '.join(filter(None, names))[:500]}.")
    strange = sorted({claim.purpose for claim in mapping.claim} - {*purposes, ALL})
    if strange:
        raise OperatorError(f"The mapping claims consent for {', '.join(strange)}: write one of the purposes in the "
                            f"settings ({', '.join(purposes) or 'there is none'}), or all.")
