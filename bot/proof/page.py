"""The proof as a page that somebody at an authority reads from top to bottom and prints."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.parser import BytesHeaderParser
from email.policy import default
from typing import Any

import templates
from bot import wording
from bot.proof.gather import Fact, Proof, message_file
from bot.settings import Settings
from storage.chain import moment
from storage.projection import rebuild
from storage.records import InboxItem, LedgerEntry, OutboxItem
from storage.signing import key_id

Values = dict[str, Any]


def page(proof: Proof, settings: Settings, language: str) -> str:
    """HTML, whole in itself; everything from outside is text in it."""
    lang = templates.page_language("proof", language)
    tell, controller = _Teller(lang, settings.controller.country), settings.controller
    entries = [fact.entry for fact in proof.facts]
    newest = proof.checkpoints[-1] if proof.checkpoints else None
    return templates.page("proof", lang, {
        "controller": controller.name, "contact": controller.contact, "authority": controller.authority,
        "made": tell.at(proof.made_at), "party_id": proof.party_id, "capacity": proof.capacity or "",
        "erased": proof.erased, "handles": [(wording.channels([each.kind], lang)[0], each.value)
                                            for each in proof.handles],
        "scope": tell.scope(proof.scope.purpose, proof.scope.channel) if proof.scope else None,
        "states": [tell.scope(state.purpose, state.channel) | {
            "status": wording.STATUSES[lang][state.status], "since": tell.at(state.since),
            "until": tell.at(state.valid_until), "sequence": state.sequence}
            for state in sorted(rebuild(entries).values(), key=lambda state: state.since, reverse=True)],
        "facts": [tell.fact(fact) for fact in proof.facts],
        "key_id": key_id(proof.public_key),
        "checkpoint": {"sequence": newest.sequence, "hash": newest.hash, "at": tell.at(newest.at)} if newest else None,
        "unsigned": [fact.entry.sequence for fact in proof.facts if fact.inclusion is None]})


class _Teller:
    """Records as the values of the page, in one language and the controller's time zone."""

    def __init__(self, language: str, country: str) -> None:
        self._language, self._country = language, country

    def at(self, moment_: datetime | None) -> Values | None:
        """In words for people, and to the second in UTC."""
        if moment_ is None:
            return None
        return {"words": wording.moment(moment_, self._language, self._country),
                "exact": moment(moment_.replace(microsecond=0))}

    def scope(self, purpose: str, channel: str) -> Values:
        """What it is about."""
        return {"purpose": wording.purposes([purpose], self._language)[0],
                "channel": wording.channels([channel], self._language)[0]}

    def fact(self, fact: Fact) -> Values:
        """One entry: who, what, when, how we know, what we did, what we answered."""
        entry = fact.entry
        explained = (fact.message.explanation if fact.message else None) or {}
        return self._entry(entry) | {
            "backdated": fact.backdated, "inclusion": fact.inclusion,
            "message": self._message(fact.message, explained) if fact.message else None,
            "reading": _reading(explained), "reason": explained.get("decision", {}).get("reason", ""),
            "review": self._review(explained), "regime": fact.regime, "notice": fact.notice,
            "answers": [self._answer(each) for each in fact.answers]}

    def _entry(self, entry: LedgerEntry) -> Values:
        event, statuses = entry.event, wording.STATUSES[self._language]
        return self.scope(event.purpose, event.channel) | {
            "sequence": entry.sequence, "hash": entry.hash, "tag": str(event.tag), "of_consent": event.tag.of_consent,
            "actor": event.actor.partition(":")[0], "staff": event.actor.partition(":")[2],
            "occurred": self.at(event.occurred_at), "recorded": self.at(entry.recorded_at),
            "before": statuses[event.status_before], "after": statuses[event.status_after],
            "until": self.at(event.valid_until), "row": event.decision, "regime_id": event.regime,
            "source": event.source_hash, "personal": sorted((str(name), str(value))
                                                            for name, value in event.personal.items())}

    def _message(self, message: InboxItem, explained: Mapping[str, Any]) -> Values:
        told, identity = explained.get("message", {}), explained.get("identity", {})
        hits = explained.get("findings", {}).get("hits", [])
        return {"file": message_file(message), "received": self.at(message.received_at), "receiver": message.source,
                "from": told.get("from") or "", "subject": told.get("subject") or "",
                "text": told.get("fresh_text") or "", "assurance": identity.get("assurance", "unknown"),
                "why": identity.get("reason", ""), "authentication": next(
                    (hit["reason"] for hit in hits if hit["fact"] == "authenticated"), "")}

    def _review(self, explained: Mapping[str, Any]) -> Values | None:
        """Who decided, when the reader did not."""
        told = explained.get("review")
        if not told:
            return None
        return {"by": told["by"], "at": self.at(datetime.fromisoformat(told["at"])),
                "before": _reading(told.get("before", {}))}

    def _answer(self, answer: OutboxItem) -> Values:
        head = BytesHeaderParser(policy=default).parsebytes(answer.payload)
        return {"template": answer.template, "language": answer.language, "made": self.at(answer.created_at),
                "status": str(answer.status), "subject": str(head["Subject"] or ""), "message_id": answer.message_id,
                "kept": bool(answer.payload)}


def _reading(explained: Mapping[str, Any]) -> Values | None:
    """What the reader made of it."""
    told = explained.get("understanding")
    if not told:
        return None
    return {"intents": [str(each) for each in told.get("intents", [])], "model": told.get("model_version", ""),
            "method": told.get("method", ""), "percent": round(100 * float(told.get("confidence", 0))),
            "abstained": told.get("abstained") or ""}
