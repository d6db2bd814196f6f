"""Check an `sft` artifact: its training set, the rows of its metrics and its weights."""

from __future__ import annotations

from collections.abc import Iterator

from clean_bench.artifacts import Artifact, Failure, Layout, check_layout
from clean_bench.artifacts.layout import CHECKPOINT_FILES
from clean_bench.artifacts.manifest import NAME
from clean_bench.checkpoints import weights_sha256
from clean_bench.problems import SCHEMA as PROBLEMS_SCHEMA
from clean_bench.problems import TABLE as PROBLEMS
from clean_bench.problems import ProblemSet, from_rows
from clean_bench.prompts.stored_chat import KEY as CHAT
from trainers.config import CHECKPOINT
from trainers.sft.check_metrics import check_metrics
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
    yield from check_metrics(artifact.rows("metrics"), config, config.updates)
