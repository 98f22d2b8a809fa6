"""Who plays: each installed sandbox in the part that its vendor has."""

from collections.abc import Iterable
from dataclasses import dataclass

from ...opening import OPEN
from ...plugins import Plugins
from ...testing.sandbox import Sandbox
from .giver import Giver
from .opener import LockSandbox, Opener
from .side import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The vendors of the story, by part; either part may be missing."""

    givers: tuple[Giver, ...]
    openers: tuple[Opener, ...]

    @classmethod
    def of(cls, sandboxes: Iterable[Sandbox]) -> "Cast":
        """Give every sandbox its part; one that fits neither has none."""
        infos, givers, openers = Plugins().infos, [], []
        for sandbox in sandboxes:
            row, info = sandbox.integration(), infos.get(sandbox.name)
            label = info.label if info else sandbox.name
            buttons = [action.name for action in info.actions] if info else []
            if OPEN in buttons and isinstance(sandbox, LockSandbox):
                openers.append(Opener(sandbox, row, label, buttons))
            elif "trigger_statuses" in row.get("details", {}):
                givers.append(Giver(sandbox, row, label))
        return cls(givers=tuple(givers), openers=tuple(openers))

    @property
    def sides(self) -> tuple[Side, ...]:
        """All of them, in the order in which they are configured."""
        return (*self.givers, *self.openers)
