"""A reviewer says what a held message wants: stories through the command line, on a real store."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.bootstrap import open_storage, reviewing
from bot.cli import app
from bot.cli.demo import settings_for
from bot.clock import new_id, system_clock
from bot.errors import OperatorError
from bot.intake import accept
from bot.pipeline import process_next
from bot.review import Verdict, review
from bot.settings import load
from nlp.intents import Intent
from nlp.understanding import Context, Flag, Scope, Understanding
from storage.records import (
    Capacity,
    ChannelKind,
    ConsentStatus,
    Handle,
    InboxItem,
    InboxStatus,
    Invitation,
    LabelledExample,
    Party,
)
from storage.store import Store
from tests.contract.conftest import emptied

WHO = Handle(ChannelKind.EMAIL, "anne@example.org")
Reader = Callable[[str, Context], Understanding]
PROVEN = "Authentication-Results: mx.example; dmarc=pass header.from=example.org\r\n"


def doubtful(text: str, context: Context) -> Understanding:
    """A reader that is never sure, of a no."""
    return Understanding((Intent.UNSUBSCRIBE,), 0.4, {}, Scope(), "en", abstained="unusual wording",
                         model_version="tiny-1")


def broken(text: str, context: Context) -> Understanding:
    raise ZeroDivisionError


@dataclass
class Desk:
    """A store with what came in, and the command line before it."""

    config: Path
    store: Store

    def receive(self, text: str = "I am fed up with you", fields: str = "", understand: Reader = doubtful) -> str:
        """The id of the item, after the line has read it."""
        raw = f"{fields}From: {WHO.value}\r\nTo: privacy@shop.example\r\nMessage-ID: <{new_id()}@x>\r\n\r\n{text}\r\n"
        accept(raw.encode(), channel=ChannelKind.EMAIL, source="t", external_id=new_id(), envelope={},
               store=self.store.unit_of_work, clock=system_clock, new_id=new_id)
        process_next(replace(reviewing(load(self.config), self.store), understand=understand))
        with self.store.reader() as uow:
            return uow.inbox.list(list(InboxStatus), 1)[0].id

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(app, ["inbox", *words, "-c", str(self.config)])

    def decide(self, item_id: str, *words: str) -> str:
        said = self.run("decide", item_id, "--by", "zoe", *words)
        assert said.exit_code == 0, said.exception
        return " ".join(said.output.split())

    def refused(self, item_id: str, *words: str) -> str:
        said = self.run("decide", item_id, *words)
        assert isinstance(said.exception, OperatorError), said.output
        return str(said.exception)

    def item(self, item_id: str) -> InboxItem:
        with self.store.reader() as uow:
            found = uow.inbox.get(item_id)
        assert found is not None
        return found

    def stops(self) -> list[bool]:
        """Whether each is provisional."""
        with self.store.reader() as uow:
            return [bool(row["provisional"]) for row in uow.suppression.find(WHO)]

    def events(self) -> list[tuple[str, ConsentStatus, str]]:
        with self.store.reader() as uow:
            return [(str(each.event.tag), each.event.status_after, each.event.actor) for each in uow.ledger.entries()]

    def letters(self) -> list[str]:
        with self.store.reader() as uow:
            return [each.template for each in reversed(uow.outbox.list())]

    def examples(self) -> list[LabelledExample]:
        with self.store.reader() as uow:
            return list(uow.examples.list())

    def ask(self) -> str:
        """Anne was asked for her consent; what her answer says it answers."""
        now = system_clock()
        with self.store.unit_of_work() as uow:
            uow.parties.add(Party("anne", Capacity.CONSUMER), WHO)
            uow.invitations.add(Invitation("i1", "anne", WHO, ("newsletter",), "email", "<q@shop.example>",
                                           now - timedelta(days=1), now + timedelta(days=6), "notice"))
            uow.commit()
        return "In-Reply-To: <q@shop.example>\r\n"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["init", "--address", "privacy@shop.example"]).exit_code == 0
    config = tmp_path / "consentry.toml"
    config.write_text(config.read_text("utf-8").replace("[mail]", '[mail]\nauthserv_ids = ["mx.example"]'), "utf-8")
    store = open_storage(load(config))
    yield Desk(config, store)
    store.close()


def test_a_no_that_a_reviewer_confirms_is_recorded_answered_and_learnt_from(desk: Desk) -> None:
    held = desk.receive()
    assert (desk.item(held).status, desk.stops()) == (InboxStatus.HELD, [True])
    said = desk.decide(held, "unsubscribe")
    assert "a reviewer understood unsubscribe" in said
    assert "changed event=consent:object, purpose=all, channel=all, before=unknown, after=withdrawn" in said
    assert "answer none" not in said
    assert desk.item(held).status is InboxStatus.DONE
    assert desk.stops() == [False], "the no has settled the pause"
    assert desk.events() == [("consent:object", ConsentStatus.WITHDRAWN, "staff:zoe")]
    assert desk.letters() == ["objection_confirmed"]
    (example,) = desk.examples()
    assert (example.inbox_id, example.text, example.context) == (held, "I am fed up with you", "none")
    assert (example.intents, example.decided_by) == (("unsubscribe",), "zoe")
    assert (example.model_version, example.read_as) == ("tiny-1", ("unsubscribe",))


def test_what_wants_nothing_is_closed_and_marketing_goes_on(desk: Desk) -> None:
    held = desk.receive("Where is my parcel?")
    said = desk.decide(held, "other")
    assert "decided ignore" in said
    assert "event=marketing:resume" in said
    assert "answer none" in said
    assert desk.item(held).status is InboxStatus.DONE
    assert (desk.stops(), desk.events(), desk.letters()) == ([], [], [])
    assert [each.intents for each in desk.examples()] == [("other",)]


def test_a_dry_run_shows_the_same_and_changes_nothing(desk: Desk) -> None:
    held = desk.receive()
    before = desk.item(held)
    said = desk.decide(held, "unsubscribe", "access", "--dry-run")
    assert "would change event=rights:open" in said
    assert "would change event=consent:object" in said
    assert desk.item(held) == before
    assert (desk.stops(), desk.events(), desk.letters(), desk.examples()) == ([True], [], [], [])
    with desk.store.reader() as uow:
        assert not uow.requests.list()


def test_what_raised_can_be_decided_too(desk: Desk) -> None:
    failed = desk.receive(understand=broken)
    assert desk.item(failed).status is InboxStatus.FAILED
    desk.decide(failed, "withdraw")
    assert (desk.item(failed).status, desk.item(failed).stage) == (InboxStatus.DONE, None)
    assert desk.events()[0][0] == "consent:withdraw"
    assert (desk.examples()[0].model_version, desk.examples()[0].read_as) == ("", ())


def test_the_record_tells_who_decided_and_what_had_been_read(desk: Desk) -> None:
    held = desk.receive()
    told = json.loads(desk.run("show", held).output)["explanation"]
    assert told["understanding"]["model_version"] == "tiny-1"
    desk.decide(held, "access")
    told = json.loads(desk.run("show", held).output)["explanation"]
    assert (told["understanding"]["method"], told["understanding"]["confidence"]) == ("staff", 1.0)
    assert (told["review"]["by"], told["review"]["intents"]) == ("zoe", ["access"])
    assert told["review"]["before"]["understanding"]["model_version"] == "tiny-1"


def test_a_yes_by_a_reviewer_needs_what_every_yes_needs(desk: Desk) -> None:
    answers = desk.ask()
    assert "decided ask_click" in desk.decide(desk.receive("well, why not"), "grant"), "it answers nothing"
    assert "decided ask_click" in desk.decide(desk.receive("why not", answers), "grant"), "nobody vouches for her"
    assert not desk.events()
    said = desk.decide(desk.receive("go on then", PROVEN + answers), "grant")
    assert "decided grant" in said
    assert desk.events() == [("consent:grant", ConsentStatus.RENEWED, "staff:zoe")]
    assert desk.stops() == []


def test_a_yes_whose_limits_cannot_be_read_is_not_granted(desk: Desk) -> None:
    held = desk.receive("Yes to some of it, no to the rest", PROVEN + desk.ask())
    assert "cannot be read" in desk.refused(held, "grant")
    assert desk.item(held).status is InboxStatus.HELD
    assert (desk.events(), desk.examples()) == ([], [])


def test_the_pause_stays_while_another_message_of_hers_waits(desk: Desk) -> None:
    first, second = desk.receive("Hm"), desk.receive("Well")
    desk.decide(first, "other")
    assert desk.stops() == [True]
    desk.decide(second, "other")
    assert desk.stops() == []


@pytest.mark.parametrize(("intent", "paused"), [("erasure", True), ("objection", True), ("access", False)])
def test_the_pause_stays_with_a_request_that_marketing_waits_for(desk: Desk, intent: str, *, paused: bool) -> None:
    desk.decide(desk.receive(), intent)
    assert desk.stops() == [True] * paused


def test_a_no_to_one_channel_ends_the_pause_of_all(desk: Desk) -> None:
    said = desk.decide(desk.receive("Please stop the SMS"), "unsubscribe")
    assert "channel=sms" in said
    assert desk.stops() == [False]


def test_what_was_done_while_it_was_held_is_not_done_twice(desk: Desk) -> None:
    def threat(text: str, context: Context) -> Understanding:
        return replace(doubtful(text, context), intents=(Intent.ACCESS,), confidence=0.99, abstained=None,
                       flags=(Flag.LEGAL_THREAT,))

    held = desk.receive("My lawyer wants to see everything", understand=threat)
    assert len(desk.letters()) == 1
    desk.decide(held, "access", "unsubscribe")
    with desk.store.reader() as uow:
        assert [str(case.article) for case in uow.requests.list()] == ["A15"]
    assert desk.letters()[1:] == ["objection_confirmed"]
    assert desk.examples()[0].intents == ("access", "unsubscribe")


def test_a_no_in_a_robots_mail_is_taken_from_a_reviewer_and_not_answered(desk: Desk) -> None:
    def sure(text: str, context: Context) -> Understanding:
        return replace(doubtful(text, context), confidence=0.99, abstained=None)

    held = desk.receive(fields="Auto-Submitted: auto-generated\r\n", understand=sure)
    assert desk.item(held).status is InboxStatus.HELD
    desk.decide(held, "unsubscribe")
    assert (desk.stops(), desk.letters()) == ([False], [])


def test_what_cannot_be_decided_is_said(desk: Desk) -> None:
    held = desk.receive()
    assert "stand alone" in desk.refused(held, "other", "unsubscribe")
    assert "--by NAME" in desk.refused(held, "other", "--by", "a\nb")
    assert "no item nobody" in desk.refused("nobody", "other")
    assert desk.run("decide", held, "cake").exit_code == 2
    desk.decide(held, "other")
    assert "neither held nor failed" in desk.refused(held, "unsubscribe")
    assert len(desk.examples()) == 1


def test_a_verdict_that_cannot_be_carried_out_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    held = desk.receive()
    monkeypatch.setattr("bot.pipeline.answer", broken)
    assert "nothing was changed" in desk.refused(held, "unsubscribe")
    assert desk.item(held).status is InboxStatus.HELD
    assert (desk.stops(), desk.events(), desk.examples()) == ([True], [], [])


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_of_two_reviewers_at_once_one_is_told_that_it_is_done(request: pytest.FixtureRequest, tmp_path: Path,
                                                              database: str) -> None:
    sqlite = database == "sqlite"
    store = emptied(f"sqlite:///{tmp_path}/s.sqlite3" if sqlite else request.getfixturevalue("postgres_url"))
    given = reviewing(settings_for(tmp_path, 1), store)
    accept(f"From: {WHO.value}\r\n\r\nHm".encode(), channel=ChannelKind.EMAIL, source="t", external_id="1",
           envelope={}, store=store.unit_of_work, clock=system_clock, new_id=new_id)
    held = process_next(replace(given, understand=doubtful))
    assert held is not None
    verdicts = [Verdict(held.message.inbox_id, (intent,), "zoe") for intent in (Intent.UNSUBSCRIBE, Intent.ACCESS)]

    def decided(verdict: Verdict) -> bool:
        try:
            return bool(review(verdict, given))
        except OperatorError as error:
            assert "neither held nor failed" in str(error)  # noqa: PT017 - one of the two, we do not know which
            return False

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(decided, verdicts)) == [False, True]
    with store.reader() as uow:
        assert uow.examples.count() == 1
        assert len(uow.ledger.entries()) + len(uow.requests.list()) == 1
    store.close()
