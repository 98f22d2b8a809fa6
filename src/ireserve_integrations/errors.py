"""What can go wrong, named by what the caller does next.

    IntegrationError
    ├── ConfigError          an operator edits settings
    ├── PluginError          a developer fixes the plugin
    ├── AuthError            an operator reconnects the account
    ├── RejectedError        nobody retries: the vendor, or a rule, said no
    ├── UnavailableError     later, by itself
    ├── OutcomeUnknownError  look first: it may have been done
    └── ProtocolError        a reply was not as documented

    LedgerError              the ledger itself cannot be used; no integration's fault

Vendors raise these and no subclasses of their own. A message names what it is about (a setting, a
door, a path) and never carries a secret or personal data: messages reach logs, outcomes and people.
"""

from typing import ClassVar


class IntegrationError(Exception):
    """Base of everything that an integration can report."""

    advice: ClassVar[str] = "See the message."
    """The next step, one sentence for the person who reads the outcome."""

    def __init__(
        self, message: str = "", *, about: tuple[str, ...] = (), alert: str | None = None
    ) -> None:
        """Take the message and what sets this fault apart.

        Args:
            message: What happened.
            about: The names at fault (doors of a mapping row): one alert each, however many
                bookings fail because of them. Never personal.
            alert: The cause of an alert that an opening's failure is to open, such as
                `wrong code`; None where nobody but the caller has to know.
        """
        super().__init__(message)
        self.about = about
        self.alert = alert

    @property
    def kind(self) -> str:
        """The name of the public class, also for a subclass that a plugin made up."""
        return next(cls.__name__ for cls in type(self).__mro__ if cls.__module__ == __name__)


class ConfigError(IntegrationError):
    """A setting, or a name that the vendor does not know, keeps this from working."""

    advice = "Correct the settings, then send the change again."


class PluginError(IntegrationError):
    """The plugin broke its contract; whoever develops it must act."""

    advice = "Report this to the developer of the plugin."


class AuthError(IntegrationError):
    """The vendor refuses the account."""

    advice = "Check the account on the Authentication tab and reconnect it."


class RejectedError(IntegrationError):
    """The vendor, or a rule of ours, refused; the same request would fail again."""

    advice = "Correct the booking or the vendor's side, then send the change again."


class UnavailableError(IntegrationError):
    """The vendor cannot be reached or is overloaded; nothing was done."""

    advice = "It is still owed; the next attempt goes on with it."

    def __init__(
        self,
        message: str = "",
        *,
        retry_after_s: float | None = None,
        about: tuple[str, ...] = (),
        alert: str | None = None,
    ) -> None:
        """Take what every error takes and, where the vendor named it, the pause in seconds."""
        super().__init__(message, about=about, alert=alert)
        self.retry_after_s = retry_after_s


class OutcomeUnknownError(IntegrationError):
    """A request left and no usable reply came: it may have been carried out."""

    advice = "It is looked up at the vendor before anything is asked again."


class ProtocolError(IntegrationError):
    """A reply was not as documented."""

    advice = "Report this to the developer of the plugin: the vendor's API may have changed."


class LedgerError(Exception):
    """The ledger's file, key or version keeps it from being used; nothing was accepted."""
