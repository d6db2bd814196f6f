"""Score a checkpoint on problem sets.

    score(engine, [problems], out, ScoreConfig(samples=16), checkpoint=resolve_checkpoint("CKPT"))

One greedy completion per problem and template, and `samples` sampled ones. Prompts, completions,
token ids and log-probabilities are kept, so that every score can be recomputed without the model.
Work is cut into shards of a fixed number of requests: a resumed run decodes the same batches as an
uninterrupted one. Each request has its own seed; see `clean_bench.scoring.requests`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import Checkpoint
from clean_bench.engines.base import Engine, check_requests
from clean_bench.problems import ProblemSet, check_sets, describe_sets, write_sets
from clean_bench.results import TABLE as RESULTS
from clean_bench.samples import (
    TABLE,
    SampleRequest,
    generate_completions,
    grade_completions,
    samples_table,
)
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.requests import shards_of
from clean_bench.scoring.summary import COLUMNS, needed, summarize

KIND = "scores"


def score(
    engine: Engine,
    sets: Sequence[ProblemSet],
    out: str | Path,
    config: ScoreConfig,
    *,
    checkpoint: Checkpoint,
    progress: Callable[[int], None] = lambda n: None,
) -> Artifact:
    """Write the artifact of kind `scores`: the tables `samples`, `problems` and `results`.

    Args:
        checkpoint: what the engine runs; the hash of its weights is part of the configuration.
        progress: called with the number of requests that were just completed.

    Raises:
        UserError: for a problem without an answer, an empty set, two sets of one name, no set at
            all, a setting out of range or that the engine cannot fulfil, or a folder that holds
            something else.
    """
    check_sets(sets)
    for problems in sets:
        problems.require_answers()
    config.check()
    config = config.resolved(engine.tokenizer)
    shards = shards_of(sets, config, engine.tokenizer, engine.name)
    check_requests(engine, (request.request for shard in shards for request in shard))
    artifact = Artifact.open(
        out,
        KIND,
        {
            **config.model_dump(mode="json"),
            "sets": describe_sets(sets),
            "weights_sha256": checkpoint.weights_sha256,
            "engine": engine.describe(),
        },
        provenance={"checkpoint": checkpoint.name, "revision": checkpoint.revision},
    )
    with artifact:
        if not artifact.finished:
            write_sets(artifact, sets)
            _make_samples(artifact, engine, shards, config.grader, progress)
            kept = pa.concat_tables([needed(table) for table in artifact.tables(TABLE, COLUMNS)])
            results, counts = summarize(kept, artifact.config, checkpoint.name)
            results.write(artifact)
            artifact.finish({"counts": counts}, volatile=[RESULTS])
    return artifact


def _make_samples(
    artifact: Artifact,
    engine: Engine,
    shards: Sequence[Sequence[SampleRequest]],
    grader: str,
    progress: Callable[[int], None],
) -> None:
    """Generate, grade and store the shards that are not stored yet."""
    named = {f"{TABLE}/{number:05d}": requests for number, requests in enumerate(shards)}
    stored = sum(len(requests) for shard, requests in named.items() if artifact.done(shard))
    if stored:
        progress(stored)
    for shard, requests in named.items():
        if not artifact.done(shard):
            samples = grade_completions(requests, generate_completions(engine, requests), grader)
            artifact.write(shard, samples_table(samples))
            progress(len(requests))
