"""Find plugins, call one at a time, survive a broken one.

pluggy broadcasts, stops at the first exception, and one broken entry point stops its loader. So
entry points are loaded one by one here, and a call goes to one plugin, on a thread of its own.
"""

import inspect
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from . import hookspecs
from .errors import (
    ConfigError,
    IntegrationError,
    OutcomeUnknownError,
    PluginError,
    UnavailableError,
)
from .model import (
    Access,
    ActionResult,
    Check,
    ConfigProblem,
    MappingTarget,
    PluginInfo,
    PluginStatus,
    Receipt,
)

if TYPE_CHECKING:
    from .kit.transport import Http

_log = logging.getLogger(__name__)

GROUP = "ireserve.integrations"
_REQUIRED = ("describe_plugin", "validate_config", "on_status_change")
_DESCRIBE_DEADLINE_S = 10.0
_ANSWERS: dict[str, tuple[type, type | None]] = {
    "describe_plugin": (PluginInfo, None),
    "validate_config": (ConfigProblem, list),
    "check_connection": (Check, list),
    "list_mapping_targets": (MappingTarget, list),
    "on_status_change": (Receipt, None),
    "revoke_access": (bool, None),
    "find_access": (Access, tuple),
    "read_access": (Access, None),
    "perform_action": (ActionResult, None),
}


class Plugins:
    """The installed plugins of one host, each called alone."""

    def __init__(self, blocked: Collection[str] = ()) -> None:
        """Load every entry point of the group but the blocked ones; a broken one stays visible."""
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._callers: dict[tuple[str, str], Callable[..., Any]] = {}
        self._infos: dict[str, PluginInfo] = {}
        self._statuses: dict[str, PluginStatus] = {}
        self._running_on = _Counter()
        for name, found in sorted(_by_name(entry_points(group=GROUP)).items()):
            self._statuses[name] = self._load(name, found, blocked=name in blocked)

    @property
    def statuses(self) -> tuple[PluginStatus, ...]:
        """Every installed plugin, sorted by name."""
        return tuple(self._statuses.values())

    @property
    def infos(self) -> dict[str, PluginInfo]:
        """What the loaded plugins tell of themselves, by name."""
        return dict(self._infos)

    @property
    def abandoned_calls(self) -> int:
        """How many hook calls run on past their deadline; Python cannot end them."""
        return self._running_on.value

    def require(self, vendor: str) -> PluginInfo:
        """Return what a loaded plugin tells of itself.

        Raises:
            ConfigError: No plugin of that name is installed.
            PluginError: It is broken or blocked.
        """
        status = self._statuses.get(vendor)
        if status is None:
            from .kit.settings import near_miss  # noqa: PLC0415  # loads marshmallow

            raise ConfigError(
                f"vendor: no plugin {vendor!r} is installed"
                f"{near_miss(vendor, tuple(self._statuses))}"
            )
        if status.status == "blocked":
            raise PluginError(f"plugin {vendor} is blocked by [plugins] blocked")
        if status.status == "broken":
            raise PluginError(f"plugin {vendor} is broken: {status.error}")
        return self._infos[vendor]

    def offers(self, vendor: str, hook: str) -> bool:
        """Tell whether a plugin implements a hook."""
        implementations = getattr(self._manager.hook, hook).get_hookimpls()
        return any(one.plugin_name == vendor for one in implementations)

    def call(
        self,
        vendor: str,
        hook: str,
        *,
        deadline_s: float,
        http: "Http | None" = None,
        every: tuple[float, Callable[[], None]] | None = None,
        **arguments: object,
    ) -> Any:
        """Call one hook of one plugin and return its checked answer.

        Args:
            vendor: A loaded plugin.
            hook: Its name.
            deadline_s: After this the call is abandoned and `http` refuses what it still sends.
            http: What the call was lent, if anything.
            every: Seconds, and what to do that often while the call runs (renew a lease).
            arguments: The hook's.

        Raises:
            IntegrationError: As the plugin raised it; `PluginError` for anything else it did.
            OutcomeUnknownError: Abandoned, and a write had left.
            UnavailableError: Abandoned before a write had left.
        """
        self.require(vendor)
        if not self.offers(vendor, hook):
            raise PluginError(f"plugin {vendor} has no {hook}")
        call = _Call(lambda: self._caller(vendor, hook)(**arguments))
        if not call.wait(deadline_s, every, http):
            self._running_on.until(call.done)
            _log.warning(
                "%s of plugin %s was abandoned at its deadline; %d such calls still run",
                hook,
                vendor,
                self.abandoned_calls,
            )
            landed = http is not None and http.abandon()
            kind = OutcomeUnknownError if landed else UnavailableError
            raise kind(f"plugin {vendor} did not answer {hook} within {deadline_s:.1f} s")
        return _checked(vendor, hook, call.answer(f"{hook} of plugin {vendor}"))

    def _caller(self, vendor: str, hook: str) -> Callable[..., Any]:
        key = (vendor, hook)
        if key not in self._callers:
            others = [plugin for name, plugin in self._manager.list_name_plugin() if name != vendor]
            self._callers[key] = self._manager.subset_hook_caller(hook, others)
        return self._callers[key]

    def _load(self, name: str, found: list[EntryPoint], *, blocked: bool) -> PluginStatus:
        versions = [point.dist.version if point.dist else None for point in found]
        version = versions[0] if len(found) == 1 else None
        if blocked:
            return PluginStatus(name=name, version=version, status="blocked")
        try:
            self._register(name, found)
        except BaseException as error:  # noqa: BLE001  # also a SystemExit at import stays inside
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            message = str(error) if isinstance(error, _NAMED) else _where(error)
            return PluginStatus(name=name, version=version, status="broken", error=message)
        return PluginStatus(name=name, version=version, status="loaded")

    def _register(self, name: str, found: list[EntryPoint]) -> None:
        if len(found) > 1:
            brought_by = ", ".join(sorted(str(point.dist and point.dist.name) for point in found))
            raise PluginError(
                f"several distributions bring a plugin named {name}: {brought_by}; "
                "uninstall all but one"
            )
        loaded = found[0].load()
        self._manager.register(loaded() if inspect.isclass(loaded) else loaded, name)
        self._manager.check_pending()
        for hook in _REQUIRED:
            if not self.offers(name, hook):
                raise PluginError(f"it has no {hook} marked with hookimpl")
        call = _Call(self._caller(name, "describe_plugin"))
        if not call.wait(_DESCRIBE_DEADLINE_S, None, None):
            raise PluginError(f"describe_plugin did not answer in {_DESCRIBE_DEADLINE_S:.0f} s")
        answer = call.answer(f"describe_plugin of plugin {name}")
        self._infos[name] = _checked(name, "describe_plugin", answer)


