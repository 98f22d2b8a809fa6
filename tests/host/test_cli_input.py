"""What cannot be used: exit status 2, a sentence that names it, no traceback, nothing written."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.host.command_line import START, Ran, Workplace, event

from ireserve_integrations.ledger import KEY_VARIABLE, new_key
from ireserve_integrations.ledger.keys import KEY_FILE_VARIABLE
from ireserve_resivo.sandbox import ResivoSandbox

ROW = '[[integrations]]\nid = "a"\nvendor = "resivo"\n'
NAIVE = START.replace(tzinfo=None).isoformat()
EARLY = START.replace(year=1999).isoformat()


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    return Workplace(tmp_path, monkeypatch)


@pytest.fixture
def sandbox(workplace: Workplace) -> Iterator[ResivoSandbox]:
    with ResivoSandbox() as sandbox:
        workplace.use(sandbox)
        yield sandbox


def assert_refused(ran: Ran, sentence: str) -> None:
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(sentence)
    assert len(ran.err.splitlines()) == 1
    assert "Traceback" not in ran.err


COMMANDS = [
    ("plugins",),
    ("validate",),
    ("check", "a"),
    ("targets", "a"),
    ("dispatch", "event.json"),
    ("open", "a", "15492"),
    ("action", "a", "b"),
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("[[integrations]\n", "is not TOML: ", id="not TOML"),
        pytest.param(
            ROW + ROW, "integrations[1].id: a is the id of integrations[0] already", id="id twice"
        ),
        pytest.param(
            "[integration]\n", "integration: is not a setting; did you mean", id="unknown table"
        ),
        pytest.param(
            "[host]\nthread = 4\n", "host.thread: is not a setting; did you mean", id="unknown key"
        ),
        pytest.param("[host]\nthreads = 0\n", "host.threads: must be a whole", id="no number"),
        pytest.param("[[integrations]]\n", "integrations[0].id: is missing", id="no id"),
        pytest.param("[integrations]\n", "integrations: must be a list of tables", id="no list"),
        pytest.param("a = 1\n" * 100_000, "is not TOML: ", id="junk"),
    ],
)
def test_a_file_that_cannot_be_used_as_a_whole_stops_every_command(
    workplace: Workplace, arguments: tuple[str, ...], text: str, sentence: str
) -> None:
    workplace.configure(text)
    workplace.write("event.json", event())

    assert_refused(workplace.run(*arguments), f"integrations.toml: {sentence}")
    assert workplace.files == ["event.json", "integrations.toml"]


@pytest.mark.parametrize("arguments", COMMANDS[:5], ids=lambda arguments: arguments[0])
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '[platform.resivo]\napi_ulr = "https://x"\n',
            "platform.resivo.api_ulr: is not a setting; did you mean api_url?",
        ),
        ("[platform.resivoo]\n", "platform.resivoo: is for no plugin that is installed"),
        ('[platform.resivo]\napi_url = "http://x"\n', "platform.resivo.api_url: "),
    ],
    ids=["key", "vendor", "address"],
)
def test_a_platform_table_that_cannot_be_used_stops_every_command(
    workplace: Workplace, arguments: tuple[str, ...], text: str, sentence: str
) -> None:
    workplace.configure(ROW + text)
    workplace.write("event.json", event())

    assert_refused(workplace.run(*arguments), f"integrations.toml: {sentence}")
    assert workplace.files == ["event.json", "integrations.toml"]


@pytest.mark.parametrize("arguments", COMMANDS[1:], ids=lambda arguments: arguments[0])
def test_a_configuration_that_is_not_there_is_named(
    workplace: Workplace, arguments: tuple[str, ...]
) -> None:
    (workplace.folder / "integrations.toml").unlink()
    workplace.write("event.json", event())

    sentence = "integrations.toml: cannot be read: No such file or directory"
    assert_refused(workplace.run(*arguments), sentence)
    assert workplace.files == ["event.json"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param("{", "is not JSON: ", id="not JSON"),
        pytest.param("", "is not JSON: ", id="empty"),
        pytest.param("{}" * 500_000, "is not JSON: ", id="a megabyte of junk"),
        pytest.param("[" * 100_000, "is nested too deeply", id="nested"),
        pytest.param('{"new_status": NaN}', "is not JSON: NaN is no number", id="no number"),
        pytest.param("7", "is no event: an object, or an array", id="number"),
        pytest.param({}, "new_status: is missing; booking: is missing", id="nothing"),
        pytest.param([event(), 7], "event 2: is no event: an object is wanted", id="one of two"),
        pytest.param(
            event(start=NAIVE),
            f"booking.start: '{NAIVE}' has no time zone: add an offset such as +01:00",
            id="naive",
        ),
        pytest.param(
            event(start=EARLY), f"booking.start: '{EARLY}' is not in the years 2000", id="1999"
        ),
        pytest.param(
            event(start="2026-02-30T10:00:00Z"),
            "booking.start: '2026-02-30T10:00:00Z' is a time that does not exist",
            id="no such day",
        ),
        pytest.param(event(end=START.isoformat()), "booking.end: is not after start", id="end"),
        pytest.param(
            [event(), event(end=START.isoformat())],
            "event 2: booking.end: is not after start",
            id="end of the second",
        ),
        pytest.param(event(id=".."), "booking.id: '..' cannot be used as an id", id="path"),
        pytest.param(event(id=""), "booking.id: is empty", id="empty id"),
        pytest.param(event(objects=7), "booking.objects: must be an array", id="objects"),
    ],
)
def test_what_is_no_event_is_not_recorded(
    workplace: Workplace, sandbox: ResivoSandbox, content: object, sentence: str
) -> None:
    workplace.write("event.json", content)

    assert_refused(workplace.run("dispatch", "event.json"), f"event.json: {sentence}")
    assert workplace.files == ["event.json", "integrations.toml"]
    assert sandbox.requests == ()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("missing.json", "missing.json: cannot be read: No such file or directory"),
        (".", ".: cannot be read: Is a directory"),
        ("bytes.json", "bytes.json: is not UTF-8 (byte 0)"),
        ("/dev/zero", "/dev/zero: is larger than 64 MiB"),
    ],
    ids=["missing", "folder", "bytes", "endless"],
)
def test_an_event_file_that_cannot_be_read_is_named(
    workplace: Workplace, name: str, sentence: str
) -> None:
    (workplace.folder / "bytes.json").write_bytes(b"\xff\xfe{}")

    assert_refused(workplace.run("dispatch", name), sentence)
    assert not workplace.database.exists()


def test_a_bad_event_leaves_a_ledger_as_it_was(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    workplace.write("good.json", event())
    workplace.write("bad.json", [event(id="2"), event(id="3", start=NAIVE)])
    workplace.run("dispatch", "good.json")
    before = workplace.database.read_bytes()

    assert_refused(workplace.run("dispatch", "bad.json"), "bad.json: event 2: booking.start: ")
    assert workplace.database.read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "resivo-mian"),
        ("targets", "resivo-mian"),
        ("open", "resivo-mian", "15492"),
        ("action", "resivo-mian", "get_pin"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_an_integration_that_there_is_not_has_a_near_miss(
    workplace: Workplace, sandbox: ResivoSandbox, arguments: tuple[str, ...]
) -> None:
    sentence = "there is no integration 'resivo-mian'; did you mean resivo-main?"
    assert_refused(workplace.run(*arguments), sentence)
    assert workplace.files == ["integrations.toml"]


def test_no_integration_at_all_is_said(workplace: Workplace) -> None:
    sentence = "there is no integration 'a'; integrations.toml has none"
    assert_refused(workplace.run("check", "a"), sentence)


@pytest.mark.parametrize(
    "arguments",
    [("check", "a"), ("dispatch", "event.json")],
    ids=lambda arguments: arguments[0],
)
@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({}, "no key: set IRESERVE_SECRET_KEY"),
        ({KEY_VARIABLE: "short"}, "IRESERVE_SECRET_KEY is not a key: `ireserve-integrations"),
        ({KEY_FILE_VARIABLE: "/nowhere"}, "IRESERVE_SECRET_KEY_FILE: /nowhere cannot be read"),
        (
            {KEY_VARIABLE: new_key(), KEY_FILE_VARIABLE: "/nowhere"},
            "IRESERVE_SECRET_KEY and IRESERVE_SECRET_KEY_FILE are both set",
        ),
    ],
    ids=["none", "no key", "no file", "both"],
)
def test_without_its_key_no_ledger_is_made(
    workplace: Workplace,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    environ: dict[str, str],
    sentence: str,
) -> None:
    monkeypatch.delenv(KEY_VARIABLE)
    workplace.set(environ)
    workplace.configure(ROW)
    workplace.write("event.json", event())

    assert_refused(workplace.run(*arguments), sentence)
    assert workplace.files == ["event.json", "integrations.toml"]


def test_another_key_opens_no_ledger(
    workplace: Workplace, sandbox: ResivoSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    workplace.write("event.json", event())
    workplace.run("dispatch", "event.json")
    monkeypatch.setenv(KEY_VARIABLE, new_key())
    sandbox.forget_requests()

    ran = workplace.run("dispatch", "event.json")

    assert_refused(ran, "the ledger was made with another key")
    assert sandbox.requests == ()


@pytest.mark.parametrize(
    ("database", "words"),
    [
        ("nowhere/ledger.db", "cannot be written: No such file or directory"),
        (".", "cannot be written: Is a directory"),
        ("junk.db", "file is not a database"),
        ("/dev/full", "database or disk is full"),
        ("mysql://localhost/ledger", "in an SQLite file or in PostgreSQL"),
    ],
    ids=["folder missing", "folder", "junk", "full", "another kind"],
)
def test_a_database_that_cannot_be_used_is_named(
    workplace: Workplace, sandbox: ResivoSandbox, database: str, words: str
) -> None:
    workplace.write("event.json", event())
    workplace.write("junk.db", "no database at all " * 1000)

    ran = workplace.run("dispatch", "event.json", "--database", database)

    assert_refused(ran, "")
    assert words in ran.err
    assert workplace.files == ["event.json", "integrations.toml", "junk.db"]
    assert sandbox.requests == ()
