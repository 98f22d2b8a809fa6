"""Lists that come in pages: followed to their end, and never away from the API."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from ireserve_integrations.errors import ProtocolError
from ireserve_integrations.kit.oauth import Tokens
from ireserve_integrations.kit.transport import Http
from ireserve_resivo.client import Client
from ireserve_resivo.config import Account

API = "https://api.resivo.io"
PATH = "/v8/sites/site-1/components"
ONE = {"id": "c-1", "displayName": "Main entrance"}
TWO = {"id": "c-2", "displayName": "Studio 1"}

Answer = Callable[[httpx.Request], httpx.Response]
Connect = Callable[[Answer], Client]


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture
def connect(seen: list[str]) -> Iterator[Connect]:
    clients: list[httpx.Client] = []

    def open_one(answer: Answer) -> Client:
        def handle(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/oauth2/token":
                return httpx.Response(200, json={"access_token": "t"})
            seen.append(str(request.url))
            return answer(request)

        clients.append(httpx.Client(transport=httpx.MockTransport(handle)))
        account = Account(
            api_url=API, api_version="v8", site_owner_id="so-1", client_id="c", client_secret="s"
        )
        return Client(account, Http(clients[-1], deadline_s=20), Tokens(margin_s=30))

    yield open_one
    clients[0].close()


def link(address: str, rel: str = "next") -> httpx.Response:
    return httpx.Response(200, json=[ONE], headers={"Link": f'<{address}>; rel="{rel}"'})


def names(client: Client) -> list[str]:
    return [component.display_name for component in client.list_components("site-1")]


@pytest.mark.parametrize(
    "first",
    [
        link(f"{API}{PATH}?page=2"),
        link("?page=2"),
        link(f"{PATH}?page=2"),
        link(f"{API}:443{PATH}?page=2"),
        httpx.Response(200, json={"items": [ONE], "nextPage": f"{PATH}?page=2"}),
        httpx.Response(200, json={"data": [ONE], "nextPage": f"{API}{PATH}?page=2"}),
    ],
)
def test_the_next_page_is_followed(
    connect: Connect, seen: list[str], first: httpx.Response
) -> None:
    answers = [first, httpx.Response(200, json=[TWO])]

    assert names(connect(lambda _: answers.pop(0))) == ["Main entrance", "Studio 1"]
    assert [address.partition("?")[2] for address in seen] == ["scope=all", "page=2"]


def test_a_link_to_something_else_is_not_followed(connect: Connect) -> None:
    assert names(connect(lambda _: link(f"{API}{PATH}?page=1", rel="prev"))) == ["Main entrance"]


@pytest.mark.parametrize(
    "address",
    [
        f"https://evil.example{PATH}",
        f"http://api.resivo.io{PATH}",
        f"https://api.resivo.io:8443{PATH}",
        f"https://api.resivo.io.evil.example{PATH}",
        f"https://api.resivo.io@evil.example{PATH}",
        f"https://user@api.resivo.io{PATH}",
        f"//evil.example{PATH}",
        "https://[broken",
        "https://api.resivo.io:port/",
        "ftp://api.resivo.io/",
    ],
)
def test_the_token_is_taken_nowhere_else(connect: Connect, seen: list[str], address: str) -> None:
    answer = httpx.Response(200, json={"items": [ONE], "nextPage": address})

    with pytest.raises(ProtocolError, match="not at the API") as caught:
        names(connect(lambda _: answer))
    assert len(seen) == 1
    assert "evil" not in str(caught.value)


def test_no_page_is_read_twice(connect: Connect, seen: list[str]) -> None:
    with pytest.raises(ProtocolError, match="do not end"):
        names(connect(lambda _: link(f"{API}{PATH}?page=2")))
    assert len(seen) == 2


def test_a_list_without_end_is_given_up(connect: Connect, seen: list[str]) -> None:
    with pytest.raises(ProtocolError, match="do not end"):
        names(connect(lambda _: link(f"{API}{PATH}?page={len(seen)}")))
    assert len(seen) == 200
