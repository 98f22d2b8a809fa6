"""The portal's words for a medium or a key, held against the manual's tables, and `key-status`."""

import json
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner, Result

from ireserve_resivo.key_status import (
    LISTED,
    Carrier,
    How,
    KeyStatus,
    Opens,
    ReadBy,
    Reading,
    read_key_status,
)
from ireserve_resivo.key_status_command import command

_KEYHOLDER = "the keyholder opens the mobile access app or reloads the key list"
_WALK = "someone walks to the door (no internet) and updates it"
_UPDATE = "someone updates the door"
_COMMON = "nothing: common doors update themselves"
_RENTAL = "someone updates the rental property's door"
_NO_DOOR = "it opens no door."
_UNTIL = "it opens doors until completed."
_RESTRICTED = "yes, within its restrictions"

# The contract's tables, typed a second time: words, list, applies to, how, opens, what is left.
_CONTRACT = [
    ("Planned", "medium", "medium", None, "no", "the tenant moves in"),
    ("Active", "medium", "medium", None, "yes", ""),
    ("Door update pending", "medium", "medium", None, "no", "the door is updated"),
    ("Deployment pending", "key", "key", None, "no", "the cloud deploys it"),
    ("Deployed", "key", "key", None, "yes", ""),
    ("Revocation pending", "medium", "medium", None, "until completed", "the door is updated"),
    ("Revocation pending", "key", "key", None, "until completed", _KEYHOLDER),
    ("Revoked", "medium", "medium", None, "no", ""),
    ("Revoked", "key", "key", None, "no", ""),
    ("Deployment pending", "deployment", "medium", "manual", "not yet", _WALK),
    (
        "Deployment pending",
        "deployment",
        "medium",
        "automated",
        "not yet",
        "nothing: the door updates itself",
    ),
    ("Deployed", "deployment", "medium key", None, "yes", ""),
    ("Revocation pending", "deployment", "medium", "manual", "until completed", _UPDATE),
    ("Revocation pending", "deployment", "medium", "automated", "until completed", "nothing"),
    ("Blocking pending", "deployment", "key", "manual", "until completed", _UPDATE),
    ("Blocking pending", "deployment", "key", "automated", "until completed", "nothing"),
    ("Blocked", "deployment", "key", None, "no", ""),
    ("Unblocking pending", "deployment", "key", "manual", "not yet", _UPDATE),
    ("Unblocking pending", "deployment", "key", "automated", "not yet", "nothing"),
    ("Always", "home app", "medium key", None, _RESTRICTED, ""),
    ("Time and day information", "home app", "medium key", None, _RESTRICTED, ""),
    ("Updating common doors", "home app", "medium", None, "unknown", _COMMON),
    ("Please update the door", "home app", "medium", None, "unknown", _RENTAL),
    ("Deactivation in progress", "home app", "key", None, "until completed", _KEYHOLDER),
    ("Expired", "home app", "key", None, "no", ""),
    ("Blocked", "home app", "key", None, "no", ""),
]


def _as_row(reading: Reading) -> tuple[str, str, str, str | None, str, str]:
    applies_to = " ".join(reading.applies_to)
    return (
        reading.status,
        reading.reading,
        applies_to,
        reading.how,
        reading.opens,
        reading.still,
    )


def _run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "120"}).invoke(command, arguments)


@click.group()
@click.option("--json", "as_json", is_flag=True)
def _whole_program(*, as_json: bool) -> None:
    """Stand in for the host's command line, which knows `--json` before the command too."""


_whole_program.add_command(command)


def test_the_list_is_the_contracts_tables_row_by_row() -> None:
    assert [_as_row(reading) for reading in LISTED] == _CONTRACT


@pytest.mark.parametrize("row", _CONTRACT, ids=lambda row: " ".join(filter(None, row[:4])))
def test_every_row_is_read_from_its_words(
    row: tuple[str, str, str, str | None, str, str],
) -> None:
    assert row in [_as_row(reading) for reading in read_key_status(row[0]).readings]


