"""What an administrator asks: plugins, settings, the checklist, targets, a key, a migration."""

from collections import Counter
from collections.abc import Sequence

import click

from ..host import DATABASE_NAME
from ..ledger import new_key
from ..ledger.reports import seen_in
from ..ledger.revisions import Migrated, migrate
from ..model import Check, ConfigProblem, MappingTarget, PluginStatus, Stage
from ..plugins import Plugins
from .failures import FailedError, asking, reading
from .opening import find_integration, open_host, read_settings
from .options import Options
from .streams import note, print_json
from .tables import print_line, print_table


def list_plugins(options: Options) -> bool:
    """Print every installed plugin; tell whether none is broken."""
    statuses = _plugins(options)
    shown = [(s.name, s.version, s.status, s.error) for s in statuses]
    if options.as_json:
        print_json(
            [dict(zip(("name", "version", "status", "error"), s, strict=True)) for s in shown]
        )
    elif statuses:
        rows = [tuple(cell or "" for cell in row) for row in shown]
        print_table(("Plugin", "Version", "Status", "What is wrong"), rows)
    else:
        print_line("No plugin is installed.")
    return all(status.status != "broken" for status in statuses)


def validate_settings(options: Options) -> bool:
    """Print every problem of the settings; tell whether none is an error."""
    seen = seen_in(options.database or str(options.config.parent / DATABASE_NAME))
    with open_host(options, ledger=False) as host:
        integrations, found = host.integrations, host.validate(seen=seen)
    shown = [(name, p.path, p.message, p.severity) for name, p in found]
    if options.as_json:
        keys = ("integration", "path", "message", "severity")
        print_json([dict(zip(keys, row, strict=True)) for row in shown])
    else:
        if shown:
            print_table(("Integration", "Setting", "What is wrong", "Severity"), shown)
        print_line(_sum_up(integrations, [problem for _, problem in found]))
    return all(problem.severity != "error" for _, problem in found)


def run_checklist(options: Options, integration: str, stage: Stage | None) -> bool:
    """Print the set-up guide's checklist; tell whether nothing in it failed."""
    find_integration(read_settings(options), integration)
    with open_host(options, ledger=True) as host, asking(integration):
        checks = host.check(integration, stage=stage)
    if options.as_json:
        print_json([{"name": c.name, "status": c.status, "message": c.message} for c in checks])
    else:
        print_table(("Check", "Status", "Message"), [(c.name, c.status, c.message) for c in checks])
        print_line(count_checks(checks))
    return all(check.status != "failed" for check in checks)


def count_checks(checks: Sequence[Check]) -> str:
    """Return how many lines of a checklist came out how, as a sentence."""
    counts = Counter(str(check.status) for check in checks)
    words = {"passed": "passed", "warning": "with a warning", "manual": "for a person to see to"}
    said = [f"{counts[status]} {word}" for status, word in words.items() if counts[status]]
    return ", ".join([f"{counts['failed']} failed", *said]) + "."


def list_targets(options: Options, integration: str) -> bool:
    """Print what mapping rows may name; tell whether there is anything."""
    try:
        found = _targets(options, integration)
    except FailedError:
        if options.as_json:
            print_json([])
        raise
    if options.as_json:
        print_json([{"id": t.id, "name": t.name, "detail": t.detail} for t in found])
    elif found:
        print_table(("Name", "Id", "Detail"), [(t.name, t.id, t.detail) for t in found])
    if not found:
        note(f"integration {integration}: the vendor lists nothing that a mapping row could name")
    return bool(found)


def print_key(options: Options) -> None:
    """Print a new key, alone."""
    key = new_key()
    if options.as_json:
        print_json({"key": key})
    else:
        click.echo(key)


def migrate_ledger(options: Options) -> None:
    """Bring the ledger to this version's revision, and print from which one.

    Raises:
        InputError: It cannot be used; nothing was changed.
    """
    database = options.database or str(options.config.parent / DATABASE_NAME)
    with reading():
        migrated = migrate(database)
    if options.as_json:
        print_json({"from": migrated.before, "to": migrated.after})
    else:
        print_line(_tell_migrated(migrated))
    if migrated.copy is not None:
        note(f"as it was before: {migrated.copy}; delete it when all is well")


def _plugins(options: Options) -> tuple[PluginStatus, ...]:
    """Return the plugins as the configuration has them; who has none yet may ask all the same."""
    if not (options.config_given or options.config.exists()):
        note(f"there is no {options.config} here, so none is blocked")
        return Plugins().statuses
    with open_host(options, ledger=False) as host:
        return host.plugins


def _targets(options: Options, integration: str) -> list[MappingTarget]:
    with open_host(options, ledger=False) as host, asking(integration):
        return host.list_mapping_targets(integration)


def _tell_migrated(migrated: Migrated) -> str:
    ledger = f"ledger {migrated.database}"
    if migrated.before is None:
        return f"{ledger} was empty and is set up at revision {migrated.after}."
    if migrated.before == migrated.after:
        return f"{ledger} is up to date at revision {migrated.after}."
    return f"{ledger} went from revision {migrated.before} to {migrated.after}."


def _sum_up(integrations: Sequence[str], problems: Sequence[ConfigProblem]) -> str:
    if not integrations:
        return "No integration is configured."
    counts = Counter(problem.severity for problem in problems)
    count = f"{len(integrations)} integration{'s' if len(integrations) > 1 else ''}"
    errors, warnings = counts["error"], counts["warning"]
    return f"{count}: {_plural(errors, 'error')}, {_plural(warnings, 'warning')}."


def _plural(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
