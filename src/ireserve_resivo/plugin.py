"""The Resivo plugin: what the host calls, handed over to who knows."""

from ireserve_integrations.hookspecs import hookimpl
from ireserve_integrations.kit.context import Context
from ireserve_integrations.kit.oauth import Tokens
from ireserve_integrations.model import (
    Access,
    AccessPage,
    Change,
    Check,
    ConfigProblem,
    Grant,
    Integration,
    MappingTarget,
    PluginInfo,
    Receipt,
)

from .access import give_access
from .checks import run_checks
from .client import Client
from .config import Authentication, Details, Platform, parse, problems
from .doors import Doors, Listings
from .grants import find_access, read_grant, revoke_grant
from .listing import list_page

_EXPIRY_MARGIN_S = 30  # clock skew between us and Resivo, and the time a request is under way


class ResivoPlugin:
    """One per host; its tokens and lists of doors are shared by all integrations and threads."""

    def __init__(self) -> None:
        self._tokens = Tokens(margin_s=_EXPIRY_MARGIN_S)
        self._listings = Listings()

    @hookimpl
    def describe_plugin(self) -> PluginInfo:
        """Say what the tabs look like."""
        return PluginInfo(
            label="Resivo",
            auth=Authentication,
            details=Details,
            platform=Platform,
            target="door",
            targets_by="name",
            reference_field="authorisation_field",
        )

    @hookimpl
    def validate_config(self, integration: Integration) -> list[ConfigProblem]:
        """Return every problem of the settings."""
        return problems(integration)

    @hookimpl
    def check_connection(self, integration: Integration, context: Context) -> list[Check]:
        """Run the checklist, with a token of its own."""
        return run_checks(integration, context)

    @hookimpl
    def list_mapping_targets(
        self, integration: Integration, context: Context
    ) -> list[MappingTarget]:
        """Return the doors as they are now."""
        doors = Doors(self._client(integration, context), Listings()).list_doors()
        targets = [
            MappingTarget(id=door.id, name=door.name, detail=door.site_name) for door in doors
        ]
        return sorted(targets, key=lambda target: (target.name, target.detail, target.id))

    @hookimpl
    def on_status_change(
        self, integration: Integration, change: Change, context: Context
    ) -> Receipt:
        """Make the grant that is wanted, if it is not there."""
        config = parse(integration)
        client = Client(config.account, context.http, self._tokens)
        doors = Doors(client, self._listings)
        return give_access(config, change, client, doors, context.clock())

    @hookimpl
    def revoke_access(self, integration: Integration, grant: Grant, context: Context) -> bool:
        """End a grant, where it was made."""
        return revoke_grant(self._client(integration, context), grant)

    @hookimpl
    def find_access(
        self, integration: Integration, label: str, context: Context
    ) -> tuple[Access, ...]:
        """Return what lives, or lived, under the label."""
        client = self._client(integration, context)
        return find_access(client, Doors(client, Listings()), label)

    @hookimpl
    def read_access(self, integration: Integration, grant: Grant, context: Context) -> Access:
        """Return what a grant is today."""
        return read_grant(self._client(integration, context), grant)

    @hookimpl
    def list_access(
        self, integration: Integration, page: str | None, context: Context
    ) -> AccessPage:
        """Return a part of what lives, or lived."""
        client = self._client(integration, context)
        return list_page(client, Doors(client, Listings()), page)

    @hookimpl
    def sign_in(self, integration: Integration, context: Context) -> bool:
        """Fetch a new token, in one request."""
        self._client(integration, context).renew_token()
        return True

    def _client(self, integration: Integration, context: Context) -> Client:
        return Client(parse(integration).account, context.http, self._tokens)
