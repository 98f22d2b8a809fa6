"""What Resivo answers while it cannot, or not as documented.

A cut connection leaves no answer to record; `test_client` and the sandbox's faults have those.
"""

from typing import Protocol

import pytest

from ireserve_integrations.errors import OutcomeUnknownError, ProtocolError, UnavailableError
from ireserve_resivo.client import Client
from ireserve_resivo.wire import RemoteAccess

pytestmark = pytest.mark.vcr
cassette = pytest.mark.default_cassette

TOKEN = "^/oauth2/token$"
CREATE = "/remote-access$"
REVOKE = "/revoke$"


class Vendor(Protocol):
    """What `conftest` offers."""

    def fails(self, kind: str, **parameters: object) -> None: ...


@pytest.mark.parametrize(
    ("retry_after", "pause_s"),
    [
        pytest.param(
            60, 60, marks=cassette("site-429-retry-after-seconds", shows="`Retry-After: 60`")
        ),
        pytest.param(
            "Tue, 15 Jan 2030 08:05:00 GMT",
            300,
            marks=cassette("site-429-retry-after-date", shows="`Retry-After` is a date"),
        ),
    ],
)
def test_too_many_requests_says_when_to_come_again(
    client: Client, vendor: Vendor, site_id: str, retry_after: object, pause_s: float
) -> None:
    vendor.fails("rate_limited", retry_after=retry_after)

    with pytest.raises(UnavailableError, match="429") as caught:
        client.read_site(site_id)
    assert caught.value.retry_after_s == pause_s


@cassette("site-429-then-200", shows="a short `Retry-After` is waited for, and the read repeated")
def test_a_short_pause_is_made_in_place(client: Client, vendor: Vendor, site_id: str) -> None:
    vendor.fails("rate_limited", retry_after=0)

    site = client.read_site(site_id)

    assert site is not None
    assert site.display_name == "Town hall"


@cassette("create-remote-access-429", shows="not done, and not sent again by itself")
def test_a_create_among_too_many_requests_was_not_carried_out(
    client: Client, vendor: Vendor, site_id: str, wanted: RemoteAccess
) -> None:
    vendor.fails("rate_limited", retry_after=7)

    with pytest.raises(UnavailableError, match="429") as caught:
        client.create_remote_access(site_id, wanted)
    assert caught.value.retry_after_s == 7


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(
            500, "json", marks=cassette("site-500-json", shows="a JSON body; a read is repeated")
        ),
        pytest.param(
            502, "html", marks=cassette("site-502-html", shows="an HTML body; a read is repeated")
        ),
        pytest.param(
            503, "empty", marks=cassette("site-503-empty", shows="no body; a read is repeated")
        ),
        pytest.param(
            504, "html", marks=cassette("site-504-html", shows="an HTML body; a read is repeated")
        ),
    ],
)
def test_a_read_is_repeated_after_a_server_error(
    client: Client, vendor: Vendor, site_id: str, status: int, body: str
) -> None:
    vendor.fails("server_error", status=status, body=body)

    site = client.read_site(site_id)

    assert site is not None
    assert site.display_name == "Town hall"


@cassette("site-503-three-times", shows="a read gives up after three attempts")
def test_a_vendor_that_stays_away_is_unavailable(
    client: Client, vendor: Vendor, site_id: str
) -> None:
    vendor.fails("server_error", status=503, times=3)

    with pytest.raises(UnavailableError, match="503"):
        client.read_site(site_id)


@cassette("token-503-three-times", shows="no token: nothing was done")
def test_without_a_token_the_vendor_is_unavailable(client: Client, vendor: Vendor) -> None:
    vendor.fails("server_error", path=TOKEN, status=503, body="empty", times=3)

    with pytest.raises(UnavailableError, match="POST /oauth2/token: 503"):
        client.get_token()


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(
            {"status": 500, "body": "json"},
            marks=cassette("create-remote-access-500-json", shows="it may have been made: 500"),
        ),
        pytest.param(
            {"status": 502, "body": "html"},
            marks=cassette(
                "create-remote-access-502-html", shows="it may have been made: 502, HTML"
            ),
        ),
        pytest.param(
            {"status": 503, "body": "empty"},
            marks=cassette(
                "create-remote-access-503-empty", shows="it may have been made: no body"
            ),
        ),
        pytest.param(
            {"status": 504, "body": "json"},
            marks=cassette("create-remote-access-504-json", shows="it may have been made: 504"),
        ),
    ],
)
def test_a_create_answered_by_a_server_error_may_have_been_carried_out(
    client: Client, vendor: Vendor, site_id: str, wanted: RemoteAccess, failure: dict[str, object]
) -> None:
    vendor.fails("server_error", path=CREATE, work_done=True, **failure)

    with pytest.raises(OutcomeUnknownError, match=f"remote-access: {failure['status']}"):
        client.create_remote_access(site_id, wanted)


@cassette("revoke-authorization-503", shows="it may have been revoked; sent once")
def test_a_revoke_answered_by_a_server_error_may_have_been_carried_out(
    client: Client, vendor: Vendor, site_id: str, wanted: RemoteAccess
) -> None:
    vendor.fails("server_error", path=REVOKE, status=503)
    made = client.create_remote_access(site_id, wanted)

    with pytest.raises(OutcomeUnknownError, match="revoke: 503"):
        client.revoke_authorization(site_id, made)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(
            "malformed_json", marks=cassette("site-malformed-json", shows="JSON that breaks off")
        ),
        pytest.param(
            "wrong_shape", marks=cassette("site-wrong-shape", shows="JSON with other members")
        ),
    ],
)
def test_a_site_that_cannot_be_read_is_a_protocol_error(
    client: Client, vendor: Vendor, site_id: str, kind: str
) -> None:
    vendor.fails(kind)

    with pytest.raises(
        ProtocolError, match="GET /v8/sites/site-1: the answer is not as documented"
    ):
        client.read_site(site_id)


@cassette("components-wrong-shape", shows="an entry without a `displayName`")
def test_a_component_without_a_name_is_a_protocol_error(
    client: Client, vendor: Vendor, site_id: str
) -> None:
    vendor.fails("wrong_shape", body=[{"id": "c-1"}])

    with pytest.raises(ProtocolError, match="components: the answer is not as documented"):
        client.list_components(site_id)


@cassette("token-wrong-shape", shows="200 without an `access_token`")
def test_an_answer_without_a_token_is_a_protocol_error(client: Client, vendor: Vendor) -> None:
    vendor.fails("wrong_shape", path=TOKEN)

    with pytest.raises(ProtocolError, match="POST /oauth2/token: the answer is not as documented"):
        client.get_token()


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(
            "malformed_json",
            marks=cassette(
                "create-remote-access-malformed-json", shows="201 with JSON that breaks off"
            ),
        ),
        pytest.param(
            "wrong_shape",
            marks=cassette("create-remote-access-wrong-shape", shows="201 with JSON without an id"),
        ),
    ],
)
def test_a_create_whose_id_cannot_be_read_has_been_carried_out_somehow(
    client: Client, vendor: Vendor, site_id: str, wanted: RemoteAccess, kind: str
) -> None:
    vendor.fails(kind, path=CREATE)

    with pytest.raises(OutcomeUnknownError, match="remote-access: the answer is not as documented"):
        client.create_remote_access(site_id, wanted)
