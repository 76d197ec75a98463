"""Sections of the settings about old contacts: how the audit judges them, how long what is kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Duration = Annotated[str, Field(pattern=r"^P[1-9]\d{0,2}[YMD]$")]


class _Section(BaseModel):
    """A table of the file: unknown keys are mistakes, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Audit(_Section):
    """`phone_notices`: names or ids of the notices that make the five mentions of C. conso. R223-1.

    `ask_days`: how long after three years of silence one may still ask, once. `nightly`: judge again every day.
    """

    phone_notices: list[str] = []
    ask_days: int = Field(default=180, ge=0, le=365)
    nightly: bool = True


class RetentionRow(_Section):
    """Another duration for one row of the table; longer needs a reason."""

    duration: Duration
    reason: str = Field(default="", max_length=500)


class Retention(_Section):
    """`nightly`: take out every day what is over. `nightly_files`: close the files of the delete pile, too."""

    nightly: bool = True
    nightly_files: bool = False
    rows: dict[str, RetentionRow] = {}
