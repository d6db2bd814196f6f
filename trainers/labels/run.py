"""Label a problem set with the most frequent answer of a checkpoint's own samples.

    label_problems(engine, problems, out, LabelConfig(samples=64), checkpoint=checkpoint)

The folder is an artifact of kind `labels`: `problems`, `samples` (every completion with its strict
grade), `labels` (the majority answer, its votes, the samples without an answer, and whether the answer
is right) and `results`. Each sample has its own seed, so a resumed run draws the same samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from clean_bench import prompts
from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import Checkpoint
from clean_bench.engines.base import Completion, Engine, check_requests
from clean_bench.problems import Problem, ProblemSet, check_sets, describe_sets, write_sets
from clean_bench.progress import Advance, phase, uncounted
from clean_bench.prompts.stored_chat import chat_metadata
from clean_bench.results import TABLE as RESULTS
from clean_bench.results import Result, Results
from clean_bench.samples import (
    SAMPLE,
    TABLE,
    Decoding,
    SampleRequest,
    counted_answer,
    grade_completions,
    request_samples,
    samples_table,
)
from clean_bench.scoring.requests import SHARD, SHARDS
from clean_bench.scoring.run import make_samples
from clean_bench.seeds import seed_of
from clean_bench.statistics.ratio import rate
from trainers.labels.config import LabelConfig
from trainers.labels.label import TABLE as LABELS
from trainers.labels.label import Label, Labels
from trainers.labels.plurality import plurality
from trainers.labels.read import KIND
from trainers.labels.verdicts import verdicts

COLUMNS = ("problem_id", "grade", "extracted")
"""Columns of the samples that the labels follow from."""


def label_problems(
    engine: Engine,
    problems: ProblemSet,
    out: str | Path,
    config: LabelConfig,
    *,
    checkpoint: Checkpoint,
    progress: Advance = uncounted,
) -> Artifact:
    """Write the artifact.

    Args:
        checkpoint: what the engine runs; its hashes are part of the configuration.
        progress: called for each sample as it ends; first for those of an earlier run.

    Raises:
        UserError: for an empty set, a problem without a gold answer, a setting that the engine cannot
            fulfil, or a folder that holds something else.
    """
    check_sets([problems])
    problems.require_answers()
    template = prompts.resolve_template(config.template, engine.tokenizer)
    config = config.model_copy(update={"template": template})
    shards = shards_of(problems, config, engine.tokenizer, engine.name)
    check_requests(engine, (request.request for shard in shards for request in shard))
    artifact = Artifact.open(
        out,
        KIND,
        {
            **config.model_dump(mode="json"),
            "sets": describe_sets([problems]),
            **checkpoint.identity(),
            "engine": engine.describe(),
        },
        provenance=checkpoint.provenance(),
    )
    with artifact:
        if not artifact.finished:
            write_sets(artifact, [problems])
            make_samples(artifact, engine, shards, _graded, progress)
            with phase("counting the votes"):
                labels = count_labels(artifact, problems.problems, config.samples)
                artifact.write(f"{LABELS}/00000", labels.table())
                label_results(artifact, labels, checkpoint.name).write(artifact)
                chat = chat_metadata(engine.tokenizer, [prompts.template_named(template)])
                artifact.finish({"counts": labels.counts(), **chat}, volatile=[RESULTS])
    return artifact


def label_seed(config: LabelConfig, set_name: str, problem_id: str, index: int) -> int:
    """The seed of a sample."""
    return seed_of("label", config.seed, set_name, problem_id, index)


def shards_of(
    problems: ProblemSet, config: LabelConfig, tokenizer: Any, engine: str
) -> list[list[SampleRequest]]:
    """The requests of every problem in order, cut into calls of the engine."""
    requests = list(_requests(problems, config, tokenizer))
    size = SHARDS.get(engine, SHARD)
    return [requests[start : start + size] for start in range(0, len(requests), size)]


def _requests(problems: ProblemSet, config: LabelConfig, tokenizer: Any) -> Iterator[SampleRequest]:
    for problem in problems:
        decodings = [
            Decoding(SAMPLE, index, label_seed(config, problems.name, problem.id, index))
            for index in range(config.samples)
        ]
        yield from request_samples(
            problems.name, problem, config.template, tokenizer, decodings, config.sampling
        )


def _graded(requests: Sequence[SampleRequest], completions: Sequence[Completion]) -> pa.Table:
    return samples_table(grade_completions(requests, completions))


def count_labels(artifact: Artifact, problems: Sequence[Problem], samples: int) -> Labels:
    """The labels that follow from the stored samples.

    Votes are counted as under `group-majority` (`trainers.labels.plurality`). A problem whose samples
    all lack a marked answer has no label.
    """
    answers: dict[str, list[str | None]] = {problem.id: [] for problem in problems}
    for table in artifact.tables(TABLE, COLUMNS):
        for row in table.to_pylist():
            answers[row["problem_id"]].append(counted_answer(row["grade"], row["extracted"]))
    winners = {problem_id: plurality(of_problem) for problem_id, of_problem in answers.items()}
    texts = {key: None if winner is None else winner.answer for key, winner in winners.items()}
    right = verdicts([(problem.answer or "", texts[problem.id]) for problem in problems])
    return Labels(
        Label(
            problem.id,
            texts[problem.id],
            verdict,
            0 if (winner := winners[problem.id]) is None else winner.votes,
            sum(answer is None for answer in answers[problem.id]),
            samples,
        )
        for problem, verdict in zip(problems, right, strict=True)
    )


def label_results(artifact: Artifact, labels: Labels, checkpoint: str) -> Results:
    """Shares of right labels, of problems without one, and of samples without an answer."""
    config = artifact.config
    [entry] = config["sets"]
    settings = LabelConfig.model_validate({k: config[k] for k in LabelConfig.model_fields})
    head = Result(
        checkpoint=checkpoint,
        weights_sha256=config["weights_sha256"],
        set=entry["name"],
        set_sha256=entry["sha256"],
        role=entry["role"],
        template=config["template"],
        protocol=settings.sampling.protocol(SAMPLE),
    )
    decided = [label.right for label in labels if label.right is not None]
    ones = [1] * len(labels)
    missing = [label.answer is None for label in labels]
    empty = [label.empty or 0 for label in labels]
    return Results(
        [
            head.of("label_right", rate([int(right) for right in decided], [1] * len(decided))),
            head.of("no_label", rate([int(value) for value in missing], ones)),
            head.of("no_answer", rate(empty, [config["samples"]] * len(labels))),
        ]
    )
