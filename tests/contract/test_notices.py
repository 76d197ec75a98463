"""The exact words that were shown: kept once, as they were."""

from dataclasses import replace
from datetime import timedelta

from storage.records import Notice
from tests.contract.conftest import NOW, AnyStore

ASKED = Notice("a" * 64, "subscribe_asked", "0123456789ab", "fr", "Répondez OUI\nou NON\n", NOW)


def test_words_are_kept_once_and_the_first_date_stays(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        assert uow.notices.get(ASKED.id) is None
        uow.notices.add(ASKED)
        uow.notices.add(replace(ASKED, since=NOW + timedelta(days=3)))
        uow.commit()
    with store.reader() as uow:
        assert uow.notices.get(ASKED.id) == ASKED


def test_words_are_forgotten_when_the_unit_is(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        uow.notices.add(ASKED)
    with store.reader() as uow:
        assert uow.notices.get(ASKED.id) is None
