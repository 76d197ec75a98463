"""The suppression list in the form providers take: handles on file that may not be written to, plain or hashed.

Our own list holds only keyed hashes, which no provider can use, and those of erased persons name nobody. So what can be
handed over are the handles still on file for which every permission is refused; the rest is matched on our side.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.permissions import Question, permissions_of
from bot.policy.permission_types import Asked, Means, Operator
from storage.records import ChannelKind, Handle
from storage.unit_of_work import UnitOfWork

PAGE = 2000


class Form(StrEnum):
    """How a handle is written."""

    PLAIN = "plain"
    SHA256 = "sha256"  # hex, of the normalised value: what most providers match on
    MD5 = "md5"  # for those who still ask for it
    HMAC = "hmac"  # SHA-256 with a key that both sides have


@dataclass(slots=True)
class Counts:
    """What was found. `elsewhere`: entries of the suppression list without a handle on file, as of erased persons."""

    checked: int = 0
    exported: int = 0
    elsewhere: int = 0


def writer(form: Form, key: bytes = b"") -> Callable[[Handle], str]:
    """How a handle of this form is written; e-mail in lower case, numbers as E.164."""
    def written(handle: Handle) -> str:
        value = handle.value.encode("utf-8", "surrogatepass")
        if form is Form.SHA256:
            return hashlib.sha256(value).hexdigest()
        if form is Form.MD5:
            return hashlib.md5(value, usedforsecurity=False).hexdigest()
        return hmac.new(key, value, hashlib.sha256).hexdigest() if form is Form.HMAC else handle.value
    return written


def refused(channel: ChannelKind, purposes: Sequence[str], at: datetime, uow: UnitOfWork, operator: Operator,
            counts: Counts, progress: Callable[[int], object] = lambda count: None) -> Iterator[tuple[Handle, str]]:
    """Each handle of this channel that may not be written to for any of the purposes, with the reason of the last."""
    means, last, on_list = Means(channel), None, 0
    while page := uow.files.handles([channel], last, PAGE):
        last = page[-1]
        on_list += sum(bool(facts.suppressions) for facts in uow.files.of_many(page))
        questions = [Question(handle, Asked(purpose, means, at)) for handle in page for purpose in purposes]
        answers = permissions_of(questions, uow, operator)
        for number, handle in enumerate(page):
            own = answers[number * len(purposes):(number + 1) * len(purposes)]
            if not any(answer.permission.allowed for answer in own):
                counts.exported += 1
                yield handle, own[-1].permission.reason
        counts.checked += len(page)
        progress(counts.checked)
    counts.elsewhere = max(0, uow.files.suppressed() - on_list)
