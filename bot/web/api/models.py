"""Bodies, queries and answers of the API. Unknown fields are mistakes; moments need a zone."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from bot.policy.permission_types import Basis, Means
from storage.records import ALL, Capacity, ChannelKind, ConsentStatus, EventTag

MOST_QUESTIONS = 10_000
Purpose = Annotated[str, Field(min_length=1, max_length=200, description="The operator's key, as in the settings.")]
PartyId = Annotated[str, Field(min_length=1, max_length=36, description="Id of a party.")]


class Model(BaseModel):
    """Strict about names, immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class HandleBody(Model):
    """A contact point. A telephone number may be national to the controller's country; `value` is normalised."""

    kind: ChannelKind
    value: str = Field(min_length=1, max_length=320, repr=False)


class Asking(Model):
    """What every question has."""

    purpose: Purpose
    channel: Means = Field(description="By what means: `phone` is a live call, `auto_call` an automaton.")
    at: AwareDatetime | None = Field(default=None, description="When it would be; default: now.")
    capacity: Capacity | None = Field(default=None, description="Whose file; without it, all files must allow.")

    @model_validator(mode="after")
    def _single(self) -> Self:
        if self.purpose == ALL:
            raise ValueError("purpose must be one purpose: ask about each")
        return self


class PermissionQuery(Asking):
    """The query of a single question; a handle goes in the Consentry-Handle field, never here."""

    party: PartyId | None = None


class QuestionBody(Asking):
    """One question of a batch: about a handle or about a party."""

    handle: HandleBody | None = None
    party: PartyId | None = None

    @model_validator(mode="after")
    def _about_one(self) -> Self:
        if (self.handle is None) == (self.party is None):
            raise ValueError("give either handle or party")
        return self


class BatchBody(Model):
    """Up to 10,000 questions."""

    questions: list[QuestionBody] = Field(min_length=1, max_length=MOST_QUESTIONS)


class PermissionAnswer(Model):
    """Whether it is allowed, and why. `party` and `capacity`: the file that decided; null when nobody is known."""

    allowed: bool
    basis: Basis
    reason: str = Field(description="A code, the same for everybody, without personal data.")
    regime: str = Field(description="Id of the row of the law that was used.")
    evidence: list[int] = Field(description="Sequences of the ledger entries it rests on.")
    until: AwareDatetime | None = Field(description="Allowed: when it ends. Refused: when to ask again.")
    party: str | None
    capacity: Capacity | None


class BatchAnswer(Model):
    """In the order of the questions."""

    permissions: list[PermissionAnswer]


class ChangesQuery(Model):
    """Where to go on, how many at most, and how many seconds to wait when there is nothing yet."""

    after: int = Field(default=0, ge=0, le=2**31 - 1)
    limit: int = Field(default=100, ge=1, le=1000)
    wait: float = Field(default=0, ge=0, le=60)


class ChangeBody(Model):
    """One change of the ledger. `handles`: where the party is reached now, for keys with that scope."""

    sequence: int
    id: str = Field(description="Of the ledger entry; the same in every delivery: use it to recognise a second one.")
    event: EventTag
    party: str
    capacity: Capacity
    purpose: str = Field(description="One purpose, or `all`.")
    channel: str = Field(description="One channel, or `all`.")
    status_before: ConsentStatus
    status_after: ConsentStatus
    occurred_at: AwareDatetime
    recorded_at: AwareDatetime
    regime: str
    handles: list[HandleBody] | None = None


class ChangesAnswer(Model):
    """Changes in order. Ask again with `after` = `next`; `more`: there are more already."""

    changes: list[ChangeBody]
    next: int
    more: bool


class AcknowledgedAnswer(Model):
    """On record (GDPR 19): this recipient has this change since then."""

    sequence: int
    recipient: str
    acknowledged_at: AwareDatetime


class CallBody(Model):
    """A call, or an attempt, to a number; the law limits how many there may be (D223-9)."""

    handle: HandleBody
    at: AwareDatetime | None = Field(default=None, description="Default: now.")


class CallAnswer(Model):
    """On record."""

    at: AwareDatetime


class MatchBody(Model):
    """Handles to match with the suppression list, for a purpose and a channel or for what covers everything."""

    handles: list[HandleBody] = Field(min_length=1, max_length=MOST_QUESTIONS)
    purpose: Purpose | None = None
    channel: ChannelKind | None = None


class MatchAnswer(Model):
    """In the order of the handles; true: a no or a pause covers it, also of a person who was erased."""

    suppressed: list[bool]
