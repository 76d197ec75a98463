"""A row becomes a contact, or a refusal with its reason. Pure; no reason repeats a cell."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot import contact_points
from bot.contact_points import NotAContactPoint
from bot.importing import values
from bot.importing.lines import Line
from bot.importing.mapping import DATES, HANDLES, TRUTHS, ClaimColumns, Mapping
from bot.importing.values import Meaningless
from storage.records import Capacity, ChannelKind, ConsentStatus, Handle, Notice, Source

_Word = TypeVar("_Word")
NOTICE_ID = re.compile(r"[0-9a-f]{64}")
AHEAD = timedelta(days=1)  # zones and slow clocks
LONGEST_PROOF = 1000  # characters kept of where the proof lies
SHORT = 200  # characters kept of an organisation


@dataclass(frozen=True, slots=True)
class Claim:
    """What a row claims of one purpose and channel."""

    purpose: str
    channel: str
    status: ConsentStatus
    at: datetime | None
    method: str
    notice: str  # id, or ""
    proof: str


@dataclass(frozen=True, slots=True)
class Contact:
    """What a row says. `told`: facts of the relation, as far as the row has them. `notes`: what was left out."""

    line: int
    handles: tuple[Handle, ...]  # the first says whose row it is
    capacity: Capacity
    stated: bool  # the row itself says its capacity; else the mapping says it of all
    organisation: str | None
    language: str | None
    country: str | None
    region: str | None
    time_zone: str | None
    source: Source | None
    told: dict[str, datetime | bool]
    claims: tuple[Claim, ...]
    hint: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that is not taken in, and why."""

    line: int
    reason: str


class _Refused(Exception):
    """The message is the reason."""


