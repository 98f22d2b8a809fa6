"""What tests of the Salto KS plugin share: a clock, a vault, a vendor, and what hooks borrow."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from ireserve_integrations.kit.context import Context
from ireserve_integrations.kit.oauth import Tokens
from ireserve_integrations.kit.transport import Http, open_client
from ireserve_integrations.model import Integration, MappingRow
from ireserve_saltoks.account import Account
from ireserve_saltoks.client import Client
from ireserve_saltoks.sandbox import SaltoksSandbox

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class Clock:
    """Stands still until a test steps it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def step(self, **by: float) -> None:
        self.now += timedelta(**by)


class MemoryVault:
    """A vault that forgets everything when a test ends."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.writes = 0
        self.fault: Exception | None = None
        """Raised by every write, once as many as these have succeeded."""
        self.writes_left = 0
        self._lock = threading.Lock()

    def get(self, name: str) -> str | None:
        return self.kept.get(name)

    def put(self, name: str, value: str) -> None:
        self.change(name, lambda _: value)

    def forget(self, name: str) -> None:
        self.change(name, lambda _: None)

    def change(self, name: str, change: Callable[[str | None], str | None]) -> str | None:
        if self.fault is not None and not self.writes_left:
            raise self.fault
        self.writes_left -= self.fault is not None
        with self._lock:
            self.writes += 1
            value = change(self.kept.pop(name, None))
            self.kept |= {} if value is None else {name: value}
            return value


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vault() -> MemoryVault:
    return MemoryVault()


@pytest.fixture
def salto(clock: Clock) -> Iterator[SaltoksSandbox]:
    with SaltoksSandbox(clock=clock) as sandbox:
        yield sandbox


@pytest.fixture
def one(salto: SaltoksSandbox) -> Integration:
    """The integration that the sandbox proposes."""
    row = salto.integration()
    rows = (
        MappingRow(
            object=each["object"],
            sub_object=each.get("sub_object"),
            targets=tuple(each["targets"]),
        )
        for each in row["mapping"]
    )
    servers = {"api_url": salto.url, "identity_url": salto.url}
    client = {"client_id": salto.client_id, "client_secret": salto.client_secret}
    return Integration(
        id=row["id"],
        vendor="saltoks",
        stage="test",
        auth=row["auth"],
        details=row["details"],
        platform={"acceptance": servers | client},
        mapping=tuple(rows),
    )


@pytest.fixture
def lend(clock: Clock, vault: MemoryVault) -> Iterator[Callable[..., Context]]:
    """Return contexts, each with an HTTP client of its own over the same connections."""
    with open_client() as client:

        def lend_one(
            *, writes: int = 1, before_write: Callable[[], None] | None = None, **more: Any
        ) -> Context:
            http = Http(
                client,
                deadline_s=20,
                writes=writes,
                before_write=before_write,
                clock=clock,
                jitter=lambda: -0.49,
            )
            return replace(Context(http=http, vault=vault, clock=clock), **more)

        yield lend_one


class Vendor:
    """Answers "METHOD /path?query": JSON, a response or an exception; several one by one."""

    def __init__(self) -> None:
        token = {"access_token": "token-1", "expires_in": 3600, "token_type": "Bearer"}
        self.answers: dict[str, list[Any]] = {"POST /connect/token": [token]}
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answers = self.answers[_line(request)]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def answer(self, line: str, *answers: object) -> None:
        """Give these answers to a line, the last one again and again."""
        self.answers[line] = list(answers)

    @property
    def lines(self) -> list[str]:
        """What was asked, without the token."""
        lines = [_line(request) for request in self.requests]
        return [line for line in lines if line != "POST /connect/token"]


def _line(request: httpx.Request) -> str:
    return f"{request.method} {request.url.raw_path.decode()}"


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def account() -> Account:
    return Account(
        environment="acceptance",
        api_url="https://api.example",
        identity_url="https://identity.example",
        client_id="platform-client",
        client_secret="client-secret",
        site_uid="NL6254340082",
        username="svc@example.org",
        password="very-secret",
    )


@pytest.fixture
def client(vendor: Vendor, account: Account) -> Iterator[Client]:
    with httpx.Client(transport=httpx.MockTransport(vendor)) as transport:
        http = Http(transport, deadline_s=20, writes=9, jitter=lambda: -0.49)
        yield Client(account, http, Tokens(margin_s=60))
