"""A ledger entry or a signed checkpoint as one line of JSON, and back. The same bytes for the same: a change shows."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

from storage.chain import moment
from storage.records import (
    Capacity,
    ConsentEvent,
    ConsentStatus,
    EventTag,
    LedgerEntry,
    Provenance,
    SignedCheckpoint,
)
from storage.signing import Witness, body
from storage.verify import Unreadable

CHECKPOINT = '{"checkpoint":'  # how the line of a signed checkpoint begins; an entry's begins with {"event":
NOT_OURS = (KeyError, TypeError, AttributeError, RecursionError, OverflowError)
LONGEST_LINE = 1 << 20  # characters; an entry is below a thousand but for what is sealed in it
_SIGNED = ("hash", "root", "previous", "key_id")
_PLAIN = ("party_id", "purpose", "channel", "actor", "regime", "decision", "source_hash")


def encode(entry: LedgerEntry) -> str:
    """One line without its end; personal data only as ciphertext (base64)."""
    event = entry.event
    told = {"tag": event.tag.value, "capacity": event.capacity.value, "status_before": event.status_before.value,
            "status_after": event.status_after.value, "occurred_at": moment(event.occurred_at),
            **{name: getattr(event, name) for name in _PLAIN}}
    if entry.schema_version >= 2:
        told |= {"provenance": event.provenance.value, "notice": event.notice,
                 "valid_until": moment(event.valid_until) if event.valid_until else None}
    body = {
        "event": told,
        "sequence": entry.sequence, "id": entry.id, "schema_version": entry.schema_version,
        "sealed": base64.b64encode(entry.sealed).decode(), "recorded_at": moment(entry.recorded_at),
        "previous_hash": entry.previous_hash, "hash": entry.hash,
    }
    return json.dumps(body, sort_keys=True, separators=(",", ":"))


def decode(line: str) -> LedgerEntry:
    """The entry of one line. Raises ValueError when it is not exactly what `encode` writes."""
    try:
        entry = _entry(json.loads(line))
        same = encode(entry) == line
    except NOT_OURS as error:
        raise ValueError("fields are missing or of another kind") from error
    if not same:
        raise ValueError("it says the same in other characters, or says more")
    return entry


def _entry(body: dict[str, Any]) -> LedgerEntry:
    told = body["event"]
    plain = {name: told[name] for name in _PLAIN}
    event = ConsentEvent(
        EventTag(told["tag"]), plain["party_id"], Capacity(told["capacity"]), plain["purpose"], plain["channel"],
        ConsentStatus(told["status_before"]), ConsentStatus(told["status_after"]),
        datetime.fromisoformat(told["occurred_at"]), plain["actor"], plain["regime"], plain["decision"],
        plain["source_hash"], **_since_version_2(told, body["schema_version"]))
    return LedgerEntry(body["sequence"], body["id"], body["schema_version"], event,
                       base64.b64decode(body["sealed"], validate=True), datetime.fromisoformat(body["recorded_at"]),
                       body["previous_hash"], body["hash"])


def _since_version_2(told: dict[str, Any], version: int) -> dict[str, Any]:
    if version < 2:
        return {}
    until = told["valid_until"]
    return {"provenance": Provenance(told["provenance"]), "notice": told["notice"],
            "valid_until": datetime.fromisoformat(until) if until is not None else None}


def encode_witness(witness: Witness) -> str:
    """A signed checkpoint as one line without its end, with the key that signed it."""
    return json.dumps({"checkpoint": json.loads(body(witness.checkpoint)),
                       "public_key": base64.b64encode(witness.public_key).decode(),
                       "signature": base64.b64encode(witness.checkpoint.signature).decode()},
                      sort_keys=True, separators=(",", ":"))


def decode_witness(line: str) -> Witness:
    """The checkpoint of one line. Raises ValueError when it is not exactly what `encode_witness` writes."""
    try:
        said = json.loads(line)
        told = said["checkpoint"]
        if type(told["sequence"]) is not int or not all(isinstance(told[name], str) for name in _SIGNED):
            raise TypeError
        found = Witness(SignedCheckpoint(
            told["sequence"], told["hash"], told["root"], told["previous"], datetime.fromisoformat(told["at"]),
            told["key_id"], base64.b64decode(said["signature"], validate=True)),
            base64.b64decode(said["public_key"], validate=True))
        same = encode_witness(found) == line
    except NOT_OURS as error:
        raise ValueError("fields are missing or of another kind") from error
    if not same:
        raise ValueError("it says the same in other characters, or says more")
    return found


def read(file: IO[str]) -> Iterator[LedgerEntry | Witness]:
    """Entries of an export, each followed by the checkpoint signed at it, a line at a time.

    Raises Unreadable at the first line that is neither.
    """
    number, sequence = 0, 0
    while True:
        number += 1
        try:
            line = file.readline(LONGEST_LINE)
            if not line:
                return
            if not line.endswith("\n"):
                raise ValueError("it does not end")
            found = decode_witness(line[:-1]) if line.startswith(CHECKPOINT) else decode(line[:-1])
        except ValueError as error:
            raise Unreadable(sequence + 1, f"line {number} is not an entry as it was exported: {error}") from error
        if isinstance(found, LedgerEntry):
            sequence = found.sequence
        yield found
