"""What tests of the Resivo plugin share: sandbox, integration, and what hooks borrow."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from ireserve_integrations.kit.context import Context
from ireserve_integrations.kit.oauth import Tokens
from ireserve_integrations.kit.transport import Http, open_client
from ireserve_integrations.model import Integration, MappingRow
from ireserve_resivo.client import Client
from ireserve_resivo.config import Account
from ireserve_resivo.sandbox import ResivoSandbox

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


class Nothing:
    """A vault that the plugin has no use for."""

    def get(self, name: str) -> str | None:
        raise AssertionError(name)

    def put(self, name: str, value: str) -> None:
        raise AssertionError(name, value)

    def forget(self, name: str) -> None:
        raise AssertionError(name)

    def change(self, name: str, change: Callable[[str | None], str | None]) -> str | None:
        raise AssertionError(name, change)


@pytest.fixture
def sandbox() -> Iterator[ResivoSandbox]:
    with ResivoSandbox(clock=lambda: NOW) as sandbox:
        yield sandbox


@pytest.fixture
def one(sandbox: ResivoSandbox) -> Integration:
    """The integration that the sandbox proposes."""
    row = sandbox.integration()
    rows = (
        MappingRow(
            object=each["object"],
            sub_object=each.get("sub_object"),
            targets=tuple(each["targets"]),
        )
        for each in row["mapping"]
    )
    return Integration(
        id=row["id"],
        vendor="resivo",
        stage="test",
        auth=row["auth"],
        details=row["details"],
        platform={"api_url": sandbox.url},
        mapping=tuple(rows),
    )


@pytest.fixture
def without_site(one: Integration) -> Integration:
    """The same without a Site ID."""
    return replace(one, auth={key: one.auth[key] for key in one.auth if key != "site_id"})


@pytest.fixture
def lend() -> Iterator[Callable[..., Context]]:
    """Return contexts, each with an HTTP client of its own over the same connections."""
    with open_client() as client:

        def one(*, writes: int = 1, **more: Any) -> Context:
            http = Http(
                client, deadline_s=20, writes=writes, clock=lambda: NOW, jitter=lambda: -0.49
            )
            return Context(http=http, vault=Nothing(), clock=lambda: NOW, **more)

        yield one


class Vendor:
    """Answers "METHOD /path?query": JSON, a response or an exception; several one by one."""

    def __init__(self) -> None:
        token = {"access_token": "token-1", "expires_in": 300}
        self.answers: dict[str, list[Any]] = {"POST /oauth2/token": [token]}
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
        return [line for line in lines if line != "POST /oauth2/token"]


def _line(request: httpx.Request) -> str:
    return f"{request.method} {request.url.raw_path.decode()}"


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def client(vendor: Vendor) -> Iterator[Client]:
    """A client of the vendor, on site-1."""
    account = Account(
        api_url="https://api.resivo.io",
        api_version="v8",
        site_owner_id="so-1",
        client_id="cid-77",
        client_secret="very-secret",
        site_id="site-1",
    )
    with httpx.Client(transport=httpx.MockTransport(vendor)) as transport:
        http = Http(transport, deadline_s=20, jitter=lambda: -0.49)
        yield Client(account, http, Tokens(margin_s=30))
