"""Who may import whom, and other things that would otherwise only be wished for.

Imports are read from the source, those inside functions too; those for the type checker alone
count as imports only where two packages must not know each other at all.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

_SRC = Path(__file__).parents[1] / "src"
_HOST = "ireserve_integrations"
_VENDORS = ("ireserve_resivo", "ireserve_saltoks")
_PACKAGES = (_HOST, *_VENDORS)
_FILES = sorted(path for package in _PACKAGES for path in (_SRC / package).rglob("*.py"))
_SHAPELESS = {"utils", "util", "helpers", "helper", "common", "manager", "handler", "service"}
_CLOCKS = {"now", "today", "utcnow", "time", "monotonic", "perf_counter", "time_ns", "localtime"}


@dataclass(frozen=True)
class Import:
    """One imported name, whole."""

    by: str
    name: str
    typing_only: bool

    def __str__(self) -> str:
        return f"{self.by} imports {self.name}"


def _module(path: Path) -> str:
    return ".".join(path.relative_to(_SRC).with_suffix("").parts).removesuffix(".__init__")


def _within(name: str, *packages: str) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in packages)


def _is_typing(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def _names(path: Path, node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [one.name for one in names]
        case ast.ImportFrom(module=module, names=names, level=level):
            parts = path.relative_to(_SRC).parts[: -level or None]
            base = ".".join((*(parts if level else ()), *filter(None, [module])))
            return [f"{base}.{one.name}" for one in names]
    return []


def _imports(path: Path) -> Iterator[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing = {id(inner) for node in ast.walk(tree) if _is_typing(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        for name in _names(path, node):
            yield Import(by=_module(path), name=name, typing_only=id(node) in typing)


_ALL = [one for path in _FILES for one in _imports(path)]
_LOADED = [one for one in _ALL if not one.typing_only]


def _of_vendor(module: str, *names: str) -> bool:
    """Tell whether a vendor's module, or what it was split into, has such a name; `*` is any."""
    package, _, name = module.partition(".")
    alike = any(one in {"*", name} or name.startswith(f"{one}_") for one in names)
    return package in _VENDORS and alike


def _users(library: str) -> set[str]:
    return {one.by for one in _LOADED if _within(one.name, library)}


def test_the_source_was_read() -> None:
    assert {_module(path) for path in _FILES} >= {
        _HOST,
        "ireserve_integrations.kit.transport",
        "ireserve_resivo.access",
        "ireserve_saltoks",
    }
    assert Import("ireserve_integrations.calls", "httpx", typing_only=True) in _ALL
    assert Import("ireserve_integrations.host", f"{_HOST}.ledger.Ledger", typing_only=False) in _ALL
    assert (
        Import("ireserve_resivo.plugin", f"{_HOST}.hookspecs.hookimpl", typing_only=False) in _ALL
    )


# --- packages -------------------------------------------------------------------------------------


def test_the_host_knows_no_vendor() -> None:
    assert [
        str(one) for one in _ALL if _within(one.by, _HOST) and _within(one.name, *_VENDORS)
    ] == []


@pytest.mark.parametrize("vendor", _VENDORS)
def test_no_vendor_knows_another(vendor: str) -> None:
    others = {*_VENDORS} - {vendor}

    assert [
        str(one) for one in _ALL if _within(one.by, vendor) and _within(one.name, *others)
    ] == []


@pytest.mark.parametrize("room", ["cli", "web"])
def test_nobody_imports_who_talks_to_people(room: str) -> None:
    front, allowed = f"{_HOST}.{room}", (f"{_HOST}.{room}", f"{_HOST}.cli")

    assert [
        str(one) for one in _ALL if _within(one.name, front) and not _within(one.by, *allowed)
    ] == []


def test_a_plugin_sees_the_contract_and_the_kit_only() -> None:
    seen = [f"{_HOST}.{room}" for room in ("hookspecs", "model", "errors", "kit", "testing")]

    assert [
        str(one)
        for one in _ALL
        if _within(one.by, *_VENDORS) and _within(one.name, _HOST) and not _within(one.name, *seen)
    ] == []


def test_the_kit_and_the_contract_know_no_other_room_of_the_host() -> None:
    below = [f"{_HOST}.{room}" for room in ("hookspecs", "model", "errors", "kit")]

    assert [
        str(one)
        for one in _ALL
        if _within(one.by, *below) and _within(one.name, _HOST) and not _within(one.name, *below)
    ] == []


def test_a_sandbox_imports_nothing_of_the_plugin_that_it_tests() -> None:
    assert [
        str(one)
        for one in _ALL
        if _of_vendor(one.by, "sandbox")
        and _within(one.name, *_VENDORS)
        and not _of_vendor(".".join(one.name.split(".")[:2]), "sandbox")
    ] == []


