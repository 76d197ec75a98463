"""Core statements compiled once, run on the driver's own connection: the cost of a call is the database's.

SQLAlchemy writes the SQL, converts values and pools connections; its execution machinery (some 40 us a statement)
is what is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Dialect, Executable, or_
from sqlalchemy.engine.interfaces import DBAPICursor

Convert = Callable[[Any], Any] | None
Values = Mapping[str, Any]
NOTHING: Values = {}


class _Compiled:
    """One statement in one dialect."""

    def __init__(self, query: Executable, columns: Sequence[str] | None, dialect: Dialect) -> None:
        """Asks SQLAlchemy for the text, the order of parameters, and the conversions both ways."""
        made: Any = query.compile(  # type: ignore[attr-defined]
            dialect=dialect, column_keys=columns)
        self.sql = str(made)
        names: Sequence[str] = made.positiontup if made.positional else list(made.binds)
        self.named = not made.positional
        self.fixed = {name: bind.value for name, bind in made.binds.items() if not bind.required}
        self.plan: list[tuple[str, Convert]] = [(name, made._bind_processors.get(name)) for name in names]
        self.results = _conversions(made, dialect)
        table = getattr(getattr(query, "table", None), "name", "")
        self.copy_sql = f"COPY {table} ({', '.join(name for name, _ in self.plan)}) FROM STDIN"

    def bulk(self, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Any:
        """The driver's parameters of many rows at once; each row in the order of `columns`."""
        changed = [(columns.index(name), convert) for name, convert in self.plan if convert is not None]
        turned = list(zip(*rows, strict=True))
        for at, convert in changed:  # dates and words repeat within a batch: each is converted once
            known = {value: convert(value) for value in set(turned[at])}
            turned[at] = tuple(map(known.__getitem__, turned[at]))
        return zip(*(turned[columns.index(name)] for name, _ in self.plan), strict=True)

    def bind(self, given: Values) -> Any:
        """The driver's parameters. Raises KeyError for one that is not given."""
        known = {**self.fixed, **given} if self.fixed else given
        if self.named:
            return {name: convert(known[name]) if convert else known[name] for name, convert in self.plan}
        return [convert(known[name]) if convert else known[name] for name, convert in self.plan]

    def row(self, raw: Sequence[Any]) -> Sequence[Any]:
        """Python values of one row, in the order of the columns."""
        if self.results is None:
            return raw
        return [convert(value) if convert else value for convert, value in zip(self.results, raw, strict=True)]


def _conversions(made: Any, dialect: Dialect) -> list[Convert] | None:
    """None when the driver gives what we want already."""
    found: list[Convert] = [column.type._cached_result_processor(dialect, None)
                            for column in made._result_columns or ()]
    return found if any(found) else None


class Statement:
    """A Core statement, or one for each dialect. `columns`: which an INSERT or UPDATE sets from its parameters."""

    def __init__(self, query: Executable | Mapping[str, Executable], columns: Sequence[str] | None = None) -> None:
        """Compiled at its first use in a dialect."""
        self._query, self._columns = query, columns
        self._made: dict[str, _Compiled] = {}

    def compiled(self, dialect: Dialect) -> _Compiled:
        """In this dialect."""
        made = self._made.get(dialect.name)
        if made is None:
            query = self._query[dialect.name] if isinstance(self._query, Mapping) else self._query
            made = self._made[dialect.name] = _Compiled(query, self._columns, dialect)
        return made


def one_of(column: Any, values: Iterable[str]) -> Any:
    """Whether a column has one of these values. SQLAlchemy's IN is written anew at each execution, ours are not."""
    return or_(*(column == str(value) for value in values))


class Session:
    """One transaction's connection."""

    def __init__(self, connection: Any, cursor: DBAPICursor, dialect: Dialect) -> None:
        """The driver's connection, and a cursor of it."""
        self._connection, self._cursor, self._dialect = connection, cursor, dialect
        self.postgresql = dialect.name == "postgresql"

    def close(self) -> None:
        """What is asked of it from now on raises."""
        self._cursor.close()

    def run(self, statement: Statement, values: Values = NOTHING) -> int:
        """Execute; rows touched."""
        made = statement.compiled(self._dialect)
        self._cursor.execute(made.sql, made.bind(values))
        return self._cursor.rowcount

    def bulk(self, statement: Statement, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Insert many rows, each in the order of `columns`.

        PostgreSQL takes a plain INSERT as COPY, which ignores the statement: give one that can meet no row already
        there, or use `each`.
        """
        if not rows:
            return
        made = statement.compiled(self._dialect)
        if not self.postgresql:
            self._cursor.executemany(made.sql, made.bulk(columns, rows))
            return
        with self._cursor.copy(made.copy_sql) as copy:
            for row in made.bulk(columns, rows):
                copy.write_row(row)

    def each(self, statement: Statement, rows: Sequence[Values]) -> None:
        """Execute once for each row of values."""
        if rows:
            made = statement.compiled(self._dialect)
            self._cursor.executemany(made.sql, [made.bind(values) for values in rows])

    def first(self, statement: Statement, values: Values = NOTHING) -> Sequence[Any] | None:
        """Execute; the first row, or None."""
        made = statement.compiled(self._dialect)
        self._cursor.execute(made.sql, made.bind(values))
        raw = self._cursor.fetchone()
        self._cursor.fetchall()  # a statement left half read would hold SQLite's snapshot
        return None if raw is None else made.row(raw)

    def several(self, *calls: tuple[Statement, Values]) -> list[Sequence[Any] | None]:
        """Execute one after the other; the first row of each, or None. PostgreSQL: sent together, one round trip."""
        if not self.postgresql:
            return [self.first(*call) for call in calls]
        ready = [(statement.compiled(self._dialect), values, self._connection.cursor()) for statement, values in calls]
        with self._connection.pipeline():
            for made, values, cursor in ready:
                cursor.execute(made.sql, made.bind(values))
        rows = [cursor.fetchone() if cursor.description else None for _, _, cursor in ready]
        return [None if raw is None else made.row(raw) for (made, _, _), raw in zip(ready, rows, strict=True)]

    def all(self, statement: Statement, values: Values = NOTHING) -> list[Sequence[Any]]:
        """Execute; every row."""
        made = statement.compiled(self._dialect)
        self._cursor.execute(made.sql, made.bind(values))
        return [made.row(raw) for raw in self._cursor.fetchall()]
