"""integrations.toml as a whole: what it may say, and what stops it from being used."""

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ireserve_integrations.config import (
    BookingCoreSettings,
    CatalogueObject,
    Configuration,
    HostSettings,
    read_configuration,
)
from ireserve_integrations.errors import ConfigError

Read = Callable[..., Configuration]

_WHOLE = """
[platform.resivo]
api_version = "v8"

[host]
call_deadline_s = 2.5
late_request_s = 0
threads = 4
keep_customer_days = 0

[booking_core]
kind = "ireserve"
base_url = "https://reserve.example.org"
token = { env = "IRESERVE_TOKEN" }
phone_field = "custom3"
language_field = "custom4"
time_zone = "Europe/Amsterdam"
write_delay_s = 0

[booking_core.catalogue]
statuses = { "30" = "PAID", "70" = "CANCELLED" }
fields = { custom12 = "Access id" }
objects = [ { id = "17", name = "Building", sub_objects = [ { id = "171" } ] }, { id = "18" } ]

[plugins]
blocked = ["other"]

[[integrations]]
id = "second"
vendor = "resivo"

[[integrations]]
id = "first"
vendor = "resivo"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "integrations.toml"


@pytest.fixture
def read(path: Path) -> Read:
    def read_text(text: str, **environ: str) -> Configuration:
        path.write_text(text, encoding="utf-8")
        return read_configuration(path, environ)

    return read_text


@pytest.fixture
def refusal(read: Read, path: Path) -> Callable[[str], str]:
    """Read what must be refused; return the message behind the file's name."""

    def refuse(text: str) -> str:
        with pytest.raises(ConfigError) as caught:
            read(text)
        assert str(caught.value).startswith(f"{path}: ")
        return str(caught.value).removeprefix(f"{path}: ")

    return refuse


def test_every_table_of_a_file_is_read(read: Read, path: Path) -> None:
    configuration = read(_WHOLE, IRESERVE_TOKEN="t0k")

    assert configuration.path == path
    assert configuration.host == HostSettings(
        call_deadline_s=2.5, late_request_s=0, threads=4, keep_customer_days=0
    )
    assert configuration.blocked == ("other",)
    assert configuration.platform == {"resivo": {"api_version": "v8"}}
    assert [entry.integration.id for entry in configuration.entries] == ["second", "first"]


def test_the_booking_core_is_read_with_its_catalogue(read: Read) -> None:
    core = read(_WHOLE, IRESERVE_TOKEN="t0k").booking_core

    assert core is not None
    assert core.kind == "ireserve"
    assert core.base_url == "https://reserve.example.org"
    assert core.token == "t0k"
    assert (core.phone_field, core.language_field) == ("custom3", "custom4")
    assert core.time_zone == ZoneInfo("Europe/Amsterdam")
    assert core.write_delay_s == 0
    assert core.catalogue.statuses == {"30": "PAID", "70": "CANCELLED"}
    assert core.catalogue.fields == {"custom12": "Access id"}
    assert core.catalogue.objects == (
        CatalogueObject(id="17", name="Building", sub_objects=(CatalogueObject(id="171"),)),
        CatalogueObject(id="18"),
    )


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://reserve.example.org/town/", "https://reserve.example.org/town"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_the_booking_cores_address_is_https_or_on_this_machine(
    read: Read, typed: str, kept: str
) -> None:
    core = read(f"[booking_core]\nbase_url = '{typed}'").booking_core

    assert core is not None
    assert (core.kind, core.base_url) == (None, kept)


def test_an_empty_file_has_the_defaults_of_the_design(read: Read) -> None:
    configuration = read("")

    assert configuration.host == HostSettings(
        call_deadline_s=30,
        late_request_s=60,
        lease_s=30,
        sweep_s=20,
        retry_first_s=5,
        retry_longest_s=3600,
        threads=16,
        keep_customer_days=30,
    )
    assert configuration.booking_core is None
    assert (configuration.blocked, configuration.entries, configuration.platform) == ((), (), {})


def test_an_empty_booking_core_table_is_not_none(read: Read) -> None:
    assert read("[booking_core]").booking_core == BookingCoreSettings(write_delay_s=5)


def test_a_token_is_not_shown_by_repr(read: Read) -> None:
    assert "t0k" not in repr(read(_WHOLE, IRESERVE_TOKEN="t0k"))


def test_a_platform_secret_is_not_shown_by_repr(read: Read) -> None:
    assert "s3cret" not in repr(read('[platform.resivo]\nkey = "s3cret"'))


