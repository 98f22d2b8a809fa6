"""The installation's key, what it encrypts, and the vault."""

import base64
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ireserve_integrations.errors import LedgerError
from ireserve_integrations.ledger import Keys, Ledger, new_key

if TYPE_CHECKING:
    from tests.conftest import OpenHost

_A_KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
_SECRET = "4711-of-the-lock"
_NOT_A_KEY = "is not a key: `ireserve-integrations keygen` prints one"
OpenLedger = Callable[[str], Ledger]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def open_ledger(database: Path) -> OpenLedger:
    return lambda key: Ledger(str(database), keys=Keys(key), lease_s=30)


@pytest.fixture
def ledger(open_ledger: OpenLedger, key: str) -> Iterator[Ledger]:
    with closing(open_ledger(key)) as ledger:
        yield ledger


def _one_more(held: str | None) -> str:
    return f"{held or ''}x"


def test_no_two_new_keys_are_the_same() -> None:
    assert new_key() != new_key()


@pytest.mark.parametrize("text", ["{}", "{}\n", "  {}\r\n", "\ufeff{}\n"])
def test_a_key_may_stand_in_a_file(tmp_path: Path, key: str, text: str) -> None:
    file = tmp_path / "key"
    file.write_text(text.format(key), encoding="utf-8")
    token = Keys(key).box("vault").lock("pin", _SECRET)

    keys = Keys.from_environment({"IRESERVE_SECRET_KEY_FILE": str(file)})

    assert keys.box("vault").unlock("pin", token) == _SECRET


def test_a_key_may_stand_in_the_environment(key: str) -> None:
    token = Keys(key).box("vault").lock("pin", _SECRET)

    keys = Keys.from_environment({"IRESERVE_SECRET_KEY": key})

    assert keys.box("vault").unlock("pin", token) == _SECRET


@pytest.mark.parametrize(
    "environ",
    [{}, {"IRESERVE_SECRET_KEY": ""}, {"IRESERVE_SECRET_KEY": "", "IRESERVE_SECRET_KEY_FILE": ""}],
)
def test_no_key_is_a_ledger_error_that_says_how_to_make_one(environ: Mapping[str, str]) -> None:
    with pytest.raises(LedgerError) as caught:
        Keys.from_environment(environ)

    assert str(caught.value).startswith(
        "no key: set IRESERVE_SECRET_KEY (or IRESERVE_SECRET_KEY_FILE) to what "
        "`ireserve-integrations keygen` prints"
    )


def test_two_keys_are_one_too_many(key: str) -> None:
    environ = {"IRESERVE_SECRET_KEY": key, "IRESERVE_SECRET_KEY_FILE": "/run/key"}

    with pytest.raises(LedgerError, match="are both set: keep one"):
        Keys.from_environment(environ)


@pytest.mark.parametrize(
    "key",
    [
        " ",
        "pa55word",
        base64.urlsafe_b64encode(b"31 bytes, one less than are due").decode(),
        base64.urlsafe_b64encode(b"33 bytes, and that is one too many").decode(),
        _A_KEY[:-1],
        f"!{_A_KEY}",
        f"{_A_KEY[:20]} {_A_KEY[20:]}",
        "ключ" * 11,
    ],
)
def test_a_malformed_key_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(LedgerError) as caught:
        Keys.from_environment({"IRESERVE_SECRET_KEY": key})

    assert str(caught.value) == f"IRESERVE_SECRET_KEY {_NOT_A_KEY}"


@pytest.mark.parametrize("content", [b"pa55word", b""])
def test_a_malformed_key_in_a_file_names_the_file(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)

    with pytest.raises(LedgerError) as caught:
        Keys.from_environment({"IRESERVE_SECRET_KEY_FILE": str(file)})

    assert str(caught.value) == f"what {file} holds (IRESERVE_SECRET_KEY_FILE) {_NOT_A_KEY}"


@pytest.mark.parametrize("name", ["missing", ".", "a\0b", "not-utf-8"])
def test_a_key_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "not-utf-8").write_bytes(b"\xff\xfe\xff")
    file = f"{tmp_path}/{name}"

    with pytest.raises(LedgerError) as caught:
        Keys.from_environment({"IRESERVE_SECRET_KEY_FILE": file})

    assert str(caught.value) == f"IRESERVE_SECRET_KEY_FILE: {file} cannot be read"


def test_without_a_key_no_file_is_made(open_host: "OpenHost", tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"^no key: "):
        open_host(environ={})

    assert [path.name for path in tmp_path.iterdir()] == ["integrations.toml"]


def test_a_host_without_its_ledger_needs_no_key(open_host: "OpenHost") -> None:
    assert open_host(environ={}, ledger=False).validate() == []


@pytest.mark.usefixtures("ledger")
def test_another_key_is_refused(open_ledger: OpenLedger) -> None:
    with pytest.raises(LedgerError) as caught:
        open_ledger(new_key())

    assert str(caught.value) == (
        "the ledger was made with another key: set IRESERVE_SECRET_KEY to that one"
    )


