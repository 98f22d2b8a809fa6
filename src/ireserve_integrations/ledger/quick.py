"""Statements that run so often that the way to the driver costs more than SQLite's own work."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.dml import Insert

to_json = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
"""Makes JSON as short, and as fast, as `json` can."""

_DIALECT = sqlite.dialect(json_serializer=to_json)


class Quick:
    """An insertion: on SQLite compiled once, and run by the driver itself.

    It stands in SQLAlchemy's transaction all the same, which commits and rolls back.
    """

    def __init__(self, statement: Insert, *columns: str) -> None:
        """Take the statement, and the columns that it is given beside its own parameters."""
        self._statement = statement
        compiled = statement.compile(dialect=_DIALECT, column_keys=list(columns))
        self._text = str(compiled)
        self._binds = [
            (name, compiled.binds[name].type.dialect_impl(_DIALECT).bind_processor(_DIALECT))
            for name in compiled.positiontup or ()
        ]

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Run it inside the caller's transaction; return how many rows it wrote.

        Raises:
            DBAPIError, sqlite3.Error: It failed.
        """
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, values).rowcount
        bound = [
            values[name] if process is None else process(values[name])
            for name, process in self._binds
        ]
        driver: Any = connection.connection.driver_connection
        return int(driver.execute(self._text, bound).rowcount)