def test_imports_inside_a_package_are_relative() -> None:
    absolute = [
        f"{_module(path)}: {ast.unparse(node)}"
        for path in _FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and not node.level
        and _within(node.module or "", path.relative_to(_SRC).parts[0])
    ]

    by_path = f"{_HOST}.ledger.migrations.env"  # how Alembic runs it
    assert absolute == [f"{by_path}: from {_HOST}.ledger.tables import metadata"]


# --- libraries ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("library", "rooms", "vendor_rooms"),
    [
        ("httpx", ("kit.transport", "kit.oauth", "booking_core", "testing"), ("client", "sandbox")),
        ("marshmallow", ("config", "wire", "kit.settings", "web"), ("*",)),
        ("sqlalchemy", ("ledger", "queue"), ()),
        ("alembic", ("ledger",), ()),
        ("psycopg", ("ledger", "queue"), ()),
        ("procrastinate", ("ledger.migrations", "queue"), ()),
        ("cryptography", ("ledger.keys",), ()),
        ("pluggy", ("plugins", "hookspecs"), ()),
        ("phonenumbers", ("kit.phone",), ()),
        ("rich", ("cli",), ("key_status_command",)),
        ("click", ("cli",), ("key_status_command",)),
        ("flask", ("web",), ()),
    ],
)
def test_a_library_stays_in_its_room(
    library: str, rooms: tuple[str, ...], vendor_rooms: tuple[str, ...]
) -> None:
    inside = [f"{_HOST}.{room}" for room in rooms]

    assert [
        user
        for user in sorted(_users(library))
        if not _within(user, *inside) and not _of_vendor(user, *vendor_rooms)
    ] == []


def test_the_ledgers_tables_are_the_ledgers_own() -> None:
    tables = (f"{_HOST}.ledger.tables", f"{_HOST}.ledger.database", f"{_HOST}.ledger.record")

    assert [
        str(one)
        for one in _ALL
        if _within(one.name, *tables) and not _within(one.by, f"{_HOST}.ledger")
    ] == []


# --- what decides ---------------------------------------------------------------------------------


def test_what_decides_knows_neither_http_nor_schemas() -> None:
    deciding = [one for one in _ALL if _of_vendor(one.by, "access")]

    assert deciding
    assert [
        str(one)
        for one in deciding
        if _within(one.name, "httpx", "marshmallow", f"{_HOST}.kit.transport", "json")
    ] == []


def test_what_decides_reads_no_clock() -> None:
    read = [
        f"{_module(path)}: {ast.unparse(node)}"
        for path in _FILES
        if _of_vendor(_module(path), "access")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _CLOCKS
    ]

    assert read == []
    assert not _users("time") & {_module(p) for p in _FILES if _of_vendor(_module(p), "access")}


# --- names and types ------------------------------------------------------------------------------


def test_every_module_is_a_noun_of_the_domain() -> None:
    assert [_module(path) for path in _FILES if {*_module(path).split(".")} & _SHAPELESS] == []


@pytest.mark.parametrize("package", _PACKAGES)
def test_every_package_says_that_it_is_typed(package: str) -> None:
    assert (_SRC / package / "py.typed").is_file()


@pytest.mark.parametrize(
    "path", [path for path in _FILES if path.name == "__init__.py"], ids=_module
)
def test_a_package_offers_few_names(path: Path) -> None:
    crowded = [
        node.value.elts[20:]
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List)
    ]

    assert [names for names in crowded if names] == []


def test_no_test_is_told_apart_in_the_source() -> None:
    assert [
        str(path.relative_to(_SRC))
        for path in _FILES
        if {"pytest", "unittest"} & {one.name.partition(".")[0] for one in _imports(path)}
        and not _within(_module(path), f"{_HOST}.testing")
    ] == []


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        (_HOST, {"sqlalchemy", "alembic", "httpx", "marshmallow", "flask", "cryptography"}),
        (f"{_HOST}.cli", {"sqlalchemy", "alembic", "httpx", "flask", "cryptography"}),
        (f"{_HOST}.hookspecs", {"sqlalchemy", "alembic", "httpx", "marshmallow", "flask"}),
        ("ireserve_resivo.plugin", {"sqlalchemy", "alembic", "flask", "cryptography"}),
    ],
)
def test_importing_a_module_loads_nothing_that_it_does_not_need(
    module: str, heavy: set[str]
) -> None:
    code = f"import sys, {module}\nprint(*(set(sys.argv[1:]) & {{*sys.modules}}))"

    loaded = subprocess.run(
        [sys.executable, "-c", code, *heavy], check=True, capture_output=True, text=True
    )

    assert loaded.stdout.split() == []
