"""One user at Salto KS: how the vendor is reached, and as whom."""

import hashlib
import json
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How the vendor is reached, and as whom."""

    environment: str
    """`acceptance` or `production`."""
    api_url: str
    """Without a trailing slash, as the identity server's."""
    identity_url: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    site_uid: str
    username: str = field(repr=False)
    password: str = field(repr=False)
    iq_id: str | None = None
    """The default of the IQ actions."""

    def vault_name(self, kind: str, *ids: str) -> str:
        """Return the name of what is kept of this user at these things in this environment.

        Whatever integration uses the account. The username is an address: the name shows a digest.
        """
        whose = json.dumps([*ids, self.username.casefold()])
        return f"{kind}/{self.environment}/{hashlib.sha256(whose.encode()).hexdigest()[:32]}"
