"""Works off what is owed: pairs side by side, shared between integrations, until it is stopped.

crew (Worker) ─► shift ─► lookout (what is due) ─► threads ─► pairs ─► backlog
└► besides: upkeep and writing back, on threads of their own
"""

from .crew import Worker

__all__ = ["Worker"]
