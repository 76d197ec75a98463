"""One address, two files: a bare STOP touches both, a yes only the file that was asked, and answers name them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.clock import new_id
from nlp.intents import Intent
from storage.records import Capacity, ConsentStatus, Invitation, Party
from tests.acceptance.test_receipts import PROVEN, WHO, Desk

PRIVATE, ACME = new_id(), new_id()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    with made.store.unit_of_work() as uow:
        uow.parties.add(Party(PRIVATE, Capacity.CONSUMER), WHO)
        uow.parties.add(Party(ACME, Capacity.PROFESSIONAL, "Acme"), WHO)
        uow.commit()
    yield made
    made.store.close()


def statuses(desk: Desk) -> dict[str, set[str]]:
    with desk.store.reader() as uow:
        return {party: {str(state.status) for state in uow.ledger.states(party)} for party in (PRIVATE, ACME)}


def test_a_bare_stop_touches_both_and_the_answer_says_so(desk: Desk) -> None:
    text = desk.write(Intent.UNSUBSCRIBE)
    assert statuses(desk) == {PRIVATE: {"withdrawn"}, ACME: {"withdrawn"}}
    assert "En tant que : particulier, professionnel" in text


def test_a_yes_touches_the_file_that_was_asked(desk: Desk) -> None:
    now = desk.services.clock()
    with desk.store.unit_of_work() as uow:
        uow.invitations.add(Invitation(new_id(), ACME, WHO, ("newsletter",), "email", "<asked@shop.example>", now,
                                       now.replace(year=now.year + 1), ""))
        uow.commit()
    text = desk.write(Intent.GRANT, f"{PROVEN}In-Reply-To: <asked@shop.example>\r\n")
    assert statuses(desk) == {PRIVATE: set(), ACME: {str(ConsentStatus.RENEWED)}}
    assert "En tant que : professionnel" in text
    assert "particulier" not in text


def test_who_has_one_file_is_not_told_in_which_capacity(tmp_path: Path) -> None:
    one = Desk(tmp_path)
    assert "En tant que" not in one.write(Intent.UNSUBSCRIBE)
    one.store.close()
