"""The Salto KS plugin: what the host calls, handed over to who knows."""

from ireserve_integrations.errors import PluginError
from ireserve_integrations.hookspecs import hookimpl
from ireserve_integrations.kit.context import Context
from ireserve_integrations.kit.oauth import Tokens
from ireserve_integrations.model import (
    ActionRequest,
    ActionResult,
    Change,
    Check,
    ConfigProblem,
    Integration,
    MappingTarget,
    PluginInfo,
    Receipt,
)

from .access import NotAllowedError, answer_status, press
from .actions import ACTIONS, confirm_pin, get_pin, resolve_site_id, set_pin
from .checks import run_checks
from .client import Client
from .config import STAGES, Authentication, Details, Platform, parse, problems
from .locks import Listings, Locks, to_target
from .opening import Opening

_EXPIRY_MARGIN_S = 60  # clock skew between us and Salto, and the time a request is under way


class SaltoksPlugin:
    """One per host; its tokens and lists of locks are shared by all integrations and threads."""

    def __init__(self) -> None:
        self._tokens = Tokens(margin_s=_EXPIRY_MARGIN_S)
        self._listings = Listings()

    @hookimpl
    def describe_plugin(self) -> PluginInfo:
        """Say what the tabs look like."""
        return PluginInfo(
            label="Salto KS",
            auth=Authentication,
            details=Details,
            platform=Platform,
            target="lock",
            targets_by="id",
            stage_setting="environment",
            stages=STAGES,
            actions=ACTIONS,
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
        """Return the locks as they are now."""
        locks = self._locks(self._client(integration, context), context).list_all()
        return sorted(map(to_target, locks), key=lambda one: (one.name, one.detail, one.id))

    @hookimpl
    def on_status_change(
        self, integration: Integration, change: Change, context: Context
    ) -> Receipt:
        """Say what holds from now on; the vendor is not asked."""
        return answer_status(parse(integration), change, context.clock())

    @hookimpl
    def perform_action(
        self, integration: Integration, request: ActionRequest, context: Context
    ) -> ActionResult:
        """Do what a button says, or say why that is not allowed."""
        try:
            if request.name == "open":
                return self._open(integration, request, context)
            return self._set_up(integration, request, context)
        except NotAllowedError as error:
            return ActionResult(ok=False, message=str(error))

    @hookimpl
    def sign_in(self, integration: Integration, context: Context) -> bool:
        """Fetch a new token, in one request."""
        self._client(integration, context).renew_token()
        return True

    def _open(
        self, integration: Integration, request: ActionRequest, context: Context
    ) -> ActionResult:
        config = parse(integration)
        pressed = press(config, request, context.clock(), context.shown)
        client = Client(config.account, context.http, self._tokens)
        locks = self._locks(client, context)
        return Opening(press=pressed, client=client, locks=locks, context=context).open()

    def _set_up(
        self, integration: Integration, request: ActionRequest, context: Context
    ) -> ActionResult:
        client = self._client(integration, context)
        match request.name:
            case "resolve_site_id":
                return resolve_site_id(client, context)
            case "get_pin":
                return get_pin(client, context, request.parameters)
            case "set_pin":
                return set_pin(client, context, request.parameters)
            case "confirm_pin":
                return confirm_pin(client, context, request.parameters)
            case _:
                raise PluginError(f"there is no action {request.name}")

    def _client(self, integration: Integration, context: Context) -> Client:
        return Client(parse(integration).account, context.http, self._tokens)

    def _locks(self, client: Client, context: Context) -> Locks:
        return Locks(client, context.vault, self._listings)
