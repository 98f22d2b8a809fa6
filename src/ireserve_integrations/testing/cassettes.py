"""The cassette kit: a vendor's answers, recorded once through vcrpy and replayed by the same test.

For pytest-recording: `vcr_config` returns `settings(…)`, and the hook `pytest_recording_configure`
calls `add_matchers`. vcrpy is a development dependency and is loaded only where it is used.

Run as a module, with the folder of cassettes, this writes the table in the folder's README anew.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from .scrubbing import PREFIX, RecordedRequest, Scrubber

__all__ = [
    "PREFIX",
    "Origin",
    "Scrubber",
    "add_matchers",
    "read_cassette",
    "settings",
    "tabulate",
    "write_table",
]

_BEGIN, _END = "<!-- table: begin -->\n", "<!-- table: end -->"
_COLUMNS = ("Cassette", "Last call", "Answered", "Origin", "What it shows")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a cassette comes from; it stands in the cassette as `metadata`."""

    recorded_from: Literal["sandbox", "live"]
    contract: str
    """The version of the vendor's API, `Resivo v8`; a date would change with every recording."""
    shows: str
    """One line, for whoever looks for a cassette."""


def settings(scrubber: Scrubber, origin: Origin) -> dict[str, Any]:
    """Return what a fixture `vcr_config` answers: match everything, scrub everything."""
    return {
        "match_on": ("method", "scheme", "host", "port", "path", "headers", *_MATCHERS),
        "decode_compressed_response": True,
        "before_record_request": scrubber.request,
        "before_record_response": scrubber.answer,
        "persister": _Persister(origin),
    }


def add_matchers(vcr: Any) -> None:
    """Teach a `vcr.VCR` to compare queries and bodies to the last value.

    vcrpy's own take an empty value for a missing one, and `true` for `1`.
    """
    for name, matcher in _MATCHERS.items():
        vcr.register_matcher(name, matcher)


def same_query(one: RecordedRequest, other: RecordedRequest) -> None:
    """Raise AssertionError unless the queries hold the same values, in any order."""
    queries = [_pairs(urlsplit(each.uri).query) for each in (one, other)]
    _compare(*queries)


def same_body(one: RecordedRequest, other: RecordedRequest) -> None:
    """Raise AssertionError unless the bodies mean the same as what they say they are."""
    _compare(_meaning(one), _meaning(other))


_MATCHERS: Mapping[str, Callable[[RecordedRequest, RecordedRequest], None]] = {
    "same_query": same_query,
    "same_body": same_body,
}


def read_cassette(path: Path) -> dict[str, Any]:
    """Return what a cassette holds: `metadata`, and `interactions` of a request and a response."""
    import yaml  # type: ignore[import-untyped]  # noqa: PLC0415  # comes with vcrpy

    cassette: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return cassette


def tabulate(folder: Path) -> str:
    """Return a Markdown table of every cassette in the folder's folders, sorted by name."""
    cassettes = sorted(folder.glob("*/*.yaml"), key=lambda path: (path.parent, path.stem))
    rows = [_COLUMNS, ["---"] * len(_COLUMNS), *(_row(path, folder) for path in cassettes)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def write_table(folder: Path) -> None:
    """Put the table of the cassettes between the two marks in the folder's README.

    Raises:
        ValueError: The README does not have the marks.
    """
    readme = folder / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(_BEGIN)
    _, mark, after = rest.partition(_END)
    if not mark:
        raise ValueError(f"{readme} has no table between {_BEGIN.strip()} and {_END}")
    text = f"{before}{_BEGIN}{tabulate(folder)}{_END}{after}"
    readme.write_text(text, encoding="utf-8", newline="\n")


class _Persister:
    """Writes a cassette as people read it: its origin first, a body on a line, no escapes."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    def load_cassette(self, path: str, serializer: Any) -> Any:
        """Return what vcrpy's own persister would."""
        from vcr.persisters.filesystem import (  # type: ignore[import-untyped]  # noqa: PLC0415
            CassetteNotFoundError,
        )
        from vcr.serialize import deserialize  # type: ignore[import-untyped]  # noqa: PLC0415

        try:
            return deserialize(Path(path).read_text(encoding="utf-8"), serializer)
        except FileNotFoundError:
            raise CassetteNotFoundError from None

    def save_cassette(self, path: str, cassette: Mapping[str, Any], serializer: Any) -> None:  # noqa: ARG002  # vcrpy names it
        """Write a cassette that any vcrpy from 8.2 reads."""
        import yaml  # noqa: PLC0415

        pairs = zip(cassette["requests"], cassette["responses"], strict=True)
        content = {
            "metadata": asdict(self._origin),
            "version": 1,
            "interactions": [_interaction(request, answer) for request, answer in pairs],
        }
        text = yaml.dump(
            content, Dumper=yaml.SafeDumper, sort_keys=False, allow_unicode=True, width=sys.maxsize
        )
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8", newline="\n")


def _interaction(request: RecordedRequest, answer: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "request": {
            "method": request.method,
            "uri": request.uri,
            "headers": {name: [value] for name, value in request.headers.items()},
            "body": (request.body or b"").decode() or None,
        },
        "response": {
            "status": answer["status"],
            "headers": answer["headers"],
            "body": {"string": answer["body"]["string"].decode()},
        },
    }


def _row(path: Path, folder: Path) -> Sequence[str]:
    cassette = read_cassette(path)
    calls = [
        (f"{request['method']} {urlsplit(request['uri']).path}", str(response["status"]["code"]))
        for request, response in _exchanges(cassette)
    ]
    last = calls[-1][0]
    name, metadata = path.relative_to(folder).as_posix(), cassette["metadata"]
    return (
        f"[{name}]({name})",
        f"`{last}`",
        ", ".join(status for call, status in calls if call == last),
        f"{metadata['recorded_from']}, {metadata['contract']}",
        metadata["shows"].replace("|", "\\|"),
    )


def _exchanges(cassette: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    for interaction in cassette["interactions"]:
        yield interaction["request"], interaction["response"]


def _meaning(request: RecordedRequest) -> tuple[str, object]:
    """Return a body's media type and what it says; what cannot be read so stands for itself."""
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    body = request.body or b""
    try:
        if media_type == "application/x-www-form-urlencoded":
            return media_type, _pairs(body.decode())
        if media_type.endswith("json"):  # `1` is not `true`, as it is to Python
            return media_type, json.dumps(json.loads(body), sort_keys=True, ensure_ascii=False)
    except ValueError:
        return media_type, body
    return media_type, body


def _pairs(query: str) -> list[tuple[str, str]]:
    return sorted(parse_qsl(query, keep_blank_values=True))


def _compare(one: object, other: object) -> None:
    if one != other:
        raise AssertionError(f"{one} is not {other}")


if __name__ == "__main__":
    write_table(Path(sys.argv[1]))
