"""Find plugins, call one at a time, survive a broken one.

pluggy broadcasts, stops at the first exception, and one broken entry point stops its loader. So
entry points are loaded one by one here, each into a manager of its own (`subset_hook_caller` of a
shared one hashes and compares the plugins that it leaves out, which is their code), and every call
is made on a thread of its own.
"""

import inspect
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import pluggy

from . import hookspecs
from .answers import checked_answer
from .errors import (
    ConfigError,
    IntegrationError,
    LedgerError,
    OutcomeUnknownError,
    PluginError,
    UnavailableError,
)
from .hook_thread import HookThread
from .kit.settings import Tab, booking_fields, load_tab, near_miss, secret_names
from .model import PluginInfo, PluginStatus

if TYPE_CHECKING:
    from .kit.transport import Http

_log = logging.getLogger(__name__)

GROUP = "ireserve.integrations"
_REQUIRED = ("describe_plugin", "validate_config", "on_status_change")
_LOAD_DEADLINE_S = 30.0  # importing a vendor's libraries takes its time on a cold disk
_GRACE_S = 0.1  # a call's HTTP client ends at the same deadline, and names what it waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    info: PluginInfo
    hooks: Any
    """pluggy's callers, of this plugin alone."""
    offered: frozenset[str]


class Plugins:
    """The installed plugins of one host, each called alone."""

    def __init__(
        self, blocked: Collection[str] = (), *, load_deadline_s: float = _LOAD_DEADLINE_S
    ) -> None:
        """Load every entry point of the group but the blocked ones; a broken one stays visible.

        Args:
            blocked: Names of entry points.
            load_deadline_s: For importing, making and describing one plugin.
        """
        self._loaded: dict[str, _Loaded] = {}
        self._statuses: dict[str, PluginStatus] = {}
        self._running_on = _Counter()
        for name, found in sorted(_by_name(entry_points(group=GROUP)).items()):
            status, error = "blocked", None
            if name not in blocked:
                error = self._load(name, found, load_deadline_s)
                status = "broken" if error else "loaded"
            self._statuses[name] = _status(name, found, status, error)

    @property
    def statuses(self) -> tuple[PluginStatus, ...]:
        """Every installed plugin, sorted by name."""
        return tuple(self._statuses.values())

    @property
    def infos(self) -> dict[str, PluginInfo]:
        """What the loaded plugins tell of themselves, by name."""
        return {name: loaded.info for name, loaded in self._loaded.items()}

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
        return self._require(vendor).info

    def offers(self, vendor: str, hook: str) -> bool:
        """Tell whether a plugin implements a hook."""
        return vendor in self._loaded and hook in self._loaded[vendor].offered

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
            every: Seconds, and what to do that often while the call runs (renew a lease); what it
                raises abandons the call.
            arguments: The hook's.

        Raises:
            IntegrationError: As the plugin raised it; `PluginError` for anything else it did.
            OutcomeUnknownError: Abandoned, and a write had left.
            UnavailableError: Abandoned before a write had left.
            LedgerError: The vault that the call was lent cannot be used.
        """
        loaded, what = self._require(vendor), f"{hook} of plugin {vendor}"
        if hook not in loaded.offered:
            raise PluginError(f"plugin {vendor} has no {hook}")
        thread = HookThread(partial(getattr(loaded.hooks, hook), **arguments))
        try:
            in_time = thread.wait(deadline_s + _GRACE_S, every)
        except BaseException:  # a lost lease, or somebody who pressed Ctrl-C
            self._abandon(thread, what, http)
            raise
        if not in_time:
            landed = self._abandon(thread, what, http)
            kind = OutcomeUnknownError if landed else UnavailableError
            raise kind(f"plugin {vendor} did not answer {hook} within {deadline_s:.1f} s")
        return checked_answer(vendor, hook, thread.answer(what))

    def _require(self, vendor: str) -> _Loaded:
        status = self._statuses.get(vendor)
        if status is None:
            raise ConfigError(
                f"vendor: no plugin {vendor!r} is installed"
                f"{near_miss(vendor, tuple(self._statuses))}"
            )
        if status.status == "blocked":
            raise PluginError(f"plugin {vendor} is blocked by [plugins] blocked")
        if status.status == "broken":
            raise PluginError(f"plugin {vendor} is broken: {status.error}")
        return self._loaded[vendor]

    def _abandon(self, thread: HookThread, what: str, http: "Http | None") -> bool:
        """Let a call run on by itself; tell whether a write of it may have landed."""
        landed = http is not None and http.abandon()
        self._running_on.until(thread.done)
        _log.warning("%s was abandoned; %d such calls still run", what, self.abandoned_calls)
        return landed

    def _load(self, name: str, found: list[EntryPoint], deadline_s: float) -> str | None:
        """Load a plugin; return why it is broken, if so."""
        if len(found) > 1:
            return (
                f"several distributions bring a plugin named {name}: "
                f"{', '.join(sorted(_distribution(one) for one in found))}; uninstall all but one"
            )
        what = f"loading {found[0].value}"
        thread = HookThread(partial(_loaded, name, found[0]))
        if not thread.wait(deadline_s):
            self._abandon(thread, what, None)
            return f"{what} did not end within {deadline_s:.1f} s"
        try:
            self._loaded[name] = thread.answer(what)
        except (IntegrationError, LedgerError) as error:
            return str(error)
        return None


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


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "?"


def _status(name: str, found: list[EntryPoint], status: Any, error: str | None) -> PluginStatus:
    version = None
    if len(found) == 1 and found[0].dist:
        with suppress(Exception):  # a distribution without its METADATA has none
            version = found[0].dist.version
    return PluginStatus(name=name, version=version, status=status, error=error)


def _loaded(name: str, point: EntryPoint) -> _Loaded:
    """Load a plugin; runs its code, on a thread that survives whatever it does."""
    found = _import(point)
    plugin = found() if inspect.isclass(found) else found
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(plugin, name)
    except pluggy.PluginValidationError as error:
        raise PluginError(" ".join(str(error).split())) from None
    offered = _offered(manager, plugin)
    info: PluginInfo = checked_answer(name, "describe_plugin", manager.hook.describe_plugin())
    _try_schemas(info)
    return _Loaded(info=info, hooks=manager.hook, offered=offered)


def _import(point: EntryPoint) -> Any:
    module = import_module(point.module)
    try:
        return attrgetter(point.attr)(module) if point.attr else module
    except AttributeError:
        raise PluginError(f"{point.module} has no {point.attr}") from None


def _offered(manager: pluggy.PluginManager, plugin: object) -> frozenset[str]:
    """Return the hooks that a plugin implements; a wrapper around one implements nothing.

    Raises:
        PluginError: One is missing, or there is no such hook.
    """
    known = tuple(name for name, hook in vars(manager.hook).items() if hook.has_spec())
    offered = set()
    for hook in manager.get_hookcallers(plugin) or ():
        whole = [one for one in hook.get_hookimpls() if not (one.wrapper or one.hookwrapper)]
        if hook.has_spec():
            offered |= {hook.name} if whole else set()
        elif not all(one.optionalhook for one in whole):
            raise PluginError(f"there is no hook {hook.name}{near_miss(hook.name, known)}")
    missing = [name for name in _REQUIRED if name not in offered]
    if missing:
        raise PluginError(f"it has no {' and no '.join(missing)} marked with hookimpl")
    return frozenset(offered)


def _try_schemas(info: PluginInfo) -> None:
    """Read nothing with every schema: the host will rely on them, for everybody's settings."""
    for schema in (info.auth, info.details, info.platform or Tab):
        load_tab(schema, {}, "")
        booking_fields(schema, {})
        secret_names(schema)
