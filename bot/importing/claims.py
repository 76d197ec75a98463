"""What a claimed consent is worth, and what it may do to what is on file. Pure.

A no always wins; a yes counts only with its full proof; an older claim never overwrites a newer state (law: GDPR 7(1),
7(3), 21(3); EDPB 05/2020, 164-169; Garante 330/2025: a log line alone is no proof).
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.importing.contact import Claim
from storage.import_records import Stop
from storage.records import ALL, ConsentState, ConsentStatus, Source

REFUSALS = (ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN, ConsentStatus.REVOKED)  # somebody said no
NOES = (*REFUSALS, ConsentStatus.EXPIRED, ConsentStatus.INVALIDATED)
ACTS = ("box", "oral", "paper", "double_opt_in")  # a clear act (recital 32): neither pre-ticked nor bundled
PHONE_SINCE = datetime(2026, 8, 10, 22, tzinfo=UTC)  # décret 2026-662: 11 August 2026 in France
PHONE_LIFE = timedelta(days=365)  # R223-1 I 3°: at most one year


class Effect(StrEnum):
    """What a claim does."""

    RECORD = "record"  # an entry in the ledger
    SAME = "same"  # the file says what is on file already
    OLDER = "older"  # what is on file is newer
    BLOCKED = "blocked"  # a no on file covers it
    LEFT = "left"  # a claim about somebody known, and only data was to be updated


def worth(claim: Claim, source: Source | None, wordings: Container[str], now: datetime) -> ConsentStatus:
    """The status that the claim can establish. `wordings`: ids of the notices whose text is known."""
    if claim.status in NOES:
        return claim.status
    if not claim.status.valid or not proven(claim, source, wordings):
        return ConsentStatus.UNKNOWN
    if claim.channel == "phone" and claim.at is not None:
        if claim.at < PHONE_SINCE:
            return ConsentStatus.UNKNOWN
        return ConsentStatus.EXPIRED if now >= claim.at + PHONE_LIFE else ConsentStatus.GIVEN
    return ConsentStatus.GIVEN


def proven(claim: Claim, source: Source | None, wordings: Container[str]) -> bool:
    """Whether a yes has all that makes it proof: one purpose and channel, the words shown, a date, a clear act, where
    the proof lies, and no third party in between, whose promise is none.
    """
    return (claim.purpose != ALL and claim.channel != ALL and claim.at is not None and claim.method in ACTS
            and bool(claim.proof) and claim.notice in wordings and source is not Source.THIRD_PARTY)


def valid_until(claim: Claim, status: ConsentStatus) -> datetime | None:
    """When a yes by telephone ends."""
    if claim.channel != "phone" or claim.at is None or not status.valid:
        return None
    return claim.at + PHONE_LIFE


def covers(purpose: str, channel: str, claim: Claim) -> bool:
    """Whether something said of this purpose and channel concerns what is claimed, in either's wider reading."""
    return (purpose == claim.purpose or ALL in (purpose, claim.purpose)) and (
        channel == claim.channel or ALL in (channel, claim.channel))


def blocked(claim: Claim, states: Iterable[ConsentState], stops: Iterable[Stop]) -> bool:
    """Whether a no or a pause on file concerns what is claimed, whatever the dates."""
    return (any(covers(stop.purpose, stop.channel, claim) for stop in stops)
            or any(state.status in NOES and covers(state.purpose, state.channel, claim) for state in states))


def effect(claim: Claim, found: ConsentStatus, current: ConsentState | None, *, stopped: bool,
           may_touch: bool) -> Effect:
    """What the claim, worth `found`, does to the `current` state of the same purpose and channel."""
    if found in REFUSALS:
        return _no(claim, current)
    if not may_touch:
        return Effect.LEFT
    if stopped:
        return Effect.BLOCKED if claim.status.valid else Effect.SAME
    if current is None:
        return Effect.RECORD
    if current.status is found and (claim.at is None or claim.at <= current.since):
        return Effect.SAME
    if current.status is ConsentStatus.UNKNOWN and found.valid:
        return Effect.RECORD  # nothing was established: its date says nothing
    if found in NOES and claim.at is None:
        return Effect.RECORD  # in doubt, the no
    if claim.at is None or claim.at <= current.since or found is ConsentStatus.UNKNOWN:
        return Effect.OLDER
    return Effect.RECORD


def _no(claim: Claim, current: ConsentState | None) -> Effect:
    """A no is recorded for everybody, known or new; one that was followed by a newer yes is history."""
    if current is None:
        return Effect.RECORD
    if current.status in REFUSALS:
        return Effect.SAME
    return Effect.OLDER if claim.at is not None and claim.at < current.since and current.status.valid \
        else Effect.RECORD
