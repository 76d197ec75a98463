"""What ends, ends by itself; what is over goes when somebody says so; what proves, or is asked for, stays."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from bot.bootstrap import reviewing
from bot.cli import app
from bot.clock import system_clock
from bot.errors import OperatorError
from bot.expiring import expire
from bot.policy.permission_types import Operator, Switches
from bot.retention import NOBODY, carry_out, due, kept
from bot.settings import load
from bot.workers.daily import Daily, daily
from bot.workers.local import Local
from storage import schema
from storage.dossier_records import Ending
from storage.records import (
    ALL,
    Audited,
    Capacity,
    ChannelKind,
    ConsentStatus,
    EventTag,
    Handle,
    InboxStatus,
    Invitation,
    OutboxStatus,
    Party,
    Pile,
    Relation,
    RightsArticle,
    RightsRequest,
    Source,
)
from storage.verify import verify_ledger
from tests.acceptance.test_audit_cli import Desk, desk
from tests.contract.conftest import event, item, outgoing
from tests.harness.bot import wait_until
from tests.harness.claims import add, claim

__all__ = ["desk"]
NOW = system_clock()
YEARS = timedelta(days=366)
OLD = NOW - timedelta(days=100)
PHONE = Handle(ChannelKind.PHONE, "+33612345678")


def tags(desk: Desk, party: str) -> list[tuple[EventTag, str]]:
    with desk.store.reader() as uow:
        return [(entry.event.tag, entry.event.decision) for entry in uow.ledger.by_party(party)]


def in_delete_pile(desk: Desk, *names: str, at: datetime = OLD) -> None:
    with desk.store.unit_of_work() as uow:
        for name in names:
            uow.audits.put([Audited(name, "newsletter", "email", Pile.DELETE, ("bought",), at)])
        uow.commit()


def test_consents_end_each_with_its_event(desk: Desk) -> None:
    call = datetime(2026, 8, 20, 9, tzinfo=UTC)
    add(desk.store, Party("phone", Capacity.CONSUMER, country="FR"), [PHONE])
    with desk.store.unit_of_work() as uow:
        uow.ledger.append(replace(event(ConsentStatus.GIVEN, "phone", "newsletter", "phone", call)))
        uow.ledger.append(replace(event(ConsentStatus.GIVEN, "flag", "newsletter", "email", call),
                                  valid_until=call + timedelta(days=90)))
        uow.ledger.append(event(ConsentStatus.REQUESTED, "old", "newsletter", "email", call))
        uow.invitations.add(Invitation("i", "old", PHONE, ("newsletter",), "email", "<i@x>", call,
                                       call + timedelta(days=7), ""))
        uow.commit()
    operator = Operator("FR")
    assert expire(desk.store.unit_of_work, operator, call + timedelta(days=6)) == dict.fromkeys(Ending, 0)
    later = call + timedelta(days=365)
    assert expire(desk.store.unit_of_work, replace(operator, switches=Switches(year="calendar")),
                  later - timedelta(seconds=1))[Ending.PHONE_YEAR] == 0
    assert expire(desk.store.unit_of_work, operator, later)[Ending.PHONE_YEAR] == 1
    assert expire(desk.store.unit_of_work, operator, later) == dict.fromkeys(Ending, 0), "once"
    with desk.store.reader() as uow:
        states = {name: uow.ledger.states(name)[0] for name in ("phone", "flag", "old")}
        assert {state.status for state in states.values()} == {ConsentStatus.EXPIRED}
        assert states["phone"].since == call + timedelta(days=365)
        assert states["flag"].since == call + timedelta(days=90)
        entry = uow.ledger.by_party("phone")[-1].event
        assert (entry.tag, entry.actor, entry.regime, entry.decision) == (
            EventTag.EXPIRE, "system", "FR-10", "expire: phone-year")
        assert verify_ledger(uow.ledger).ok


def test_many_end_in_batches(desk: Desk) -> None:
    with desk.store.unit_of_work() as uow:
        for number in range(1201):
            uow.ledger.append(replace(event(ConsentStatus.GIVEN, f"p{number}", "newsletter", "email", OLD),
                                      valid_until=NOW))
        uow.commit()
    stopped = iter([False, True, True, True])
    assert expire(desk.store.unit_of_work, Operator("FR"), NOW, stopping=lambda: next(stopped))[Ending.TIME] == 500
    assert expire(desk.store.unit_of_work, Operator("FR"), NOW)[Ending.TIME] == 701


def test_retention_says_first_and_then_does(desk: Desk) -> None:
    in_delete_pile(desk, "bought", "old")
    said = desk.run("retention", "--dry-run")
    assert said.exit_code == 0, said.exception
    assert f"file: Files that the audit says to delete: 2 over, the oldest from {OLD.date()}" in said.output
    assert "2 would go. Nothing was changed." in said.output
    assert desk.piles("bought")
    plain = json.loads(desk.run("retention", "--dry-run", "--json").output)
    assert {row["id"]: row["over"] for row in plain["rows"]}["file"] == 2
    assert plain["gone"] == {}
    done = desk.run("retention")
    assert "2 are gone" in done.output, done.exception
    with desk.store.reader() as uow:
        assert uow.parties.get("bought") is None
        assert uow.audits.of("old") == []
        assert verify_ledger(uow.ledger).ok
    assert tags(desk, "bought") == [(EventTag.DELETE, "retention: file 1")]
    assert "Nothing is over." in desk.run("retention").output
    assert "people.example" not in desk.run("ledger", "export").output


def test_a_no_outlives_the_file(desk: Desk) -> None:
    """From the ledger, and from a file that only told us of it."""
    silent = ("file-says-no", "silent-too-long")
    with desk.store.unit_of_work() as uow:
        uow.ledger.append(event(ConsentStatus.WITHDRAWN, "flag", ALL, "email", OLD))
        uow.audits.put([Audited("no", "newsletter", "email", Pile.SUPPRESS, silent, OLD),
                        Audited("flag", "newsletter", "email", Pile.SUPPRESS, ("objected", "silent-too-long"), OLD)])
        uow.commit()
    desk.run("retention")
    with desk.store.reader() as uow:
        for name, purpose in (("no", "newsletter"), ("flag", ALL)):
            assert uow.parties.handles(name) == []
            entry, = uow.suppression.find(Handle(ChannelKind.EMAIL, f"{name}@people.example"))
            assert (entry["purpose"], entry["channel"], entry["provisional"]) == (purpose, "email", False)


def test_what_a_pending_request_needs_stays(desk: Desk) -> None:
    in_delete_pile(desk, "bought")
    asked = replace(item(b"what do you hold on me?"), received_at=NOW - 6 * YEARS)
    with desk.store.unit_of_work() as uow:
        uow.inbox.add(asked)
        uow.inbox.finish(asked.id, InboxStatus.DONE, {})
        uow.requests.open(RightsRequest("r", "bought", PHONE, RightsArticle.A15, NOW, NOW, "acknowledged", asked.id))
        uow.commit()
    assert "Nothing is over." in desk.run("retention").output
    with desk.store.reader() as uow:
        assert uow.parties.get("bought") is not None
        left = uow.inbox.get(asked.id)
        assert left is not None
        assert left.raw


def test_proof_goes_when_its_own_time_is_over(desk: Desk) -> None:
    add(desk.store, Party("known", Capacity.CONSUMER), [PHONE], Relation("known", Source.PERSON, OLD),
        [claim("known", at=OLD, method="paper", proof="form 9")])
    with desk.store.unit_of_work() as uow:
        uow.ledger.append(event(ConsentStatus.GIVEN, "known", "newsletter", "email", OLD))
        uow.commit()
    in_delete_pile(desk, "known")
    rows = kept(load(desk.config))
    carry_out(desk.store.unit_of_work, rows, NOW)
    with desk.store.reader() as uow:
        assert uow.ledger.by_party("known")[0].event.personal, "who gave the consent can still be shown"
        assert uow.parties.get("known") is not None
        assert {each.row.id: each.count for each in due(uow, rows, NOW + 4 * YEARS)}["consent_proof"] == 0
        assert {each.row.id: each.count for each in due(uow, rows, NOW + 6 * YEARS)}["consent_proof"] == 1
    assert carry_out(desk.store.unit_of_work, rows, NOW + 6 * YEARS)["consent_proof"] == 1
    with desk.store.reader() as uow:
        assert not uow.ledger.by_party("known")[0].event.personal
        assert uow.parties.get("known") is None
        assert verify_ledger(uow.ledger).ok
    assert tags(desk, "known")[-1] == (EventTag.DELETE, "retention: consent_proof 1")


@pytest.mark.parametrize(("regime", "row", "years"), [
    ("FR-10", "consent_proof_phone_fr", 3), ("DE-02", "consent_proof_phone_de", 5), ("IT-01", "consent_proof", 5)])
def test_the_proof_of_a_call_consent_has_its_country_s_time(desk: Desk, regime: str, row: str, years: int) -> None:
    with desk.store.unit_of_work() as uow:
        uow.ledger.append(replace(event(ConsentStatus.GIVEN, "caller", "newsletter", "phone", OLD), regime=regime))
        uow.commit()
    rows = kept(load(desk.config))
    with desk.store.reader() as uow:
        assert not any(each.count for each in due(uow, rows, NOW + years * timedelta(days=365) - timedelta(days=1)))
        assert {each.row.id for each in due(uow, rows, NOW + years * YEARS + timedelta(days=1)) if each.count} == {row}


def test_messages_letters_calls_and_requests_go_with_their_events(desk: Desk) -> None:
    spam, stop = (replace(item(raw), received_at=NOW - 6 * YEARS) for raw in (b"buy now", b"STOP"))
    letter = outgoing("<s@x>", NOW - 2 * YEARS)
    with desk.store.unit_of_work() as uow:
        for each in (spam, stop):
            uow.inbox.add(each)
            uow.inbox.finish(each.id, InboxStatus.DONE, {})
        uow.ledger.append(replace(event(party="flag"), source_hash=stop.content_hash))
        uow.outbox.add(letter)
        uow.outbox.mark(letter.id, OutboxStatus.SENT)
        uow.requests.open(RightsRequest("r", "flag", PHONE, RightsArticle.A15, OLD, NOW - 6 * YEARS, "fulfilled", None))
        uow.commit()
    with desk.store.engine.connect() as connection, connection.begin():
        for at in (OLD, NOW - timedelta(days=29)):
            connection.execute(schema.call_attempt.insert().values(digest="d" * 64, at=at))
    gone = json.loads(desk.run("retention", "--json").output)["gone"]
    assert gone == {"message": 1, "proof_message": 1, "letter": 1, "rights_request": 1, "call_attempt": 1}
    told = [decision for tag, decision in tags(desk, NOBODY) if tag is EventTag.DELETE]
    assert told == ["retention: message 1", "retention: letter 1", "retention: call_attempt 1"]
    assert [decision for tag, decision in tags(desk, "flag") if tag is EventTag.DELETE] == [
        "retention: rights_request 1", "retention: proof_message 1"]
    with desk.store.reader() as uow:
        assert [each.raw for each in uow.inbox.list([InboxStatus.DONE])] == [b"", b""]
        assert verify_ledger(uow.ledger).ok
    assert json.loads(desk.run("retention", "--json").output)["gone"] == {}


def test_the_table_can_be_shortened_and_with_a_reason_lengthened(desk: Desk) -> None:
    text = desk.config.read_text("utf-8")

    def said(more: str) -> str:
        desk.config.write_text(f"{text}{more}\n", "utf-8")
        result = desk.run("retention", "--dry-run", "--json")
        if result.exception is not None:
            assert isinstance(result.exception, OperatorError)
            return str(result.exception)
        return {row["id"]: row["duration"] for row in json.loads(result.output)["rows"]}["letter"]

    assert said('[retention.rows.letter]\nduration = "P6M"') == "P6M"
    assert "say why" in said('[retention.rows.letter]\nduration = "P2Y"')
    assert said('[retention.rows.letter]\nduration = "P2Y"\nreason = "a trial is pending"') == "P2Y"
    assert "at least P3Y" in said('[retention.rows.consent_proof_phone_fr]\nduration = "P1Y"')
    assert "not in the table" in said('[retention.rows.letters]\nduration = "P1Y"')
    assert "duration" in said('[retention.rows.letter]\nduration = "soon"')


def test_housekeep_says_what_it_would_do_and_does_it(desk: Desk) -> None:
    with desk.store.unit_of_work() as uow:
        uow.ledger.append(replace(event(ConsentStatus.GIVEN, "flag", "newsletter", "email", OLD), valid_until=OLD))
        uow.commit()
    would = json.loads(desk.run("housekeep", "--dry-run", "--json").output)
    assert (would["ended"]["time"], would["dry_run"]) == (1, True)
    assert desk.piles("flag") == {}
    did = desk.run("housekeep")
    assert did.exit_code == 0, did.exception
    assert "1  consents whose time is over" in did.output
    assert desk.piles("flag")["newsletter email"] == (Pile.SUPPRESS, "consent-expired")
    assert json.loads(desk.run("housekeep", "--json").output)["ended"] == {"time": 0, "phone-year": 0, "silence": 0}


def test_files_are_closed_at_night_only_when_the_operator_says_so(desk: Desk) -> None:
    settings = load(desk.config)
    later = NOW + timedelta(days=31)
    daily(settings, desk.store.unit_of_work, desk.store.reader, NOW)
    assert desk.piles("old")
    assert daily(settings, desk.store.unit_of_work, desk.store.reader, later).taken_out == {}
    assert desk.piles("old")
    wanted = settings.model_copy(update={"retention": settings.retention.model_copy(update={"nightly_files": True})})
    done = daily(wanted, desk.store.unit_of_work, desk.store.reader, later)
    assert done.taken_out == {"file": 2}, "the pile of thirty days ago: bought and old"
    assert desk.piles("old") == {}


def test_the_bot_does_it_once_a_day_by_the_clock(desk: Desk) -> None:
    settings = load(desk.config)
    clock = [NOW]
    day = Daily(settings, desk.store.unit_of_work, desk.store.reader, lambda: clock[0])
    local = Local(reviewing(settings, desk.store), lambda item: None, daily=day)
    local.start()
    wait_until(lambda: desk.piles("flag"), 30)
    local.stop()
    assert day() is None
    clock[0] += timedelta(hours=23)
    assert day() is None
    clock[0] += timedelta(hours=1)
    assert day() is not None
    clock[0] += timedelta(days=1)
    assert day(lambda: True) is not None
    assert day() is not None, "what was interrupted is done the next time"


def test_a_worker_does_it_at_night(postgres_url: str) -> None:
    from bot.workers import procrastinate as distributed
    jobs = distributed.app_for(postgres_url)
    done: list[bool] = []
    distributed.register(jobs, None, lambda item: None, lambda stopping: done.append(stopping()))  # type: ignore[arg-type]
    task = jobs.tasks[distributed.DAILY]
    assert task.lock == task.queueing_lock == distributed.DAILY
    import asyncio
    asyncio.run(task.func(timestamp=0))
    assert done == [False]
    assert [each.cron for each in jobs.periodic_registry.periodic_tasks.values() if each.task is task] == ["17 3 * * *"]


def test_nobody_is_asked_twice_on_a_pipe_and_help_is_there() -> None:
    for verb in ("audit", "retention", "housekeep"):
        shown = CliRunner().invoke(app, [verb, "--help"])
        assert "--dry-run" in shown.output
