"""The options that load a model, the same for every command that loads one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from clean_bench.cli.config_options import config_options
from clean_bench.engines.open import EngineConfig

_FIELDS = (
    "engine",
    "dtype",
    "device",
    "tensor_parallel",
    "data_parallel",
    "batch_size",
    "trust_remote_code",
)
"""Fields of `EngineConfig` that are options; `memory` follows from the command."""


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """How a checkpoint is resolved and run."""

    engine: EngineConfig
    revision: str | None = None

    def given(self) -> dict[str, Any]:
        """The options that stand on the command line, by name."""
        context = click.get_current_context()
        values = {"revision": self.revision, **self.engine.model_dump()}
        return {
            name: values[name]
            for name in (*_FIELDS, "revision")
            if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        }

    def described(self, action: str) -> str:
        """The action with the engine that does it and why that was chosen, for a progress line."""
        name, reason = self.engine.choice()
        return f"{action}, engine: {name} ({reason})"


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets them as one argument, `model`, of type `ModelOptions`."""

    @config_options(EngineConfig, *_FIELDS)
    @click.option("--revision", metavar="REV", help="Branch, tag or commit of a hub checkpoint.")
    @functools.wraps(command)
    def with_model(*args: Any, revision: str | None, **values: Any) -> Any:
        settings = {name: values.pop(name) for name in _FIELDS}
        return command(*args, model=ModelOptions(EngineConfig(**settings), revision), **values)

    return with_model
