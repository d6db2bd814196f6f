"""Stored text under another checkpoint: the log-probability of every token that was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.behaviors.analysis import FORCED, FORCED_SCHEMA, comparable
from clean_bench.behaviors.source import Completion, Source
from clean_bench.engines.base import Engine
from clean_bench.errors import UserError
from clean_bench.prompts import TEMPLATES

SHARD = 512
"""Completions a shard."""


@dataclass(frozen=True)
class Other:
    """The checkpoint of `--with`, opened."""

    name: str
    weights_sha256: str
    engine: Engine
    tokenizer: Any


def asked_of(
    sides: Mapping[str, Source], weights: Mapping[str, str], other: str
) -> list[tuple[str, Completion]]:
    """The completions that are read by the other checkpoint, each with its side, in order.

    A side that the other checkpoint wrote itself is left out where there is another side: of it,
    the log-ratios are the engine's rounding.

    Args:
        weights: of each side, the hash of the checkpoint that wrote it.
        other: the hash of the other checkpoint.
    """
    wanted = [side for side in sides if weights[side] != other] or list(sides)
    return [
        (side, completion)
        for side in wanted
        for completion in sides[side].completions()
        if len(completion.token_ids) and comparable(completion, sides[side].temperature)
    ]


def check(asked: Sequence[tuple[str, Completion]], other: Other) -> None:
    """Raise `UserError` where the other checkpoint cannot be compared.

    That is where there is nothing to read, and where its tokenizer reads the stored token ids as
    another text: divergence is between distributions over the same tokens. Some text may be read
    otherwise and still be the same tokens (a stop text that was cut off, half a character at the
    end), so the majority of the first completions decides.
    """
    if not asked:
        raise UserError("--with: no completion is greedy or sampled at temperature 1")
    first = asked[:64]
    texts = other.tokenizer.batch_decode(
        [one.token_ids.tolist() for _, one in first], skip_special_tokens=True
    )
    differing = [
        one for (_, one), text in zip(first, texts, strict=True) if text.strip() != one.own.strip()
    ]
    if 2 * len(differing) > len(first):
        raise UserError(
            f"--with {other.name}: its tokenizer reads the token ids of problem "
            f"{differing[0].problem} as another text; only checkpoints of one vocabulary compare"
        )


def force(
    artifact: Artifact,
    sides: Mapping[str, Source],
    asked: Sequence[tuple[str, Completion]],
    engine: Engine,
    progress: Callable[[int], None],
) -> None:
    """Write the table `forced` of the completions asked for, shard by shard."""
    for number, start in enumerate(range(0, len(asked), SHARD)):
        part = asked[start : start + SHARD]
        if not artifact.done(f"{FORCED}/{number:05d}"):
            artifact.write(f"{FORCED}/{number:05d}", _table(sides, part, engine))
        progress(len(part))


def _table(
    sides: Mapping[str, Source], asked: Sequence[tuple[str, Completion]], engine: Engine
) -> pa.Table:
    prompts = [
        engine.encode(one.prompt + sides[side].start, special_tokens=_special_tokens(one.part[1]))
        for side, one in asked
    ]
    found = engine.logprobs(prompts, [one.token_ids.tolist() for _, one in asked])
    rows = [
        {
            "side": side,
            "set": one.part[0],
            "template": one.part[1],
            "problem_id": one.problem,
            "mode": one.mode,
            "sample": one.sample,
            "logprobs": logprobs,
        }
        for (side, one), logprobs in zip(asked, found, strict=True)
    ]
    return pa.Table.from_pylist(rows, schema=FORCED_SCHEMA)


def _special_tokens(template: str) -> bool:
    """Whether the prompt was encoded with a beginning-of-text token: a chat template holds it."""
    return template not in TEMPLATES or not TEMPLATES[template].chat