def test_a_ledger_keeps_its_installation(ledger: Ledger, open_ledger: OpenLedger, key: str) -> None:
    with closing(open_ledger(key)) as again:
        assert again.installation == ledger.installation


# --- what is encrypted ----------------------------------------------------------------------------


def test_the_same_value_is_never_encrypted_the_same_way(key: str) -> None:
    box = Keys(key).box("vault")

    assert box.lock("pin", _SECRET) != box.lock("pin", _SECRET)


def test_what_one_purpose_encrypts_no_other_reads(key: str) -> None:
    token = Keys(key).box("customer").lock("pin", _SECRET)

    with pytest.raises(LedgerError, match="made with another key"):
        Keys(key).box("vault").unlock("pin", token)


@pytest.mark.parametrize("value", ["", "é\n\ud800", "x" * 100_000])
def test_any_text_comes_back_as_it_was(key: str, value: str) -> None:
    box = Keys(key).box("vault")

    assert box.unlock("pin", box.lock("pin", value)) == value


def test_a_quick_box_gives_back_what_it_and_a_box_of_its_purpose_have_locked(key: str) -> None:
    quick, usual = Keys(key).quick_box("customer"), Keys(key).box("customer")
    tokens = [box.lock("15492", _SECRET) for box in (quick, quick, usual)]

    assert [quick.unlock("15492", token) for token in tokens] == [_SECRET] * 3
    assert len(set(tokens)) == 3
    assert not any(_SECRET in token for token in tokens)


def test_a_quick_box_opens_nothing_that_another_key_locked(key: str) -> None:
    token = Keys(new_key()).quick_box("customer").lock("15492", _SECRET)

    with pytest.raises(LedgerError, match="made with another key"):
        Keys(key).quick_box("customer").unlock("15492", token)


def test_a_quick_box_gives_no_booking_the_customer_of_another_one(key: str) -> None:
    box = Keys(key).quick_box("customer")

    with pytest.raises(LedgerError, match=r"another key.*; or .*another row's secret"):
        box.unlock("15493", box.lock("15492", _SECRET))


# --- the vault ------------------------------------------------------------------------------------


def test_the_vault_gives_back_what_was_put(
    ledger: Ledger, open_ledger: OpenLedger, key: str
) -> None:
    ledger.vault("fake").put("pin", _SECRET)

    with closing(open_ledger(key)) as again:
        assert again.vault("fake").get("pin") == _SECRET


def test_the_vault_keeps_the_newest_value(ledger: Ledger) -> None:
    vault = ledger.vault("fake")
    vault.put("pin", "older")
    vault.put("pin", _SECRET)

    assert vault.get("pin") == _SECRET


def test_what_was_forgotten_is_gone(ledger: Ledger) -> None:
    vault = ledger.vault("fake")
    vault.put("pin", _SECRET)
    vault.forget("pin")
    vault.forget("pin")

    assert vault.get("pin") is None


def test_a_secret_is_changed_in_one_step_among_threads(ledger: Ledger) -> None:
    vault = ledger.vault("fake")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: vault.change("counter", _one_more), range(100)))

    assert vault.get("counter") == "x" * 100


def test_a_change_may_drop_a_secret_or_fail(ledger: Ledger) -> None:
    vault = ledger.vault("fake")
    vault.put("pin", _SECRET)

    with pytest.raises(ZeroDivisionError):
        vault.change("pin", lambda _: str(1 / 0))
    assert vault.get("pin") == _SECRET
    assert vault.change("pin", lambda _: None) is None
    assert vault.get("pin") is None


def test_a_vendors_vault_is_its_own(ledger: Ledger) -> None:
    ledger.vault("fake").put("pin", _SECRET)

    assert ledger.vault("other").get("pin") is None


def test_rows_of_the_vault_cannot_be_exchanged(ledger: Ledger, database: Path) -> None:
    vault = ledger.vault("fake")
    vault.put("pin of the front door", _SECRET)
    vault.put("pin of the back door", "0000")

    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "UPDATE secrets SET value = (SELECT value FROM secrets s WHERE s.name != secrets.name)"
        )

    with pytest.raises(LedgerError) as caught:
        vault.get("pin of the front door")
    vault.put("pin of the front door", _SECRET)
    assert vault.get("pin of the front door") == _SECRET
    assert str(caught.value) == "the ledger was changed by hand: a row holds another row's secret"


def test_no_secret_stands_in_the_files_in_plain_text(
    ledger: Ledger, database: Path, key: str
) -> None:
    ledger.vault("fake").put("pin", _SECRET)

    files = sorted(database.parent.glob("ledger.db*"))
    content = b"".join(file.read_bytes() for file in files)

    assert [file.name for file in files] == ["ledger.db", "ledger.db-shm", "ledger.db-wal"]
    assert b"SQLite format 3" in content
    assert b"fake/pin" not in content
    assert _SECRET.encode() not in content
    assert base64.b64encode(_SECRET.encode()) not in content
    assert key.encode() not in content