@dataclass(slots=True)
class Reader:
    """Reads the rows of one file by its mapping. `now`: nothing that was told can have happened later."""

    mapping: Mapping
    names: Sequence[str]
    country: str  # of numbers that do not say theirs
    zone: str  # of dates that do not say theirs
    language: str  # of wordings, unless the row says another
    now: datetime
    serials: bool | None = None  # as in `values.moment`
    notices: dict[str, Notice] = field(default_factory=dict)  # wordings found, by id; whoever keeps them empties it
    _at: dict[str, tuple[int, ...]] = field(init=False)
    _said: frozenset[str] = field(init=False)  # fields that a column or the mapping says
    _claims: list[tuple[ClaimColumns, dict[str, int]]] = field(init=False)

    def __post_init__(self) -> None:
        """Columns by their place."""
        columns, place = self.mapping.columns, {name: number for number, name in enumerate(self.names)}
        self._at = {name: tuple(place[each] for each in columns.of(name)) for name in type(columns).model_fields
                    if columns.of(name)}
        self._claims = [(claim, {name: place[getattr(claim, name)] for name in
                                 ("status", "date", "method", "notice", "proof") if getattr(claim, name)})
                        for claim in self.mapping.claim]
        self._said = frozenset((*self._at, *self.mapping.always))

    def read(self, line: Line) -> Contact | Refusal:
        """The row's meaning."""
        if line.fault:
            return Refusal(line.number, line.fault)
        notes: list[str] = []
        try:
            return self._contact(line.number, line.cells, notes)
        except _Refused as refused:
            return Refusal(line.number, "; ".join([*notes, str(refused)]))

    def _contact(self, number: int, cells: Sequence[str], notes: list[str]) -> Contact:
        country = self._word("country", cells, notes, _country)
        handles = self._handles(cells, country or self.country, notes)
        capacity, stated = self._capacity(cells)
        organisation = self._text("organisation", cells)[:SHORT].strip() or None
        if organisation and capacity is Capacity.CONSUMER:
            raise _Refused("it is said to be a consumer, and names an organisation: either it is the organisation's "
                           "contact (capacity professional), or the organisation must be left empty")
        source = self._word("source", cells, notes, _source)
        language = self._word("language", cells, notes, _language)
        hint = contact_points.hint(handles[0].value) if handles[0].kind is ChannelKind.EMAIL else ""
        return Contact(number, handles, capacity, stated, organisation, language, country,
                       self._word("region", cells, notes, _region), self._word("time_zone", cells, notes, _zone),
                       source, self._told(cells, notes),
                       tuple(claim for claim in (self._claim(each, at, cells, language, notes)
                                                 for each, at in self._claims) if claim is not None),
                       hint, tuple(notes))

    def _text(self, name: str, cells: Sequence[str]) -> str:
        """What the row, else the mapping, says of a field; words of the mapping's `values` are replaced."""
        if name not in self._said:
            return ""
        at = self._at.get(name)
        text = cells[at[0]].strip() if at else ""
        text = text or self.mapping.always.get(name, "")  # type: ignore[call-overload]
        known = self.mapping.values.get(name)  # type: ignore[call-overload]
        return str(known.get(text, text)) if known else str(text)

    def _word(self, name: str, cells: Sequence[str], notes: list[str], read: Callable[[str], _Word]) -> _Word | None:
        text = self._text(name, cells)
        if not text:
            return None
        try:
            return read(text)
        except Meaningless as error:
            notes.append(f"{name} {error}")
            return None

    def _handles(self, cells: Sequence[str], country: str, notes: list[str]) -> tuple[Handle, ...]:
        found = []
        for name in HANDLES:
            at = self._at.get(name)
            if not at:
                continue
            text = cells[at[0]] if len(at) == 1 else "\n".join(cells[each] for each in at)
            if text and not text.isspace():
                try:
                    found.append(contact_points.handle(ChannelKind(name), text, country))
                except NotAContactPoint as error:
                    notes.append(f"{name}: {error}")
        if not found:
            raise _Refused("it has no contact point" if not notes else "no contact point is left")
        return tuple(found)

    def _capacity(self, cells: Sequence[str]) -> tuple[Capacity, bool]:
        if self.mapping.capacity is not None:
            return self.mapping.capacity, False
        found = values.CAPACITIES.get(values.plain(self._text("capacity", cells)))
        if found is None:
            raise _Refused("its capacity is not said, or in a word that is not known: write consumer or professional, "
                           "or add the word to values.capacity")
        return found, True

    def _told(self, cells: Sequence[str], notes: list[str]) -> dict[str, datetime | bool]:
        told: dict[str, datetime | bool] = {}
        for name in DATES:
            text = self._text(name, cells)
            at = self._moment(name, text, notes, ahead=name == "contract_until") if text else None
            if at is not None:
                told[name] = at
        for name in TRUTHS:
            said = self._word(name, cells, notes, values.truth)
            if said is not None:
                told[name] = said
        return told

    def _moment(self, name: str, text: str, notes: list[str], *, ahead: bool = False) -> datetime | None:
        try:
            at = values.moment(text, self.mapping.date_format, self.zone, self.serials)
        except Meaningless as error:
            notes.append(f"{name} {error}")
            return None
        if at > self.now + AHEAD and not ahead:
            notes.append(f"{name} is in the future")
            return None
        return min(at, self.now) if not ahead else at

    def _claim(self, it: ClaimColumns, at: dict[str, int], cells: Sequence[str], language: str | None,
               notes: list[str]) -> Claim | None:
        """None when the row says nothing of it."""
        told = {name: (cells[at[name]].strip() if name in at else "") or it.always.get(name, "")
                for name in ("status", "date", "method", "notice", "proof")}
        if not told["status"]:
            return None
        try:
            status = it.values.get(told["status"]) or values.status(told["status"])
        except Meaningless as error:
            raise _Refused(f"{it.purpose}/{it.channel} {error}") from None
        method = it.methods.get(told["method"], values.plain(told["method"]).replace(" ", "_"))
        when = self._moment(f"{it.purpose}/{it.channel} date", told["date"], notes) if told["date"] else None
        return Claim(it.purpose, it.channel, status, when, method if method in values.METHODS else "unknown",
                     self._notice(told["notice"], language or self.language), told["proof"][:LONGEST_PROOF])

    def _notice(self, text: str, language: str) -> str:
        """The id of the wording; a new one is put with `notices`."""
        if not text or NOTICE_ID.fullmatch(text):
            return text
        made = _wording(text, language, self.now)
        self.notices.setdefault(made.id, made)
        return made.id


@lru_cache(1024)
def _wording(text: str, language: str, now: datetime) -> Notice:
    version = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
    whole = "\n".join(("import", version, language, text))
    return Notice(hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest(), "import", version, language, text, now)


@lru_cache(512)
def _country(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}", text):
        raise Meaningless("is no two-letter code (ISO 3166-1): add the word to values.country")
    return text.upper()


@lru_cache(512)
def _language(text: str) -> str:
    found = re.fullmatch(r"([A-Za-z]{2})(?:[-_][A-Za-z]{2,4})?", text)
    if not found:
        raise Meaningless("is no language code (ISO 639-1): add the word to values.language")
    return found[1].lower()


@lru_cache(512)
def _region(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]{1,8}", text):
        raise Meaningless("is no code of a region (ISO 3166-2): add the word to values.region")
    return text.upper()


@lru_cache(512)
def _zone(text: str) -> str:
    try:
        return str(ZoneInfo(text))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Meaningless("is no IANA time zone") from error


@lru_cache(512)
def _source(text: str) -> Source:
    found = values.SOURCES.get(values.plain(text))
    if found is None:
        raise Meaningless("has a word that is not known: add it to values.source (person, third_party, unknown)")
    return found
