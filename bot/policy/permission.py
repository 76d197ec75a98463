"""May this person be contacted for this purpose through this channel? Pure.

A no and a yes are both kept; which one counts is read from them here, never by removing a no:

1. a pause stops everything it covers until a person has looked (a later yes does not lift it);
2. a yes counts only when it says exactly this purpose and this channel (consent is specific, GDPR 4(11));
3. a no counts for everything it covers, `all` included, from the moment it was said (GDPR 7(3), 21(3));
4. of a yes and a no, the later counts; at the same moment, the no;
5. silence is no (recital 32).

So who stopped everything and later proves a yes to the newsletter by email gets that, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.policy.permission_types import Asked, Basis, Known, Operator, Permission
from storage.records import ALL, ConsentState, ConsentStatus

NOES = (ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN, ConsentStatus.EXPIRED, ConsentStatus.INVALIDATED,
        ConsentStatus.REVOKED)


STRICT = "strict-opt-in"  # no row of the law is read here: a consent is needed, whoever and whatever it is


def permission(known: Known, asked: Asked, operator: Operator) -> Permission:
    """The consent core as a permission: refused for who is not on file and for a handle that no longer works."""
    if known.party is None:
        return Permission(False, Basis.NONE, "nobody", STRICT)
    if not known.handle_valid:
        return Permission(False, Basis.NONE, "handle_invalid", STRICT)
    channel = asked.means.channel
    yes, words = allowed(known.states, known.suppressions, asked.purpose, channel)
    exact = next((state for state in known.states if (state.purpose, state.channel) == (asked.purpose, channel)), None)
    evidence = (exact.sequence,) if exact is not None else ()
    end = exact.valid_until if exact is not None else None
    if yes and end is not None and asked.at >= end:
        return Permission(False, Basis.NONE, "consent_expired", STRICT, evidence)
    if not yes:
        return Permission(False, Basis.NONE, words.replace(" ", "_"), STRICT, evidence)
    return Permission(True, Basis.CONSENT, "consent", STRICT, evidence, end)


def allowed(states: Iterable[ConsentState], suppressions: Iterable[Mapping[str, Any]], purpose: str,
            channel: str) -> tuple[bool, str]:
    """Whether consent allows it, and the reason in words without personal data.

    `states`: the projection of one party (one capacity). `suppressions`: what `Suppression.find` gives for its handle.
    `purpose` and `channel` are single ones, never `all`. Legal bases other than consent are not judged here.
    """
    known = list(states)
    entries = [entry for entry in suppressions if _covers(entry["purpose"], entry["channel"], purpose, channel)]
    if any(entry["provisional"] for entry in entries):
        return False, "marketing is paused until a person has looked"
    yes = next((state for state in known if (state.purpose, state.channel) == (purpose, channel)), None)
    if yes is None or not yes.status.valid:
        return False, _why_not(yes, bool(entries))
    if any(entry["at"] >= yes.since for entry in entries):
        return False, "suppressed after the consent was given"
    for state in known:
        later = state.since >= yes.since or state.sequence > yes.sequence
        if state.status in NOES and later and _covers(state.purpose, state.channel, purpose, channel):
            return False, f"{state.status} after the consent was given"
    return True, f"consent {yes.status}"


def _covers(said_purpose: str, said_channel: str, purpose: str, channel: str) -> bool:
    return said_purpose in (purpose, ALL) and said_channel in (channel, ALL)


def _why_not(state: ConsentState | None, suppressed: bool) -> str:
    if suppressed:
        return "suppressed"
    return f"consent {state.status}" if state else "no consent was given for this purpose and channel"
