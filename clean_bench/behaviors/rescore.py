"""Stored text under a reference checkpoint: the log-probability of every token that was written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.behaviors.analysis import RESCORED, RESCORED_SCHEMA, key_of
from clean_bench.behaviors.source import Part, StoredSamples
from clean_bench.engines.base import Engine
from clean_bench.engines.counted import counted_logprobs
from clean_bench.errors import UserError
from clean_bench.progress import Advance
from clean_bench.samples import GREEDY, Sample

SHARD = 512
"""Samples per shard."""

Chosen = Sequence[tuple[str, Part, Sample]]
"""Samples to read, each with its side and part."""


def choose(sides: Mapping[str, StoredSamples], reference_sha256: str) -> Chosen:
    """The samples that the reference checkpoint reads, in order.

    Recorded log-probabilities at another temperature than 1, or under top-p or top-k, are not those of
    the checkpoint itself: such samples are left out. A side that the reference wrote itself is left
    out if there is another side: its log-ratios would be the rounding of the engine. Rollouts are
    written by the checkpoint of each training step.

    Args:
        reference_sha256: hash of the weights of the reference checkpoint.
    """
    others = [
        side
        for side, stored in sides.items()
        if stored.by_step or stored.weights_sha256 != reference_sha256
    ]
    return [
        (side, part, sample)
        for side in others or list(sides)
        for part, sample in sides[side].samples()
        if len(sample.token_ids) and (sample.mode == GREEDY or sides[side].unchanged)
    ]


def check_vocabulary(
    sides: Mapping[str, StoredSamples], chosen: Chosen, tokenizer: Any, reference: str
) -> None:
    """Raise `UserError` if the reference checkpoint cannot be compared.

    That is if there is nothing to read, or its tokenizer decodes the stored token ids to another text:
    divergence is between distributions over the same tokens. Some texts decode otherwise from the same
    tokens (a stop text that was cut off, half a character at the end), so the majority of the first
    samples decides.
    """
    if not any(side.has_tokens for side in sides.values()):
        raise UserError("--with: the completions are of another tool, without their tokens")
    if not chosen:
        raise UserError(
            "--with: no completion is greedy or sampled at temperature 1 from all tokens"
        )
    first = chosen[:64]
    decoded = tokenizer.batch_decode(
        [list(sample.token_ids) for _, _, sample in first], skip_special_tokens=True
    )
    differing = [
        sample
        for (side, _, sample), text in zip(first, decoded, strict=True)
        if text.strip() != sides[side].text(sample).strip()
    ]
    if 2 * len(differing) > len(first):
        raise UserError(
            f"--with {reference}: its tokenizer decodes the tokens of problem "
            f"{differing[0].problem_id} to another text; expected a checkpoint of the same vocabulary"
        )


def rescore(artifact: Artifact, chosen: Chosen, engine: Engine, progress: Advance) -> None:
    """Write the table `rescored` of the chosen samples, shard by shard."""
    for number, start in enumerate(range(0, len(chosen), SHARD)):
        part = chosen[start : start + SHARD]
        if artifact.done(f"{RESCORED}/{number:05d}"):
            progress(len(part), resumed=True)
        else:
            artifact.write(f"{RESCORED}/{number:05d}", _table(part, engine, progress))


def _table(chosen: Chosen, engine: Engine, progress: Advance) -> pa.Table:
    prompts = [list(map(int, sample.prompt_ids)) for _, _, sample in chosen]
    texts = [list(map(int, sample.token_ids)) for _, _, sample in chosen]
    scored = counted_logprobs(engine, prompts, texts, lambda tokens: progress(1, tokens=tokens))
    rows = [
        dict(zip(RESCORED_SCHEMA.names, (*key_of(*entry), logprobs), strict=True))
        for entry, logprobs in zip(chosen, scored, strict=True)
    ]
    return pa.Table.from_pylist(rows, schema=RESCORED_SCHEMA)
