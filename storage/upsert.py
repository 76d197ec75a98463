"""INSERT that meets a row already there, in both dialects; built once, at import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Executable, Select, Table
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

_INSERT: dict[str, Any] = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}
ByDialect = dict[str, Executable]


def ignoring(table: Table, *returning: Any) -> ByDialect:
    """INSERT ... ON CONFLICT DO NOTHING, on any constraint; no row returned means nothing was written."""
    made = {name: insert(table).on_conflict_do_nothing() for name, insert in _INSERT.items()}
    return {name: query.returning(*returning) if returning else query.inline() for name, query in made.items()}


def replacing(table: Table, *names: str, newest: str | None = None) -> ByDialect:
    """INSERT ... ON CONFLICT (primary key) DO UPDATE SET `names`; with `newest`, only by a row not older in it."""
    made: ByDialect = {}
    for dialect, insert in _INSERT.items():
        query = insert(table)
        made[dialect] = query.inline().on_conflict_do_update(
            index_elements=list(table.primary_key.columns), set_={name: query.excluded[name] for name in names},
            where=query.excluded[newest] >= table.c[newest] if newest else None)
    return made


def replacing_from(table: Table, columns: Sequence[str], rows: Select[Any], *names: str) -> ByDialect:
    """INSERT ... SELECT that replaces `names` of a row already there; `rows` must have a WHERE."""
    made: ByDialect = {}
    for dialect, insert in _INSERT.items():
        query = insert(table).from_select(list(columns), rows)
        made[dialect] = query.inline().on_conflict_do_update(
            index_elements=list(table.primary_key.columns), set_={name: query.excluded[name] for name in names})
    return made
