"""What is secret or personal, taken out of what is recorded of a vendor's wire.

One value always gets one stand-in, so that scrubbed requests can still be compared, and scrubbing
twice changes nothing. Headers pass only if they are listed here: nobody can say what another one
carries.
"""

import json
import re
from collections.abc import Collection, Mapping, MutableMapping
from functools import partial
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

PREFIX = "SCRUBBED-"
"""Begins what stands for a secret or for something of a person's."""

SENSITIVE = frozenset(
    {"email", "mail", "firstname", "lastname", "mobile", "phone", "phonenumber", "smsnr"}
    | {"clientid", "clientsecret", "username", "password", "secret", "apikey", "otp", "pin"}
    | {"accesstoken", "refreshtoken", "idtoken", "assertion", "token"}
)
"""Names whose value goes whatever it is, in small letters without `_` and `-`."""

_REQUEST_HEADERS = ("authorization", "content-type")
_ANSWER_HEADERS = ("content-type", "link", "location", "retry-after")
_PATTERNS = {
    r"[^\s@<>\"'(),:;=&/]{1,64}(?:@|%40)[\w-]+(?:\.[\w-]+)+": f"{PREFIX}email",
    r"(?:\+|%2B)\d{8,15}(?!\d)": f"{PREFIX}phone",
    r"(?<=\bBearer )(?!SCRUBBED-)[\w.~+/-]{8,}=*": f"{PREFIX}token",
    r"\beyJ[\w-]{8,}(?:\.[\w-]*){2}": f"{PREFIX}token",
}
_LOOKS_PERSONAL = {re.compile(pattern): stand_in for pattern, stand_in in _PATTERNS.items()}
_MEMBER = re.compile(r'("(\w+)"\s*:\s*")((?:[^"\\]|\\.)*)')

Pairs = list[tuple[str, str]]


class RecordedRequest(Protocol):
    """What is used of vcrpy's requests."""

    method: str
    uri: str
    body: Any
    headers: MutableMapping[str, str]


