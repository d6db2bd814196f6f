"""Which engine runs a checkpoint. Nothing heavy is imported before one is opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from clean_bench.engines.base import Engine
from clean_bench.errors import UserError

AUTO = "auto"
TRANSFORMERS = "transformers"
ENGINES = (AUTO, TRANSFORMERS)


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """What a user asks for: an engine's name or `auto`, and over how many devices it is spread.

    `tensor_parallel` devices share the layers of one copy of the model; there are `data_parallel`
    copies.
    """

    name: str = AUTO
    tensor_parallel: int = 1
    data_parallel: int = 1


def resolve(choice: EngineChoice) -> tuple[str, str]:
    """The engine's name and the reason for it, which ends a sentence.

    Raises:
        UserError: for a name that is no engine, and for several devices, which no engine serves.
    """
    if choice.name not in ENGINES:
        raise UserError(f"--engine {choice.name}: choose one of {', '.join(ENGINES)}")
    if max(choice.tensor_parallel, choice.data_parallel) > 1:
        raise UserError("--tensor-parallel and --data-parallel: transformers runs on one device")
    return TRANSFORMERS, "as asked" if choice.name == TRANSFORMERS else "the only engine here"


def open_engine(
    folder: str | Path,
    choice: EngineChoice | None = None,
    *,
    trust_remote_code: bool = False,
    batch_size: int = 256,
    say: Callable[[str], None] = lambda line: None,
) -> Engine:
    """Load a checkpoint folder into the engine of the user's choice.

    Args:
        batch_size: most completions decoded together.
        say: is told in one line which engine it is and why.

    Raises:
        UserError: see `resolve`; also for a folder that the engine cannot load.
    """
    name, reason = resolve(choice or EngineChoice())
    say(f"engine: {name} ({reason})")
    from clean_bench.engines.transformers_engine import TransformersEngine

    return TransformersEngine.load(
        folder, trust_remote_code=trust_remote_code, batch_size=batch_size
    )
