"""Fixtures of the tests of the host: a fake vendor behind a real entry point, and a host."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.host.fake_rig import Rig
from tests.host.fake_vendor import FakeVendor

from ireserve_integrations.ledger import Keys, Ledger, new_key

_ENTRY_POINTS = """
[ireserve.integrations]
fake = fake_plugin:Plugin
blind = fake_plugin:BlindPlugin
other = fake_plugin:OtherPlugin
"""


@pytest.fixture(scope="session")
def fake_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the fake plugin is installed, for `sys.path`."""
    site = tmp_path_factory.mktemp("site")
    shutil.copy(Path(__file__).with_name("fake_plugin.py"), site)
    info = site / "fake_vendor-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fake-vendor\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(_ENTRY_POINTS)
    return site


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Return a key and a ledger that was made with it; making one takes longer than a test."""
    key, path = new_key(), tmp_path_factory.mktemp("ledger") / "empty.db"
    Ledger(str(path), keys=Keys(key), lease_s=1).close()
    return key, path


@pytest.fixture
def fake_vendor() -> FakeVendor:
    return FakeVendor()


@pytest.fixture
def rig(
    tmp_path: Path,
    fake_site: Path,
    empty_ledger: tuple[str, Path],
    fake_vendor: FakeVendor,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Rig]:
    """Lend a host on an empty ledger, and the vendor that it reaches over loopback."""
    monkeypatch.syspath_prepend(fake_site)
    key, ledger = empty_ledger
    rig = Rig(tmp_path, fake_site, fake_vendor, key)
    shutil.copy(ledger, rig.database)
    with fake_vendor.served(rig.clock):
        rig.configure()
        yield rig
        rig.close()
