"""What the benchmarks borrow from the tests: a PostgreSQL server, the story of many bookings."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))  # scripts run from anywhere

from tests.host.fake_rig import Rig
from tests.host.fake_vendor import FakeVendor
from tests.host.load import Load, two_workers, wanted
from tests.postgres import running

from ireserve_integrations.ledger import new_key
from stage import installed

_ROOT = Path(__file__).parents[1]

__all__ = ["Load", "durable_postgres", "loaded", "wanted"]


@contextmanager
def durable_postgres() -> Iterator[str]:
    """Lend the address of an empty ledger on a server that waits for the disk, as a real one."""
    with running() as server:
        with closing(server.connect()) as connection:
            for setting in ("fsync", "autovacuum"):
                connection.execute(f"ALTER SYSTEM SET {setting} = on")
            connection.execute("SELECT pg_reload_conf()")
        with server.lent(migrated=True) as url:
            yield url


@contextmanager
def loaded(url: str) -> Iterator[Load]:
    """Lend two workers of a ledger, and the tests' vendor that fails every tenth time."""
    with (
        tempfile.TemporaryDirectory() as folder,
        installed("fake", "tests.host.fake_plugin:Plugin") as site,
    ):
        rig = Rig(Path(folder), [site, _ROOT], FakeVendor(), new_key())
        with two_workers(rig, url) as load:
            yield load
