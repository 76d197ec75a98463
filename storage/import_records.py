"""What an import reads and writes, as frozen records. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from storage.records import ConsentState, Handle, Party, Relation


@dataclass(frozen=True, slots=True)
class ImportRun:
    """One file being taken in. `line`: the last one whose batch is committed; `counts`: what became of the rows."""

    id: str
    file_hash: str  # sha256 hex of the file's bytes
    name: str
    line: int
    counts: Mapping[str, Any]
    started_at: datetime
    by: str
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """One entry of the suppression list, as an import needs it."""

    channel: str
    purpose: str
    provisional: bool
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A party on file. `made_by`: id of the import that made it; None: it came another way."""

    party: Party
    relation: Relation | None = None
    made_by: str | None = None
    states: Mapping[tuple[str, str], ConsentState] = field(default_factory=dict)  # by (purpose, channel)
    digests: frozenset[str] = frozenset()  # of its handles, as far as they were asked for


@dataclass(frozen=True, slots=True)
class Known:
    """What the store says of the handles of one batch, by their digests."""

    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # digest -> ids of parties
    parties: Mapping[str, KnownFile] = field(default_factory=dict)  # by id
    stops: Mapping[str, tuple[Stop, ...]] = field(default_factory=dict)  # by digest


@dataclass(frozen=True, slots=True)
class Attached:
    """A handle of a party, with its digest."""

    party_id: str
    handle: Handle
    digest: str
