"""The options that load a model, the same for every command that loads one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from clean_bench.engines.open import AUTO, DTYPES, ENGINES, EngineConfig

_OPTIONS = (
    click.option(
        "--engine",
        type=click.Choice(ENGINES),
        default=AUTO,
        show_default=True,
        help="Engine that runs the model; auto takes vllm where it is installed and a GPU is available.",
    ),
    click.option(
        "--dtype",
        type=click.Choice(DTYPES),
        default=AUTO,
        show_default=True,
        help="Data type of the weights; auto is bfloat16 on a GPU and float32 on a CPU.",
    ),
    click.option(
        "--device",
        metavar="DEVICE",
        help="Torch device, such as cpu or cuda:1 (transformers only); a GPU where there is one.",
    ),
    click.option("--revision", metavar="REV", help="Branch, tag or commit of a hub checkpoint."),
    click.option(
        "--tensor-parallel",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="Devices that share one copy of the model (vllm only).",
    ),
    click.option(
        "--data-parallel",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="Copies of the model that share the requests.",
    ),
    click.option(
        "--batch-size",
        type=click.IntRange(min=1),
        default=256,
        show_default=True,
        help="Most completions decoded together.",
    ),
    click.option(
        "--trust-remote-code", is_flag=True, help="Run code that comes with the checkpoint."
    ),
)
NAMES = (
    "engine",
    "dtype",
    "device",
    "revision",
    "tensor_parallel",
    "data_parallel",
    "batch_size",
    "trust_remote_code",
)
"""The options as parameters of a command."""


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """How a checkpoint is resolved and run."""

    engine: EngineConfig
    revision: str | None = None

    def given(self) -> dict[str, Any]:
        """The options that stand on the command line, by name."""
        context = click.get_current_context()
        return {
            name: getattr(self.engine, name, self.revision)
            for name in NAMES
            if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        }

    def described(self, action: str) -> str:
        """The action with the engine that does it and why that was chosen, for a progress line."""
        name, reason = self.engine.choice()
        return f"{action}, engine: {name} ({reason})"


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets them as one argument, `model`, of type `ModelOptions`."""

    @functools.wraps(command)
    def with_model(*args: Any, revision: str | None, **values: Any) -> Any:
        settings = {name: values.pop(name) for name in NAMES if name != "revision"}
        return command(*args, model=ModelOptions(EngineConfig(**settings), revision), **values)

    for option in reversed(_OPTIONS):
        with_model = option(with_model)
    return with_model