@pytest.mark.parametrize(
    "words",
    [
        "Revocation pending",
        "REVOCATION PENDING",
        "revocation pending",
        "  Revocation\t pending\n",
        "Revocation\u00a0pending",
    ],
)
def test_words_are_read_in_any_letter_case_and_spacing(words: str) -> None:
    readings = read_key_status(words).readings

    assert [(one.reading, one.how) for one in readings] == [
        (ReadBy.MEDIUM, None),
        (ReadBy.KEY, None),
        (ReadBy.DEPLOYMENT, How.MANUAL),
        (ReadBy.DEPLOYMENT, How.AUTOMATED),
    ]


@pytest.mark.parametrize(
    "words", ["Blocking pending", "Blocking pending (phone number blocked)", "BLOCKING PENDING"]
)
def test_blocking_is_read_with_and_without_its_parenthesis(words: str) -> None:
    readings = read_key_status(words).readings

    assert [(one.status, one.how) for one in readings] == [
        ("Blocking pending", How.MANUAL),
        ("Blocking pending", How.AUTOMATED),
    ]


def test_words_in_several_lists_are_read_by_each() -> None:
    readings = read_key_status("blocked").readings

    assert [one.reading for one in readings] == [ReadBy.DEPLOYMENT, ReadBy.HOME_APP]


def test_the_home_app_says_under_which_heading_words_stand() -> None:
    groups = {one.status: one.group for one in LISTED if one.reading is ReadBy.HOME_APP}

    assert groups == {
        "Always": "Active",
        "Time and day information": "Active",
        "Updating common doors": "Active",
        "Please update the door": "Active",
        "Deactivation in progress": "Active",
        "Expired": "Inactive",
        "Blocked": "Inactive",
    }


@pytest.mark.parametrize(
    "words",
    [
        "time and day information",
        "Mon - Fri 08:00 - 17:00",
        "Monday–Friday, 8.00–17.00",
        "Sat and Sun",
        "Weekdays from 8 to 17",
        "Every Wednesday until 9:30 pm",
        "8am to 5pm",
        "Until 25/12/2026",
        "2026-11-21 – 2026-11-30",
        "2026-11-21 08:45 – 2026-11-22 11:00",
    ],
)
def test_times_and_days_are_a_restriction_within_which_doors_open(words: str) -> None:
    key_status = read_key_status(words)

    assert key_status == KeyStatus(
        words=words,
        readings=(
            Reading(
                status="Time and day information",
                reading=ReadBy.HOME_APP,
                applies_to=(Carrier.MEDIUM, Carrier.KEY),
                opens=Opens.RESTRICTED,
                group="Active",
            ),
        ),
    )


def test_the_manuals_whole_phrase_for_an_active_key_is_read() -> None:
    readings = read_key_status("Always, or time and day information").readings

    assert [one.status for one in readings] == ["Always", "Time and day information"]


@pytest.mark.parametrize(
    "words",
    [
        "Quarantined",
        " Half  Open ",
        "Inactive",
        "Revocation",
        "Revocation pending since 08:00",
        "Door 12 closed on Monday",
        "to and from",
        "24",
        "",
    ],
)
def test_words_that_the_manual_does_not_list_survive_as_themselves(words: str) -> None:
    assert read_key_status(words) == KeyStatus(words=words, readings=())


