"""How Salto KS's cassettes are replayed, and recorded from the sandbox or the live API."""

import json
import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from ireserve_integrations.kit.oauth import Tokens
from ireserve_integrations.kit.transport import Http, open_client
from ireserve_integrations.model import Integration
from ireserve_integrations.testing.cassettes import PREFIX, Origin, Scrubber, settings
from ireserve_saltoks.account import Account
from ireserve_saltoks.client import Client
from ireserve_saltoks.config import Acceptance, parse
from ireserve_saltoks.otp import OtpKey
from ireserve_saltoks.sandbox import SaltoksSandbox

FOLDER = Path(__file__).parents[3] / "cassettes" / "saltoks"
SERVERS = Acceptance().load({})
LIVE = "SALTOKS_LIVE_"
FRESH, ACTIVE = "IQ ground floor", "IQ annex"
SECRET = f"{PREFIX}iq-secret"
FIRST_PIN, PIN = "0417", "2580"
DETAILS = {"open_from_statuses": ["30"], "time_before_minutes": 15}
PLAN = SaltoksSandbox()  # never started: its ids are those of every sandbox


class Vendor:
    """Whom the client talks to: a sandbox, the live API, or in a replay nobody.

    What a test asks of it is done to the sandbox, if there is one. This user is activated on
    `IQ annex`, with Studio 2, and not on `IQ ground floor`, with the Main entrance.
    """

    def __init__(self, clock: "Clock", sandbox: SaltoksSandbox | None = None) -> None:
        self._clock, self._sandbox = clock, sandbox
        self.recorded_from: Literal["sandbox", "live"] = "sandbox"
        self.servers: dict[str, str] = {}
        self.client = (PLAN.client_id, PLAN.client_secret)
        self.auth = {
            "environment": "acceptance",
            "site_uid": PLAN.site_uid,
            "username": PLAN.username,
            "password": PLAN.password,
        }
        self.real: dict[str, str] = {}
        """The ids that are other than the sandbox's, by those."""
        self.fresh = OtpKey(secret=SECRET, pin=FIRST_PIN)
        """What codes are made with where this user is to be activated."""
        self.active = OtpKey(secret=SECRET, pin=PIN)
        """And where this user is."""
        if sandbox:
            self._prepare(sandbox)

    def _prepare(self, sandbox: SaltoksSandbox) -> None:
        """Give the one server two names, since Salto has two servers."""
        identity = sandbox.url.replace("127.0.0.1", "localhost")
        self.servers = {"api_url": sandbox.url, "identity_url": identity}
        sandbox.next_pin = FIRST_PIN
        self.fresh = OtpKey(secret=sandbox.activation(FRESH).secret, pin=FIRST_PIN)
        activated = sandbox.activate_elsewhere(ACTIVE)
        self.active = OtpKey(secret=activated.secret, pin=activated.pin or "")

    @property
    def site_id(self) -> str:
        return self._id(PLAN.state()["sites"][0]["id"])

    def lock_id(self, label: str) -> str:
        return self._id(PLAN.lock_id(label))

    def iq_id(self, label: str) -> str:
        return self._id(PLAN.iq_id(label))

    def code(self) -> str:
        """Return the code that opens Studio 2 now."""
        return self.active.sign(self._clock())

    def first_code(self) -> str:
        """Return the code that activates this user on `IQ ground floor` now."""
        return self.fresh.sign(self._clock())

    def next_code(self) -> str:
        """Return the code of `IQ annex` once a delta of 5000 has changed its PIN."""
        pin = f"{(int(self.active.pin) + 5000) % 10_000:04}"
        return OtpKey(secret=self.active.secret, pin=pin).sign(self._clock())

    def has(self, **attributes: object) -> None:
        for name, value in attributes.items():
            if self._sandbox:
                assert hasattr(self._sandbox, name)
                setattr(self._sandbox, name, value)

    def does(self, switch: str, *names: str, **how: object) -> None:
        if self._sandbox:
            getattr(self._sandbox, switch)(*names, **how)

    def fails(self, kind: str, *, path: str = r"^/v1\.2/", **parameters: Any) -> None:
        if self._sandbox:
            self._sandbox.fault(kind, path=path, **parameters)

    def waits(self, **span: float) -> None:
        self._clock.now += timedelta(**span)

    def _id(self, planned: str) -> str:
        return self.real.get(planned, planned)


