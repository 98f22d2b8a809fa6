"""Recording from the live API: tried on a sandbox that has ids, names and an account of its own.

These record into a folder of their own, so they are not marked `vcr`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
from vcr import VCR  # type: ignore[import-untyped]

from ireserve_integrations.testing.cassettes import add_matchers
from ireserve_saltoks.client import Client
from ireserve_saltoks.sandbox import SaltoksSandbox

REAL = {
    "SITE_UID": "NL1234509876",
    "USERNAME": "beheer@gemeente.example.net",
    "PASSWORD": "p&ss=w0rd/+==",
    "CLIENT_ID": "cid+9b1d/7",
    "CLIENT_SECRET": "s3cr3t&=/value==",
}


class Vendor(Protocol):
    """What `conftest` offers."""

    def code(self) -> str: ...


class Elsewhere(SaltoksSandbox):
    """A vendor whose account is another."""

    username, password = REAL["USERNAME"], REAL["PASSWORD"]
    client_id, client_secret = REAL["CLIENT_ID"], REAL["CLIENT_SECRET"]


@pytest.fixture
def record_mode() -> str:
    return "once"


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with Elsewhere() as elsewhere:
        elsewhere.add_site(REAL["SITE_UID"], "Rathaus", {"Studio Eins": "IQ Keller"})
        activated = elsewhere.activate_elsewhere("IQ Keller")
        monkeypatch.setenv("SALTOKS_RECORD_FROM", "live")
        api, identity = elsewhere.url, elsewhere.url.replace("127.0.0.1", "localhost")
        monkeypatch.setenv("IRESERVE_SALTOKS_ACCEPTANCE_API_URL", api)
        monkeypatch.setenv("IRESERVE_SALTOKS_ACCEPTANCE_IDENTITY_URL", identity)
        site_id = elsewhere.state()["sites"][-1]["id"]
        named = {
            "SITE_ID": site_id,
            "IQ_ID": elsewhere.iq_id("IQ Keller"),
            "LOCK_ID": elsewhere.lock_id("Studio Eins"),
            "IQ_SECRET": activated.secret,
            "IQ_PIN": str(activated.pin),
        }
        for name, value in (REAL | named).items():
            monkeypatch.setenv(f"SALTOKS_LIVE_{name}", value)
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


@pytest.mark.default_cassette("live", shows="one code, answered by 200 and a body")
def test_a_live_recording_differs_from_the_sandboxs_in_its_origin_alone(
    client: Client,
    vendor: Vendor,
    studio: tuple[str, str],
    vcr: Any,
    path: Path,
) -> None:
    with vcr:
        assert client.open_lock(*studio, vendor.code()) is None

    cassettes = Path(__file__).parents[3] / "cassettes" / "saltoks"
    sandbox = (cassettes / "open.yaml").read_text(encoding="utf-8")
    assert path.read_text(encoding="utf-8") == sandbox.replace(
        "recorded_from: sandbox", "recorded_from: live"
    )
