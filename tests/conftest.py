"""What tests share: plugins as real distributions, configuration files, hosts, cassettes."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import pytest
from tests.postgres import PostgresServer, running

from ireserve_integrations import IntegrationHost
from ireserve_integrations.ledger import KEY_VARIABLE, new_key
from ireserve_integrations.testing.cassettes import add_matchers

_PLUGIN = '''
from marshmallow import Schema
from ireserve_integrations.hookspecs import hookimpl
from ireserve_integrations.kit.settings import BookingField, Tab, Text
from ireserve_integrations.model import *
from ireserve_integrations.errors import *


class Auth(Tab):
    password = Text()


class Details(Tab):
    field = BookingField()


class Plain:
    """Has what every plugin must have; grants nothing."""

    @hookimpl
    def describe_plugin(self):
        return PluginInfo(label="Fake", auth=Auth, details=Details, reference_field="field")

    @hookimpl
    def validate_config(self, integration):
        return []

    @hookimpl
    def on_status_change(self, integration, change, context):
        return Receipt(outcome="skipped", warnings=("from {name}",))


{source}
'''


@dataclass(frozen=True)
class Installed:
    """A distribution on `sys.path`."""

    folder: Path
    """All of it, for the `PYTHONPATH` of processes that a test starts."""
    name: str
    """Of its module."""

    @property
    def module(self) -> Any:
        """The module that the host loads: how a test speaks with its plugin."""
        return import_module(self.name)


class InstallPlugin(Protocol):
    """Installs a distribution for one test."""

    def __call__(
        self,
        name: str,
        source: str = "class Plugin(Plain): pass",
        *,
        target: str = ":Plugin",
        distribution: str | None = None,
        bare: bool = False,
    ) -> Installed:
        """Write a module and its dist-info into a folder of its own on `sys.path`.

        Args:
            name: Of the entry point.
            source: Of the module; `Plain`, and all of `model` and `errors`, stand before it.
            target: What the entry point names in the module; empty for the module itself.
            distribution: Its name; by default after the entry point.
            bare: Whether `source` is all there is.
        """


class OpenHost(Protocol):
    """Opens a host for one test."""

    def __call__(self, text: str = "", **options: Any) -> IntegrationHost:
        """Open a host on a configuration of this text; closed when the test ends."""


def pytest_recording_configure(vcr: Any) -> None:
    add_matchers(vcr)


@pytest.fixture(scope="session")
def invented_person() -> Mapping[str, str]:
    """Whom cassettes are recorded for; no cassette may hold anything of this person."""
    return {
        "email": "wilhelmina.zonneveld@example.org",
        "phone": "+31612345678",
        "first-name": "Wilhelmina",
        "last-name": "Zonneveld",
    }


@pytest.fixture
def install_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InstallPlugin]:
    """Install plugins as pip would; their modules are forgotten when the test ends."""
    modules: list[str] = []

    def install(
        name: str,
        source: str = "class Plugin(Plain): pass",
        *,
        target: str = ":Plugin",
        distribution: str | None = None,
        bare: bool = False,
    ) -> Installed:
        module, folder = f"plugin_{len(modules)}_of_a_test", tmp_path / f"site-{len(modules)}"
        modules.append(module)
        known_as = distribution or f"vendor-{name}"
        info = folder / f"{known_as.replace('-', '_')}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {known_as}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(
            f"[ireserve.integrations]\n{name} = {module}{target}\n"
        )
        text = source if bare else _PLUGIN.replace("{name}", name).replace("{source}", source)
        (folder / f"{module}.py").write_text(text, encoding="utf-8")
        monkeypatch.syspath_prepend(folder)
        return Installed(folder, module)

    yield install
    for module in modules:
        sys.modules.pop(module, None)


@pytest.fixture
def key() -> str:
    """A ledger's key, new for every test."""
    return new_key()


@pytest.fixture
def environ(key: str) -> Mapping[str, str]:
    """An environment with nothing but the key in it."""
    return {KEY_VARIABLE: key}


@pytest.fixture
def config_file(tmp_path: Path) -> Callable[[str], Path]:
    """Write integrations.toml into the test's folder."""

    def write(text: str = "") -> Path:
        path = tmp_path / "integrations.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def open_host(config_file: Callable[[str], Path], environ: Mapping[str, str]) -> Iterator[OpenHost]:
    """Open hosts; `environ` and all other options of `IntegrationHost.open` may be given."""
    with ExitStack() as stack:

        def open_one(text: str = "", **options: Any) -> IntegrationHost:
            host = IntegrationHost.open(config_file(text), **{"environ": environ} | options)
            return stack.enter_context(host)

        yield open_one


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Lend the PostgreSQL server of this test process, started when a test first asks for it."""
    with running() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """Lend the address of a ledger in PostgreSQL that has nothing in it."""
    with postgres.lent(migrated=True) as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """Lend the address of a database in PostgreSQL without a table."""
    with postgres.lent(migrated=False) as url:
        yield url


@pytest.fixture
def postgres_server() -> Iterator[PostgresServer]:
    """Lend a running server of the test's own, that it may stop, kill and start."""
    with running() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Lend the address of a place for a ledger, on each kind of database; nothing is there yet."""
    if request.param == "sqlite":
        yield str(tmp_path / "ledger.db")
    else:
        yield request.getfixturevalue("empty_postgres_url")
