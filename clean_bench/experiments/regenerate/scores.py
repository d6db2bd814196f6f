"""Regenerate completions of a `scores` artifact."""

from __future__ import annotations

from clean_bench.artifacts import Artifact, Failure
from clean_bench.engines.base import Engine
from clean_bench.experiments.regenerate.agreement import Agreement
from clean_bench.experiments.regenerate.choose import choose, read_rows
from clean_bench.experiments.regenerate.completions import Stored, compare
from clean_bench.problems import ProblemSet, stored_sets
from clean_bench.samples import TABLE, SampleRequest
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.requests import shards_of

WHAT = "completions"


def regenerate_scores(
    artifact: Artifact, engine: Engine, count: int, seed: str, part: str
) -> Agreement:
    """Run `count` completions again; each from its problem, template and seed, not from its row."""
    requests = _requests(artifact, engine)
    rows = artifact.manifest["tables"][TABLE]["rows"]
    if rows != len(requests):
        failure = Failure(TABLE, f"has {rows} rows, and its sets make {len(requests)} requests")
        return Agreement(part, WHAT, 0, 0, failures=(failure,))
    stored = [
        Stored(
            f"{TABLE} row {place} ({sample.set}/{sample.problem_id}, {sample.template}, "
            f"{sample.mode} {sample.index})",
            requests[place],
            sample,
        )
        for place, sample in read_rows(artifact, TABLE, choose(artifact, count, rows, seed))
    ]
    return compare(engine, stored, artifact.config["engine"], part=part, what=WHAT)


def _requests(artifact: Artifact, engine: Engine) -> list[SampleRequest]:
    """Every request in the order of the stored samples."""
    config = ScoreConfig.stored(artifact.config)
    sets = [ProblemSet(name, problems) for name, problems in stored_sets(artifact).items()]
    made_by = str(artifact.config["engine"]["engine"])
    shards = shards_of(sets, config, engine.tokenizer, made_by)
    return [request for shard in shards for request in shard]