_NAMED = (IntegrationError, pluggy.PluginValidationError)


class _Call:
    """One call on a daemon thread."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.done = threading.Event()
        self._function = function
        self._answer: Any = None
        self._error: BaseException | None = None
        threading.Thread(target=self._run, daemon=True, name="hook").start()

    def wait(
        self,
        deadline_s: float,
        every: tuple[float, Callable[[], None]] | None,
        http: "Http | None",
    ) -> bool:
        """Wait until done, at most `deadline_s`; tell whether it is."""
        try:
            while every is not None and deadline_s > every[0]:
                if self.done.wait(every[0]):
                    return True
                every[1]()
                deadline_s -= every[0]
        except BaseException:
            if http is not None:
                http.abandon()
            raise
        return self.done.wait(max(0.0, deadline_s))

    def answer(self, what: str) -> Any:
        """Return what the call returned.

        Raises:
            IntegrationError: As it was raised; `PluginError` for any other exception, named by
                type and place only, since its text may hold anything.
        """
        if isinstance(self._error, IntegrationError):
            raise self._error
        if self._error is not None:
            raise PluginError(f"{what} raised {_where(self._error)}") from None
        return self._answer

    def _run(self) -> None:
        try:
            self._answer = self._function()
        except BaseException as error:  # noqa: BLE001  # SystemExit and KeyboardInterrupt too
            self._error = error
        finally:
            self.done.set()


class _Counter:
    """Counts calls that were abandoned and have not ended."""

    def __init__(self) -> None:
        self._running: list[threading.Event] = []
        self._lock = threading.Lock()

    @property
    def value(self) -> int:
        with self._lock:
            self._running = [done for done in self._running if not done.is_set()]
            return len(self._running)

    def until(self, done: threading.Event) -> None:
        with self._lock:
            self._running.append(done)


def _by_name(points: Iterable[EntryPoint]) -> dict[str, list[EntryPoint]]:
    named: dict[str, list[EntryPoint]] = defaultdict(list)
    for point in points:
        named[point.name].append(point)
    return named


def _checked(vendor: str, hook: str, answer: Any) -> Any:
    kind, container = _ANSWERS[hook]
    if container is None and isinstance(answer, kind):
        return answer
    if (
        container is not None
        and isinstance(answer, list | tuple)
        and all(isinstance(one, kind) for one in answer)
    ):
        return container(answer)
    expected = kind.__name__ if container is None else f"{container.__name__} of {kind.__name__}"
    raise PluginError(
        f"plugin {vendor} answered {hook} with {type(answer).__name__} instead of {expected}"
    )


def _where(error: BaseException) -> str:
    """Name an exception by its type and the line that raised it, never by its text."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    name = type(error).__name__
    if last is None:
        return name
    return f"{name} ({Path(last.tb_frame.f_code.co_filename).name}, line {last.tb_lineno})"
