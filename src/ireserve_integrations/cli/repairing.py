"""What a person does where something went wrong, as it is typed and answered."""

from collections import Counter
from collections.abc import Sequence

from ..repairs import Prospect
from ..wire import outcome_json
from .bookings import print_outcomes
from .failures import InputError, asking, reading
from .opening import find_integration, open_host, read_settings
from .options import Options
from .streams import note, print_json
from .tables import print_line, print_table


def told_apart(  # noqa: PLR0917  # all that `retry` takes
    integration: str | None,
    booking: str | None,
    ask_again: bool,  # noqa: FBT001  # as they were typed
    found: str | None,
    skipped: str | None,
    dry_run: bool,  # noqa: FBT001  # likewise
) -> bool:
    """Tell whether `retry` is about what an integration skipped, rather than one booking.

    Raises:
        InputError: What was typed fits neither.
    """
    if skipped is not None:
        if integration is not None or ask_again or found is not None:
            raise InputError("retry --skipped takes no booking, and neither answer about one")
        return True
    if integration is None or booking is None:
        raise InputError("retry needs an integration and a booking, or --skipped ID")
    if dry_run:
        raise InputError("retry --dry-run is for --skipped alone")
    if ask_again and found is not None:
        raise InputError("retry takes --ask-again or --found, not both")
    return False


def retry_booking(
    options: Options, integration: str, booking: str, *, ask_again: bool, found: str | None
) -> bool:
    """Work a booking off now and print what became of it; tell whether it is done."""
    find_integration(read_settings(options), integration)
    with open_host(options, ledger=True) as host, reading():
        outcome = host.repairs.retry(integration, booking, ask_again=ask_again, found=found)
    if options.as_json:
        print_json([outcome_json(outcome)])
    else:
        print_outcomes([outcome])
    return outcome.ok


def retry_skipped(options: Options, integration: str, *, dry_run: bool) -> bool:
    """List what an integration skipped, or work it off; tell whether it is done."""
    find_integration(read_settings(options), integration)
    if dry_run:
        return _list_skipped(options, integration)
    with open_host(options, ledger=True) as host, reading():
        outcomes = host.repairs.retry_skipped(integration)
    if options.as_json:
        print_json([outcome_json(outcome) for outcome in outcomes])
    elif outcomes:
        print_outcomes(outcomes)
    else:
        print_line(_nothing_skipped(integration))
    return all(outcome.ok for outcome in outcomes)


def resume_integration(options: Options, integration: str) -> bool:
    """Let an integration go on, and say so."""
    find_integration(read_settings(options), integration)
    with open_host(options, ledger=True) as host, asking(integration):
        host.resume(integration)
    if options.as_json:
        print_json({"integration": integration, "resumed": True})
    else:
        print_line(f"Integration {integration} goes on: a worker takes up what waited.")
    return True


def reapply_settings(options: Options, integration: str, *, dry_run: bool) -> bool:
    """Bring live grants to today's settings, saying beforehand whose; tell whether all is done."""
    find_integration(read_settings(options), integration)

    def announce(foreseen: Sequence[Prospect]) -> None:
        if not dry_run:
            _announce(options, integration, foreseen)

    with open_host(options, ledger=True) as host, asking(integration):
        became = host.repairs.reapply(integration, dry_run=dry_run, announce=announce)
    _print_prospects(options, integration, became)
    return all(one.what not in {"failed", "pending"} for one in became)


def forget_customer(options: Options, booking: str) -> bool:
    """Erase who a booking's customer is, and say so."""
    with open_host(options, ledger=True) as host, reading():
        host.repairs.forget_customer(booking)
    if options.as_json:
        print_json({"booking": booking, "erased": True})
    else:
        print_line(f"Who booked {booking} is erased; the booking itself stays.")
    return True


def _list_skipped(options: Options, integration: str) -> bool:
    with open_host(options, ledger=True) as host, reading():
        bookings = host.repairs.skipped(integration)
    if options.as_json:
        print_json([{"integration": integration, "booking": one} for one in bookings])
    elif bookings:
        print_table(("Booking", "Integration"), [(one, integration) for one in bookings])
    else:
        print_line(_nothing_skipped(integration))
    return True


def _nothing_skipped(integration: str) -> str:
    return f"Nothing that reached integration {integration} while it was inactive waits."


def _announce(options: Options, integration: str, foreseen: Sequence[Prospect]) -> None:
    """Say beforehand who will be told again: on standard error, beside a machine's answer."""
    if not options.as_json:
        _print_prospects(options, integration, foreseen)
    again = [one.booking for one in foreseen if one.what == "replaced"]
    who = f"the visitors of bookings {', '.join(again)} are" if again else "nobody is"
    note(f"integration {integration}: {who} told again")


def _print_prospects(options: Options, integration: str, found: Sequence[Prospect]) -> None:
    if options.as_json:
        keys = ("integration", "booking", "outcome", "message")
        print_json([dict(zip(keys, (integration, *one), strict=True)) for one in found])
        return
    if found:
        rows = [(one.booking, integration, one.what, one.message) for one in found]
        print_table(("Booking", "Integration", "Access", "Why"), rows)
    counts = Counter(one.what for one in found)
    said = ", ".join(f"{number} {what}" for what, number in counts.items())
    print_line(f"{said}." if said else f"Integration {integration} has no live access.")
