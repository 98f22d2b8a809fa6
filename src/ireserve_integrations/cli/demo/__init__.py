"""The demonstration: the main job, against every sandbox whose vendor gives access beforehand."""

from .run import run_demo

__all__ = ["run_demo"]
