"""The demonstration: one story with every vendor whose sandbox is installed."""

from .run import run_demo

__all__ = ["run_demo"]
