"""The Site ID: what paths need instead of the Site UID, found once and kept in the vault."""

from contextlib import suppress

from ireserve_integrations.errors import ConfigError, LedgerError
from ireserve_integrations.kit.context import Vault

from .client import Client
from .wire import Site

_MOST_SHOWN = 20


class Sites:
    """An account's sites, for one hook call."""

    def __init__(self, client: Client, vault: Vault) -> None:
        self._client, self._vault = client, vault
        account = client.account
        self._uid = account.site_uid
        self._name = account.vault_name("site", account.api_url, self._uid.casefold())

    def site_id(self) -> str:
        """Return the kept Site ID, or find it; another UID, account or environment has its own.

        Raises:
            ConfigError: The account has no such site.
        """
        return self.kept() or self.resolve().id

    def kept(self) -> str | None:
        """Return the Site ID that was found before, if any."""
        with suppress(LedgerError):  # without a ledger it is found anew each time
            return self._vault.get(self._name)
        return None

    def resolve(self) -> Site:
        """Find the site by its UID among all of the account's, and keep its id.

        Raises:
            ConfigError: The account has no such site.
        """
        site = find_site(self._uid, self._client.list_sites())
        with suppress(LedgerError):
            if self._vault.get(self._name) != site.id:
                self._vault.put(self._name, site.id)
        return site


def find_site(uid: str, sites: tuple[Site, ...]) -> Site:
    """Return the site with this UID; letter case does not matter.

    Raises:
        ConfigError: There is none, or more than one.
    """
    found = [site for site in sites if site.site_uid.casefold() == uid.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        raise ConfigError(f"auth.site_uid: Salto lists {len(found)} sites with the UID {uid}")
    there = sorted(site.site_uid or site.customer_reference for site in sites)
    more = f" and {len(there) - _MOST_SHOWN} more" if len(there) > _MOST_SHOWN else ""
    listed = ", ".join(there[:_MOST_SHOWN]) + more
    known = f"it has {listed}" if there else "it has none: check the environment and its rights"
    raise ConfigError(f"auth.site_uid: this account has no site {uid}; {known}")
