"""One hook call: what the host lends for it, and for how long."""

import threading
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .errors import IntegrationError, UnavailableError
from .kit.context import Context, Vault
from .kit.transport import Http, open_client
from .model import Booking, Clock, History, Integration, Stage
from .plugins import Plugins
from .wire import show_time

if TYPE_CHECKING:
    import httpx


class Calls:
    """Calls hooks for one host, over one HTTP client that is opened when it is first needed."""

    def __init__(
        self,
        plugins: Plugins,
        *,
        vault: Callable[[str], Vault],
        clock: Clock,
        random: Random,
        transport: "httpx.BaseTransport | None",
    ) -> None:
        """Take what hook calls share.

        Args:
            plugins: The host's.
            vault: Returns a vendor's.
            clock: Aware, UTC.
            random: For jitter.
            transport: Instead of the network; for tests.
        """
        self.plugins = plugins
        self._vault = vault
        self._clock = clock
        self._random = random
        self._transport = transport
        self.time_zone: ZoneInfo | None = None
        """In which people read times; None for a booking's own offset."""
        self._client: httpx.Client | None = None
        self._closed = False
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the HTTP client's connections; nothing more can be lent."""
        with self._lock:
            self._closed = True
            if self._client is not None:
                self._client.close()

    def shown(self, moment: datetime, booking: Booking) -> str:
        """Return a moment as the people of a booking read it, in i-Reserve's form."""
        return show_time(moment.astimezone(self.time_zone or booking.start.tzinfo), None)

    def lend(
        self,
        integration: Integration,
        *,
        deadline_s: float,
        writes: int = 0,
        no_write_reason: IntegrationError | None = None,
        before_write: Callable[[], None] | None = None,
        stage: Stage | None = None,
        siblings: tuple[Integration, ...] = (),
        history: History | None = None,
    ) -> Context:
        """Return what one call gets; `writes` that may have been carried out, at most.

        Raises:
            ConfigError: The environment's proxies or certificates cannot be used.
            UnavailableError: The host is closed.
        """
        http = self.lend_http(
            deadline_s,
            writes=writes,
            no_write_reason=no_write_reason,
            before_write=before_write,
        )
        return Context(
            http=http,
            vault=self._vault(integration.vendor),
            clock=self._clock,
            stage=stage or integration.stage,
            siblings=siblings,
            history=history or History(),
            shown=self.shown,
        )

    def lend_http(self, deadline_s: float, **limits: Any) -> Http:
        """Return an HTTP client for one call, over the connections that all share."""
        return Http(
            self._open_client(),
            deadline_s=deadline_s,
            clock=self._clock,
            jitter=self._random.random,
            **limits,
        )

    def call(
        self,
        integration: Integration,
        hook: str,
        context: Context,
        *,
        every: tuple[float, Callable[[], None]] | None = None,
        **arguments: object,
    ) -> Any:
        """Call a hook of the integration's plugin until the context's deadline.

        Raises:
            IntegrationError: As the hook raised it, or what its silence means.
        """
        if not context.http.left_s:
            raise UnavailableError(f"no time was left for {hook}")
        return self.plugins.call(
            integration.vendor,
            hook,
            deadline_s=context.http.left_s,
            http=context.http,
            every=every,
            integration=integration,
            context=context,
            **arguments,
        )

    def _open_client(self) -> "httpx.Client":
        with self._lock:
            if self._closed:
                raise UnavailableError("the host is closed")
            if self._client is None:
                self._client = open_client(self._transport)
            return self._client
