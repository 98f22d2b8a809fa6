"""One `[[integrations]]` row: what is read of it, and its own faults."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ireserve_integrations.config import Entry, read_configuration
from ireserve_integrations.model import MappingRow

Read = Callable[..., Entry]

_ROW = """
[[integrations]]
id = "resivo-main"
vendor = "resivo"
active = false
stage = "test"
auth = { client_id = "cid", client_secret = { env = "SECRET" } }
details = { trigger_statuses = ["30"], time_before_minutes = 15 }
mapping = [
  { object = "17", targets = ["Main entrance"] },
  { object = "17", sub_object = "171", targets = ["Main entrance", "Studio 1"] },
]
"""
_MINIMAL = '[[integrations]]\nid = "a"\n'


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a file of one row."""

    def read_row(text: str, **environ: str) -> Entry:
        path = tmp_path / "integrations.toml"
        path.write_text(text, encoding="utf-8")
        (entry,) = read_configuration(path, environ).entries
        return entry

    return read_row


def _told(entry: Entry) -> list[str]:
    return [f"{problem.path}: {problem.message}" for problem in entry.problems]


def test_a_row_is_read_as_it_was_typed(read: Read) -> None:
    entry = read(_ROW, SECRET="s3cret")

    one = entry.integration
    assert entry.problems == ()
    assert (one.id, one.vendor, one.active, one.stage) == ("resivo-main", "resivo", False, "test")
    assert one.auth == {"client_id": "cid", "client_secret": "s3cret"}
    assert one.details == {"trigger_statuses": ["30"], "time_before_minutes": 15}
    assert one.mapping == (
        MappingRow(object="17", targets=("Main entrance",)),
        MappingRow(object="17", sub_object="171", targets=("Main entrance", "Studio 1")),
    )


def test_a_row_of_id_and_vendor_is_active_in_production(read: Read) -> None:
    entry = read(_MINIMAL + 'vendor = "resivo"')

    one = entry.integration
    assert entry.problems == ()
    assert (one.active, one.stage) == (True, "production")
    assert (one.auth, one.details, one.mapping) == ({}, {}, ())


def test_an_entry_knows_which_of_its_secrets_stand_elsewhere(read: Read) -> None:
    assert read(_ROW, SECRET="s3cret").references == {"client_secret"}


def test_a_secret_is_not_shown_by_repr(read: Read) -> None:
    assert "s3cret" not in repr(read(_ROW, SECRET="s3cret"))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"s3cret", "s3cret"),
        (b"s3cret\n", "s3cret"),
        (b"s3cret\r\n", "s3cret"),
        (b"s3cret\n\n", "s3cret\n"),
        (b"\xef\xbb\xbfs3cret", "s3cret"),
        ("gehéim".encode(), "gehéim"),
    ],
)
def test_a_secret_is_read_from_a_file_beside_the_configuration(
    read: Read, tmp_path: Path, content: bytes, told: str
) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "resivo").write_bytes(content)

    entry = read(_MINIMAL + 'vendor = "v"\nauth.secret = { file = "secrets/resivo" }')

    assert entry.integration.auth == {"secret": told}
    assert entry.references == {"secret"}


def test_a_secret_file_may_be_anywhere(
    read: Read, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("elsewhere") / "secret"
    file.write_text("s3cret")

    entry = read(_MINIMAL + f'vendor = "v"\nauth.secret = {{ file = "{file}" }}')

    assert entry.integration.auth == {"secret": "s3cret"}


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ('{ env = "GONE" }', "the environment variable GONE is not set"),
        ('{ env = "EMPTY" }', "the environment variable EMPTY is empty"),
        ('{ env = "FOREIGN" }', "the environment variable FOREIGN is not UTF-8"),
        ('{ env = "" }', "env must be the name of an environment variable"),
        ('{ env = "pa$$ word" }', "env must be the name of an environment variable"),
        ('{ file = "gone" }', "the file gone cannot be read: No such file or directory"),
        ('{ file = "." }', "the file . cannot be read: Is a directory"),
        ('{ file = "a\\u0000b" }', "the file a\\x00b cannot be read: that is not a file's name"),
        ('{ file = "empty" }', "the file empty is empty"),
        ('{ file = "line" }', "the file line is empty"),
        ('{ file = "latin" }', "the file latin is not UTF-8"),
        ('{ file = "/dev/zero" }', "the file /dev/zero is larger than 64 KiB"),
        ("{}", 'must be a text, { env = "NAME" } or { file = "path" }'),
        ("{ env = 5 }", 'must be a text, { env = "NAME" } or { file = "path" }'),
        ('{ var = "A" }', 'must be a text, { env = "NAME" } or { file = "path" }'),
        ('{ env = "A", file = "b" }', 'must be a text, { env = "NAME" } or { file = "path" }'),
        ('{ env = "A", or = "b" }', 'must be a text, { env = "NAME" } or { file = "path" }'),
    ],
)
def test_a_reference_that_leads_nowhere_is_the_rows_problem(
    read: Read, tmp_path: Path, reference: str, message: str
) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "line").write_text("\n")
    (tmp_path / "latin").write_bytes(b"caf\xe9")

    entry = read(
        _MINIMAL + f'vendor = "v"\nauth = {{ other = "x", secret = {reference} }}',
        EMPTY="",
        FOREIGN="caf\udce9",
    )

    assert _told(entry) == [f"auth.secret: {message}"]
    assert entry.integration.auth == {"other": "x"}


