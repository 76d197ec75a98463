"""Many ledger entries at once: the same bytes and hashes as `storage.chain` makes one by one, at less cost.

Values that repeat from entry to entry are encoded once, nonces are drawn together; a property test holds each hash
against `chain.entry_hash`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.chain import SCHEMA_VERSION, moment
from storage.records import ConsentEvent

NONCE = 12  # bytes
_encode = json.JSONEncoder(sort_keys=True).encode

# what `append` stores of an entry, in this order
FIELDS = ("tag", "party_id", "capacity", "purpose", "channel", "status_before", "status_after", "occurred_at",
          "actor", "regime", "decision", "source_hash", "sequence", "id", "schema_version", "sealed", "recorded_at",
          "previous_hash", "hash", "provenance", "valid_until", "notice")
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Tail:
    """Where a chain ends."""

    sequence: int
    hash: str


def link_many(tail: Tail, events: Sequence[ConsentEvent], ciphers: Mapping[str, AESGCM], recorded_at: datetime,
              new_id: Callable[[], str]) -> tuple[list[Row], Tail]:
    """The events as the next entries, each in the order of `FIELDS`, and the new end. `ciphers`: by party id."""
    nonces, written, texts = os.urandom(NONCE * len(events)), moment(recorded_at), _Texts()
    sequence, previous, rows = tail.sequence, tail.hash, []
    for number, event in enumerate(events):
        nonce = nonces[number * NONCE : (number + 1) * NONCE]
        sealed = nonce + ciphers[event.party_id].encrypt(nonce, _encode(dict(event.personal)).encode(), None)
        sequence, entry_id = sequence + 1, new_id()
        body = texts.body(event, sequence, entry_id, hashlib.sha256(sealed).hexdigest(), written, previous)
        digest = hashlib.sha256(body.encode()).hexdigest()
        rows.append((
            event.tag.value, event.party_id, event.capacity.value, event.purpose, event.channel,
            event.status_before.value, event.status_after.value, event.occurred_at, event.actor, event.regime,
            event.decision, event.source_hash, sequence, entry_id, SCHEMA_VERSION, sealed, recorded_at, previous,
            digest, event.provenance.value, event.valid_until, event.notice))
        previous = digest
    return rows, Tail(sequence, previous)


class _Texts:
    """The canonical JSON of entries (`chain.entry_hash`), with what repeats made once."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._told: dict[tuple[object, ...], tuple[str, str, str, str, str]] = {}
        self._moments: dict[datetime, str] = {}

    def body(self, event: ConsentEvent, sequence: int, entry_id: str, sealed: str, written: str,
             previous: str) -> str:
        """Keys in their sorted order, as `json.dumps(..., sort_keys=True)` writes them."""
        key = (event.actor, event.status_after, event.status_before, event.capacity, event.channel, event.decision,
               event.notice, event.provenance, event.purpose, event.regime, event.source_hash, event.tag,
               event.valid_until)
        made = self._told.get(key) or self._told.setdefault(key, _told(event))
        occurred = self._moments.get(event.occurred_at)
        if occurred is None:
            occurred = self._moments[event.occurred_at] = moment(event.occurred_at)
        return (f'{made[0]}{quoted(entry_id)}{made[1]}"{occurred}","party":{quoted(event.party_id)},"previous":'
                f'"{previous}"{made[2]}"recorded_at":"{written}"{made[3]}"sealed":"{sealed}","sequence":{sequence}'
                f'{made[4]}')


def _told(event: ConsentEvent) -> tuple[str, str, str, str, str]:
    """The parts between what differs from entry to entry."""
    until = quoted(moment(event.valid_until)) if event.valid_until else "null"
    return (f'{{"actor":{quoted(event.actor)},"after":{quoted(event.status_after)},"before":'
            f'{quoted(event.status_before)},"capacity":{quoted(event.capacity)},"channel":{quoted(event.channel)},'
            f'"decision":{quoted(event.decision)},"id":',
            f',"notice":{quoted(event.notice)},"occurred_at":',
            f',"provenance":{quoted(event.provenance)},"purpose":{quoted(event.purpose)},',
            f',"regime":{quoted(event.regime)},"schema_version":{SCHEMA_VERSION},',
            f',"source":{quoted(event.source_hash)},"tag":{quoted(event.tag)},"valid_until":{until}}}')

