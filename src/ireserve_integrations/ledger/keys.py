"""The installation's key: where it comes from, and the subkeys made of it."""

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..errors import LedgerError

KEY_VARIABLE = "IRESERVE_SECRET_KEY"
KEY_FILE_VARIABLE = "IRESERVE_SECRET_KEY_FILE"
_KEY_BYTES = 32
_NONCE_BYTES = 12  # random, as AES-GCM wants them; good for 2³² changes
_SEALED = "aes-gcm."  # no token of Fernet's begins so
_ANOTHER_KEY = f"the ledger was made with another key: set {KEY_VARIABLE} to that one"
_ANOTHER_ROW = "the ledger was changed by hand: a row holds another row's secret"


def new_key() -> str:
    """Return a fresh key, as the environment variable takes it."""
    return Fernet.generate_key().decode()


class Keys:
    """The subkeys of one installation key; each purpose has its own."""

    def __init__(self, key: str, source: str = KEY_VARIABLE) -> None:
        """Take the key as `keygen` prints it, and where it comes from.

        Raises:
            LedgerError: It is none.
        """
        try:
            self._master = base64.b64decode(key.strip(), altchars=b"-_", validate=True)
        except ValueError:  # also of other characters than ASCII's, or a missing pad
            self._master = b""
        if len(self._master) != _KEY_BYTES:
            raise LedgerError(f"{source} is not a key: `ireserve-integrations keygen` prints one")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Keys":
        """Read the key from IRESERVE_SECRET_KEY, or the file that IRESERVE_SECRET_KEY_FILE names.

        Raises:
            LedgerError: There is none, or both are set, or it cannot be read.
        """
        key, file = environ.get(KEY_VARIABLE), environ.get(KEY_FILE_VARIABLE)
        if key and file:
            raise LedgerError(f"{KEY_VARIABLE} and {KEY_FILE_VARIABLE} are both set: keep one")
        if file:
            return cls(_read(file), f"what {file} holds ({KEY_FILE_VARIABLE})")
        if not key:
            raise LedgerError(
                f"no key: set {KEY_VARIABLE} (or {KEY_FILE_VARIABLE}) to what "
                "`ireserve-integrations keygen` prints, and keep it as safe as the database"
            )
        return cls(key)

    def box(self, purpose: str) -> "Box":
        """Return what encrypts for one purpose."""
        return Box(self._subkey(purpose))

    def quick_box(self, purpose: str) -> "QuickBox":
        """Return what encrypts for one purpose, and often."""
        return QuickBox(self._subkey(purpose), self._subkey(f"{purpose} quickly"))

    def _subkey(self, purpose: str) -> bytes:
        derivation = HKDF(SHA256(), _KEY_BYTES, salt=None, info=purpose.encode())
        return derivation.derive(self._master)


class Box:
    """Encrypts a value together with its name, so that rows cannot be exchanged."""

    def __init__(self, subkey: bytes) -> None:
        """Take the purpose's own key, 32 bytes."""
        self._subkey = subkey
        self._fernet = Fernet(base64.urlsafe_b64encode(subkey))

    def hide(self, name: str) -> str:
        """Return what stands for a name where nobody is to read it: the same each time."""
        return hashlib.blake2b(name.encode(), key=self._subkey, digest_size=16).hexdigest()

    def lock(self, name: str, value: str) -> str:
        """Return the token of a named value."""
        return self._fernet.encrypt(json.dumps([name, value]).encode()).decode()

    def unlock(self, name: str, token: str) -> str:
        """Return the value.

        Raises:
            LedgerError: The key is another one, or the token belongs to another name.
        """
        try:
            found, value = json.loads(self._fernet.decrypt(token.encode()))
        except InvalidToken:
            raise LedgerError(_ANOTHER_KEY) from None
        if found != name:
            raise LedgerError(_ANOTHER_ROW)
        return str(value)


class QuickBox(Box):
    """A box for what every change brings: AES-GCM, which takes a tenth of Fernet's time.

    It opens what a `Box` of the same purpose has locked: earlier versions did.
    """

    def __init__(self, subkey: bytes, quick_subkey: bytes) -> None:
        """Take a `Box`'s key and one more, 32 bytes each: no key serves two ciphers."""
        super().__init__(subkey)
        self._cipher = AESGCM(quick_subkey)

    def lock(self, name: str, value: str) -> str:
        """Return the token of a named value."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, value.encode(), name.encode())
        return _SEALED + base64.b64encode(nonce + sealed).decode()

    def unlock(self, name: str, token: str) -> str:
        """Return the value.

        Raises:
            LedgerError: The key is another one, or the token belongs to another name: which of the
                two, the cipher does not tell.
        """
        if not token.startswith(_SEALED):
            return super().unlock(name, token)
        sealed = base64.b64decode(token[len(_SEALED) :])
        nonce, sealed = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, sealed, name.encode()).decode()
        except InvalidTag:
            raise LedgerError(f"{_ANOTHER_KEY}; or {_ANOTHER_ROW}") from None


def _read(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8-sig")
    except (OSError, ValueError):
        raise LedgerError(f"{KEY_FILE_VARIABLE}: {file} cannot be read") from None
