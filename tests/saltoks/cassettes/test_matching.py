"""A request that is not the recorded one finds no answer.

These replay cassettes of other tests and record none, so they are not marked `vcr`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
from vcr import VCR  # type: ignore[import-untyped]
from vcr.errors import CannotOverwriteExistingCassetteException  # type: ignore[import-untyped]

from ireserve_integrations.kit.oauth import Tokens
from ireserve_integrations.kit.transport import Http
from ireserve_integrations.testing.cassettes import add_matchers
from ireserve_saltoks.account import Account
from ireserve_saltoks.client import Client

replays = pytest.mark.default_cassette
opening = replays("open", shows="")
another_finds_none = pytest.raises(CannotOverwriteExistingCassetteException, match="same_body")


class Vendor(Protocol):
    """What `conftest` offers."""

    def lock_id(self, label: str) -> str: ...
    def code(self) -> str: ...
    def first_code(self) -> str: ...
    def waits(self, **span: float) -> None: ...


@pytest.fixture
def record_mode() -> str:
    return "none"


@pytest.fixture
def vcr(
    request: pytest.FixtureRequest, vcr_config: Mapping[str, Any], vcr_cassette_dir: str
) -> Iterator[Any]:
    recorder = VCR(record_mode="none")
    add_matchers(recorder)
    name = request.node.get_closest_marker("default_cassette").args[0]
    path = Path(vcr_cassette_dir) / f"{name}.yaml"
    with recorder.use_cassette(str(path), **vcr_config) as cassette:
        yield cassette


@pytest.fixture
def client_of(
    connections: httpx.Client, clock: Callable[[], datetime], vcr: Any
) -> Callable[[Account], Client]:
    """Return clients that need not ask for all that the cassette holds."""
    http = Http(connections, deadline_s=20, writes=9, clock=clock)
    return lambda account: Client(account, http, Tokens(margin_s=60))


@pytest.fixture
def client(account: Account, client_of: Callable[[Account], Client]) -> Client:
    return client_of(account)


@opening
def test_the_recorded_request_finds_its_answer(
    client: Client, vendor: Vendor, studio: tuple[str, str], vcr: Any
) -> None:
    assert client.open_lock(*studio, vendor.code()) is None
    assert vcr.play_count == 2


@opening
@pytest.mark.parametrize("otp", [None, "", "28a5a"])
def test_another_code_finds_none_even_where_it_is_scrubbed(
    client: Client, studio: tuple[str, str], vcr: Any, otp: str | None
) -> None:
    with another_finds_none:
        client.open_lock(*studio, otp)
    assert vcr.play_count == 1


@opening
def test_the_code_of_the_next_second_or_of_another_iq_finds_none(
    client: Client, vendor: Vendor, studio: tuple[str, str]
) -> None:
    vendor.waits(seconds=1)

    for code in (vendor.code(), vendor.first_code()):
        with another_finds_none:
            client.open_lock(*studio, code)


@opening
def test_another_lock_finds_none(client: Client, vendor: Vendor, site_id: str) -> None:
    with pytest.raises(CannotOverwriteExistingCassetteException, match="path"):
        client.open_lock(site_id, vendor.lock_id("Studio 1"), vendor.code())


@replays("set-pin-checked", shows="")
def test_another_delta_finds_none(
    client: Client, vendor: Vendor, site_id: str, active_iq_id: str
) -> None:
    with another_finds_none:
        client.set_pin(site_id, active_iq_id, vendor.code(), "5000")


@replays("get-pin-by-sms", shows="")
def test_a_pin_by_email_is_not_one_by_sms(client: Client, site_id: str, iq_id: str) -> None:
    with pytest.raises(CannotOverwriteExistingCassetteException, match="same_query"):
        client.send_pin(site_id, iq_id, "email")


@replays("token", shows="")
@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"username": "another@example.org"}, "same_body"),
        ({"password": "another-password"}, "same_body"),
        ({"client_id": "another-client"}, "headers"),
        ({"client_secret": "another-secret"}, "headers"),
        ({"identity_url": "https://clp-accept-user.my-clay.com"}, "host"),
    ],
)
def test_another_account_or_server_finds_no_token(
    account: Account,
    client_of: Callable[[Account], Client],
    vcr: Any,
    change: dict[str, str],
    where: str,
) -> None:
    client = client_of(replace(account, **change))

    with pytest.raises(CannotOverwriteExistingCassetteException, match=where):
        client.get_token()
    assert vcr.play_count == 0
