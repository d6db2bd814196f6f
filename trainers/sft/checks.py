"""Check an `sft` artifact: its training set, the rows of its metrics and its weights."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from clean_bench.artifacts import Artifact, Failure, Layout, check_layout
from clean_bench.artifacts.layout import CHECKPOINT_FILES
from clean_bench.artifacts.manifest import NAME
from clean_bench.checkpoints import weights_sha256
from clean_bench.problems import SCHEMA as PROBLEMS_SCHEMA
from clean_bench.problems import TABLE as PROBLEMS
from clean_bench.problems import ProblemSet, from_rows
from clean_bench.prompts.stored_chat import KEY as CHAT
from trainers.config import CHECKPOINT
from trainers.schedules import wrong_rate
from trainers.sft.config import SftConfig

LAYOUT = Layout(
    {PROBLEMS: PROBLEMS_SCHEMA, "metrics": None, "seconds": None},
    frozenset({"seconds"}),
    files=f"{CHECKPOINT}/{CHECKPOINT_FILES}",
    metadata=frozenset({"updates", "template", "weights_sha256", CHAT}),
    provenance=frozenset({"base", "revision"}),
)


def check_sft(artifact: Artifact) -> Iterator[Failure]:
    """What follows from the folder alone; losses and weights depend on the training itself."""
    yield from check_layout(artifact, LAYOUT)
    config = SftConfig.model_validate({k: artifact.config[k] for k in SftConfig.model_fields})
    if weights_sha256(artifact.folder / CHECKPOINT) != artifact.metadata["weights_sha256"]:
        yield Failure(CHECKPOINT, "its tensors are not those that the manifest names")
    if artifact.metadata["updates"] != config.updates:
        yield Failure(NAME, "metadata: updates differs from that of the configuration")
    problems = ProblemSet(artifact.config["data"], from_rows(artifact.rows(PROBLEMS)))
    if problems.content_sha256 != artifact.config["data_sha256"]:
        yield Failure(PROBLEMS, f"are not the set {problems.name} that the configuration names")
    rows = artifact.rows("metrics")
    if [row["update"] for row in rows] != list(range(config.updates)):
        yield Failure("metrics", f"are not those of {config.updates} updates in order")
    for row in rows:
        numbers = [row[name] for name in ("loss", "grad_norm", "tokens")]
        if not all(isfinite(number) and number >= 0 for number in numbers):
            yield Failure(f"metrics update {row['update']}", "has a number that no update gives")
        wrong = wrong_rate(config, row["update"], config.updates, row["learning_rate"])
        if wrong is not None:
            yield Failure(f"metrics update {row['update']}", wrong)