class Scrubber:
    """Scrubs the requests and answers of one recording, and what is compared with it later."""

    def __init__(
        self,
        known: Mapping[str, str] | None = None,
        *,
        sensitive: Collection[str] = SENSITIVE,
        ids: Mapping[str, str] | None = None,
    ) -> None:
        """Take what is known before anything is recorded.

        Args:
            known: What to replace wherever it stands as a word, and its stand-in: where the vendor
                is (`http://127.0.0.1:4711`), an account, a person. The stand-in of what is secret
                or personal begins with `PREFIX`.
            sensitive: See `SENSITIVE`.
            ids: Regular expressions of ids that are new in every recording, by the prefix of what
                they become: `{"auth-": "auth-[0-9a-f]{12}"}` makes the first one `auth-1`, which
                the expression must not match.
        """
        self._known = {value: stand_in for value, stand_in in (known or {}).items() if value}
        words = "|".join(re.escape(word) for word in sorted(self._known, key=len, reverse=True))
        self._words = re.compile(rf"(?<!\w)(?:{words})(?!\w)") if words else None
        self._sensitive = frozenset(map(_plain, sensitive))
        self._ids = {prefix: re.compile(pattern) for prefix, pattern in (ids or {}).items()}
        self._numbers: dict[str, str] = {}

    def request(self, request: RecordedRequest) -> RecordedRequest:
        """Scrub a request of vcrpy's, in place; a `before_record_request`."""
        kept = {name: request.headers[name] for name in request.headers}
        request.headers = _keep(kept, _REQUEST_HEADERS)
        for name, value in request.headers.items():
            request.headers[name] = self.header(name, value)
        request.uri = self.address(request.uri)
        if request.body:
            request.body = self.body(request.body, request.headers.get("content-type", ""))
        return request

    def answer(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Return a scrubbed copy of an answer of vcrpy's; a `before_record_response`.

        Raises:
            ValueError: Its body is no text, so that nobody can say what it holds.
        """
        headers = _keep(answer["headers"], _ANSWER_HEADERS)
        body = self.body(answer["body"]["string"] or b"", "application/json")
        return {
            "status": dict(answer["status"]),
            "headers": {
                name: [self.header(name, each) for each in values]
                for name, values in headers.items()
            },
            "body": {"string": body},
        }

    def header(self, name: str, value: str) -> str:
        """Return a header's value; of credentials their scheme is left.

        HTTP Basic that is known as a whole, in its base64, has its own stand-in, so that another
        client or secret does not look the same.
        """
        if name.lower() != "authorization":
            return self.text(value)
        scheme, blank, credentials = value.partition(" ")
        stand_in = self._known.get(credentials, credentials)
        if scheme.lower() == "basic" and stand_in.startswith(PREFIX):
            return f"{scheme} {stand_in}"
        return f"{scheme if blank else ''}{blank}{PREFIX}token"

    def address(self, address: str) -> str:
        """Return an address; nothing is quoted anew that was not replaced."""
        parts = urlsplit(address)
        origin = urlsplit(self.text(f"{parts.scheme}://{parts.netloc}"))
        path = "/".join(self._quoted(segment) for segment in parts.path.split("/"))
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        scrubbed = self._pairs(pairs)
        query = parts.query if scrubbed == pairs else urlencode(scrubbed)
        return urlunsplit((origin.scheme, origin.netloc, path, query, parts.fragment))

    def body(self, content: bytes | str, media_type: str) -> bytes:
        """Return a body: JSON, a form, or any other text.

        Raises:
            ValueError: It is no text.
        """
        try:
            text = content if isinstance(content, str) else content.decode("utf-8")
        except UnicodeDecodeError:
            raise ValueError("a body that is no text cannot be scrubbed") from None
        if "x-www-form-urlencoded" in media_type:
            pairs = parse_qsl(text, keep_blank_values=True)
            return urlencode(self._pairs(pairs)).encode()
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return self._loose(text).encode()
        return json.dumps(self.json(value), ensure_ascii=False).encode()

    def json(self, value: Any, *, hide_as: str = "") -> Any:
        """Return a JSON value; `hide_as` is the sensitive name that it belongs to, if any."""
        match value:
            case dict():
                return {
                    name: self.json(each, hide_as=hide_as or self._sensitive_name(name))
                    for name, each in value.items()
                }
            case list():
                return [self.json(each, hide_as=hide_as) for each in value]
            case str():
                return self._hidden(hide_as, value) if hide_as else self.text(value)
            case int() | float() if hide_as and not isinstance(value, bool):
                return PREFIX + hide_as
        return value

    def text(self, text: str) -> str:
        """Return a text without what is known, or looks as if it were somebody's."""
        if self._words:
            text = self._words.sub(lambda found: self._known[found[0]], text)
        for prefix, pattern in self._ids.items():
            text = pattern.sub(partial(self._number, prefix), text)
        for looks, stand_in in _LOOKS_PERSONAL.items():
            text = looks.sub(stand_in, text)
        return text

    def _number(self, prefix: str, found: re.Match[str]) -> str:
        return self._numbers.setdefault(found[0], f"{prefix}{len(self._numbers) + 1}")

    def _hidden(self, name: str, value: str) -> str:
        """Return what stands for a sensitive value; an empty one is left, and so is a stand-in."""
        scrubbed = self.text(value)
        return scrubbed if not value or scrubbed.startswith(PREFIX) else PREFIX + name

    def _sensitive_name(self, name: str) -> str:
        return name if _plain(name) in self._sensitive else ""

    def _pairs(self, pairs: Pairs) -> Pairs:
        return [
            (name, self._hidden(name, value) if self._sensitive_name(name) else self.text(value))
            for name, value in pairs
        ]

    def _quoted(self, segment: str) -> str:
        plain = unquote(segment)
        scrubbed = self.text(plain)
        return segment if scrubbed == plain else quote(scrubbed, safe="")

    def _loose(self, text: str) -> str:
        """Return a text that is no JSON, but may hold pieces of it."""

        def hide(found: re.Match[str]) -> str:
            name = self._sensitive_name(found[2])
            return found[1] + (self._hidden(name, found[3]) if name else found[3])

        return self.text(_MEMBER.sub(hide, text))


def _plain(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def _keep(headers: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return the headers of these names, sorted, by the names in small letters."""
    kept = {name.lower(): value for name, value in headers.items() if name.lower() in names}
    return dict(sorted(kept.items()))
