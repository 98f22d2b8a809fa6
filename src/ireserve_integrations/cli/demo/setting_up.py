"""The first chapter: each integration is set up by its guide."""

from collections.abc import Callable, Iterator
from functools import partial

from ...model import ActionResult
from .opener import Opener
from .side import Side
from .stage import Stage
from .step import Claim, Told

Act = tuple[str, Callable[[], Told]]
"""A title, and what is done."""


class SettingUp:
    """What an operator does once."""

    def __init__(self, stage: Stage) -> None:
        """Take a stage with nothing set up."""
        self._stage = stage

    def acts(self) -> Iterator[Act]:
        """Yield what is to be done, in order."""
        for giver in self._stage.cast.givers:
            yield f"{giver.label}: the checklist of {giver.name}", partial(self._check, giver)
        for opener in self._stage.cast.openers:
            for button, title, act in (
                ("resolve_site_id", "Resolve site ID", self._resolve),
                ("get_pin", "GET PIN has a PIN sent by SMS", self._get_pin),
                ("set_pin", "Set PIN, with the PIN of that SMS", self._set_pin),
            ):
                if button in opener.buttons:
                    yield f"{opener.label}: {title}", partial(act, opener)
            yield f"{opener.label}: the Mapping tab offers the locks", partial(self._list, opener)
            yield f"{opener.label}: the checklist of {opener.name}", partial(self._check, opener)

    def _check(self, side: Side) -> Told:
        checks = self._stage.host.check(side.name)
        passed = bool(checks) and all(check.status != "failed" for check in checks)
        return Told(
            outcomes=((side.name, "passed" if passed else "failed"),),
            claims=(side.claim("no line failed", holds=passed),),
            remarks=tuple(f"{one.status:<8}{one.name}: {one.message}" for one in checks),
        )

    def _list(self, side: Opener) -> Told:
        targets = self._stage.host.list_mapping_targets(side.name)
        return Told(
            outcomes=((side.name, "done"),),
            claims=(side.mapped_are_offered(targets),),
            remarks=tuple(f"{one.name}: {one.detail}" for one in targets),
        )

    def _resolve(self, side: Opener) -> Told:
        result = self._stage.host.perform_action(side.name, "resolve_site_id")
        return _tell(side, result, side.site_was_found(result))

    def _get_pin(self, side: Opener) -> Told:
        result = self._stage.host.perform_action(side.name, "get_pin")
        return _tell(side, result, side.one_message_came(result))

    def _set_pin(self, side: Opener) -> Told:
        typed = {"current_pin": side.read_message()}
        result = self._stage.host.perform_action(side.name, "set_pin", parameters=typed)
        return _tell(side, result, side.is_activated(result))


def _tell(side: Side, result: ActionResult, claim: Claim) -> Told:
    said = "done" if result.ok else "refused"
    return Told(
        outcomes=((side.name, said),),
        claims=(side.claim("the button is done", holds=result.ok), claim),
        remarks=(result.message, *result.warnings),
    )
