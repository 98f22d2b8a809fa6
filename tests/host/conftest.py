"""Fixtures of the tests of the host: a fake vendor behind real entry points, and a host."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import InstallPlugin
from tests.host.fake_rig import Rig
from tests.host.fake_vendor import FakeVendor

from ireserve_integrations.ledger import Keys, Ledger, new_key

_PLUGINS = {
    "fake": "Plugin",
    "blind": "BlindPlugin",
    "keepless": "KeeplessPlugin",
    "other": "OtherPlugin",
}


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Return a key and a ledger that was made with it; making one takes longer than a test."""
    key, path = new_key(), tmp_path_factory.mktemp("ledger") / "empty.db"
    Ledger(str(path), keys=Keys(key), lease_s=1).close()
    return key, path


@pytest.fixture
def rig_in_memory(
    tmp_path: Path, install_plugin: InstallPlugin, empty_ledger: tuple[str, Path]
) -> Iterator[Rig]:
    """Lend a host on an empty ledger, and a vendor for `Rig.open_in_memory`."""
    source = Path(__file__).with_name("fake_plugin.py").read_text(encoding="utf-8")
    installed = [
        install_plugin(name, source, target=f":{plugin}", bare=True)
        for name, plugin in _PLUGINS.items()
    ]
    key, ledger = empty_ledger
    rig = Rig(tmp_path, [each.folder for each in installed], FakeVendor(), key)
    shutil.copy(ledger, rig.database)
    rig.configure()
    yield rig
    rig.close()


@pytest.fixture
def rig(rig_in_memory: Rig) -> Iterator[Rig]:
    """Lend a host on an empty ledger, and the vendor that it reaches over loopback."""
    with rig_in_memory.vendor.served(rig_in_memory.clock):
        rig_in_memory.configure()
        yield rig_in_memory
        rig_in_memory.close()
