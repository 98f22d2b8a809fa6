"""Platform settings: what is the same for every integration of a vendor."""

import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from marshmallow import Schema, fields, missing

from ..errors import ConfigError
from ..kit.settings import Tab, load_tab, near_miss
from ..model import NOTHING, ConfigProblem, PluginInfo
from .configuration import Configuration
from .document import refuse
from .reference import References

_NOT_IN_NAMES = re.compile(r"[^A-Z0-9_]", re.ASCII)


class UnresolvedError(ConfigError):
    """An environment variable or a file behind a vendor's platform setting is not there."""


def platform_settings(
    info: PluginInfo,
    vendor: str,
    configuration: Configuration,
    environ: Mapping[str, str] = os.environ,
) -> Mapping[str, Any]:
    """Return a vendor's platform settings: environment, else file, else the schema's default.

    Every leaf of the schema may come from `IRESERVE_<VENDOR>_<KEY>`, one in a nested table from
    `IRESERVE_<VENDOR>_<TABLE>_<KEY>`. A nested table that is nowhere given is read as an empty one,
    unless its field has a `load_default`.

    Raises:
        ConfigError: The table has unknown keys, or a value is wrong.
        UnresolvedError: A reference leads nowhere, which concerns this vendor alone.
    """
    raw = configuration.platform.get(vendor, NOTHING)
    path = f"platform.{vendor}"
    references = References(folder=configuration.path.parent, environ=environ)
    reader = _Reader(references)
    schema = info.platform or Tab
    overlay = reader.read(schema(), raw, path, _variable("IRESERVE", vendor))
    values, problems = load_tab(schema, overlay, path)
    every = reader.complete(problems)
    alone = all(problem in reader.unresolved for problem in every)
    refuse(configuration.path, every, UnresolvedError if alone else ConfigError)
    return MappingProxyType(values)


def check_platform_tables(configuration: Configuration, installed: Collection[str]) -> None:
    """Refuse a `[platform.<vendor>]` that no plugin will ever read.

    Args:
        configuration: Of the file.
        installed: Names of the plugins, broken and blocked ones included.

    Raises:
        ConfigError: A table is for none of them.
    """
    known = tuple(sorted(installed))
    strays = [vendor for vendor in configuration.platform if vendor not in known]
    message = "is for no plugin that is installed"
    refuse(
        configuration.path,
        (
            ConfigProblem(path=f"platform.{stray}", message=message + near_miss(stray, known))
            for stray in strays
        ),
    )


class _Reader:
    """Lays the environment over a table and remembers where each value came from."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._variables: dict[str, str] = {}
        self.problems: list[ConfigProblem] = []
        self.unresolved: list[ConfigProblem] = []
        """Those of `problems` that are references which lead nowhere."""

    def read(
        self, schema: Schema, raw: Mapping[str, Any], path: str, prefix: str
    ) -> dict[str, Any]:
        """Return the table with the environment over it; nested tables likewise."""
        known = {field.data_key or name: field for name, field in schema.fields.items()}
        self._note_unknown(raw, tuple(known), path)
        leaves = {key: raw[key] for key in known if key in raw}
        tables: dict[str, Any] = {}
        for key, field in known.items():
            variable = _variable(prefix, key)
            if isinstance(field, fields.Nested):
                inner = self._read_nested(field, leaves.pop(key, None), f"{path}.{key}", variable)
                tables |= {key: inner} if inner is not None else {}
            elif variable in self._references.environ:
                leaves[key] = self._references.environ[variable]
                self._variables[f"{path}.{key}"] = variable
        values, unresolved = self._references.resolve(leaves, path)
        self.problems += unresolved
        self.unresolved += unresolved
        return values | tables

    def complete(self, problems: Iterable[ConfigProblem]) -> tuple[ConfigProblem, ...]:
        """Return all problems, those of the schema with the variable that a value came from."""
        known = {problem.path for problem in self.problems}
        return (*self.problems, *(self._traced(p) for p in problems if p.path not in known))

    def _traced(self, problem: ConfigProblem) -> ConfigProblem:
        variable = self._variables.get(problem.path)
        return replace(problem, path=f"{problem.path} (from {variable})") if variable else problem

    def _read_nested(
        self, field: fields.Nested, raw: Any, path: str, prefix: str
    ) -> dict[str, Any] | None:
        if raw is not None and not isinstance(raw, Mapping):
            self.problems.append(ConfigProblem(path=path, message="must be a table"))
            return None
        table = self.read(field.schema, raw or {}, path, prefix)
        return None if raw is None and not table and field.load_default is not missing else table

    def _note_unknown(self, raw: Mapping[str, Any], known: tuple[str, ...], path: str) -> None:
        self.problems += (
            ConfigProblem(path=f"{path}.{key}", message=f"is not a setting{near_miss(key, known)}")
            for key in raw
            if key not in known
        )


def _variable(prefix: str, key: str) -> str:
    return f"{prefix}_{_NOT_IN_NAMES.sub('_', key.upper())}"
