"""Two plugins that cost next to nothing, so that a benchmark measures what is around them."""

from typing import Any

from ireserve_integrations.hookspecs import hookimpl
from ireserve_integrations.kit.context import Context
from ireserve_integrations.kit.mapping import map_objects
from ireserve_integrations.kit.settings import Statuses, Tab, Text
from ireserve_integrations.kit.transport import field_of, read_json
from ireserve_integrations.kit.window import access_window
from ireserve_integrations.model import (
    Change,
    ConfigProblem,
    Grant,
    Integration,
    PluginInfo,
    Receipt,
)


class Authentication(Tab):
    """Where the vendor is."""

    address = Text(load_default="")


class Details(Tab):
    """What every integration has."""

    trigger_statuses = Statuses(required=True)


class NoCallPlugin:
    """Of a vendor that is never asked: every change is skipped at once."""

    @hookimpl
    def describe_plugin(self) -> PluginInfo:
        return PluginInfo(label="Plain", auth=Authentication, details=Details, targets_by="id")

    @hookimpl
    def validate_config(self, integration: Integration) -> list[ConfigProblem]:  # noqa: ARG002
        return []

    @hookimpl
    def on_status_change(
        self,
        integration: Integration,  # noqa: ARG002
        change: Change,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> Receipt:
        return Receipt(outcome="skipped")


class OneCallPlugin(NoCallPlugin):
    """Of a vendor that is asked once for each booking of an object that is mapped."""

    @hookimpl
    def on_status_change(
        self, integration: Integration, change: Change, context: Context
    ) -> Receipt:
        doors = map_objects(change.booking.objects, integration.mapping).targets
        if not doors:
            return Receipt(outcome="skipped")
        address, wanted = integration.auth["address"], {"label": change.label}
        response = context.http.exchange("POST", f"{address}/access", json=wanted)
        window = access_window(change.booking, 0, context.clock())
        grant = Grant(reference=_id_of(response), window=window, targets=doors)
        return Receipt(outcome="granted", standing="30", grant=grant)


def _id_of(response: Any) -> str:
    return read_json(response, lambda raw: field_of(raw, "id", str), write=True)
