"""The line's outcome, and the same as plain JSON for the store, `consentry try --json` and the console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.answer import Reply
from bot.messages import Findings, Identity, InboundMessage
from bot.policy.decision import Decision
from nlp.understanding import Scope, Understanding


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that led to what was done."""

    message: InboundMessage
    findings: Findings
    understanding: Understanding
    identity: Identity
    decision: Decision
    changes: tuple[Mapping[str, str], ...]
    reply: Reply


def as_json(it: Explanation) -> dict[str, Any]:
    """Plain values only; `changes` is empty when nothing would change, `reply` null when nothing is said."""
    return {"message": _message(it.message), "findings": _findings(it.findings),
            "understanding": _understanding(it.understanding), "identity": _identity(it.identity),
            "decision": _decision(it.decision), "changes": [dict(change) for change in it.changes],
            "reply": _reply(it.reply), "silence": it.reply.silence}


def _message(message: InboundMessage) -> dict[str, Any]:
    return {"channel": str(message.channel), "from": message.sender.value if message.sender else None,
            "from_name": message.sender_name,
            "subject": message.subject, "message_id": message.message_id, "fresh_text": message.fresh_text,
            "forwarded": message.forwarded, "attachments": len(message.attachments),
            "defects": list(message.defects), "sha256": message.raw_hash}


def _findings(findings: Findings) -> dict[str, Any]:
    return {"hits": [{"fact": str(hit.fact), "reason": hit.reason, "data": dict(hit.data)} for hit in findings.hits],
            "misses": [str(fact) for fact in findings.misses]}


def _understanding(it: Understanding) -> dict[str, Any]:
    return {"intents": [str(intent) for intent in it.intents], "confidence": round(it.confidence, 4),
            "scope": _scope(it.scope), "language": it.language, "flags": [str(flag) for flag in it.flags],
            "evidence": [{"start": span.start, "end": span.end, "label": span.label} for span in it.evidence],
            "abstained": it.abstained, "method": it.method, "model_version": it.model_version}


def _scope(scope: Scope) -> dict[str, Any]:
    return {"channels": list(scope.channels), "purposes": list(scope.purposes),
            "granted_channels": list(scope.granted_channels), "granted_purposes": list(scope.granted_purposes),
            "explicit": scope.explicit}


def _identity(identity: Identity) -> dict[str, Any]:
    return {"handle": identity.handle.value if identity.handle else None, "assurance": str(identity.assurance),
            "authenticated": identity.authenticated, "known": bool(identity.party_ids),
            "invitation": identity.invitation_id, "reason": identity.reason}


def _decision(decision: Decision) -> dict[str, Any]:
    return {"row": decision.row, "reason": decision.reason, "hold": decision.hold, "priority": str(decision.priority),
            "regime": decision.regime,
            "steps": [{"action": str(step.action), "scope": _scope(step.scope),
                       "article": str(step.article) if step.article else None,
                       "target": step.target.value if step.target else None} for step in decision.steps]}


def _reply(reply: Reply) -> dict[str, str] | None:
    if not reply.items:
        return None
    first = reply.items[0]
    return {"to": first.recipient.value, "subject": reply.subject, "template": first.template,
            "language": first.language}