def test_the_environment_of_the_process_is_the_default(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_TOKEN", "t0k")
    path.write_text('booking_core = { token = { env = "SOME_TOKEN" } }')

    core = read_configuration(path).booking_core

    assert core is not None
    assert core.token == "t0k"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[host", "is not TOML: Expected ']' at the end of a table declaration (at "),
        ("a = 1\na = 2", "is not TOML: Cannot overwrite a value (at "),
        ("a = " + "9" * 5000, "is not TOML: a number is too long"),
        ("a = " + "[" * 100_000, "is nested too deeply"),
        ("a = " + "{a = " * 100_000, "is nested too deeply"),
        ("a = " + "[" * 40 + "]" * 40, "is nested too deeply"),
        ("[[integrations]]\ndetails" + ".a" * 40 + " = 1", "is nested too deeply"),
        ("[hosts]", "hosts: is not a setting; did you mean host?"),
        ("[salto]", "salto: is not a setting; there is platform, host, booking_core, plugins, "),
        ("host = 5", "host: must be a table"),
        ("plugins = []", "plugins: must be a table"),
        ("platform = true", "platform: must be a table"),
        ("[platform]\nresivo = 5", "platform.resivo: must be a table"),
        ("booking_core = 1", "booking_core: must be a table"),
        ("[integrations]\nid = 'a'", "integrations: must be a list of tables: [[integrations]]"),
        ("integrations = [5]", "integrations[0]: must be a table"),
        ("[[integrations]]\nvendor = 'v'", "integrations[0].id: is missing"),
        ("[[integrations]]\nid = ''", "integrations[0].id: is empty"),
        ("[[integrations]]\nid = ' '", "integrations[0].id: is empty"),
        ("[[integrations]]\nid = 17", 'integrations[0].id: is a number; write it in quotes: "17"'),
        ("[[integrations]]\nid = true", "integrations[0].id: must be a text in quotes"),
        ("integrations = [{id = 'a'}, {id = 'b'}, {id = 'a '}]", "integrations[2].id: a is the id"),
        ("[plugins]\nblock = []", "plugins.block: is not a setting; did you mean blocked?"),
        ("[plugins]\nblocked = 'other'", "plugins.blocked: must be a list of texts in quotes"),
        ("[plugins]\nblocked = [5]", 'plugins.blocked[0]: is a number; write it in quotes: "5"'),
        ("[host]\nthread = 5", "host.thread: is not a setting; did you mean threads?"),
        ("[host]\nthreads = 0", "host.threads: must be a whole number from 1 to 256"),
        ("[host]\nthreads = 2.0", "host.threads: must be a whole number from 1 to 256"),
        ("[host]\nthreads = true", "host.threads: must be a whole number from 1 to 256"),
        ("[host]\nkeep_customer_days = -1", "host.keep_customer_days: must be a whole number"),
        ("[host]\nlease_s = 0", "host.lease_s: must be a number from 0.01 to 3,600"),
        ("[host]\nlease_s = '30'", "host.lease_s: must be a number from 0.01 to 3,600"),
        ("[host]\nlease_s = true", "host.lease_s: must be a number from 0.01 to 3,600"),
        ("[host]\nlease_s = nan", "host.lease_s: must be a number from 0.01 to 3,600"),
        ("[host]\nsweep_s = inf", "host.sweep_s: must be a number from 0.01 to 3,600"),
        ("[host]\nsweep_s = 0x" + "f" * 9999, "host.sweep_s: must be a number from 0.01 to 3,600"),
        ("[host]\ncall_deadline_s = 601", "host.call_deadline_s: must be a number from 0.01 to"),
        ("[host]\nlate_request_s = -1", "host.late_request_s: must be a number from 0 to 86,400"),
        ("[host]\nretry_first_s = 0", "host.retry_first_s: must be a number from 0.01 to 86,400"),
        ("[host]\nretry_longest_s = 604801", "host.retry_longest_s: must be a number from 0.01"),
        ("[host]\nkeep_customer_days = 3651", "host.keep_customer_days: must be a whole number"),
        ("[host]\nretry_longest_s = 1", "host.retry_longest_s: must be at least retry_first_s, 5"),
        ("[booking_core]\ntime_zon = 1", "booking_core.time_zon: is not a setting; did you mean "),
        ("[booking_core]\nkind = 'memory'", 'booking_core.kind: must be "ireserve"'),
        ("[booking_core]\nkind = 5", 'booking_core.kind: must be "ireserve"'),
        ("[booking_core]\nbase_url = 5", "booking_core.base_url: must be a text in quotes"),
        (
            "[booking_core]\nbase_url = 'http://r.example.org'",
            "booking_core.base_url: the address of the API: http://r.example.org is not https",
        ),
        (
            "[booking_core]\nbase_url = 'https://user:t0k@reserve.example.org'",
            "booking_core.base_url: the address of the API: give an address such as https://host",
        ),
        (
            "[booking_core]\nbase_url = 'reserve.example.org'",
            "booking_core.base_url: the address of the API: give an address such as https://host",
        ),
        (
            "[booking_core]\nkind = 'ireserve'\ntoken = 't'",
            'booking_core.base_url: is missing; kind = "ireserve" needs it',
        ),
        (
            "[booking_core]\nkind = 'ireserve'\nbase_url = 'https://reserve.example.org'",
            'booking_core.token: is missing; kind = "ireserve" needs it',
        ),
        (
            "[booking_core]\nkind = 'ireserve'\nbase_url = 5\ntoken = 't'",
            "booking_core.base_url: must be a text in quotes",
        ),
        ("[booking_core]\nphone_field = 3", "booking_core.phone_field: must be a text in quotes"),
        ("[booking_core]\nwrite_delay_s = -1", "booking_core.write_delay_s: must be a number"),
        ("[booking_core]\nwrite_delay_s = 3601", "booking_core.write_delay_s: must be a number"),
        ("[booking_core]\ntoken = 5", "booking_core.token: must be a text in quotes"),
        ("[booking_core]\ntoken = { env = 'T' }", "booking_core.token: the environment variable T"),
        ("[booking_core]\ncatalogue = 5", "booking_core.catalogue: must be a table"),
        ("[booking_core.catalogue]\nfield = {}", "booking_core.catalogue.field: is not a setting"),
        ("[booking_core.catalogue]\nfields = 5", "booking_core.catalogue.fields: must be a table"),
        (
            "[booking_core.catalogue]\nstatuses = { 30 = 5 }",
            "booking_core.catalogue.statuses: must hold texts in quotes only",
        ),
        (
            "[booking_core.catalogue]\nobjects = {}",
            "booking_core.catalogue.objects: must be a list of tables",
        ),
        (
            "[booking_core.catalogue]\nobjects = [{id = 17}]",
            'booking_core.catalogue.objects[0].id: is a number; write it in quotes: "17"',
        ),
        (
            "[booking_core.catalogue]\nobjects = [{id = '1', sub_object = []}]",
            "booking_core.catalogue.objects[0].sub_object: is not a setting; did you mean sub_obj",
        ),
        (
            "[booking_core.catalogue]\nobjects = [{id = '1', sub_objects = [{}]}]",
            "booking_core.catalogue.objects[0].sub_objects[0].id: is missing",
        ),
    ],
)
def test_what_concerns_the_whole_file_stops_it_and_names_the_place(
    refusal: Callable[[str], str], text: str, message: str
) -> None:
    assert refusal(text).startswith(message)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Europe/Amsterdm", "; did you mean Europe/Amsterdam?"),
        ("qqqqqq", ""),
        ("../../etc/passwd", ""),
        ("/etc/localtime", ""),
        ("Europe", ""),
        ("localtime", ""),
    ],
)
def test_only_a_time_zone_by_its_name_is_taken(
    refusal: Callable[[str], str], name: str, near: str
) -> None:
    known = "is not a time zone that is known here, such as Europe/Amsterdam"

    said = refusal(f"[booking_core]\ntime_zone = '{name}'")

    assert said.startswith(f"booking_core.time_zone: {known}{near}")


def test_several_faults_are_told_together(refusal: Callable[[str], str]) -> None:
    said = refusal("[host]\nthreads = 0\n[plugins]\nblocked = 5\n[[integrations]]\nid = 5")

    assert "host.threads: " in said
    assert "plugins.blocked: " in said
    assert "integrations[0].id: " in said


def test_a_fault_in_one_setting_hides_no_other(refusal: Callable[[str], str]) -> None:
    said = refusal("[host]\nthreads = 0\nretry_first_s = 10\nretry_longest_s = 5")

    assert said.startswith("host.threads: ")


def test_pauses_may_stay_the_same(read: Read) -> None:
    host = read("[host]\nretry_first_s = 10\nretry_longest_s = 10").host

    assert (host.retry_first_s, host.retry_longest_s) == (10, 10)


def test_what_is_nested_a_little_is_read(read: Read) -> None:
    assert read("[platform]\nv.a = " + "[" * 29 + "]" * 29).platform["v"]["a"] != []


def test_a_long_or_unprintable_key_cannot_spoil_a_message(refusal: Callable[[str], str]) -> None:
    said = refusal(f'"\\u001b[31m{"k" * 10_000}" = 1')

    assert said.isprintable()
    assert len(said) < 300
