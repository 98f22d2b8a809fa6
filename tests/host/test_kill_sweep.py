"""A process that dies at any step: what was acknowledged is done, once, by those after it.

It dies by SIGKILL at every commit of the ledger, and before and after every request to the vendor
and to the booking core, in turn, until a run survives.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.host.fake_rig import CANCELLED, CHANGED, CONFIRMED, LATER, Rig, event
from tests.host.fake_vendor import FakeVendor
from tests.host.sweep import Scenario, Stage, copies_of, staged
from tests.postgres import PostgresServer

_CONFIRMED = event(CONFIRMED, event_id="e-1")
_CANCELLED = event(CANCELLED, event_id="e-2")
_MOVED = event(CHANGED, event_id="e-2", **LATER)


def _live_on(vendor: FakeVendor) -> None:
    """Let a request be carried out late: what was revoked lives again under another id."""
    vendor.add(vendor.accesses["a-1"], live=True)


_confirming = Scenario(verb="worker", makes=1, events=[_CONFIRMED])
_cancelling = Scenario(verb="worker", makes=1, before=[_CONFIRMED], events=[_CANCELLED])
_moving = Scenario(verb="worker", makes=2, before=[_CONFIRMED], events=[_MOVED])
_dispatching = Scenario(verb="dispatch", makes=1, events=[_CONFIRMED])
_submitting = Scenario(verb="submit", makes=1, events=[_CONFIRMED])
_reconciling = Scenario(
    verb="reconcile", makes=1, before=[_CONFIRMED, _CANCELLED], prepare=_live_on
)

whatever_it_does = pytest.mark.parametrize(
    ("scenario", "steps"),
    [
        pytest.param(_confirming, 10, id="worker, confirmed"),
        pytest.param(_cancelling, 10, id="worker, cancelled"),
        pytest.param(_moving, 12, id="worker, moved"),
        pytest.param(_dispatching, 8, id="dispatch"),
        pytest.param(_submitting, 2, id="submit"),
        pytest.param(_reconciling, 5, id="reconcile"),
    ],
)


@pytest.fixture
def stage(rig: Rig, empty_ledger: tuple[str, Path], tmp_path: Path) -> Iterator[Stage]:
    with staged(rig, copies_of(empty_ledger[1], tmp_path)) as lent:
        yield lent


@pytest.fixture
def postgres_stage(rig: Rig, postgres: PostgresServer) -> Iterator[Stage]:
    with staged(rig, lambda: postgres.url(postgres.create(migrated=True))) as lent:
        yield lent


@whatever_it_does
def test_a_process_may_die_at_any_step_on_sqlite(
    stage: Stage, scenario: Scenario, steps: int
) -> None:
    assert stage.sweep(scenario) == []
    assert stage.survivors[0] >= steps


@whatever_it_does
def test_a_process_may_die_at_any_step_on_postgresql(
    postgres_stage: Stage, scenario: Scenario, steps: int
) -> None:
    assert postgres_stage.sweep(scenario, taken_over=True) == []
    assert postgres_stage.survivors[0] >= steps
