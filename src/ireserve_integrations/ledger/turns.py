"""Turns: what reads before it writes, one at a time, where writers run side by side."""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, func, select

_take = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0)))


def take_turns(connection: Connection, what: str, names: Iterable[str]) -> None:
    """Let nobody else pass here with one of these names until this transaction has ended.

    SQLite has one writer, so there is nothing to do. The names are taken in their order, so that
    two who want the same ones do not wait for each other.
    """
    if connection.dialect.name == "postgresql":
        for name in sorted(set(names)):
            connection.execute(_take, {"name": f"{what}\n{name}"})
