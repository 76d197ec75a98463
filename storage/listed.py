"""Whether a column's value is among those of a list given when it runs: one statement for lists of any length."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ARRAY, Column, Executable, Text, any_, bindparam, func, select

from storage.schema import Words
from storage.session import Session

Among = Callable[[Column[str], str], Any]


def _sqlite(column: Column[str], name: str) -> Any:
    listed = func.json_each(bindparam(name, type_=Text())).table_valued("value")
    return column.in_(select(listed.c.value))


def _postgresql(column: Column[str], name: str) -> Any:
    return column == any_(bindparam(name, type_=ARRAY(Text())))


def by_dialect(build: Callable[[Among], Executable]) -> dict[str, Executable]:
    """The statement in both dialects; `build` is given `among(column, name of the parameter)`."""
    return {"sqlite": build(_sqlite), "postgresql": build(_postgresql)}


def given(session: Session, values: Sequence[str]) -> Any:
    """The list as a parameter of the session's dialect; what no database keeps is replaced, as in what is stored."""
    words = Words()
    clean = [words.process_bind_param(value, None) or "" for value in values]  # type: ignore[arg-type]
    return clean if session.postgresql else json.dumps(clean)
