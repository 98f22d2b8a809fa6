"""An office whose door Salto KS opens: the verbs of the host as its people use them."""

import json
from collections.abc import Mapping
from typing import Any

from ireserve_integrations import IntegrationHost, Outcome
from ireserve_integrations.model import ActionResult
from ireserve_integrations.testing.exchange import Recorded
from ireserve_saltoks.sandbox import SaltoksSandbox

IQ, ANNEX = "IQ ground floor", "IQ annex"
DOOR, STUDIO = "Main entrance", "Studio 2"


class Office:
    """A host with one Salto integration, and the sandbox behind it."""

    def __init__(self, host: IntegrationHost, salto: SaltoksSandbox) -> None:
        self.host, self.salto = host, salto

    def get_pin(self, iq: str = IQ) -> ActionResult:
        return self._press("get_pin", iq=self.salto.iq_id(iq))

    def set_pin(self, pin: str, iq: str = IQ) -> ActionResult:
        return self._press("set_pin", iq=self.salto.iq_id(iq), current_pin=pin)

    def confirm_pin(self, iq: str = IQ) -> ActionResult:
        return self._press("confirm_pin", iq=self.salto.iq_id(iq))

    def activate(self, iq: str = IQ) -> None:
        """Activate an IQ as a person does, who reads the PIN in an SMS."""
        self.get_pin(iq)
        assert self.set_pin(self.salto.delivered[0].pin, iq).ok

    def reach(self, status: str, **said: object) -> list[Outcome]:
        """Let the booking reach a status."""
        change = {"new_status": status, "booking": booking(**said)}
        return self.host.dispatch(change)

    def open(self, lock: str | None = None, **said: object) -> list[Outcome]:
        return self.host.open_lock("salto-main", booking(**said), lock)

    @staticmethod
    def code(request: Recorded) -> str | None:
        """Return the one-time password that a request carried, if any."""
        if request.method not in {"PATCH", "PUT"}:
            return None
        assert isinstance(request.json, Mapping)
        return str(request.json["otp"])

    def _press(self, name: str, **parameters: str) -> ActionResult:
        return self.host.perform_action("salto-main", name, parameters=parameters)


def booking(**said: object) -> Mapping[str, Any]:
    """Return a booking that may be opened from 9:45 on; the tests' clocks stand at 10:00."""
    return {
        "id": "15492",
        "status": "30",
        "start": "2026-11-21T10:00:00+01:00",
        "end": "2026-11-21T12:00:00+01:00",
        "objects": [{"object": "17"}],
    } | said


def toml(row: Mapping[str, Any]) -> str:
    """Return integrations.toml with this one integration."""
    lines = [f"{key} = {_value(value)}" for key, value in row.items()]
    return "\n".join(["[[integrations]]", *lines])


def message(outcome: Outcome) -> str:
    assert outcome.error is not None
    return outcome.error.message


def kind(outcome: Outcome) -> str:
    assert outcome.error is not None
    return outcome.error.kind


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value)
