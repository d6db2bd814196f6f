"""Score a checkpoint on problem sets.

    score(engine, tokenizer, [problems], out, ScoreConfig(samples=16), checkpoint=...)

One greedy completion a problem and template, and `samples` sampled ones where asked for. Prompts,
completions, token ids and log-probabilities are kept, so that every score can be recomputed without
the model. Work is cut into shards of a fixed number of requests: a resumed run decodes the same
batches as an uninterrupted one. Each request has its own seed; see `clean_bench.scoring.requests`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.engines.base import Engine
from clean_bench.problems import ProblemSet
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.requests import check_sets, requests_of, shards_of
from clean_bench.scoring.rows import TABLE, to_table
from clean_bench.scoring.summary import COLUMNS, needed, summarize

__all__ = ["KIND", "TABLE", "ScoreConfig", "requests_of", "score"]

KIND = "scores"


def score(
    engine: Engine,
    tokenizer: Any,
    sets: Sequence[ProblemSet],
    out: str | Path,
    config: ScoreConfig,
    *,
    checkpoint: Mapping[str, str],
    progress: Callable[[int], None] = lambda n: None,
) -> Artifact:
    """Write the artifact of kind `scores`; its metadata is what `score --json` prints.

    Args:
        checkpoint: `name` as typed and `weights_sha256`; the hash is part of the configuration.
        progress: called with the number of requests just done.

    Raises:
        UserError: for a problem without an answer, two sets of one name, no set at all, a setting
            that means nothing, or a folder that holds something else.
    """
    check_sets(sets)
    config.check()
    settings = config.resolved(tokenizer)
    shards = shards_of(sets, config, settings["templates"], tokenizer, engine.name)
    artifact = Artifact.open(
        out,
        KIND,
        {
            **settings,
            "sets": {problems.name: problems.content_sha256 for problems in sets},
            "problems": {problems.name: len(problems) for problems in sets},
            "weights_sha256": checkpoint["weights_sha256"],
            "engine": engine.describe(),
        },
        provenance={"checkpoint": checkpoint["name"]},
    )
    with artifact:
        if not artifact.finished:
            for number, asks in enumerate(shards):
                if not artifact.done(f"{TABLE}/{number:05d}"):
                    completions = list(engine.generate([ask.request for ask in asks]))
                    table = to_table(asks, completions, config.force_start, config.grader)
                    artifact.write(f"{TABLE}/{number:05d}", table)
                progress(len(asks))
            kept = [needed(table) for table in artifact.tables(TABLE, COLUMNS)]
            artifact.finish(summarize(pa.concat_tables(kept)))
    return artifact
