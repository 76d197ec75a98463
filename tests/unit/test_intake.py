"""Messages that arrive together share a commit; each caller learns what became of its own."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.intake import Together
from bot.messages import Received


def test_who_comes_during_a_commit_shares_the_next_one() -> None:
    batches: list[list[str]] = []
    inside, go_on = threading.Event(), threading.Event()

    def store(mails: Sequence[Received]) -> int:
        batches.append([mail.external_id for mail in mails])
        inside.set()
        assert go_on.wait(30)
        return len(mails)

    together = Together(store)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(together.accept, Received(b"", "0"))
        assert inside.wait(30)
        rest = [pool.submit(together.accept, Received(b"", str(number))) for number in range(1, 6)]
        while len(together._queue) < 5:
            threading.Event().wait(0.001)
        go_on.set()
        for each in (first, *rest):
            each.result(30)
    assert batches[0] == ["0"]
    assert sorted(batches[1]) == ["1", "2", "3", "4", "5"]
    assert len(batches) == 2


def test_one_that_cannot_be_stored_does_not_refuse_the_others() -> None:
    kept: list[str] = []
    inside, go_on = threading.Event(), threading.Event()

    def store(mails: Sequence[Received]) -> int:
        inside.set()
        assert go_on.wait(30)
        if any(mail.external_id == "bad" for mail in mails):
            raise ValueError("bad")
        kept.extend(mail.external_id for mail in mails)
        return len(mails)

    together = Together(store)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(together.accept, Received(b"", "0"))
        assert inside.wait(30)
        good, bad = pool.submit(together.accept, Received(b"", "1")), pool.submit(together.accept, Received(b"", "bad"))
        while len(together._queue) < 2:
            threading.Event().wait(0.001)
        go_on.set()
        first.result(30)
        good.result(30)
        with pytest.raises(ValueError, match="bad"):
            bad.result(30)
    assert sorted(kept) == ["0", "1"]
    together.accept(Received(b"", "2"))
    assert "2" in kept


def test_many_callers_all_end() -> None:
    stored: list[str] = []

    def store(mails: Sequence[Received]) -> int:
        stored.extend(mail.external_id for mail in mails)
        return len(mails)

    together = Together(store)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: together.accept(Received(b"", str(number))), range(2000)))
    assert sorted(stored, key=int) == [str(number) for number in range(2000)]