def test_a_reference_in_details_is_refused(read: Read) -> None:
    entry = read(_MINIMAL + 'vendor = "v"\ndetails.field = { env = "SECRET" }', SECRET="s3cret")

    assert _told(entry) == ["details.field: takes no { env = … } or { file = … }; only auth does"]


def test_a_table_that_is_no_reference_is_left_to_the_vendors_tab(read: Read) -> None:
    entry = read(_MINIMAL + 'vendor = "v"\ndetails.texts = { nl = "Welkom" }\ndetails.none = {}')

    assert entry.problems == ()
    assert entry.integration.details == {"texts": {"nl": "Welkom"}, "none": {}}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "vendor: is missing"),
        ('vendor = ""', "vendor: is empty"),
        ("vendor = 5", 'vendor: is a number; write it in quotes: "5"'),
        ('vendor = "v"\nactive = "true"', "active: must be true or false"),
        ('vendor = "v"\nactive = 1', "active: must be true or false"),
        ('vendor = "v"\nstage = "acceptance"', 'stage: must be "test" or "production"'),
        ('vendor = "v"\nstage = []', 'stage: must be "test" or "production"'),
        ('vendor = "v"\nauth = "x"', "auth: must be a table"),
        ('vendor = "v"\ndetails = []', "details: must be a table"),
        ('vendor = "v"\nmapping = {}', "mapping: must be a list of tables"),
        ('vendor = "v"\ndetials = {}', "detials: is not a setting; did you mean details?"),
        ('vendor = "v"\n"\\u001b[2J" = 1', "\\x1b[2J: is not a setting; there is id, vendor, "),
        ('vendor = "v"\nmapping = ["17"]', "mapping[0]: must be a table"),
        ('vendor = "v"\nmapping = [{ targets = ["A"] }]', "mapping[0].object: is missing"),
        ('vendor = "v"\nmapping = [{ object = "17" }]', "mapping[0].targets: is missing"),
        (
            'vendor = "v"\nmapping = [{ object = 17, targets = ["A"] }]',
            'mapping[0].object: is a number; write it in quotes: "17"',
        ),
        (
            'vendor = "v"\nmapping = [{ object = "17", sub_object = 1.5, targets = ["A"] }]',
            "mapping[0].sub_object: must be a text in quotes",
        ),
        (
            'vendor = "v"\nmapping = [{ object = "17", targets = [5] }]',
            'mapping[0].targets[0]: is a number; write it in quotes: "5"',
        ),
        (
            'vendor = "v"\nmapping = [{ object = "17", targets = "A" }]',
            "mapping[0].targets: must be a list of texts in quotes",
        ),
        (
            'vendor = "v"\nmapping = [{ object = "17", targets = [] }]',
            "mapping[0].targets: is empty",
        ),
        (
            'vendor = "v"\nmapping = [{ object = "17", targets = [" "] }]',
            "mapping[0].targets[0]: is empty",
        ),
        (
            'vendor = "v"\nmapping = [{ object = "17", target = "A", targets = ["A"] }]',
            "mapping[0].target: is not a setting; did you mean targets?",
        ),
    ],
)
def test_a_fault_of_a_row_is_its_own_problem_with_its_place(
    read: Read, line: str, told: str
) -> None:
    (problem,) = read(_MINIMAL + line).problems

    assert f"{problem.path}: {problem.message}".startswith(told)
    assert problem.severity == "error"


def test_every_fault_of_a_row_is_told_and_the_rest_is_read(read: Read) -> None:
    entry = read(
        _MINIMAL
        + 'active = 5\nstag = "test"\nauth.key = { env = "GONE" }\ndetails.time = 15\n'
        + 'mapping = [{ object = 5, targets = [] }, { object = "17", targets = ["A"] }]'
    )

    assert [problem.path for problem in entry.problems] == [
        *("active", "stag", "vendor", "auth.key", "mapping[0].object", "mapping[0].targets")
    ]
    assert entry.integration.id == "a"
    assert entry.integration.vendor == ""
    assert entry.integration.details == {"time": 15}
    assert entry.integration.mapping == (MappingRow(object="17", targets=("A",)),)


@pytest.mark.parametrize(
    ("sub_object", "what"), [("", "object 17"), (', sub_object = "1"', "object 17, sub-object 1")]
)
def test_an_object_has_one_row(read: Read, sub_object: str, what: str) -> None:
    entry = read(
        _MINIMAL
        + 'vendor = "v"\nmapping = [{ object = "18", targets = ["A"] },'
        + f'{{ object = "17"{sub_object}, targets = ["A"] }},'
        + f'{{ object = "17 "{sub_object}, targets = ["B"] }}]'
    )

    assert _told(entry) == [
        f"mapping[2]: {what} has a row already, mapping[1]; put all targets into one"
    ]
    assert [row.targets for row in entry.integration.mapping] == [("A",), ("A",)]


def test_a_broken_row_leaves_the_others_alone(tmp_path: Path) -> None:
    path = tmp_path / "integrations.toml"
    path.write_text(_MINIMAL + "active = 5\n" + _ROW)

    broken, sound = read_configuration(path, {"SECRET": "s3cret"}).entries

    assert broken.problems != ()
    assert sound.problems == ()
