"""What the person said, and which of it counts. Pure.

A no and a yes are both kept; which one counts is read from them here, never by removing a no:

1. a pause stops everything it covers until a person has looked (a later yes does not lift it);
2. a yes counts only when it says exactly this purpose and this channel (consent is specific, GDPR 4(11));
3. a no counts for everything it covers, `all` included, from the moment it was said (GDPR 7(3), 21(3));
4. of a yes and a no, the later counts; at the same moment, the no;
5. silence is no (recital 32);
6. the law's exceptions to consent are for those who never said no: any no ends them, an older one too (GDPR 21(2)).

So who stopped everything and later proves a yes to the newsletter by email gets that, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from storage.records import ALL, ConsentState, ConsentStatus

OBJECTIONS = (ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN, ConsentStatus.INVALIDATED, ConsentStatus.REVOKED)
"""What a person, or somebody with a right to, took back or refused; it ends the exceptions too."""
NOES = (*OBJECTIONS, ConsentStatus.EXPIRED)
"""What ends a consent given before."""
_STATUS_REASONS = {status: str(status) for status in NOES} | {
    ConsentStatus.REQUESTED: "consent_requested", ConsentStatus.REQUEST_DEFERRED: "consent_requested",
    ConsentStatus.UNKNOWN: "no_consent", ConsentStatus.EXPIRED: "consent_expired"}


class Said(NamedTuple):
    """What counts. `yes`: the consent that no later no ended, or None. `reason`: why there is none.

    `objected`: a no covers this purpose and channel, whenever it was said: no exception serves. `evidence`: the ledger
    entry behind the reason, when there is one.
    """

    yes: ConsentState | None
    reason: str = ""
    objected: bool = False
    evidence: tuple[int, ...] = ()


SILENCE = Said(None, "no_consent")
PAUSED = Said(None, "paused", objected=True)
SUPPRESSED = Said(None, "suppressed", objected=True)


def said(states: Sequence[ConsentState], suppressions: Sequence[Mapping[str, Any]], purpose: str, channel: str,
         all_purposes: Sequence[str] = ()) -> Said:
    """Read one file's states and the suppressions of the handle for one purpose and channel, never `all`.

    `all_purposes`: channels on which a no to any purpose is a no to each (47 CFR 64.1200(a)(10)).
    """
    newest: datetime | None = None
    for entry in suppressions:
        if _covers(entry["purpose"], entry["channel"], purpose, channel, all_purposes):
            if entry["provisional"]:
                return PAUSED
            newest = entry["at"] if newest is None or entry["at"] > newest else newest
    exact: ConsentState | None = None
    valid = False
    noes: list[ConsentState] = []
    for state in states:
        status = state.status
        good = status is ConsentStatus.GIVEN or status is ConsentStatus.RENEWED
        if state.purpose == purpose and state.channel == channel:
            exact, valid = state, good
        if not good and status in NOES and _covers(state.purpose, state.channel, purpose, channel, all_purposes):
            noes.append(state)
    objected = newest is not None or (bool(noes) and any(no.status in OBJECTIONS for no in noes))
    if exact is not None and valid:
        since, sequence = exact.since, exact.sequence
        if noes:
            noes = [no for no in noes if no.since >= since or no.sequence > sequence]
        if not noes and (newest is None or newest < since):
            return Said(exact, objected=objected)
    return _why_not(exact, noes, newest, objected)


def _why_not(exact: ConsentState | None, noes: Sequence[ConsentState], newest: datetime | None,
             objected: bool) -> Said:
    """The newest no in words; else what is known of the consent."""
    last = max(noes, key=lambda no: (no.since, no.sequence), default=None)
    if newest is not None and (last is None or last.since <= newest):
        return SUPPRESSED if last is None else Said(None, "suppressed", objected, (last.sequence,))
    said_last = last or exact
    if said_last is None:
        return SILENCE
    return Said(None, _STATUS_REASONS[said_last.status], objected, (said_last.sequence,))


def _covers(said_purpose: str, said_channel: str, purpose: str, channel: str, all_purposes: Sequence[str]) -> bool:
    if all_purposes and channel in all_purposes and (said_channel in all_purposes or said_channel == ALL):
        return True
    return said_purpose in (purpose, ALL) and said_channel in (channel, ALL)
