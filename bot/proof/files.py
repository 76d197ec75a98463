"""The files of a proof bundle, and its manifest (`docs/proof.md`)."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from bot.parse import parse
from bot.policy.explanation import plain
from bot.proof.gather import Fact, Proof, message_file
from bot.proof.page import page
from bot.settings import Settings
from storage.bundle import CHECKPOINTS, ENTRIES, MESSAGES, PATHS, PUBLIC_KEY, make
from storage.chain import GENESIS, moment
from storage.export import encode, encode_witness
from storage.records import InboxItem, Notice, OutboxItem
from storage.signing import Signer, Witness, pem

UNSEALED, ANSWERS, ANSWER_FILES, REGIMES, NOTICES = ("unsealed.jsonl", "answers.jsonl", "answers/", "regimes.json",
                                                     "notices.json")


def bundle(proof: Proof, settings: Settings, language: str) -> bytes:
    """The zip, signed with the store's key."""
    return make(files(proof, settings, language), told(proof, settings), Signer(settings.key))


def files(proof: Proof, settings: Settings, language: str) -> dict[str, bytes]:
    """Every file but the manifest and its signature. What somebody else wrote is in it as bytes, never on the page."""
    facts = proof.facts
    found = {
        "proof.html": page(proof, settings, language).encode("utf-8", "replace"),
        PUBLIC_KEY: pem(proof.public_key).encode(),
        ENTRIES: _lines(encode(fact.entry) for fact in facts),
        UNSEALED: _lines(_json({"sequence": fact.entry.sequence, "personal": dict(fact.entry.event.personal)})
                         for fact in facts),
        PATHS: _lines(_json({"sequence": fact.entry.sequence, **dataclasses.asdict(fact.inclusion)})
                      for fact in facts if fact.inclusion is not None),
        CHECKPOINTS: _lines(encode_witness(Witness(each, proof.public_key)) for each in proof.checkpoints),
        REGIMES: _pretty({fact.regime.id: plain(fact.regime) for fact in facts if fact.regime}),
        NOTICES: _pretty({fact.notice.id: _notice(fact.notice) for fact in facts if fact.notice}),
    }
    for message in {fact.message.id: fact.message for fact in facts if fact.message}.values():
        found[message_file(message)] = message.raw
        found[f"{MESSAGES}{message.content_hash}.json"] = _pretty(_message(message))
    answers = {answer.id: answer for fact in facts for answer in fact.answers}.values()
    for answer in answers:
        if answer.payload:
            found[answer_file(answer)] = answer.payload
    return found | {ANSWERS: _lines(_json(_answer(answer)) for answer in answers)}


def told(proof: Proof, settings: Settings) -> dict[str, Any]:
    """What the manifest says beside the files: who made it, of whom, and how each entry is proven."""
    controller, newest = settings.controller, proof.checkpoints[-1] if proof.checkpoints else None
    return {
        "made_at": moment(proof.made_at),
        "controller": {"name": controller.name, "contact": controller.contact, "country": controller.country},
        "party": {"id": proof.party_id, "capacity": proof.capacity, "erased": proof.erased,
                  "handles": [{"channel": each.kind, "value": each.value} for each in proof.handles]},
        "scope": dataclasses.asdict(proof.scope) if proof.scope else None,
        "checkpoint": {"sequence": newest.sequence, "hash": newest.hash} if newest else None,
        "entries": [_entry(fact) for fact in proof.facts],
    }


def _entry(fact: Fact) -> dict[str, Any]:
    entry = fact.entry
    return {"sequence": entry.sequence, "hash": entry.hash, "tag": str(entry.event.tag),
            "backdated": fact.backdated or None,
            "checkpoint": fact.inclusion.checkpoint if fact.inclusion else None,
            "message": message_file(fact.message) if fact.message else None,
            "without_message": None if fact.message else without_message(fact),
            "answers": [answer_file(answer) for answer in fact.answers if answer.payload]}


def without_message(fact: Fact) -> str:
    """Why the bundle has no message for an entry."""
    event = fact.entry.event
    if event.source_hash == GENESIS:
        return "no message: the program or staff acted"
    if str(event.provenance) != "witnessed":
        return "told by a file; the entry names the file's hash"
    return "the message was deleted"


def answer_file(answer: OutboxItem) -> str:
    """Its name in the bundle: by the hash of its bytes."""
    return f"{ANSWER_FILES}{hashlib.sha256(answer.payload).hexdigest()}.eml"


def _message(message: InboxItem) -> dict[str, Any]:
    """How it came, its header fields as read, and everything that was found, understood and decided."""
    read = parse(message)
    return {"id": message.id, "channel": message.channel, "receiver": message.source,
            "external_id": message.external_id, "received_at": moment(message.received_at),
            "envelope": dict(message.envelope), "headers": [list(each) for each in read.headers.fields],
            "explanation": message.explanation}


def _answer(answer: OutboxItem) -> dict[str, Any]:
    return {"id": answer.id, "message_id": answer.message_id, "answers": answer.inbox_id, "channel": answer.channel,
            "template": answer.template, "language": answer.language, "made_at": moment(answer.created_at),
            "status": answer.status, "file": answer_file(answer) if answer.payload else None}


def _notice(notice: Notice) -> dict[str, Any]:
    return {"name": notice.name, "version": notice.version, "language": notice.language, "text": notice.text,
            "since": moment(notice.since)}


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _pretty(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, default=str, indent=1, ensure_ascii=False).encode("utf-8", "replace")


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
