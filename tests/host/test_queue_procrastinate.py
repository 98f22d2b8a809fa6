"""Procrastinate as it is used: what its tables hold, and what its own tools see."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from tests.host.fake_rig import Rig
from tests.host.fake_vendor import Fault
from tests.host.worker_rig import NO_SWEEP, WorkerRig, booked, eventually

TOOLS = str(Path(sys.executable).with_name("procrastinate"))
APP = "ireserve_integrations.queue.procrastinate.app"


@pytest.fixture
def shop(rig: Rig, postgres_url: str) -> Iterator[WorkerRig]:
    """Lend a ledger in PostgreSQL, a vendor and whoever works."""
    with ExitStack() as stack:
        shop = WorkerRig(rig, postgres_url, stack)
        shop.configure(NO_SWEEP)
        yield shop


def _jobs(shop: WorkerRig) -> list[dict[str, Any]]:
    """Return every job, oldest first."""
    address = shop.url.replace("+psycopg", "")
    with closing(psycopg.connect(address, autocommit=True, row_factory=dict_row)) as connection:
        return connection.execute("SELECT * FROM procrastinate_jobs ORDER BY id").fetchall()


def _run(shop: WorkerRig, statement: str) -> None:
    with closing(psycopg.connect(shop.url.replace("+psycopg", ""), autocommit=True)) as connection:
        connection.execute(statement.encode())


def _tools(shop: WorkerRig, *arguments: str, database: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [TOOLS, "--app", APP, *arguments],
        env=shop.rig.environ | {"IRESERVE_DATABASE": database},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_job_carries_a_pairs_key_and_nothing_else(shop: WorkerRig) -> None:
    shop.configure(NO_SWEEP, integrations=("main", "other"))

    shop.submit(booked(number=1), booked(number=2))

    jobs = _jobs(shop)
    assert [job["args"] for job in jobs] == [
        {"integration": integration, "vendor": "fake", "booking": booking}
        for booking in ("b-1", "b-2")
        for integration in ("main", "other")
    ]
    assert {(job["status"], job["lock"], job["queueing_lock"]) for job in jobs} == {
        ("todo", None, None)
    }


def test_a_job_that_is_done_leaves_nothing_behind(shop: WorkerRig) -> None:
    shop.submit(*(booked(number=number) for number in range(30)))

    shop.drain()

    assert len(shop.vendor.live) == 30
    assert _jobs(shop) == []


def test_a_dispatch_defers_no_job(shop: WorkerRig) -> None:
    shop.host.dispatch(booked())

    assert _jobs(shop) == []


def test_a_failure_becomes_a_job_for_the_time_when_its_pair_is_due(shop: WorkerRig) -> None:
    shop.configure({**NO_SWEEP, "retry_first_s": 600})
    shop.vendor.fail("make", Fault.LOST_BEFORE)
    shop.submit(booked())

    shop.drain()

    job = _jobs(shop)[0]
    assert job["status"] == "todo"
    assert job["args"]["booking"] == "b-1"
    assert job["scheduled_at"] > datetime.now(UTC) + timedelta(seconds=200)


def test_a_lost_wake_up_loses_nothing(shop: WorkerRig) -> None:
    shop.configure({"sweep_s": 0.1})
    worker = shop.working()
    _run(shop, "ALTER TABLE procrastinate_jobs DISABLE TRIGGER USER")
    _run(shop, "ALTER FUNCTION procrastinate_defer_jobs_v1 RENAME TO gone")

    shop.submit(booked())

    eventually(lambda: worker.worked == 1, "no sweep found it")


def test_a_job_of_a_pair_that_is_unknown_or_not_due_ends_at_once(shop: WorkerRig) -> None:
    shop.submit(booked())
    _run(
        shop,
        'UPDATE procrastinate_jobs SET args = args || \'{"booking": "nobody-knows"}\';'
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args) SELECT queue_name, task_name,"
        ' args || \'{"integration": "nobody-has"}\' FROM procrastinate_jobs;'
        "UPDATE pairs SET due_at = due_at + interval '1 hour'",
    )

    worker = shop.drain()

    assert worker.outcomes == {}
    assert _jobs(shop) == []


def test_the_job_of_a_killed_worker_is_tidied_away(shop: WorkerRig) -> None:
    shop.submit(booked())
    _run(
        shop,
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour');"
        "UPDATE procrastinate_jobs SET status = 'doing',"
        " worker_id = (SELECT id FROM procrastinate_workers)",
    )

    worker = shop.working()

    eventually(lambda: not _jobs(shop), "the job stays")
    eventually(lambda: worker.worked == 1, "the pair was forgotten")


def test_procrastinates_own_tools_see_the_queue(shop: WorkerRig) -> None:
    shop.submit(booked())

    healthy = _tools(shop, "healthchecks", database=shop.url)
    listed = _tools(shop, "shell", "list_jobs", database=shop.url)

    assert healthy.returncode == 0, healthy.stderr
    assert "ireserve_integrations.work_off" in listed.stdout


def test_the_tools_say_what_they_need_to_know(shop: WorkerRig) -> None:
    refused = _tools(shop, "healthchecks", database=str(shop.rig.database))

    assert refused.returncode != 0
    assert "set IRESERVE_DATABASE to the ledger's address" in refused.stderr


def test_without_the_extra_a_worker_says_what_to_install(shop: WorkerRig) -> None:
    code = (
        "import sys; sys.modules['procrastinate'] = None\n"
        "from ireserve_integrations.cli import main\nmain(sys.argv[1:])"
    )
    options = ["--config", str(shop.rig.path), "--database", shop.url]

    ran = subprocess.run(
        [sys.executable, "-c", code, *options, "worker", "--drain"],
        env=shop.rig.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ran.returncode == 2
    assert "pip install 'ireserve-integrations[postgres]'" in ran.stderr
