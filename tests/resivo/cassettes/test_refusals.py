"""What Resivo refuses, and which error of ours says so."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import pytest

from ireserve_integrations.errors import AuthError, ProtocolError, RejectedError
from ireserve_integrations.testing.sandbox import Reply, Request, Route, json_reply
from ireserve_resivo.client import Client
from ireserve_resivo.sandbox import ResivoSandbox
from ireserve_resivo.wire import RemoteAccess

pytestmark = pytest.mark.vcr
cassette = pytest.mark.default_cassette


class Vendor(Protocol):
    """What `conftest` offers."""

    def has(self, **attributes: object) -> None: ...
    def fails(self, kind: str, **parameters: object) -> None: ...


class OneReason(ResivoSandbox):
    """Says why in one string, where the sandbox lists its reasons; both are assumed."""

    def problem(self, status: int, message: str | list[str]) -> Reply:
        return super().problem(status, message if isinstance(message, str) else message[0])


class RefusesTokens(ResivoSandbox):
    """Refuses an account with 400, as OAuth allows, where the sandbox does with 401."""

    def routes(self) -> tuple[Route, ...]:
        refuse = Route(method="POST", path="/oauth2/token", answer=self._refuse, public=True)
        return (refuse, *super().routes())

    def _refuse(self, _request: Request) -> Reply:
        return json_reply(400, {"error": "invalid_client", "error_description": "Unknown client"})


def later(wanted: RemoteAccess, **span: float) -> RemoteAccess:
    by = timedelta(**span)
    return replace(wanted, valid_from=wanted.valid_from + by, valid_to=wanted.valid_to + by)


@cassette("token-401-refused", shows="the client secret is wrong; an OAuth error body")
def test_a_wrong_secret_is_an_auth_error(client: Client, vendor: Vendor) -> None:
    vendor.has(client_secret="another-secret")

    with pytest.raises(AuthError, match=r"401, the client id or secret is refused \(invalid_cl"):
        client.get_token()


@pytest.mark.parametrize("sandbox_kind", [RefusesTokens])
@cassette("token-400-refused", shows="the account is refused with 400; an OAuth error body")
def test_a_token_refused_with_400_is_an_auth_error_too(client: Client) -> None:
    with pytest.raises(AuthError, match=r"400, the client id or secret is refused \(invalid_cl"):
        client.get_token()


@cassette("site-401-token-renewed", shows="a token no longer counts; a new one is fetched once")
def test_a_refused_token_is_replaced_and_the_read_repeated(
    client: Client, vendor: Vendor, site_id: str
) -> None:
    vendor.fails("expired_token")

    site = client.read_site(site_id)

    assert site is not None
    assert site.display_name == "Town hall"


@cassette("site-401-twice", shows="the new token is refused too, and that is the end of it")
def test_a_token_refused_twice_is_an_auth_error(
    client: Client, vendor: Vendor, site_id: str
) -> None:
    vendor.fails("expired_token", times=2)

    with pytest.raises(AuthError, match="401, the vendor refuses this account's token"):
        client.read_site(site_id)


@cassette("create-remote-access-401-token-renewed", shows="refused, so safe to send once more")
def test_a_create_with_a_refused_token_is_repeated_once(
    client: Client, vendor: Vendor, site_id: str, wanted: RemoteAccess
) -> None:
    vendor.fails("expired_token")

    assert client.create_remote_access(site_id, wanted).startswith("auth-")


@cassette("sites-403-credential-of-one-site", shows="a credential of scope Site gets no list")
def test_a_credential_of_one_site_is_refused_the_list_of_sites(
    client: Client, vendor: Vendor
) -> None:
    vendor.has(site_scoped=True)

    assert client.list_sites() is None


@cassette("sites-404-unknown-site-owner", shows="the Site Owner ID is wrong; `message` a string")
def test_an_unknown_site_owner_is_a_rejection(client: Client, vendor: Vendor) -> None:
    vendor.has(site_owner_id="another-owner")

    with pytest.raises(RejectedError, match="404: Site owner not found"):
        client.list_sites()


@cassette("site-404", shows="there is no such site")
def test_a_site_that_is_not_there_is_none(client: Client) -> None:
    assert client.read_site("site-9") is None


@cassette("components-404-unknown-site", shows="there is no such site to list the doors of")
def test_the_components_of_an_unknown_site_are_a_rejection(client: Client) -> None:
    with pytest.raises(RejectedError, match="404: Site not found"):
        client.list_components("site-9")


@cassette("read-authorization-404", shows="there is no such authorisation")
def test_an_authorization_that_is_not_there_is_none(client: Client, site_id: str) -> None:
    assert client.read_authorization(site_id, "auth-9") is None


@cassette("create-remote-access-400-message-list", shows="a window in the past; `message` a list")
def test_every_reason_of_a_refused_create_is_said(
    client: Client, site_id: str, wanted: RemoteAccess
) -> None:
    with pytest.raises(RejectedError) as caught:
        client.create_remote_access(site_id, later(wanted, days=-7))
    assert str(caught.value).endswith(
        "400: restrictions.validTo must not be in the past; "
        "restrictions.validFrom must not be in the past"
    )


@pytest.mark.parametrize("sandbox_kind", [OneReason])
@cassette(
    "create-remote-access-400-message-string", shows="a window in the past; `message` a string"
)
def test_the_one_reason_of_a_refused_create_is_said(
    client: Client, site_id: str, wanted: RemoteAccess
) -> None:
    with pytest.raises(RejectedError, match=r"400: restrictions\.validTo must not be in the past$"):
        client.create_remote_access(site_id, later(wanted, days=-7))


@cassette("create-remote-access-404-unknown-component", shows="a door is gone; `message` a string")
def test_a_create_for_an_unknown_door_is_a_rejection(
    client: Client, site_id: str, wanted: RemoteAccess
) -> None:
    with pytest.raises(RejectedError, match="404: Component c-99 not found"):
        client.create_remote_access(site_id, replace(wanted, component_ids=("c-99",)))


@cassette("create-remote-access-400-unknown-component", shows="a door is gone; `message` a list")
def test_a_create_for_an_unknown_door_may_be_refused_with_400(
    client: Client, vendor: Vendor, site_id: str, wanted: RemoteAccess
) -> None:
    vendor.has(unknown_component_status=400)

    with pytest.raises(RejectedError, match="400: component c-99 does not exist"):
        client.create_remote_access(site_id, replace(wanted, component_ids=("c-99",)))


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(404, marks=cassette("list-authorizations-404", shows="there is no such list")),
        pytest.param(405, marks=cassette("list-authorizations-405", shows="no GET on this path")),
        pytest.param(501, marks=cassette("list-authorizations-501", shows="the list is not built")),
    ],
)
def test_where_authorizations_are_not_listed_that_is_said(
    client: Client, vendor: Vendor, site_id: str, status: int
) -> None:
    vendor.fails("not_listed", status=status)

    with pytest.raises(RejectedError, match="the vendor does not list authorisations"):
        client.list_authorizations(site_id)


@cassette("revoke-authorization-409-second-time", shows="it is revoked already (assumed)")
def test_a_second_revoke_is_a_rejection(client: Client, site_id: str, wanted: RemoteAccess) -> None:
    made = client.create_remote_access(site_id, wanted)
    client.revoke_authorization(site_id, made)

    with pytest.raises(RejectedError, match="409: This authorization is revoked already"):
        client.revoke_authorization(site_id, made)


@cassette("revoke-authorization-404", shows="there is nothing to revoke")
def test_revoking_what_is_not_there_is_no_error_and_not_repeated(
    client: Client, site_id: str, count_requests: Callable[[], int]
) -> None:
    client.revoke_authorization(site_id, "auth-9")

    assert count_requests() == 2


@cassette("site-302-redirect", shows="an address that leads elsewhere, where no token may go")
def test_a_redirect_is_not_followed(client: Client, vendor: Vendor, site_id: str) -> None:
    vendor.fails("redirect")

    with pytest.raises(ProtocolError, match="302, and redirects are not followed"):
        client.read_site(site_id)
