"""Compares the ledger with what vendors say."""

from dataclasses import dataclass

from .assembly import Assembly, Workshop


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """Compares, under one configuration."""

    assembly: Assembly
    workshop: Workshop
