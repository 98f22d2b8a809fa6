"""What settings leave out, each of them valid by itself."""

from collections.abc import Iterator, Mapping
from typing import Any

from ireserve_integrations.model import ConfigProblem, Integration

CLIENT = ("client_id", "client_secret")
_CHANGED = "40"  # i-Reserve's status of a booking that was changed after payment


def client_problems(
    auth: Mapping[str, Any], platform: Mapping[str, Any]
) -> Iterator[ConfigProblem]:
    """Say where half an OAuth client, or none at all, is given."""
    if not set(CLIENT) <= auth.keys():  # one of them is wrong, and that is said already
        return
    missing = [name for name in CLIENT if auth[name] is None]
    if len(missing) == 1:
        message = "is missing: give your own client id and secret both, or neither"
        yield ConfigProblem(path=f"auth.{missing[0]}", message=message)
        return
    environment = auth.get("environment")
    servers = platform.get(environment or "")
    if not missing or servers is None:
        return
    for name in (name for name in CLIENT if servers.get(name, "wrong") is None):
        message = (
            f"is missing: the platform has none for {environment} "
            f"(platform.saltoks.{environment}.{name}), so the integration needs its own client"
        )
        yield ConfigProblem(path=f"auth.{name}", message=message)


def not_recorded(details: Mapping[str, Any]) -> Iterator[ConfigProblem]:
    """Warn of what an opening will leave no trace of."""
    unset = {
        "open_action_field": "is not set: the visitor's open action is written into no field",
        "opened_at_field": "is not set: the time of the first opening is not recorded",
        "check_in_status": "is not set: an opening moves no booking to a check-in status",
    }
    for name, message in unset.items():
        if details.get(name, "wrong") is None:
            yield ConfigProblem(path=f"details.{name}", message=message, severity="warning")


def changed_status(details: Mapping[str, Any]) -> Iterator[ConfigProblem]:
    """Warn where a booking that is changed can no longer be opened."""
    listed = details.get("open_from_statuses")
    if listed is None or _CHANGED in listed or details.get("check_in_status") == _CHANGED:
        return
    message = (
        f"does not list {_CHANGED} (CHANGED): a booking that is changed opens nothing until it "
        "reaches a listed status again"
    )
    yield ConfigProblem(path="details.open_from_statuses", message=message, severity="warning")


def unmapped(integration: Integration) -> Iterator[ConfigProblem]:
    """Warn where no object is mapped."""
    if not integration.mapping:
        message = "is empty: nothing that is booked opens a lock yet"
        yield ConfigProblem(path="mapping", message=message, severity="warning")
