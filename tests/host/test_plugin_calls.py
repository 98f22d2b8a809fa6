"""One call of one hook: whatever it does stays inside, and is named."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from ireserve_integrations.calls import Calls
from ireserve_integrations.errors import (
    IntegrationError,
    LedgerError,
    OutcomeUnknownError,
    PluginError,
    RejectedError,
    UnavailableError,
)
from ireserve_integrations.model import Booking, Change, Integration, Receipt
from ireserve_integrations.plugins import Plugins

if TYPE_CHECKING:
    from tests.conftest import InstallPlugin

_ONE = Integration(id="one", vendor="fake")
_START = datetime(2026, 11, 21, 10, tzinfo=UTC)
_CHANGE = Change(
    booking=Booking(id="15492", start=_START, end=_START.replace(hour=12)), label="a label"
)
_NO_VAULT: Any = None
_HOOK = """
import threading
let_go, over, seen = threading.Event(), threading.Event(), []

class Plugin(Plain):
    @hookimpl
    def on_status_change(self, integration, change, context):
        {body}
"""
_HANG = "let_go.wait(20)"
_WRITE = "context.http.exchange('POST', 'http://vendor.invalid/grants')"
_LATER = f"""
        let_go.wait(20)
        try:
            {_WRITE}
        except Exception as error:
            seen.append(error)
        over.set()
"""
_NAIVE = """
        start = change.booking.start.replace(tzinfo=None)
        window = Window(start=start, end=change.booking.end)
        return Receipt(outcome='granted', grant=Grant(reference='g-1', window=window))
