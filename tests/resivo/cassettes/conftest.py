"""How Resivo's cassettes are replayed, and recorded from the sandbox or the live API."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from ireserve_integrations.kit.oauth import Tokens
from ireserve_integrations.kit.transport import Http, open_client
from ireserve_integrations.model import Integration
from ireserve_integrations.testing.cassettes import PREFIX, Origin, Scrubber, settings
from ireserve_resivo.client import Client
from ireserve_resivo.config import Account, Platform, parse
from ireserve_resivo.sandbox import ResivoSandbox
from ireserve_resivo.wire import Recipient, RemoteAccess

FOLDER = Path(__file__).parents[3] / "cassettes" / "resivo"
API = Platform().load({})["api_url"]
LIVE = "RESIVO_LIVE_"
DETAILS = {
    "trigger_statuses": ["30"],
    "revoke_statuses": ["70"],
    "time_before_minutes": 15,
    "authorisation_field": "custom12",
    "default_language": "nl",
}


class Vendor:
    """Whom the client talks to: a sandbox, the live API, or in a replay nobody.

    What a test asks of it is done to the sandbox, if there is one.
    """

    def __init__(self, clock: "Clock", sandbox: ResivoSandbox | None = None) -> None:
        self._clock, self._sandbox = clock, sandbox
        self.recorded_from: Literal["sandbox", "live"] = "sandbox"
        self.platform = {"api_url": sandbox.url} if sandbox else {}
        self.auth = {
            "site_owner_id": ResivoSandbox.site_owner_id,
            "client_id": ResivoSandbox.client_id,
            "client_secret": ResivoSandbox.client_secret,
            "site_id": "site-1",
        }
        self.component_ids: tuple[str, ...] = ("c-1", "c-2")

    def has(self, **attributes: object) -> None:
        for name, value in attributes.items():
            if self._sandbox:
                assert hasattr(self._sandbox, name)
                setattr(self._sandbox, name, value)

    def fails(self, kind: str, *, path: str = "^/v8/", **parameters: Any) -> None:
        if self._sandbox:
            self._sandbox.fault(kind, path=path, **parameters)

    def waits(self, **span: float) -> None:
        self._clock.now += timedelta(**span)


class LiveVendor(Vendor):
    """The account, mailbox and telephone that the environment names; nothing is done to it."""

    def __init__(self, clock: "Clock") -> None:
        super().__init__(clock)
        self.recorded_from = "live"
        self.platform = {"api_url": os.environ.get("IRESERVE_RESIVO_API_URL", API)}
        self.auth = {name: os.environ[LIVE + name.upper()] for name in self.auth}
        self.component_ids = tuple(os.environ[f"{LIVE}COMPONENT_IDS"].split(","))


class Clock:
    """The time for both sides."""

    now = datetime(2030, 1, 15, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox_kind() -> type[ResivoSandbox]:
    """Tests that need a peculiar one override this by a parameter."""
    return ResivoSandbox


@pytest.fixture
def vendor(record_mode: str, sandbox_kind: type[ResivoSandbox], clock: Clock) -> Iterator[Vendor]:
    if record_mode == "none":
        yield Vendor(clock)
    elif os.environ.get("RESIVO_RECORD_FROM") == "live":
        yield LiveVendor(clock)
    else:
        with sandbox_kind(clock=clock) as sandbox:
            yield Vendor(clock, sandbox)


@pytest.fixture
def person(vendor: Vendor, invented_person: Mapping[str, str]) -> Mapping[str, str]:
    """The invented one; live, the mail and the SMS go to you."""
    if vendor.recorded_from == "sandbox":
        return invented_person
    reached = {name: os.environ[LIVE + name.upper()] for name in ("email", "phone")}
    return {**invented_person, **reached}


@pytest.fixture
def wanted(vendor: Vendor, person: Mapping[str, str]) -> RemoteAccess:
    return RemoteAccess(
        display_name="i-Reserve 15492 · 3f9c-81ab77d0",
        component_ids=vendor.component_ids,
        valid_from=datetime(2030, 1, 15, 8, 45, tzinfo=UTC),
        valid_to=datetime(2030, 1, 15, 11, 0, tzinfo=UTC),
        recipient=Recipient(
            email=person["email"],
            phone_number=person["phone"],
            first_name=person["first-name"],
            last_name=person["last-name"],
            language="nl",
        ),
    )


@pytest.fixture
def account(vendor: Vendor) -> Account:
    """As the plugin reads it from what an administrator typed; the platform is the default one."""
    integration = Integration(
        id="resivo-main",
        vendor="resivo",
        auth=vendor.auth,
        details=DETAILS,
        platform=vendor.platform,
    )
    return parse(integration).account


@pytest.fixture
def site_id(vendor: Vendor) -> str:
    return vendor.auth["site_id"]


@pytest.fixture
def vcr_config(
    request: pytest.FixtureRequest, vendor: Vendor, account: Account, person: Mapping[str, str]
) -> dict[str, Any]:
    cassette = request.node.get_closest_marker("default_cassette")
    known = json.loads(os.environ.get(f"{LIVE}STAND_INS", "{}"))
    known |= {vendor.auth["site_owner_id"]: "so-1", vendor.auth["site_id"]: "site-1"}
    known |= {value: f"c-{number}" for number, value in enumerate(vendor.component_ids, 1)}
    known |= {vendor.auth["client_id"]: f"{PREFIX}our-client-id"}
    known |= {vendor.auth["client_secret"]: f"{PREFIX}our-client-secret"}
    known |= {value: f"{PREFIX}visitor-{name}" for name, value in person.items()}
    known |= {account.api_url: API}
    return settings(
        Scrubber(known, ids={"auth-": "auth-[0-9a-f]{12}"}),
        Origin(
            recorded_from=vendor.recorded_from,
            contract=f"Resivo {account.api_version}",
            shows=cassette.kwargs["shows"],
        ),
    )


@pytest.fixture(scope="module")
def vcr_cassette_dir() -> str:
    return str(FOLDER)


@pytest.fixture
def count_requests(vcr: Any, record_mode: str) -> Callable[[], int]:
    """Return how many there were so far, those for a token included."""
    return lambda: vcr.play_count if record_mode == "none" else len(vcr)


@pytest.fixture(scope="session")
def connections() -> Iterator[httpx.Client]:
    with open_client() as connections:
        yield connections


@pytest.fixture
def client(
    account: Account, connections: httpx.Client, clock: Clock, vcr: Any, record_mode: str
) -> Iterator[Client]:
    """A client that must, in a replay, ask for all that the cassette holds."""
    http = Http(connections, deadline_s=20, writes=9, clock=clock, jitter=lambda: -0.49)
    yield Client(account, http, Tokens(margin_s=30, timer=lambda: clock().timestamp()))
    assert record_mode != "none" or vcr.all_played
