"""Secrets that actions found, encrypted in the ledger."""

from collections.abc import Callable

from sqlalchemy import Connection, bindparam, delete, select

from .database import Database
from .keys import Box
from .tables import secrets
from .turns import take_turns

_get = select(secrets.c.value).where(secrets.c.name == bindparam("key"))
_drop = delete(secrets).where(secrets.c.name == bindparam("key"))


class LedgerVault:
    """The vault of one integration's vendor; a `kit.context.Vault`. Names are the vendor's own,
    and nobody reads them in the file either: they may hold an account's.
    """

    def __init__(self, database: Database, box: Box, vendor: str) -> None:
        self._database, self._box, self._vendor = database, box, vendor

    def get(self, name: str) -> str | None:
        """Return the secret, or None where there is none."""
        key = self._key(name)
        with self._database.reading() as connection:
            token = connection.execute(_get, {"key": key}).scalar_one_or_none()
        return None if token is None else self._box.unlock(key, token)

    def put(self, name: str, value: str) -> None:
        """Keep the secret, whatever was there; on disk when this returns."""
        with self._database.writing() as connection:
            take_turns(connection, "secret", [self._key(name)])
            self._replace(connection, self._key(name), value)

    def change(self, name: str, change: Callable[[str | None], str | None]) -> str | None:
        """Replace a secret by what `change` makes of it, as one step among all processes.

        It is called again when somebody else was faster; no other writer waits for it.
        """
        key = self._key(name)
        while True:
            with self._database.reading() as connection:
                before = connection.execute(_get, {"key": key}).scalar_one_or_none()
            value = change(None if before is None else self._box.unlock(key, before))
            with self._database.writing() as connection:
                take_turns(connection, "secret", [key])
                if connection.execute(_get, {"key": key}).scalar_one_or_none() == before:
                    self._replace(connection, key, value)
                    return value

    def forget(self, name: str) -> None:
        """Drop it; an unknown name is fine."""
        with self._database.writing() as connection:
            self._replace(connection, self._key(name), None)

    def _replace(self, connection: Connection, key: str, value: str | None) -> None:
        connection.execute(_drop, {"key": key})
        if value is not None:
            row = {"name": key, "value": self._box.lock(key, value)}
            connection.execute(secrets.insert(), row)

    def _key(self, name: str) -> str:
        return self._box.hide(f"{self._vendor}/{name}")