def test_json_answers_every_reading_with_exactly_the_documented_keys() -> None:
    result = _run("Deployment pending", "--json")

    assert result.exit_code == 0
    assert result.stderr == ""
    assert json.loads(result.stdout) == [
        {
            "status": "Deployment pending",
            "reading": "key",
            "how": None,
            "opens": "no",
            "still": "the cloud deploys it",
        },
        {
            "status": "Deployment pending",
            "reading": "deployment",
            "how": "manual",
            "opens": "not yet",
            "still": _WALK,
        },
        {
            "status": "Deployment pending",
            "reading": "deployment",
            "how": "automated",
            "opens": "not yet",
            "still": "nothing: the door updates itself",
        },
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--json", "key-status", "Always"),
        ("key-status", "--json", "Always"),
        ("key-status", "Always", "--json"),
        ("--json", "key-status", "--json", "Always"),
    ],
)
def test_json_is_asked_for_before_or_after_the_command(arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(_whole_program, arguments)

    assert [one["opens"] for one in json.loads(result.stdout)] == [_RESTRICTED]


def test_words_need_no_quotes() -> None:
    assert _run("--json", "please", "update the", "door").stdout == (
        _run("--json", "Please update the door").stdout
    )


def test_people_get_a_table() -> None:
    stdout = _run("REVOCATION", " pending").stdout

    assert "REVOCATION pending" in stdout
    assert "What must still happen" in stdout
    assert "│ deployment │ medium     │ automated │ until completed │ nothing  " in stdout


@pytest.mark.parametrize(
    ("words", "said_of", "meaning"),
    [
        ("Planned", "of an access medium", f"{_NO_DOOR} Still to happen: the tenant moves in."),
        ("Revocation pending", "of a digital key", f"{_UNTIL} Still to happen: {_KEYHOLDER}."),
        (
            "Deployment pending",
            "of a door's deployment (medium, automated)",
            "it does not open the door yet. Nobody has to act: the door updates itself.",
        ),
        (
            "Blocking pending",
            "of a door's deployment (key, automated)",
            f"{_UNTIL} Nobody has to act.",
        ),
        ("Deployed", "of a door's deployment (medium and key)", "it opens doors."),
        (
            "Please update the door",
            "in the home app under Active (medium)",
            f"whether it opens a door is unknown. Still to happen: {_RENTAL}.",
        ),
        (
            "Always",
            "in the home app under Active (medium and key)",
            "it opens doors, within its restrictions.",
        ),
        ("Expired", "in the home app under Inactive (key)", _NO_DOOR),
    ],
)
def test_people_get_plain_sentences(words: str, said_of: str, meaning: str) -> None:
    result = _run(words)

    assert (result.exit_code, result.stderr) == (0, "")
    assert f"{words}, said {said_of}: {meaning}\n" in result.stdout


def test_people_are_told_that_a_link_has_no_such_status() -> None:
    assert _run("Active").stdout.endswith(
        "Remote access by link has neither a medium nor a key:"
        " none of these statuses applies to it.\n"
    )


def test_unlisted_words_are_said_and_the_list_goes_to_standard_error() -> None:
    result = _run("Quarantined", "[bold]")

    assert result.exit_code == 1
    assert result.stdout == 'The manual does not list "Quarantined [bold]".\n'
    assert "  medium: Planned, Active, Door update pending, " in result.stderr
    assert "  key: Deployment pending, Deployed, Revocation pending, Revoked\n" in result.stderr
    assert "  deployment: Deployment pending, Deployed, " in result.stderr
    assert "  home app: Always, Time and day information, " in result.stderr


def test_unlisted_words_are_an_empty_array_for_machines() -> None:
    result = _run("--json", "Quarantined")

    assert (result.exit_code, result.stdout, result.stderr) == (1, "[]\n", "")


def test_words_that_are_no_text_are_unlisted_and_no_traceback() -> None:
    result = _run("Quarant\udcffned")

    assert result.exit_code == 1
    assert "Quarant?ned" in result.stdout


@pytest.mark.parametrize("arguments", [(), ("--json",), ("",), (" ", "\t")])
def test_missing_words_are_a_usage_error(arguments: tuple[str, ...]) -> None:
    result = _run(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "WORDS" in result.stderr


def test_importing_the_command_loads_none_of_the_heavy_libraries() -> None:
    heavy = "{'sqlalchemy', 'httpx', 'flask', 'rich', 'marshmallow'}"
    program = (
        f"import sys, ireserve_resivo.key_status_command\nprint(sorted({heavy} & set(sys.modules)))"
    )

    answer = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
    )

    assert answer.stdout == "[]\n"
