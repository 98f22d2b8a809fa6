"""What codes are made with, per user and IQ: secrets, the PIN, and what is not yet sure of them.

Kept in the vault, under a name of (environment, site, IQ, username).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ireserve_integrations.kit.context import Vault

from .account import Account
from .otp import OtpKey

_MOST_SECRETS = 5  # former ones; only a bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One user on one IQ."""

    secrets: tuple[str, ...] = field(default=(), repr=False)
    """As the vendor gave them, newest first; one is left once a Set PIN has succeeded with it."""
    checked: OtpKey | None = None
    """What the vendor has accepted; opening uses no other."""
    candidates: tuple[OtpKey, ...] = ()
    """While a PIN is being changed: what may hold now, the new one first."""
    refused: tuple[OtpKey, ...] = ()
    """What the vendor refused since the last secret came: not tried again before another one."""
    changed: bool = False
    """Whether the PIN was changed and no lock has opened with it yet."""

    def with_secret(self, secret: str) -> "Credential":
        """Return it with a secret that was just given, the former ones beside it."""
        former = tuple(one for one in self.secrets if one != secret)[: _MOST_SECRETS - 1]
        return replace(self, secrets=(secret, *former), refused=())

    def key_for(self, pin: str) -> OtpKey | None:
        """Return what to try a typed PIN with: the newest secret that it was not refused with.

        None where no secret is kept.
        """
        keys = [OtpKey(secret=secret, pin=pin) for secret in self.secrets]
        return next((key for key in keys if key not in self.refused), keys[0] if keys else None)

    def accepted(self, key: OtpKey, *, changed: bool) -> "Credential":
        """Return it with what the vendor has accepted, and nothing else."""
        return Credential(secrets=(key.secret,), checked=key, changed=changed)

    def confirmed(self) -> "Credential":
        """Return it after a lock has opened with it."""
        return replace(self, changed=False)

    def without(self, key: OtpKey) -> "Credential":
        """Return it without a candidate that was refused; with none left, nothing is checked."""
        left = tuple(one for one in self.candidates if one != key)
        lost = bool(self.candidates) and not left
        return replace(self, candidates=left, checked=None if lost else self.checked)


class Credentials:
    """Those of one user on the IQs of a site."""

    def __init__(self, vault: Vault, account: Account, site_id: str) -> None:
        self._vault, self._account, self._site_id = vault, account, site_id

    def read(self, iq_id: str) -> Credential:
        """Return what is kept; empty for nothing."""
        return _from_text(self._vault.get(self._name(iq_id)))

    def change(self, iq_id: str, change: Callable[[Credential], Credential]) -> Credential:
        """Keep what `change` makes of it, as one step; on disk when this returns."""
        text = self._vault.change(
            self._name(iq_id), lambda held: _to_text(change(_from_text(held)))
        )
        return _from_text(text)

    def try_writing(self, iq_id: str) -> None:
        """Write what is kept once more: a secret that cannot be kept would be lost for good."""
        self.change(iq_id, lambda held: held)

    def _name(self, iq_id: str) -> str:
        return self._account.vault_name("credential", self._site_id, iq_id)


def _to_text(credential: Credential) -> str:
    checked = credential.checked
    return json.dumps(
        {
            "secrets": credential.secrets,
            "checked": None if checked is None else _pair(checked),
            "candidates": [_pair(key) for key in credential.candidates],
            "refused": [_pair(key) for key in credential.refused],
            "changed": credential.changed,
        }
    )


def _from_text(text: str | None) -> Credential:
    if text is None:
        return Credential()
    held = json.loads(text)
    return Credential(
        secrets=tuple(held["secrets"]),
        checked=None if held["checked"] is None else _key(held["checked"]),
        candidates=tuple(_key(pair) for pair in held["candidates"]),
        refused=tuple(_key(pair) for pair in held["refused"]),
        changed=held["changed"],
    )


def _pair(key: OtpKey) -> list[str]:
    return [key.secret, key.pin]


def _key(pair: list[str]) -> OtpKey:
    secret, pin = pair
    return OtpKey(secret=secret, pin=pin)
