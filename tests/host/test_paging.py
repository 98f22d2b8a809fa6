"""Pages of a list: each read once, none away from the API."""

import pytest

from ireserve_integrations.errors import ProtocolError
from ireserve_integrations.kit.paging import MOST_PAGES, next_page, own_address, read_entries

HERE = "https://api.example.org/v8/doors"


def test_pages_are_read_until_none_is_named() -> None:
    pages = {HERE: ((1, 2), "?page=2"), f"{HERE}?page=2": ((3,), None)}

    assert list(read_entries(HERE, pages.__getitem__)) == [1, 2, 3]


def test_pages_in_a_circle_are_given_up() -> None:
    pages = {HERE: ((1,), "?page=2"), f"{HERE}?page=2": ((2,), HERE)}

    with pytest.raises(ProtocolError, match=r"^GET /v8/doors: the list's pages do not end$"):
        list(read_entries(HERE, pages.__getitem__))


def test_pages_without_end_are_given_up() -> None:
    asked: list[str] = []

    def read(page: str) -> tuple[tuple[int, ...], str | None]:
        asked.append(page)
        return (), f"?page={len(asked)}"

    with pytest.raises(ProtocolError, match="do not end"):
        list(read_entries(HERE, read))
    assert len(asked) == MOST_PAGES


@pytest.mark.parametrize("following", [None, ""])
def test_where_no_page_is_named_there_is_none(following: str | None) -> None:
    assert next_page(HERE, following) is None


@pytest.mark.parametrize(
    ("address", "whole"),
    [
        ("?page=2", f"{HERE}?page=2"),
        ("/v8/doors", HERE),
        ("https://api.example.org:443/x", "https://api.example.org:443/x"),
        ("http://api.example.org/v8/doors", None),
        ("https://api.example.org:8443/v8/doors", None),
        ("https://user@api.example.org/v8/doors", None),
        ("//evil.example/v8/doors", None),
        ("https://[broken", None),
        ("https://api.example.org:port/", None),
    ],
)
def test_an_address_leads_to_the_api_or_nowhere(address: str, whole: str | None) -> None:
    assert own_address(HERE, address) == whole
