"""Tokens are kept, renewed early, and dropped where the vendor refuses them."""

import itertools
from functools import partial

import httpx
import pytest

from ireserve_integrations.errors import UnavailableError
from ireserve_integrations.kit.oauth import Token, Tokens, parse_error
from ireserve_integrations.kit.transport import Http, open_client

_KEY = ("https://api.example.org", "cid", "hunter2")


class _Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class _Endpoint:
    """Hands out tok-1, tok-2 and so on."""

    def __init__(self, *, expires_in_s: float = 300) -> None:
        self.fetches = 0
        self.failure: Exception | None = None
        self._expires_in_s = expires_in_s

    def __call__(self, http: Http) -> Token:
        assert http.left_s > 0
        self.fetches += 1
        if self.failure is not None:
            raise self.failure
        return Token(value=f"tok-{self.fetches}", expires_in_s=self._expires_in_s)


def _lend() -> Http:
    return Http(open_client(httpx.MockTransport(lambda _: httpx.Response(500))), deadline_s=60)


def test_accounts_with_the_same_key_share_a_token() -> None:
    tokens, endpoint = Tokens(margin_s=30), _Endpoint()

    first = tokens.account(*_KEY, fetch=endpoint).token(_lend())
    second = tokens.account(*_KEY, fetch=endpoint).token(_lend())

    assert (first, second, endpoint.fetches) == ("tok-1", "tok-1", 1)


@pytest.mark.parametrize(
    "other",
    [
        ("https://api.example.org", "cid", "changed"),
        ("https://api.example.org", "other", "hunter2"),
        ("https://other.example.org", "cid", "hunter2"),
        ("https://api.example.org", "cidhunter2", ""),
        ("https://api.example.org", "cid\0hunter2"),
        ("https://api.example.org", "cid", "hunter2\udcff"),
    ],
    ids=ascii,
)
def test_another_secret_id_or_address_is_another_account(other: tuple[str, ...]) -> None:
    tokens, endpoint = Tokens(margin_s=30), _Endpoint()

    first = tokens.account(*_KEY, fetch=endpoint).token(_lend())
    second = tokens.account(*other, fetch=endpoint).token(_lend())

    assert (first, second) == ("tok-1", "tok-2")


@pytest.mark.parametrize(
    ("expires_in_s", "kept_s"),
    [(300, 270), (3600, 3570), (60, 30), (50, 25), (20, 10), (1, 0.5)],
)
def test_a_token_is_kept_until_shortly_before_it_expires(
    expires_in_s: float, kept_s: float
) -> None:
    clock, endpoint = _Clock(), _Endpoint(expires_in_s=expires_in_s)
    account = Tokens(margin_s=30, timer=clock).account(*_KEY, fetch=endpoint)

    at_first = account.token(_lend())
    clock.now_s += kept_s - 0.01
    shortly_before = account.token(_lend())
    clock.now_s += 0.02
    shortly_after = account.token(_lend())

    assert (at_first, shortly_before, shortly_after) == ("tok-1", "tok-1", "tok-2")


@pytest.mark.parametrize("expires_in_s", [0, -5, float("nan")])
def test_a_token_that_has_expired_already_serves_those_who_asked(expires_in_s: float) -> None:
    endpoint = _Endpoint(expires_in_s=expires_in_s)
    account = Tokens(margin_s=30).account(*_KEY, fetch=endpoint)

    assert [account.token(_lend()), account.token(_lend())] == ["tok-1", "tok-2"]


def test_a_token_may_live_for_good() -> None:
    account = Tokens(margin_s=30).account(*_KEY, fetch=_Endpoint(expires_in_s=float("inf")))

    assert [account.token(_lend()), account.token(_lend())] == ["tok-1", "tok-1"]


def test_a_dropped_token_is_replaced() -> None:
    account = Tokens(margin_s=30).account(*_KEY, fetch=_Endpoint())

    account.drop(account.token(_lend()))

    assert account.token(_lend()) == "tok-2"


def test_a_token_that_was_replaced_already_drops_nothing() -> None:
    endpoint = _Endpoint()
    account = Tokens(margin_s=30).account(*_KEY, fetch=endpoint)
    account.drop(account.token(_lend()))
    account.token(_lend())

    account.drop("tok-1")

    assert (account.token(_lend()), endpoint.fetches) == ("tok-2", 2)


def test_dropping_what_is_not_there_is_fine() -> None:
    account = Tokens(margin_s=30).account(*_KEY, fetch=_Endpoint())

    account.drop("tok-0")

    assert account.token(_lend()) == "tok-1"


def test_a_token_that_expires_while_it_is_dropped_is_gone() -> None:
    moments = itertools.chain([0.0, 0.0, 269.0], itertools.repeat(271.0))
    tokens = Tokens(margin_s=30, timer=partial(next, moments))
    account = tokens.account(*_KEY, fetch=_Endpoint())

    account.drop(account.token(_lend()))

    assert account.token(_lend()) == "tok-2"


def test_a_failure_is_not_kept_for_the_next() -> None:
    endpoint = _Endpoint()
    endpoint.failure = UnavailableError("503")
    account = Tokens(margin_s=30).account(*_KEY, fetch=endpoint)
    with pytest.raises(UnavailableError):
        account.token(_lend())

    endpoint.failure = None

    assert account.token(_lend()) == "tok-2"


def test_neither_token_nor_account_shows_anything() -> None:
    tokens = Tokens(margin_s=30)
    account = tokens.account(*_KEY, fetch=_Endpoint())
    account.token(_lend())

    shown = repr([Token(value="tok-1", expires_in_s=1), tokens, account]) + str(vars(account))

    assert "tok-1" not in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({"error": "invalid_client", "error_description": "client cid-77"}, "invalid_client"),
        ({"error": "invalid_grant"}, "invalid_grant"),
        ({"error": "Client cid-77 is wrong"}, ""),
        ({"error": "Bad user svc@example.org"}, ""),
        ({"error": {"code": 5}}, ""),
        ({"error": 7}, ""),
        ("<html>", ""),
        ([], ""),
        (None, ""),
    ],
)
def test_of_an_oauth_error_only_its_code_is_repeated(raw: object, code: str) -> None:
    assert parse_error(raw) == code


def test_a_renewed_token_takes_the_place_of_the_kept_one() -> None:
    kept, again = _Endpoint(), lambda _: Token(value="new", expires_in_s=300)
    account = Tokens(margin_s=30).account(*_KEY, fetch=kept)
    account.token(_lend())

    assert account.renew(_lend(), again) == "new"
    assert (account.token(_lend()), kept.fetches) == ("new", 1)


def test_where_no_new_token_is_given_the_former_one_is_gone() -> None:
    endpoint = _Endpoint()
    account = Tokens(margin_s=30).account(*_KEY, fetch=endpoint)
    account.token(_lend())
    endpoint.failure = UnavailableError("503")
    with pytest.raises(UnavailableError):
        account.renew(_lend(), endpoint)
    endpoint.failure = None

    assert account.token(_lend()) == "tok-3"