"""


class _Caller:
    """Calls the hook `on_status_change` of a plugin whose body a test writes."""

    def __init__(self, install: "InstallPlugin") -> None:
        self._install = install
        self.asked: list[str] = []
        self.module: Any = None
        self.calls: Any = None

    def __call__(self, body: str, *, deadline_s: float = 20, **options: Any) -> Receipt:
        self.module = self._install("fake", _HOOK.replace("{body}", body)).module
        self.calls = Calls(
            Plugins(),
            vault=lambda _: _NO_VAULT,
            clock=lambda: _START,
            random=Random(1),  # noqa: S311  # jitter only
            transport=httpx.MockTransport(self._answer),
        )
        context = self.calls.lend(_ONE, deadline_s=deadline_s, writes=1)
        receipt: Receipt = self.calls.call(
            _ONE, "on_status_change", context, change=_CHANGE, **options
        )
        return receipt

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.method)
        return httpx.Response(201, json={})

    @property
    def abandoned(self) -> int:
        return int(self.calls.plugins.abandoned_calls)

    def close(self) -> None:
        self.module.let_go.set()
        self.calls.close()


@pytest.fixture
def call(install_plugin: "InstallPlugin") -> Iterator[_Caller]:
    caller = _Caller(install_plugin)
    yield caller
    caller.close()


def test_an_answer_is_handed_over_as_it_is(call: _Caller) -> None:
    receipt = call("return Receipt(outcome='skipped', warnings=[change.label])")

    assert receipt == Receipt(outcome="skipped", warnings=["a label"])  # type: ignore[arg-type]  # a list will do


def test_a_hook_is_given_only_what_it_names(call: _Caller) -> None:
    receipt = call(
        "raise AssertionError\n"
        "    @hookimpl\n"
        "    def on_status_change(self, change):\n"
        "        return Receipt(outcome='skipped', standing=change.booking.id)"
    )

    assert receipt.standing == "15492"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("return None", "NoneType instead of Receipt"),
        ("yield Receipt(outcome='skipped')", "generator instead of Receipt"),
        ("return Receipt(outcome='Granted')", "a wrong value: Receipt.outcome"),
        (_NAIVE, "a wrong value: Receipt.grant.window.start"),
    ],
)
def test_an_answer_that_is_none_of_a_hooks_answers_is_a_plugin_error(
    call: _Caller, body: str, error: str
) -> None:
    with pytest.raises(PluginError) as caught:
        call(body)

    assert str(caught.value) == f"plugin fake answered on_status_change with {error}"


@pytest.mark.parametrize(
    "raised", ["RuntimeError", "SystemExit", "KeyboardInterrupt", "GeneratorExit", "StopIteration"]
)
def test_whatever_a_hook_raises_is_named_by_type_and_place_only(call: _Caller, raised: str) -> None:
    with pytest.raises(PluginError) as caught:
        call(f"raise {raised}('pa55word')")

    message = str(caught.value)
    assert f"on_status_change of plugin fake raised {raised} (plugin_0_of_a_test.py, " in message
    assert "pa55word" not in message
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("kind", [RejectedError, OutcomeUnknownError, IntegrationError])
def test_one_of_our_errors_passes_as_it_was_raised(
    call: _Caller, kind: type[IntegrationError]
) -> None:
    with pytest.raises(kind, match=r"^no such door$") as caught:
        call(f"raise {kind.__name__}('no such door')")

    assert type(caught.value) is kind


def test_the_kind_of_an_error_that_a_plugin_made_up_is_the_public_one(call: _Caller) -> None:
    with pytest.raises(RejectedError) as caught:
        call("raise type('NoSuchDoorError', (RejectedError,), {})('no such door')")

    assert caught.value.kind == "RejectedError"


def test_a_vault_that_cannot_be_used_is_not_the_plugins_fault(call: _Caller) -> None:
    with pytest.raises(LedgerError, match="pin cannot be read"):
        call("raise LedgerError('pin cannot be read')")


def test_a_hook_that_is_left_out_cannot_be_called(install_plugin: "InstallPlugin") -> None:
    install_plugin("fake")

    with pytest.raises(PluginError, match="plugin fake has no perform_action"):
        Plugins().call("fake", "perform_action", deadline_s=1)


def test_a_hook_that_hangs_is_abandoned_at_its_deadline(call: _Caller) -> None:
    with pytest.raises(
        UnavailableError, match=r"plugin fake did not answer on_status_change within 0\.[12] s"
    ):
        call(_HANG, deadline_s=0.2)

    assert call.abandoned == 1


def test_a_call_that_hangs_after_a_write_may_have_been_carried_out(call: _Caller) -> None:
    with pytest.raises(OutcomeUnknownError, match="did not answer on_status_change within"):
        call(f"{_WRITE}; {_HANG}", deadline_s=0.5)

    assert call.asked == ["POST"]


def test_an_abandoned_call_ends_later_and_can_send_nothing(
    call: _Caller, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(UnavailableError):
        call(_LATER, deadline_s=0.2)
    assert call.abandoned == 1

    call.module.let_go.set()
    assert call.module.over.wait(20)

    (refused,) = call.module.seen
    assert isinstance(refused, UnavailableError)
    assert call.asked == []
    assert "on_status_change of plugin fake was abandoned; 1 such calls still run" in caplog.text


def test_abandoned_calls_are_counted_until_they_end(call: _Caller) -> None:
    with pytest.raises(UnavailableError):
        call(f"seen.append(threading.current_thread()); {_HANG}", deadline_s=0.2)
    (thread,) = call.module.seen
    assert (thread.daemon, call.abandoned) == (True, 1)

    call.module.let_go.set()
    thread.join(20)

    assert call.abandoned == 0


def test_nothing_is_called_when_no_time_is_left(call: _Caller) -> None:
    with pytest.raises(UnavailableError, match="no time was left for on_status_change"):
        call("seen.append('called')", deadline_s=0)

    assert call.module.seen == []


def test_something_may_be_done_regularly_while_a_call_runs(call: _Caller) -> None:
    def let_go() -> None:
        call.module.let_go.set()

    beats = _Beats(enough=3, then=let_go)

    receipt = call(f"{_HANG}; return Receipt(outcome='skipped')", every=(0.01, beats))

    assert receipt.outcome == "skipped"
    assert beats.count >= 3


def test_what_fails_meanwhile_abandons_the_call(call: _Caller) -> None:
    beats = _Beats(enough=1, then=_lose)

    with pytest.raises(_LostError):
        call(_LATER, every=(0.01, beats))

    assert call.abandoned == 1
    call.module.let_go.set()
    assert call.module.over.wait(20)
    assert call.asked == []


def test_regular_work_that_takes_its_time_moves_no_deadline(call: _Caller) -> None:
    beats = _Beats(enough=1, then=_take_time)

    with pytest.raises(UnavailableError):
        call(_HANG, deadline_s=0.3, every=(0.1, beats))

    assert beats.count == 1


def test_a_closed_host_lends_nothing_more(call: _Caller) -> None:
    call("return Receipt(outcome='skipped')")
    call.calls.close()

    with pytest.raises(UnavailableError, match="the host is closed"):
        call.calls.lend(_ONE, deadline_s=1)


class _LostError(Exception):
    """A lease, for one."""


def _lose() -> None:
    raise _LostError


def _take_time() -> None:
    threading.Event().wait(0.25)


class _Beats:
    """Counts, and does something when it is enough."""

    def __init__(self, *, enough: int, then: Callable[[], None]) -> None:
        self.count, self._enough, self._then = 0, enough, then

    def __call__(self) -> None:
        self.count += 1
        if self.count == self._enough:
            self._then()
