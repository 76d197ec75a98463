"""Mails that arrive together share a commit; each caller learns what became of its own."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from bot.channels.together import Together
from bot.messages import Received


def mail(name: str | int) -> Received:
    return Received(b"", str(name))


class Store:
    """Keeps what it is given, once it may; refuses what is called bad."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.kept: list[str] = []
        self.inside, self.go_on = threading.Event(), threading.Event()

    def accept(self, mails: Sequence[Received]) -> int:
        names = [mail.external_id for mail in mails]
        self.batches.append(names)
        self.inside.set()
        assert self.go_on.wait(30)
        if "bad" in names:
            raise ValueError("bad")
        self.kept += names
        return len(names)


async def three_while_one_is_stored(store: Store, names: Sequence[str | int]) -> list[BaseException | None]:
    together = Together(store.accept)
    first = asyncio.create_task(together.accept(mail(0)))
    assert await asyncio.to_thread(store.inside.wait, 30)
    rest = [asyncio.create_task(together.accept(mail(name))) for name in names]
    await asyncio.sleep(0)
    store.go_on.set()
    return await asyncio.gather(first, *rest, return_exceptions=True)


def test_who_comes_during_a_commit_shares_the_next_one() -> None:
    store = Store()
    assert asyncio.run(three_while_one_is_stored(store, [1, 2, 3])) == [None] * 4
    assert store.batches == [["0"], ["1", "2", "3"]]


def test_one_that_cannot_be_stored_does_not_refuse_the_others() -> None:
    store = Store()
    told = asyncio.run(three_while_one_is_stored(store, [1, "bad", 3]))
    assert [type(each) for each in told] == [type(None), type(None), ValueError, type(None)]
    assert sorted(store.kept) == ["0", "1", "3"]


def test_who_hangs_up_does_not_keep_the_others_waiting() -> None:
    store = Store()

    async def story() -> None:
        together = Together(store.accept)
        first = asyncio.create_task(together.accept(mail(0)))
        assert await asyncio.to_thread(store.inside.wait, 30)
        gone, other = asyncio.create_task(together.accept(mail("gone"))), asyncio.create_task(together.accept(mail(2)))
        await asyncio.sleep(0)
        gone.cancel()
        store.go_on.set()
        await asyncio.gather(first, other)
        with pytest.raises(asyncio.CancelledError):
            await gone

    asyncio.run(story())
    assert store.kept == ["0", "gone", "2"]


def test_many_callers_all_end() -> None:
    store = Store()
    store.go_on.set()

    async def story() -> None:
        together = Together(store.accept)
        await asyncio.gather(*(together.accept(mail(number)) for number in range(2000)))
        await together.accept(mail("later"))

    asyncio.run(story())
    assert store.kept == [*map(str, range(2000)), "later"]
