"""What is an address that we call, and how an id becomes a part of one."""

from urllib.parse import unquote, urlsplit

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ireserve_integrations.errors import ConfigError, RejectedError
from ireserve_integrations.kit.transport import is_loopback, quote_segment, safe_address

_IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: text not in {".", ".."}
)

_PIECES = [
    "a.example",
    "b",
    ".",
    ":",
    "443",
    "/",
    "//",
    "?",
    "#",
    "@",
    "\\",
    "[",
    "]",
    "::1",
    "%2f",
]
_PIECES += ["%", " ", "\t", "é", "127.0.0.1", "-", "_", "\u3002", "\uff0f", "\u2100"]


@pytest.mark.parametrize(
    ("segment", "quoted"),
    [
        ("auth-9_1~x.y", "auth-9_1~x.y"),
        ("a/b", "a%2Fb"),
        ("a?b", "a%3Fb"),
        ("a#b", "a%23b"),
        ("a%2Fb", "a%252Fb"),
        ("../x", "..%2Fx"),
        ("...", "..."),
        ("a b+c", "a%20b%2Bc"),
        ("é", "%C3%A9"),
        ("a\nb", "a%0Ab"),
        ("a\\b", "a%5Cb"),
    ],
)
def test_an_id_is_quoted_as_one_path_segment(segment: str, quoted: str) -> None:
    assert quote_segment(segment) == quoted


@pytest.mark.parametrize("segment", ["", ".", "..", "a\ud800"])
def test_an_id_that_is_no_segment_is_refused(segment: str) -> None:
    with pytest.raises(RejectedError):
        quote_segment(segment)


@given(_IDS)
def test_an_id_reaches_the_vendor_as_it_is_and_nothing_else(segment: str) -> None:
    url = httpx.URL(f"https://api.example.org/v8/sites/{quote_segment(segment)}/components")

    before, between, after = url.raw_path.decode().partition("/sites/")
    middle, slash, last = after.partition("/")

    assert (before, between, slash, last) == ("/v8", "/sites/", "/", "components")
    assert unquote(middle) == segment


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://api.example.org", "https://api.example.org"),
        ("https://api.example.org/", "https://api.example.org"),
        ("https://api.example.org:8443/base/", "https://api.example.org:8443/base"),
        ("HTTPS://API.Example.org", "HTTPS://API.Example.org"),
        ("https://xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example"),
        ("https://my_host", "https://my_host"),
        ("https://10.0.0.1", "https://10.0.0.1"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.0.0.2", "http://127.0.0.2"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_address_is_https_or_loopback(address: str, safe: str) -> None:
    assert safe_address(address, "platform.x.api_url") == safe


@pytest.mark.parametrize(
    "address",
    [
        "",
        "api.example.org",
        "/v8",
        "https:api.example.org",
        "https:///v8",
        "http://api.example.org",
        "http://10.0.0.1",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://2130706433",
        "http://127.1",
        "http://0x7f000001",
        "ftp://localhost",
        "file:///etc/passwd",
        "https://api.example.org?x=1",
        "https://api.example.org?",
        "https://api.example.org#x",
        "https://api.example.org#",
        "https://user@api.example.org",
        "https://user:pass@api.example.org",
        "https://@api.example.org",
        "https://api.example.org\\@evil.example",
        "https://api.example.org\\evil",
        "https://[::1",
        "https://api.example.org:99999",
        "https://api.example.org:port",
        "https://api..example.org",
        f"https://{'a' * 64}.example.org",
        " https://api.example.org",
        "https://api.example.org ",
        "https://api.\nexample.org",
        "https://api example.org",
        "https://api.example.org\x00",
        "https://münchen.example",
        "https://256.0.0.1",
        "https://api.example[::1]",
        "https://1.2.3",
    ],
)
def test_any_other_address_is_a_fault_of_its_setting(address: str) -> None:
    with pytest.raises(ConfigError, match=r"^platform\.x\.api_url: "):
        safe_address(address, "platform.x.api_url")


@pytest.mark.parametrize(
    "address",
    [
        "https://user:hunter2@api.example.org",
        "https://user:hunter2@[api",
        "http://user:hunter2@api.example.org",
        "https://api.example.org?key=hunter2",
    ],
)
def test_a_password_in_an_address_is_not_repeated(address: str) -> None:
    with pytest.raises(ConfigError) as caught:
        safe_address(address, "platform.x.api_url")

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1",
        "http://127.0.0.1:8080/v8",
        "http://127.0.0.2",
        "http://127.255.255.254",
        "http://localhost",
        "https://LOCALHOST:1",
        "http://[::1]:8080",
        "http://[0:0:0:0:0:0:0:1]",
    ],
)
def test_loopback_stays_on_this_machine(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://128.0.0.1",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "http://[::2]",
        "http://localhost.example.com",
        "http://example.com/127.0.0.1",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://example.com#@127.0.0.1",
        "http://127.1",
        "http://127.0.1",
        "http://2130706433",
        "http://0x7f.0.0.1",
        "http://0177.0.0.1",
        "http://[::1",
        "http://example.com[::1]",
        "localhost",
        "",
    ],
)
def test_what_only_looks_like_loopback_is_not(address: str) -> None:
    assert not is_loopback(address)


@given(st.text())
def test_no_text_makes_the_question_for_loopback_raise(text: str) -> None:
    assert is_loopback(f"http://{text}") in {True, False}


@example(["a.example", ":", "443", "/", "b"])
@given(st.lists(st.sampled_from(_PIECES), max_size=8))
def test_an_address_is_refused_or_leads_to_the_host_that_was_checked(pieces: list[str]) -> None:
    address = _taken("https://" + "".join(pieces))

    assert address == "" or _leads_to(address) == ("https", urlsplit(address).hostname, b"", b"")


def _taken(address: str) -> str:
    try:
        return safe_address(address, "x")
    except ConfigError:
        return ""


def _leads_to(address: str) -> tuple[str, str, bytes, bytes]:
    url = httpx.URL(f"{address}/v8/sites")
    return url.scheme, url.host, url.query, url.userinfo
