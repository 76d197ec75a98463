"""The legacy audit over a whole store: pages in, piles out. Nothing is written that was said already."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.audit_summary import Line, Summary
from bot.controller import operator_of
from bot.policy.audit import judge
from bot.policy.audit_claims import claims
from bot.policy.audit_types import Terms
from bot.policy.retention import Otherwise, duration_of, table
from bot.settings import Settings
from storage.dossier_records import Dossier
from storage.records import Audited, Capacity
from storage.unit_of_work import UnitOfWorkFactory

PAGE = 500  # parties read, judged and written at once: a write of theirs holds nobody up, and memory stays flat


@dataclass(frozen=True, slots=True)
class Scope:
    """Which claims are looked at; None: all."""

    purpose: str | None = None
    channel: str | None = None
    capacity: Capacity | None = None

    def covers(self, purpose: str, channel: str) -> bool:
        """Whether a claim of a party of the capacity is looked at."""
        return self.purpose in (None, purpose) and self.channel in (None, channel)


@dataclass(frozen=True, slots=True)
class Auditing:
    """What an audit is given. `keep`: write what it says. `told` hears how many parties are done."""

    reader: UnitOfWorkFactory
    store: UnitOfWorkFactory
    terms: Terms
    at: datetime
    scope: Scope = Scope()
    keep: bool = True
    told: Callable[[int], object] = lambda done: None
    line: Callable[[Line], object] = lambda line: None
    stopping: Callable[[], bool] = lambda: False


def terms_of(settings: Settings) -> Terms:
    """What the settings say of the audit. Raises OperatorError."""
    kept = table({name: Otherwise(row.duration, row.reason) for name, row in settings.retention.rows.items()})
    return Terms(operator_of(settings), tuple(settings.purposes), frozenset(settings.audit.phone_notices),
                 duration_of(kept, "prospect"), timedelta(days=settings.audit.ask_days))


def audit(run: Auditing) -> Summary:
    """Judge every claim of the scope, page by page, each page in a transaction of its own: what is cut off halfway is
    whole as far as it went, and the next run does the rest.
    """
    summary, done = Summary(), 0
    for page in _pages(run):
        judged = [(dossier, _judged(dossier, run)) for dossier in page
                  if run.scope.capacity in (None, dossier.party.capacity)]
        if run.keep:
            _keep(judged, run)
        for _, lines in judged:
            for line in lines:
                summary.add(line)
                run.line(line)
        done += len(page)
        run.told(done)
    return summary


def _pages(run: Auditing) -> Iterator[Sequence[Dossier]]:
    after = ""
    while not run.stopping():
        with run.reader() as uow:
            page = uow.audits.page(after, PAGE)
        if not page:
            return
        yield page
        after = page[-1].party.id


def _judged(dossier: Dossier, run: Auditing) -> list[Line]:
    found = []
    for claim in claims(dossier, run.terms, run.at):
        if run.scope.covers(claim.purpose, claim.channel):
            verdict = judge(claim)
            found.append(Line(claim.party.id, claim.party.capacity, claim.country, claim.purpose, claim.channel,
                              verdict.pile, verdict.reasons, claim.last_contact))
    return found


def _keep(judged: Sequence[tuple[Dossier, Sequence[Line]]], run: Auditing) -> None:
    """Write what differs from what was said before, or was said before the newest event."""
    put: list[Audited] = []
    drop: list[Audited] = []
    for dossier, lines in judged:
        before = {(each.purpose, each.channel): each for each in dossier.audited}
        newest = max((each.since for each in dossier.said), default=None)
        for line in lines:
            known = before.pop((line.purpose, line.channel), None)
            heard = known is not None and newest is not None and newest >= known.at
            if known is None or heard or (known.pile, known.reasons) != (line.pile, line.reasons):
                same = known is not None and not heard and known.pile is line.pile
                put.append(Audited(line.party_id, line.purpose, line.channel, line.pile, line.reasons,
                                   known.at if known is not None and same else run.at))
        drop += [each for each in before.values() if run.scope.covers(each.purpose, each.channel)]
    if put or drop:
        with run.store() as uow:
            uow.audits.put(put)
            uow.audits.drop(drop)
            uow.commit()
