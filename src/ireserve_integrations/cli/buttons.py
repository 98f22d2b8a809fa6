"""An integration's buttons: its actions, and among them the one that opens a lock."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..config import Configuration
from ..kit.settings import near_miss
from ..model import Action, ActionResult, Booking, Integration
from ..wire import outcome_json, read_booking
from .bookings import print_openings
from .failures import FailedError, InputError, asking, reading
from .opening import (
    find_integration,
    find_plugin,
    open_host,
    read_json,
    read_settings,
    shown_name,
)
from .options import Options
from .streams import print_json
from .tables import print_line, print_table

_OPEN = "open"


def press_button(options: Options, name: str, button: str, typed: Sequence[str]) -> bool:
    """Perform an action and print what it did; tell whether it was done."""
    parameters = _read_parameters(typed)
    configuration = read_settings(options)
    integration = find_integration(configuration, name)
    _require_button(configuration, integration, button, parameters)
    try:
        with open_host(options, ledger=True) as host, asking(name):
            result = host.perform_action(name, button, parameters=parameters)
    except FailedError as error:
        if options.as_json:
            print_json({"ok": False, "message": error.message, "settings": {}})
        raise
    _print_result(options, result)
    return result.ok


def open_lock(options: Options, name: str, booking: str, lock: str | None) -> bool:
    """Open locks for a booking and print what became of each; tell whether all are open."""
    configuration = read_settings(options)
    integration = find_integration(configuration, name)
    _require_opening(configuration, integration)
    given = _read_booking(booking, configuration)
    with open_host(options, ledger=True) as host, reading():
        outcomes = host.open_lock(name, booking if given is None else given, lock)
    if options.as_json:
        print_json([{"lock": None} | outcome_json(outcome) for outcome in outcomes])
    else:
        print_openings(outcomes)
    return all(outcome.ok for outcome in outcomes)


def _read_parameters(typed: Sequence[str]) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for word in typed:
        key, equals, value = word.partition("=")
        if not (key and equals):
            raise InputError(f"{word!r} is no parameter: type it as key=value")
        if key in parameters:
            raise InputError(f"parameter {key!r} is given twice")
        parameters[key] = value
    return parameters


def _require_button(
    configuration: Configuration,
    integration: Integration,
    button: str,
    parameters: Mapping[str, str],
) -> None:
    """Refuse what the host would refuse, before it opens, and perhaps makes, the ledger."""
    info = find_plugin(configuration, integration)
    if info is None:
        return
    actions = {action.name: action for action in info.actions}
    where = f"integration {integration.id}"
    if button not in actions:
        known = near_miss(button, tuple(actions)) or f"; {info.label} has none"
        raise InputError(f"{where} has no action {button!r}{known}")
    if actions[button].needs == "booking":
        raise InputError(f"{where}: action {button} needs a booking: `open` is for one")
    for key in parameters:
        if key not in actions[button].parameters:
            known = near_miss(key, actions[button].parameters) or "; it takes none"
            raise InputError(f"{where}: action {button} has no parameter {key!r}{known}")


def _require_opening(configuration: Configuration, integration: Integration) -> None:
    info = find_plugin(configuration, integration)
    if info is None or any(action.name == _OPEN for action in info.actions):
        return
    raise InputError(
        f"integration {integration.id}: {info.label} gives access beforehand, when a booking "
        f"reaches a status, and opens no lock on demand; {_say(info.actions)}"
    )


def _say(actions: Sequence[Action]) -> str:
    names = ", ".join(action.name for action in actions)
    return f"its actions are {names}" if names else "it has no actions"


def _read_booking(booking: str, configuration: Configuration) -> Booking | None:
    """Return the booking in a file, or None for what is the id of a booking."""
    path = Path(booking)
    if not (booking == "-" or path.suffix == ".json" or len(path.parts) > 1 or path.is_file()):
        return None
    raw = read_json(path)
    with reading(shown_name(path)):
        return read_booking(raw, configuration.booking_core)


def _print_result(options: Options, result: ActionResult) -> None:
    if options.as_json:
        settings = dict(result.settings)
        print_json({"ok": result.ok, "message": result.message, "settings": settings})
        return
    print_line(result.message)
    if result.settings:
        print_table(("Stored", "Value"), list(result.settings.items()))
