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
from clean_bench.engines.base import Completion, Engine, check_requests
from clean_bench.problems import ProblemSet, check_sets, describe_sets, write_sets
from clean_bench.progress import Advance, phase, uncounted
from clean_bench.prompts.stored_chat import chat_metadata
from clean_bench.results import TABLE as RESULTS
from clean_bench.samples import (
    SCORES_SCHEMA,
    TABLE,
    SampleRequest,
    generate_completions,
    grade_completions,
    samples_table,
)
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.published import with_published
from clean_bench.scoring.requests import shards_of
from clean_bench.scoring.summary import COLUMNS, needed, summarize
from clean_bench.scoring.variant_groups import with_variants

KIND = "scores"


def score(
    engine: Engine,
    sets: Sequence[ProblemSet],
    out: str | Path,
    config: ScoreConfig,
    *,
    checkpoint: Checkpoint,
    progress: Advance = uncounted,
) -> Artifact:
    """Write the artifact of kind `scores`: the tables `samples`, `problems` and `results`.

    Args:
        checkpoint: what the engine runs; its hashes are part of the configuration.
        progress: called for each completion as it ends; first for those of an earlier run.

    Raises:
        UserError: for a problem without an answer, an empty set, two sets of one name, no set at
            all, a setting out of range or that the engine cannot fulfil, or a folder that holds
            something else.
    """
    check_sets(sets)
    for problems in sets:
        problems.require_answers()
    config.check()
    config = config.loaded(sets).resolved(engine.tokenizer)
    shards = shards_of(sets, config, engine.tokenizer, engine.name)
    check_requests(engine, (request.request for shard in shards for request in shard))
    artifact = Artifact.open(
        out,
        KIND,
        {
            **config.model_dump(mode="json"),
            "sets": describe_sets(sets),
            **checkpoint.identity(),
            "engine": engine.describe(),
        },
        provenance=checkpoint.provenance(),
    )
    with artifact:
        if not artifact.finished:
            write_sets(artifact, sets)

            def graded(
                requests: Sequence[SampleRequest], completions: Sequence[Completion]
            ) -> pa.Table:
                samples = grade_completions(requests, completions, config.rules, config.strict)
                return samples_table(with_published(samples, config.grader), SCORES_SCHEMA)

            make_samples(artifact, engine, shards, graded, progress)
            with phase("summarizing the scores"):
                kept = pa.concat_tables(
                    [needed(table) for table in artifact.tables(TABLE, COLUMNS)]
                )
                stored = {problems.name: problems.problems for problems in sets}
                results, counts = summarize(kept, artifact.config, checkpoint.name, stored)
                with_variants(results, kept, stored).write(artifact)
                chat = chat_metadata(engine.tokenizer, map(config.template, config.templates))
                artifact.finish({"counts": counts, **chat}, volatile=[RESULTS])
    return artifact


def make_samples(
    artifact: Artifact,
    engine: Engine,
    shards: Sequence[Sequence[SampleRequest]],
    graded: Callable[[Sequence[SampleRequest], Sequence[Completion]], pa.Table],
    progress: Advance,
) -> None:
    """Generate, grade and store the shards of samples that are not stored yet.

    Args:
        graded: the rows of a shard from its requests and their completions.
        progress: called for each completion as it ends; first for those of an earlier run.
    """
    named = {f"{TABLE}/{number:05d}": requests for number, requests in enumerate(shards)}
    stored = sum(len(requests) for shard, requests in named.items() if artifact.done(shard))
    if stored:
        progress(stored, resumed=True)

    def ended(completion: Completion) -> None:
        progress(1, tokens=len(completion.token_ids))

    for shard, requests in named.items():
        if not artifact.done(shard):
            completions = generate_completions(engine, requests, ended)
            with phase(f"grading {len(completions)} completions"):
                table = graded(requests, completions)
            artifact.write(shard, table)
