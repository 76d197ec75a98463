"""The import itself: batches of rows, each in a transaction of its own with how far it is; or the same as a dry run."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from bot.crash import crash_point
from bot.errors import OperatorError
from bot.importing.contact import Contact, Reader, Refusal
from bot.importing.lines import Line, rows
from bot.importing.plan import Outcome, Plan, Planner, Run, tally
from bot.importing.sidefile import SideFile
from bot.importing.source import Source
from storage.import_records import ImportRun
from storage.records import EventTag
from storage.seen import Seen
from storage.unit_of_work import UnitOfWork, UnitOfWorkFactory

BATCH = 10_000  # rows a transaction
Progress = Callable[[int], object]  # rows so far


@dataclass(frozen=True, slots=True)
class Job:
    """One file to be taken in. `rejects` gets rows that are refused or taken in partly, `report` every row."""

    source: Source
    reader: Reader
    run: Run
    rejects: SideFile
    report: SideFile | None = None
    progress: Progress | None = None
    sheet: str = ""
    batch: int = BATCH


def interrupted(store: UnitOfWorkFactory, file_hash: str, settings_hash: str, *, again: bool) -> ImportRun | None:
    """The run that this file has, to go on with or to begin anew; None when it has none. Raises OperatorError.

    `settings_hash`: of mapping and options; a half-done file goes on as it began.
    """
    with store() as uow:
        found = uow.imports.run(file_hash)
    if found is None:
        return None
    if found.finished_at is not None:
        if not again:
            raise OperatorError(f"This file was taken in on {found.finished_at:%Y-%m-%d %H:%M} UTC: nothing is left to "
                                "do. --again reads it once more.")
        return replace(found, line=0, counts={}, finished_at=None)
    if again:
        return replace(found, line=0, counts={})
    if found.counts.get("settings") != settings_hash:
        raise OperatorError(f"This file is half taken in (to line {found.line}) with another mapping or other options: "
                            "use those, or --again to begin anew.")
    return found


def write(job: Job, state: ImportRun, store: UnitOfWorkFactory, now: Callable[[], datetime]) -> ImportRun:
    """Take in what comes after the lines that are committed; what it says of itself at the end."""
    for batch in _batches(job, state.line):
        with _no_collector(), store() as uow:
            plan = _planned(job, [job.reader.read(line) for line in batch], uow)
            state = replace(state, line=batch[-1].number, counts=_added(state.counts, plan))
            _tell(job, plan.outcomes, batch)
            uow.imports.save(state)
            _apply(plan, job, uow)
            crash_point("in_transaction")
            uow.commit()
            crash_point("after_commit")
        _step(job, state.counts)
    with store() as uow:
        state = replace(state, finished_at=now())
        uow.imports.save(state)
        uow.commit()
    return state


def rehearse(job: Job, state: ImportRun, reader: UnitOfWorkFactory) -> ImportRun:
    """What `write` would do, nothing written; duplicates within the file are found however far apart they are."""
    with Seen() as seen:
        for batch in _batches(job, state.line):
            contacts = [job.reader.read(line) for line in batch]
            with reader() as uow:
                plan = _planned(job, contacts, uow)
                keys = {contact.line: f"{uow.imports.digest(contact.handles[0])}:{contact.capacity}"
                        for contact in contacts if isinstance(contact, Contact)}
            fresh = [outcome.line for outcome in plan.outcomes if outcome.what == "new"]
            twice = {line for line, before in zip(fresh, seen.add(keys[line] for line in fresh), strict=True) if before}
            plan.outcomes = [replace(each, what="merged") if each.line in twice else each for each in plan.outcomes]
            state = replace(state, line=batch[-1].number, counts=_added(state.counts, plan))
            _tell(job, plan.outcomes, batch)
            _step(job, state.counts)
    return state


def _batches(job: Job, after: int) -> Iterator[list[Line]]:
    left = (line for line in rows(job.source, job.reader.names, job.sheet) if line.number > after)
    while batch := list(islice(left, job.batch)):
        yield batch


@contextmanager
def _no_collector() -> Iterator[None]:
    """A batch makes many records and no cycles: looking for cycles would cost a third of it."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _planned(job: Job, contacts: Sequence[Contact | Refusal], uow: UnitOfWork) -> Plan:
    read = [contact for contact in contacts if isinstance(contact, Contact)]
    digests = {contact.line: [uow.imports.digest(handle) for handle in contact.handles] for contact in read}
    known = uow.imports.known(list({digest for each in digests.values() for digest in each}))
    planner = Planner(job.run, known, _wordings(job.reader, read, uow))
    for contact in contacts:
        if isinstance(contact, Refusal):
            planner.refuse(contact)
        else:
            planner.take(contact, digests[contact.line])
    return planner.plan


def _wordings(reader: Reader, contacts: Sequence[Contact], uow: UnitOfWork) -> set[str]:
    """Ids of the notices that these claims name, whose text is known: from the file itself, or kept before."""
    named = {claim.notice for contact in contacts for claim in contact.claims if claim.notice}
    return {notice for notice in named if notice in reader.notices or uow.notices.get(notice) is not None}


def _apply(plan: Plan, job: Job, uow: UnitOfWork) -> None:
    """Everything of one batch, in the caller's transaction."""
    for notice in job.reader.notices.values():
        uow.notices.add(notice)
    uow.imports.add(plan.parties, plan.relations, plan.attached, job.run.id)
    uow.imports.attach(plan.more)
    uow.imports.update(list(plan.changed.values()), list(plan.related.values()))
    uow.ledger.append_many(plan.events)
    uow.imports.claim(plan.evidence, plan.kept, plan.replaced)
    for handle, channel, purpose, at in plan.stops:
        uow.suppression.add(handle, str(EventTag.IMPORT), at, channel=channel, purpose=purpose)
    for handle in plan.invalid:
        uow.parties.set_handle_validity(handle, valid=False)


def _added(counts: object, plan: Plan) -> dict[str, object]:
    known = dict(counts) if isinstance(counts, dict) else {}
    more = Counter({name: count for name, count in (*tally(plan.outcomes).items(), *plan.counts.items()) if count})
    return known | {name: known.get(name, 0) + count for name, count in more.items()} | {
        "rows": known.get("rows", 0) + len(plan.outcomes)}


def _tell(job: Job, outcomes: Sequence[Outcome], batch: Sequence[Line]) -> None:
    cells = {line.number: line.cells for line in batch}
    for each in outcomes:
        if each.reason:
            job.rejects.add((each.line, "refused" if each.what == "refused" else "partly", each.reason,
                             *cells[each.line]))
        if job.report is not None:
            job.report.add((each.line, each.what, each.capacity, each.hint, "yes" if each.stays else "", each.reason))
    job.rejects.flush()


def _step(job: Job, counts: object) -> None:
    if job.progress is not None and isinstance(counts, dict):
        job.progress(int(counts.get("rows", 0)))
