"""A host's life: opened and closed; the package's public names."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import ireserve_integrations as package
from ireserve_integrations.errors import ConfigError, LedgerError

if TYPE_CHECKING:
    from tests.conftest import InstallPlugin, OpenHost

_ONE = '[[integrations]]\nid = "one"\nvendor = "fake"\n'
_EVENT = {
    "new_status": "30",
    "booking": {
        "id": "15492",
        "start": "2199-11-21T10:00:00+01:00",
        "end": "2199-11-21T12:00:00+01:00",
        "objects": [],
    },
}


@pytest.fixture(autouse=True)
def _vendor(install_plugin: "InstallPlugin") -> None:
    install_plugin("fake")


def test_closing_twice_is_fine(open_host: "OpenHost") -> None:
    host = open_host(_ONE)

    host.close()
    host.close()


@pytest.mark.parametrize(
    "use",
    [
        lambda host: host.dispatch(_EVENT),
        lambda host: host.list_mapping_targets("one"),
        lambda host: host.check("one"),
        lambda host: host.perform_action("one", "open"),
        lambda host: host.open_lock("one", _EVENT),
        lambda host: host.known_booking("15492"),
    ],
)
def test_a_closed_host_is_of_no_use(open_host: "OpenHost", use: Any) -> None:
    host = open_host(_ONE)
    host.close()

    with pytest.raises(RuntimeError, match="this host is closed"):
        use(host)


def test_a_host_without_its_ledger_dispatches_nothing(
    open_host: "OpenHost", tmp_path: Path
) -> None:
    with pytest.raises(LedgerError, match="opened without its ledger"):
        open_host(_ONE, ledger=False).dispatch(_EVENT)

    assert not tmp_path.joinpath("ireserve-integrations.db").exists()


@pytest.mark.parametrize("text", ["nonsense", f"{_ONE}{_ONE}", "[platform.fakke]\na = 1", "[x]"])
def test_a_file_that_cannot_be_used_as_a_whole_opens_nothing(
    open_host: "OpenHost", tmp_path: Path, text: str
) -> None:
    with pytest.raises(ConfigError, match=r"integrations\.toml: "):
        open_host(text)

    assert not tmp_path.joinpath("ireserve-integrations.db").exists()


def test_every_public_name_is_there() -> None:
    assert [name for name in package.__all__ if not callable(getattr(package, name))] == []
    assert dir(package) == package.__all__


def test_another_name_is_not_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Integrationhost'"):
        _ = package.Integrationhost
