"""The commands of who runs the service, as they are typed; each loads what it needs."""

# ruff: noqa: PLC0415  # `--help` must load neither SQLAlchemy, httpx, marshmallow nor rich

from pathlib import Path

import click

from .options import Options, with_options


@click.command("submit")
@click.argument("event", metavar="EVENT.json", type=click.Path(path_type=Path))
@with_options
def submit(options: Options, event: Path) -> None:
    """Hand over booking changes for a worker.

    They are on disk when this ends, and no vendor has been asked. EVENT.json as for dispatch.
    """
    from .bookings import submit_events

    _finish(submit_events(options, event))


@click.command("worker")
@click.option("--drain", is_flag=True, help="End when nothing is due any more.")
@with_options
def worker(options: Options, *, drain: bool) -> None:
    """Work off what was submitted, until SIGTERM or Ctrl-C.

    What is under way is finished first. Any number may run; on PostgreSQL, on any number of hosts.
    """
    from .work import run_worker

    _finish(run_worker(options, drain=drain))


@click.command("reconcile")
@click.argument("integration", metavar="[ID]", required=False)
@click.option("--fix", is_flag=True, help="Revoke what nothing wants.")
@click.option("--regrant", is_flag=True, help="Give again what was ended behind our back.")
@click.option("--revoke", metavar="REFERENCE", help="End this one, of a booking not known here.")
@with_options
def reconcile(
    options: Options, integration: str | None, *, fix: bool, regrant: bool, revoke: str | None
) -> None:
    """Compare the ledger with what vendors say.

    Of one integration, or all. What the ledger owes is mended; the rest is listed.
    """
    from .reconciling import reconcile_integrations

    _finish(reconcile_integrations(options, integration, fix=fix, regrant=regrant, revoke=revoke))


@click.command("alerts")
@with_options
def alerts(options: Options) -> None:
    """List what a person must see to.

    An alert closes by itself when its cause is gone.
    """
    from .reports import list_alerts

    _finish(list_alerts(options))


@click.command("audit")
@click.option("--booking", metavar="BOOKING", help="Of this one alone.")
@with_options
def audit(options: Options, booking: str | None) -> None:
    """Show what happened, and why.

    What came in, what was decided, asked, answered and written, in that order.
    """
    from .reports import show_audit

    _finish(show_audit(options, booking))


@click.command("retry")
@click.argument("integration", metavar="[ID]", required=False)
@click.argument("booking", metavar="[BOOKING]", required=False)
@click.option("--ask-again", is_flag=True, help="Nothing came of the request whose reply was lost.")
@click.option("--found", metavar="REFERENCE", help="This came of it: adopt it.")
@click.option("--skipped", metavar="ID", help="What reached this integration while inactive.")
@click.option("--dry-run", is_flag=True, help="With --skipped: list only.")
@with_options
def retry(
    options: Options,
    integration: str | None,
    booking: str | None,
    *,
    ask_again: bool,
    found: str | None,
    skipped: str | None,
    dry_run: bool,
) -> None:
    """Try a booking again, now.

    Or, with --skipped, what reached an integration while it was inactive.
    """
    from .repairing import retry_booking, retry_skipped, told_apart

    if told_apart(integration, booking, ask_again, found, skipped, dry_run):
        _finish(retry_skipped(options, str(skipped), dry_run=dry_run))
    else:
        _finish(
            retry_booking(options, str(integration), str(booking), ask_again=ask_again, found=found)
        )


@click.command("resume")
@click.argument("integration", metavar="ID")
@with_options
def resume(options: Options, integration: str) -> None:
    """Let a parked integration go on.

    With everything that waited; also one whose vendor is down.
    """
    from .repairing import resume_integration

    _finish(resume_integration(options, integration))


@click.command("reapply")
@click.argument("integration", metavar="ID")
@click.option("--dry-run", is_flag=True, help="Say only whose access would change.")
@with_options
def reapply(options: Options, integration: str, *, dry_run: bool) -> None:
    """Bring live grants to today's settings.

    Says beforehand whose visitors will be told again.
    """
    from .repairing import reapply_settings

    _finish(reapply_settings(options, integration, dry_run=dry_run))


@click.command("forget-customer")
@click.argument("booking", metavar="BOOKING")
@with_options
def forget_customer(options: Options, booking: str) -> None:
    """Erase who a booking's customer is."""
    from .repairing import forget_customer as forget

    _finish(forget(options, booking))


OPERATIONS = (
    submit,
    worker,
    reconcile,
    alerts,
    audit,
    retry,
    resume,
    reapply,
    forget_customer,
)


def _finish(done: bool) -> None:  # noqa: FBT001  # whether nobody has to do, or wait for, anything
    click.get_current_context().exit(0 if done else 1)
