"""Recording from the live API: tried on a sandbox that has ids, names and an account of its own.

These record into a folder of their own, so they are not marked `vcr`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from vcr import VCR  # type: ignore[import-untyped]

from ireserve_integrations.testing.cassettes import add_matchers, read_cassette
from ireserve_resivo.client import Client
from ireserve_resivo.sandbox import ResivoSandbox
from ireserve_resivo.wire import RemoteAccess

REAL = {
    "SITE_OWNER_ID": "7d0c2f5e-owner",
    "SITE_ID": "Zürich 9",
    "COMPONENT_IDS": "c-7,c-8",
    "CLIENT_ID": "cid+9b1d/7",
    "CLIENT_SECRET": "s3cr3t&=/value==",
    "EMAIL": "me.myself@corp.example.net",
    "PHONE": "+31698765432",
}


class Elsewhere(ResivoSandbox):
    """A vendor whose every id and name is another."""

    site_owner_id = REAL["SITE_OWNER_ID"]
    client_id, client_secret = REAL["CLIENT_ID"], REAL["CLIENT_SECRET"]


@pytest.fixture
def record_mode() -> str:
    return "once"


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with Elsewhere() as elsewhere:
        elsewhere.add_site(REAL["SITE_ID"], "Rathaus", ["Haupteingang", "Studio Eins"])
        monkeypatch.setenv("RESIVO_RECORD_FROM", "live")
        monkeypatch.setenv("IRESERVE_RESIVO_API_URL", elsewhere.url)
        monkeypatch.setenv("RESIVO_LIVE_STAND_INS", '{"Rathaus": "Town hall"}')
        for name, value in REAL.items():
            monkeypatch.setenv(f"RESIVO_LIVE_{name}", value)
        yield


@pytest.fixture
def vendor(live: None, vendor: Any) -> Any:
    """What `conftest` makes of the environment that is set by now."""
    return vendor


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "live.yaml"


@pytest.fixture
def vcr(vcr_config: Mapping[str, Any], path: Path) -> Any:
    recorder = VCR()
    add_matchers(recorder)
    return recorder.use_cassette(str(path), **vcr_config)


@pytest.mark.default_cassette(
    "live", shows="two doors, a window in UTC, a recipient with all parts"
)
def test_a_live_recording_differs_from_the_sandboxs_in_its_origin_alone(
    client: Client, wanted: RemoteAccess, vcr: Any, path: Path, vcr_cassette_dir: str
) -> None:
    with vcr:
        client.create_remote_access(REAL["SITE_ID"], wanted)

    sandbox = (Path(vcr_cassette_dir) / "create-remote-access.yaml").read_text(encoding="utf-8")
    assert path.read_text(encoding="utf-8") == sandbox.replace(
        "recorded_from: sandbox", "recorded_from: live"
    )


@pytest.mark.default_cassette("live", shows="a site")
def test_what_is_real_besides_has_the_stand_in_that_the_environment_says(
    client: Client, vcr: Any, path: Path
) -> None:
    with vcr:
        site = client.read_site(REAL["SITE_ID"])

    _, interaction = read_cassette(path)["interactions"]
    assert site is not None
    assert (site.id, site.display_name) == (REAL["SITE_ID"], "Rathaus")
    assert interaction["request"]["uri"] == "https://api.resivo.io/v8/sites/site-1"
    assert interaction["response"]["body"]["string"] == (
        '{"id": "site-1", "displayName": "Town hall", "defaultLocale": "nl-NL"}'
    )
