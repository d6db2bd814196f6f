"""The options that say what runs a checkpoint, the same for every command that runs one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from clean_bench.engines.open import AUTO, ENGINES, EngineChoice

_DECORATORS = (
    click.option(
        "--engine",
        type=click.Choice(ENGINES),
        default=AUTO,
        show_default=True,
        help="What runs the model; auto takes vllm where it is installed and a GPU is there.",
    ),
    click.option(
        "--tensor-parallel",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="Devices that share one copy of the model (vllm).",
    ),
    click.option(
        "--data-parallel",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="Copies of the model that share the work.",
    ),
)


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets them as one argument, `engine`, an `EngineChoice`."""

    @functools.wraps(command)
    def gathered(
        *args: Any, engine: str, tensor_parallel: int, data_parallel: int, **rest: Any
    ) -> Any:
        return command(*args, engine=EngineChoice(engine, tensor_parallel, data_parallel), **rest)

    for decorate in reversed(_DECORATORS):
        gathered = decorate(gathered)
    return gathered
