"""The ledger beside what vendors say, as people and machines see it."""

from collections.abc import Sequence
from typing import Any

from ..reconciliation import Finding
from .failures import reading
from .opening import find_integration, open_host, read_settings
from .options import Options
from .streams import note, print_json
from .tables import print_line, print_table


def reconcile_integrations(
    options: Options, integration: str | None, *, fix: bool, regrant: bool, revoke: str | None
) -> bool:
    """Make a round and print what differs; tell whether all of it is mended.

    Raises:
        InputError: There is no such integration, or nothing of that reference to revoke.
    """
    if integration is not None:
        find_integration(read_settings(options), integration)
    with open_host(options, ledger=True) as host, reading():
        found = host.reconciliation.run(
            integration, fix=fix, regrant=regrant, revoke=revoke, progress=note
        )
    if options.as_json:
        print_json([_json(one) for one in found])
    else:
        _print(found)
    return all(one.fixed for one in found)


def _json(one: Finding) -> dict[str, Any]:
    return {
        "integration": one.integration,
        "booking": one.booking,
        "finding": one.finding,
        "fixed": one.fixed,
    }


def _print(found: Sequence[Finding]) -> None:
    if not found:
        print_line("The ledger and the vendors agree.")
        return
    print_table(
        ("Booking", "Integration", "Finding", "Reference", "Fixed"),
        [
            (one.booking or "", one.integration, one.finding, one.reference, _fixed(one))
            for one in found
        ],
    )
    for sentence in dict.fromkeys(filter(None, map(_to_do, found))):
        print_line(sentence)


def _fixed(one: Finding) -> str:
    if one.fixed:
        return "yes"
    return "goes on by itself" if one.owed else "no"


def _to_do(one: Finding) -> str:
    """Return what a person is to know of what is not fixed."""
    where = f"{one.integration}, booking {one.booking}" if one.booking else one.integration
    said = [one.message, one.alert.message if one.alert is not None else ""]
    sentence = " ".join(filter(None, said))
    return f"{where}: {sentence}" if sentence and not one.fixed else ""
