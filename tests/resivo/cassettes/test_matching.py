"""A request that is not the recorded one finds no answer.

These replay cassettes of other tests and record none, so they are not marked `vcr`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from vcr import VCR  # type: ignore[import-untyped]
from vcr.errors import CannotOverwriteExistingCassetteException  # type: ignore[import-untyped]

from ireserve_integrations.kit.oauth import Tokens
from ireserve_integrations.kit.transport import Http
from ireserve_integrations.testing.cassettes import add_matchers
from ireserve_resivo.client import Client
from ireserve_resivo.config import Account
from ireserve_resivo.wire import RemoteAccess

pytestmark = pytest.mark.default_cassette("create-remote-access", shows="")


@pytest.fixture
def record_mode() -> str:
    return "none"


@pytest.fixture
def vcr(vcr_config: Mapping[str, Any], vcr_cassette_dir: str) -> Iterator[Any]:
    recorder = VCR(record_mode="none")
    add_matchers(recorder)
    path = Path(vcr_cassette_dir) / "create-remote-access.yaml"
    with recorder.use_cassette(str(path), **vcr_config) as cassette:
        yield cassette


@pytest.fixture
def http(connections: httpx.Client, clock: Callable[[], datetime]) -> Http:
    return Http(connections, deadline_s=20, clock=clock)


def changed(wanted: RemoteAccess, **recipient: str) -> RemoteAccess:
    return replace(wanted, recipient=replace(wanted.recipient, **recipient))


def test_the_recorded_request_finds_its_answer(
    account: Account, http: Http, site_id: str, wanted: RemoteAccess, vcr: Any
) -> None:
    made = Client(account, http, Tokens(margin_s=30)).create_remote_access(site_id, wanted)

    assert (made, vcr.play_count) == ("auth-1", 2)


@pytest.mark.parametrize(
    "change",
    [
        lambda wanted: replace(wanted, display_name="i-Reserve 15492"),
        lambda wanted: replace(wanted, component_ids=("c-1",)),
        lambda wanted: replace(wanted, component_ids=("c-2", "c-1")),
        lambda wanted: replace(wanted, valid_to=wanted.valid_to.replace(second=1)),
        lambda wanted: changed(wanted, language="de"),
        lambda wanted: changed(wanted, language=""),
        lambda wanted: changed(wanted, first_name=""),
        lambda wanted: changed(wanted, last_name="Another"),
        lambda wanted: changed(wanted, email="another@example.org"),
        lambda wanted: changed(wanted, phone_number="+31687654321"),
    ],
)
def test_another_body_finds_none_even_where_it_is_scrubbed(
    account: Account,
    http: Http,
    wanted: RemoteAccess,
    vcr: Any,
    change: Callable[[RemoteAccess], RemoteAccess],
) -> None:
    client = Client(account, http, Tokens(margin_s=30))

    with pytest.raises(CannotOverwriteExistingCassetteException, match="same_body"):
        client.create_remote_access("site-1", change(wanted))
    assert vcr.play_count == 1


def test_another_secret_finds_no_token(account: Account, http: Http, vcr: Any) -> None:
    another = replace(account, client_secret="another-secret")

    with pytest.raises(CannotOverwriteExistingCassetteException, match="same_body"):
        Client(another, http, Tokens(margin_s=30)).get_token()
    assert vcr.play_count == 0


def test_another_site_finds_none(
    account: Account, http: Http, wanted: RemoteAccess, vcr: Any
) -> None:
    client = Client(account, http, Tokens(margin_s=30))

    with pytest.raises(CannotOverwriteExistingCassetteException, match="path"):
        client.create_remote_access("site-2", wanted)
    assert vcr.play_count == 1
