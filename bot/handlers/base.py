"""What every handler gets and gives, and the one way to record a no."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import templates
from bot.clock import NewId
from bot.messages import Identity, InboundMessage
from bot.policy.decision import Decision, Step
from storage.records import (
    ALL,
    Capacity,
    ConsentEvent,
    ConsentStatus,
    EventTag,
    Handle,
    Invitation,
    Notice,
    Party,
)
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One decided message with what handlers may use. `country` is the controller's."""

    message: InboundMessage
    identity: Identity
    decision: Decision
    uow: UnitOfWork = field(repr=False)
    now: datetime
    new_id: NewId
    country: str
    purposes: tuple[str, ...]
    reply_id: str  # Message-ID the answer will carry, for requests it opens
    reply_period: timedelta  # within which a handle is asked only once
    actor: str = "person"  # or "staff:NAME", for the ledger
    language: str = "en"  # of the answer


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be said, by which template, to whom: the handle the message was about, or another one."""

    template: str
    to: Handle
    variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What changed, in words and values without personal data, and what is to be said about it."""

    changes: tuple[Mapping[str, str], ...] = ()
    letters: tuple[Letter, ...] = ()


def parties(case: Case) -> tuple[Party, ...]:
    """The files this message touches: those on file for the handle (both capacities), else a new consumer file."""
    handle = case.identity.handle
    if handle is None:
        return ()
    known = tuple(case.uow.parties.by_handle(handle))
    if known:
        return known
    party = Party(case.new_id(), Capacity.CONSUMER, country=case.country)
    case.uow.parties.add(party, handle)
    return (party,)


def record(
    case: Case, party: Party, tag: EventTag, status: ConsentStatus, purpose: str, channel: str, notice: str = ""
) -> Mapping[str, str]:
    """Append one event with its proof; returns the change. The projection follows in the same transaction."""
    before = next((state.status for state in case.uow.ledger.states(party.id)
                   if state.purpose == purpose and state.channel == channel), ConsentStatus.UNKNOWN)
    case.uow.ledger.append(ConsentEvent(
        tag=tag, party_id=party.id, capacity=party.capacity, purpose=purpose, channel=channel, status_before=before,
        status_after=status, occurred_at=case.message.received_at, actor=case.actor, regime=case.decision.regime,
        decision=case.decision.row, source_hash=case.message.raw_hash,
        personal={"handle": case.identity.handle.value if case.identity.handle else "",
                  "assurance": str(case.identity.assurance)},
        notice=notice,
    ))
    return {"event": str(tag), "purpose": purpose, "channel": channel, "before": str(before), "after": str(status),
            "capacity": str(party.capacity), "party": party.id}


def say_no(case: Case, step: Step, tag: EventTag, status: ConsentStatus) -> tuple[Mapping[str, str], ...]:
    """Record a no on every file of the handle and suppress the handle, for each purpose and channel of the scope."""
    handle = case.identity.handle
    if handle is None:
        return ()
    changes: list[Mapping[str, str]] = []
    covered = [(purpose, channel) for purpose in step.scope.purposes for channel in step.scope.channels]
    for party in parties(case):
        changes += [record(case, party, tag, status, purpose, channel) for purpose, channel in covered]
    for purpose, channel in covered:
        case.uow.suppression.add(handle, str(tag), case.now, channel=channel, purpose=purpose)
    close_invitation(case)
    return tuple(changes)


def close_invitation(case: Case) -> None:
    """An answered request is closed: a second answer to it is not a new yes."""
    if case.identity.invitation_id is not None:
        case.uow.invitations.answer(case.identity.invitation_id, case.now)


def covers(case: Case, step: Step, handle: Handle) -> Mapping[str, object]:
    """Template variables every confirmation needs: which handle, which purposes and channels, since when."""
    return {"handle": handle.value, "purposes": list(step.scope.purposes), "channels": list(step.scope.channels),
            "since": case.message.received_at, "narrow": step.scope.purposes == (ALL,)}


def answer(case: Case, step: Step, changes: tuple[Mapping[str, str], ...], template: str) -> Outcome:
    """The outcome of a recorded change: answered when there is somebody to answer."""
    handle = case.identity.handle
    if handle is None:
        return Outcome(changes)
    files = list(dict.fromkeys(change["party"] for change in changes))
    shown = {**covers(case, step, handle), "files": files, "capacities": touched(case, changes)}
    return Outcome(changes, (Letter(template, handle, shown),))


def touched(case: Case, changes: tuple[Mapping[str, str], ...]) -> list[str]:
    """Which capacities changed, to be said to somebody who has two files; nothing to who has one."""
    if len(case.identity.party_ids) < 2:
        return []
    return list(dict.fromkeys(change["capacity"] for change in changes))


ASKED_FOR = timedelta(days=7)


def notice_of(template: str, language: str, now: datetime) -> Notice:
    """The exact words of a question, by their own hash; the version is how that hash begins."""
    shown, text = templates.wording(template, language)
    version = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Notice(hashlib.sha256("\n".join((template, version, shown, text)).encode()).hexdigest(), template, version,
                  shown, text, now)


def _was_asked(case: Case, template: str) -> bool:
    """Whether this message answers that very question."""
    answered = case.uow.invitations.get(case.identity.invitation_id or "")
    shown = case.uow.notices.get(answered.notice) if answered is not None else None
    return shown is not None and shown.name == template


def ask_once(case: Case, step: Step, template: str) -> Outcome:
    """Open a request that the person's next yes can answer (double opt-in); nothing is recorded as given.

    An answer to this very question that still lacks proof is not asked again: silence is no.
    """
    handle = case.identity.handle
    if handle is None or _was_asked(case, template):
        return Outcome()
    notice = notice_of(template, case.language, case.now)
    case.uow.notices.add(notice)
    wanted = case.purposes if step.scope.purposes == (ALL,) else step.scope.purposes
    case.uow.invitations.add(Invitation(
        id=case.new_id(), party_id=parties(case)[0].id, handle=handle, purposes=wanted,
        channel=str(case.message.channel), message_id=case.reply_id, sent_at=case.now,
        expires_at=case.now + ASKED_FOR, notice=notice.id))
    shown = {**covers(case, step, handle), "purposes": list(wanted), "channels": [str(case.message.channel)]}
    return Outcome((), (Letter(template, handle, shown),))
