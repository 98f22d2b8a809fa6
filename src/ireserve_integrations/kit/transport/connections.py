"""The connections that all exchanges of a host share."""

from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from ...errors import ConfigError


def open_client(transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """Return the one client that a host's exchanges share.

    It keeps no cookies, which would carry one account's session into another's requests. Loopback,
    and all that is not encrypted, never goes through a proxy.

    Raises:
        ConfigError: The environment names proxies or certificates that cannot be used.
    """
    direct = ("http://", "all://127.0.0.1", "all://localhost", "all://[::1]")
    try:
        return httpx.Client(
            transport=transport,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=50),
            mounts=dict.fromkeys(direct) if transport is None else None,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            event_hooks={"response": [_ignore_location]},
        )
    except (ImportError, OSError, ValueError, httpx.InvalidURL):
        raise ConfigError(
            "the environment's proxies or certificates cannot be used: HTTP_PROXY, HTTPS_PROXY, "
            "ALL_PROXY, SSL_CERT_FILE or SSL_CERT_DIR"
        ) from None


def _ignore_location(response: httpx.Response) -> None:
    """Forget where a redirect leads: it is not followed, and httpx raises at a strange address."""
    if response.is_redirect:
        response.headers.pop("Location", None)
