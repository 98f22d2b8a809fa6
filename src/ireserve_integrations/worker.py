"""Works off what is owed, on threads of its own."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .host import IntegrationHost


class Worker:
    """One worker of a host's ledger."""

    def __init__(self, host: "IntegrationHost") -> None:
        self._host = host