class LiveVendor(Vendor):
    """The account, the IQ and the lock that the environment names; nothing is done to them."""

    def __init__(self, clock: "Clock") -> None:
        super().__init__(clock)
        clock.now = datetime.now(UTC).replace(microsecond=0)  # codes are looked at by theirs
        self.recorded_from = "live"
        self.client = (os.environ[f"{LIVE}CLIENT_ID"], os.environ[f"{LIVE}CLIENT_SECRET"])
        named = ("site_uid", "username", "password")
        self.auth |= {name: os.environ[LIVE + name.upper()] for name in named}
        self.servers = {
            name: os.environ.get(f"IRESERVE_SALTOKS_ACCEPTANCE_{name.upper()}", SERVERS[name])
            for name in ("api_url", "identity_url")
        }
        self.real = {
            PLAN.state()["sites"][0]["id"]: os.environ[f"{LIVE}SITE_ID"],
            PLAN.iq_id(ACTIVE): os.environ[f"{LIVE}IQ_ID"],
            PLAN.lock_id("Studio 2"): os.environ[f"{LIVE}LOCK_ID"],
        }
        self.active = OtpKey(secret=os.environ[f"{LIVE}IQ_SECRET"], pin=os.environ[f"{LIVE}IQ_PIN"])


class Clock:
    """The time for both sides."""

    now = datetime(2030, 1, 15, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox_kind() -> type[SaltoksSandbox]:
    """Tests that need a peculiar one override this by a parameter."""
    return SaltoksSandbox


@pytest.fixture
def vendor(record_mode: str, sandbox_kind: type[SaltoksSandbox], clock: Clock) -> Iterator[Vendor]:
    if record_mode == "none":
        yield Vendor(clock)
    elif os.environ.get("SALTOKS_RECORD_FROM") == "live":
        yield LiveVendor(clock)
    else:
        with sandbox_kind(clock=clock) as sandbox:
            yield Vendor(clock, sandbox)


@pytest.fixture
def account(vendor: Vendor) -> Account:
    """As the plugin reads it from what an administrator typed; the servers are the default ones."""
    client = dict(zip(("client_id", "client_secret"), vendor.client, strict=True))
    integration = Integration(
        id="salto-main",
        vendor="saltoks",
        auth=vendor.auth,
        details=DETAILS,
        platform={"acceptance": vendor.servers | client},
    )
    return parse(integration).account


@pytest.fixture
def site_id(vendor: Vendor) -> str:
    return vendor.site_id


@pytest.fixture
def studio(vendor: Vendor) -> tuple[str, str]:
    """Site and lock of Studio 2, which hangs on the IQ where this user is activated."""
    return vendor.site_id, vendor.lock_id("Studio 2")


@pytest.fixture
def iq_id(vendor: Vendor) -> str:
    """The IQ's on which this user is to be activated."""
    return vendor.iq_id(FRESH)


@pytest.fixture
def active_iq_id(vendor: Vendor) -> str:
    """The IQ's on which this user is activated."""
    return vendor.iq_id(ACTIVE)


@pytest.fixture
def vcr_config(request: pytest.FixtureRequest, vendor: Vendor, account: Account) -> dict[str, Any]:
    cassette = request.node.get_closest_marker("default_cassette")
    known = json.loads(os.environ.get(f"{LIVE}STAND_INS", "{}"))
    known |= {real: planned for planned, real in vendor.real.items()}
    known |= {account.site_uid: PLAN.site_uid}
    known |= {b64encode(":".join(vendor.client).encode()).decode(): f"{PREFIX}our-client"}
    known |= {vendor.client[0]: f"{PREFIX}our-client-id"}
    known |= {vendor.client[1]: f"{PREFIX}our-client-secret"}
    known |= {account.username: f"{PREFIX}our-username"}
    known |= {account.password: f"{PREFIX}our-password"}
    known |= {vendor.fresh.secret: SECRET, vendor.active.secret: SECRET}
    known |= {vendor.next_code(): f"{PREFIX}next-otp"}
    known |= {vendor.first_code(): f"{PREFIX}first-otp", vendor.code(): f"{PREFIX}our-otp"}
    known |= {account.api_url: SERVERS["api_url"], account.identity_url: SERVERS["identity_url"]}
    return settings(
        Scrubber(known),
        Origin(
            recorded_from=vendor.recorded_from,
            contract="Salto KS v1.2",
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
    yield Client(account, http, Tokens(margin_s=60, timer=lambda: clock().timestamp()))
    assert record_mode != "none" or vcr.all_played
