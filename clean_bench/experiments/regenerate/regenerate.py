"""Run a part of every measurement of an artifact again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import groupby
from typing import Any

import torch
from pydantic import ValidationError

from clean_bench.artifacts import Failure
from clean_bench.artifacts.manifest import NAME
from clean_bench.engines.base import Engine
from clean_bench.engines.open import EngineConfig, open_engine
from clean_bench.errors import UserError
from clean_bench.experiments.regenerate.agreement import Agreement
from clean_bench.experiments.regenerate.parts import Part
from clean_bench.experiments.regenerate.probe import regenerate_probe
from clean_bench.experiments.regenerate.scores import regenerate_scores
from clean_bench.experiments.regenerate.training import regenerate_training
from clean_bench.settings import explain

_KEPT = ("engine", "dtype", "device", "batch_size", "tensor_parallel")
"""Settings of the engine that are those of the artifact unless others are named."""


def regenerate(
    parts: Sequence[Part],
    count: int,
    seed: str,
    *,
    settings: Mapping[str, Any] | None = None,
    begun: Callable[[str], None] = lambda key: None,
) -> Iterator[Agreement]:
    """Regenerate `count` completions or probe rows of each part, and the first step of each training.

    Args:
        parts: as `parts_of` returns them, so that each checkpoint is opened once.
        seed: decides the rows, together with the identity of each part.
        settings: fields of `EngineConfig` that replace those of the artifact.
        begun: called with the key of each part that begins.

    Raises:
        UserError: if an engine cannot be opened.
    """
    for _, group in groupby(parts, key=_opened_for):
        of_checkpoint = list(group)
        first = of_checkpoint[0]
        config = _config(first, settings or {})
        if first.artifact.kind == "training":
            begun(first.key)
            again = partial(
                regenerate_training, first.artifact, first.checkpoint, config, first.key
            )
            yield from _guarded(first, again)
            continue
        with closing(open_engine(first.checkpoint, config)) as engine:
            for part in of_checkpoint:
                begun(part.key)
                yield from _guarded(part, partial(_regenerate, part, engine, count, seed))


def _guarded(part: Part, regenerated: Callable[[], list[Agreement]]) -> list[Agreement]:
    """The agreements of a part; one failure for rows that no engine wrote, which may break anything."""
    try:
        return regenerated()
    except UserError:
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        failure = Failure(NAME, f"cannot be regenerated ({reason})")
        return [Agreement(part.key, "rows", 0, 0, failures=(failure,))]


def _regenerate(part: Part, engine: Engine, count: int, seed: str) -> list[Agreement]:
    regenerate_rows = regenerate_scores if part.artifact.kind == "scores" else regenerate_probe
    return [regenerate_rows(part.artifact, engine, count, seed, part.key)]


def _opened_for(part: Part) -> tuple[str, str, str]:
    """What an engine is opened for: a training has its own, which shares the learner's module."""
    own = part.key if part.artifact.kind == "training" else ""
    engine = str(sorted(part.artifact.config["engine"].items()))
    return str(part.checkpoint.folder), engine, own


def _config(part: Part, settings: Mapping[str, Any]) -> EngineConfig:
    """The engine that made the part, as far as this machine has it, with the user's settings."""
    made_by = part.artifact.config["engine"]
    values = {name: made_by[name] for name in _KEPT if name in made_by}
    if values.get("device") != "cuda" or values.get("engine") == "vllm":
        values.pop("device", None)
    elif not torch.cuda.is_available():
        values["device"] = "cpu"
    if values.get("engine") != "vllm":
        values.pop("tensor_parallel", None)
    try:
        return EngineConfig.model_validate({**values, **settings})
    except ValidationError as error:
        raise UserError(
            f"{part.artifact.folder}: expected settings of an engine ({explain(error, EngineConfig)})"
        ) from None
