"""What a person may do where something went wrong."""

from dataclasses import dataclass

from .assembly import Assembly, Workshop


@dataclass(frozen=True, slots=True, kw_only=True)
class Repairs:
    """Repairs, under one configuration."""

    assembly: Assembly
    workshop: Workshop
