"""Whatever lies where integrations.toml should be: a configuration, or one sentence."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ireserve_integrations.config import Configuration, read_configuration
from ireserve_integrations.errors import ConfigError

_any_file = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example overwrites it
)
_KEYS = [
    *("id", "vendor", "active", "stage", "auth", "details", "mapping", "object", "sub_object"),
    *("targets", "threads", "lease_s", "token", "time_zone", "kind", "catalogue", "statuses"),
    *("fields", "objects", "sub_objects", "name", "blocked", "env", "file", "resivo", "''"),
]
_scalars = st.sampled_from(["'a'", "''", "17", "-1", "1.5", "nan", "true", "1979-05-27", "'\t'"])
_inline = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=6).map(
            lambda table: f"{{{', '.join(f'{key} = {value}' for key, value in table.items())}}}"
        )
    ),
    max_leaves=20,
)
_tables = ["host", "booking_core", "booking_core.catalogue", "plugins", "platform", "integrations"]
_documents = st.dictionaries(st.sampled_from(_tables), _inline).map(
    lambda document: "\n".join(f"{key} = {value}" for key, value in document.items())
)
_rows = st.lists(st.dictionaries(st.sampled_from(_KEYS), _inline, max_size=6), max_size=3).map(
    lambda rows: "\n".join(
        "\n".join(
            ["[[integrations]]", f"id = 'i{number}'"]
            + [f"{key} = {value}" for key, value in row.items() if key != "id"]
        )
        for number, row in enumerate(rows)
    )
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "integrations.toml"


def _read_or_refuse(path: Path) -> Configuration | ConfigError:
    try:
        return read_configuration(path, {})
    except ConfigError as error:
        return error


@_any_file
@example(text="[[integrations]]\nid='a'\nmapping=[{object=0x" + "f" * 9999 + "}]")
@given(text=st.text() | _documents)
def test_whatever_the_file_holds_it_is_read_or_refused(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")

    assert _read_or_refuse(path) is not None


@_any_file
@given(text=_rows)
def test_whatever_a_named_row_holds_the_file_can_be_used(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")

    assert isinstance(read_configuration(path, {}), Configuration)


@_any_file
@given(content=st.binary())
def test_whatever_bytes_the_file_holds_it_is_read_or_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    assert _read_or_refuse(path) is not None


def test_a_missing_file_is_named(path: Path) -> None:
    with pytest.raises(ConfigError, match=r"integrations\.toml: cannot be read: No such file"):
        read_configuration(path, {})


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read_configuration(tmp_path, {})


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a file's name"):
        read_configuration(tmp_path / "a\0b", {})


def test_foreign_bytes_are_named_with_their_line(path: Path) -> None:
    path.write_bytes(b"\n[host]\nthreads = 3 # caf\xe9")

    with pytest.raises(ConfigError, match=r"is not UTF-8 \(line 3\)"):
        read_configuration(path, {})


def test_a_byte_order_mark_is_passed_over(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf[host]\nthreads = 3")

    assert read_configuration(path, {}).host.threads == 3


def test_megabytes_of_junk_are_refused(path: Path) -> None:
    path.write_text("junk " * 1_000_000)

    with pytest.raises(ConfigError, match="is not TOML"):
        read_configuration(path, {})


def test_a_file_without_an_end_is_refused() -> None:
    with pytest.raises(ConfigError, match="/dev/zero: is larger than 16 MiB"):
        read_configuration(Path("/dev/zero"), {})


@pytest.mark.parametrize(
    ("rows", "end"), [(5, '"4"'), (6, "; and 1 more"), (999, "; and 994 more")]
)
def test_a_message_tells_five_faults_and_counts_the_others(path: Path, rows: int, end: str) -> None:
    path.write_text("".join(f"[[integrations]]\nid = {number}\n" for number in range(rows)))

    with pytest.raises(ConfigError) as caught:
        read_configuration(path, {})

    assert str(caught.value).count("integrations[") == 5
    assert str(caught.value).endswith(end)
