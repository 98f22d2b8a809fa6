"""The command line: `ireserve-integrations`.

Importing this, and `--help`, loads neither SQLAlchemy, httpx, marshmallow nor rich: `commands`
declares, and what a command does stands in a module that it loads when it runs.
"""

from .program import main

__all__ = ["main"]
