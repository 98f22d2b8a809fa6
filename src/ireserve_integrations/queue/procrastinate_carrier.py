"""Procrastinate's own worker, on a thread of its own: it brings jobs to a crew.

Its event loop works nothing off. A job waits there for a thread of the crew's, so that neither
asyncio's small executor nor a slow vendor holds the others up.
"""

import asyncio
import logging
import threading
from collections.abc import Mapping
from typing import Any

import procrastinate
from procrastinate.jobs import Status

from ..ledger import PairKey
from .port import Crew
from .procrastinate import QUEUE, TASK

_log = logging.getLogger(__name__)

_PATIENCE_S = 2.0  # in which a job comes that nothing holds up: who looks before doubles its work
_POLL_S = 2.0  # for jobs whose time has come, and after a lost notification
_HEARTBEAT_S = 10.0
_STALLED_S = 30.0  # after which a worker without a heartbeat is dead
_PAUSE_S = 1.0  # before Procrastinate's worker is started again
_CONNECTIONS = 4  # its bookkeeping takes microseconds; one more listens


class ProcrastinateCarrier:
    """Brings one crew its jobs."""

    look_s = 0.25  # for nothing but the crew's own end: jobs come by themselves

    def __init__(self, arguments: Mapping[str, Any], crew: Crew, *, drain: bool) -> None:
        """Begin.

        Args:
            arguments: How the driver reaches the ledger's database.
            crew: Whom to bring jobs.
            drain: Whether to end when no job is left.
        """
        for name in ("procrastinate", "psycopg.pool"):  # an outage is ours to say, once
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._arguments, self._crew, self._drain = dict(arguments), crew, drain
        self._ends = threading.Event()
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[None]] | None = None
        self._lock = threading.Lock()
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="procrastinate", daemon=True)
        self._thread.start()

    @property
    def patience_s(self) -> float:
        """How long a pair's job may take to come; none comes once this has ended."""
        return _PATIENCE_S if self._thread.is_alive() and not self._failing else 0.0

    @property
    def resting(self) -> bool:
        """Whether every job that waited when this began has ended."""
        return not self._drain or not self._thread.is_alive()

    def look(self) -> None:
        """Do nothing: the server notifies."""

    def close(self) -> None:
        """Take no more jobs, and wait for those that run."""
        self._ends.set()
        with self._lock:
            if self._running is not None:
                loop, task = self._running
                loop.call_soon_threadsafe(task.cancel)
        self._thread.join()

    def _run(self) -> None:
        while not self._ends.is_set():
            try:
                asyncio.run(self._serve())
                self._failing = False
            except asyncio.CancelledError:
                return
            except Exception as error:  # noqa: BLE001  # whatever ends it, the crew sweeps on
                self._say(error)
            if self._drain:
                return
            self._ends.wait(_PAUSE_S)

    async def _serve(self) -> None:
        """Run Procrastinate's worker until it is cancelled, has nothing left, or breaks."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # asyncio.run made it
        with self._lock:
            if self._ends.is_set():
                return
            self._running = asyncio.get_running_loop(), task
        asyncio.get_running_loop().set_exception_handler(_hush)
        app = make_app(self._arguments, sparing=True)
        tidying: asyncio.Task[None] | None = None
        try:
            async with app.open_async():
                self._failing = False
                tidying = asyncio.create_task(_tidy(app))
                await app.run_worker_async(
                    queues=[QUEUE],
                    name="ireserve-integrations",
                    concurrency=self._crew.threads,
                    wait=not self._drain,
                    fetch_job_polling_interval=_POLL_S,
                    delete_jobs="successful",
                    additional_context={"crew": self._crew},
                    install_signal_handlers=False,
                    update_heartbeat_interval=_HEARTBEAT_S,
                    stalled_worker_timeout=_STALLED_S,
                )
        finally:
            with self._lock:
                self._running = None
            if tidying is not None:
                tidying.cancel()
            await app.close_async()  # also where opening failed half-way

    def _say(self, error: Exception) -> None:
        if not self._failing:
            self._failing = True
            _log.warning(
                "Procrastinate's worker has stopped (%s) and is started again until it runs; "
                "what is due is found meanwhile all the same",
                type(error).__name__,
            )


def _hush(_loop: object, context: Mapping[str, Any]) -> None:
    """Say nothing of tasks that a lost connection ended besides: `_say` has said it once."""
    _log.debug("%s", context.get("message"))


def make_app(arguments: Mapping[str, Any], *, sparing: bool = False) -> procrastinate.App:
    """Return an app that knows our task.

    Args:
        arguments: How the driver reaches the ledger's database.
        sparing: Whether its connections do not wait for the disk: jobs only wake.
    """
    pool: dict[str, Any] = {"kwargs": dict(arguments), "min_size": 1, "max_size": _CONNECTIONS}
    if sparing:
        pool["configure"] = _spare_the_disk
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(**pool))
    app.task(name=TASK, queue=QUEUE, pass_context=True)(_work_off)
    return app


def tools_app(arguments: Mapping[str, Any]) -> procrastinate.App:
    """Return the app for Procrastinate's own tools."""
    return make_app(arguments)


async def _work_off(
    context: procrastinate.JobContext, *, integration: str, vendor: str, booking: str
) -> None:
    """Have the crew work the job's pair off; a pair that it leaves due is looked at later."""
    crew: Crew | None = context.additional_context.get("crew")
    if crew is None:
        raise RuntimeError("jobs are for `ireserve-integrations worker`, which knows the vendors")
    working = crew.begin(PairKey(integration=integration, vendor=vendor, booking=booking))
    if working is None:
        crew.glance()  # others may be due behind many jobs of one integration
    else:
        await asyncio.wrap_future(working)


async def _spare_the_disk(connection: Any) -> None:
    await connection.execute("SET synchronous_commit TO off")
    if not connection.autocommit:  # the one that listens commits by itself
        await connection.commit()


async def _tidy(app: procrastinate.App) -> None:
    """Delete the jobs of killed workers now and then: their pairs are taken over by themselves."""
    jobs = app.job_manager
    while True:
        try:
            await jobs.prune_stalled_workers(_STALLED_S)
            stalled = await jobs.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=_STALLED_S)
            for job in stalled:
                if job.id is not None:
                    await jobs.finish_job_by_id_async(job.id, Status.SUCCEEDED, delete_job=True)
        except procrastinate.exceptions.ConnectorException:
            _log.debug("jobs of killed workers are left for later", exc_info=True)
        await asyncio.sleep(_STALLED_S)
