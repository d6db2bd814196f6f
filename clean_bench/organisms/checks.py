"""Verify the folder of a control model: its weights and the doses of its benchmark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from clean_bench.artifacts import Artifact, Failure, Layout, check_layout
from clean_bench.artifacts.layout import CHECKPOINT_FILES
from clean_bench.checkpoints import weights_sha256
from clean_bench.problems import load_folder

LAYOUT = Layout({}, files=rf"card\.md|checkpoint/{CHECKPOINT_FILES}", parts="planted|twin")


def check_organism(artifact: Artifact) -> Iterator[Failure]:
    """Check the weights' hash, the planned doses, and that planted and twin share no problem."""
    yield from check_layout(artifact, LAYOUT)
    facts = artifact.metadata
    if weights_sha256(artifact.folder / "checkpoint") != facts["weights_sha256"]:
        yield Failure("checkpoint", "its tensors differ from their hash in the manifest")
    if facts["name"] != "reciter":
        return
    planted, twin = load_folder(artifact.folder / "planted"), load_folder(artifact.folder / "twin")
    config = artifact.config
    planned = dict.fromkeys(config["doses"], config["problems_per_dose"])
    if Counter(int(problem.metadata["dose"]) for problem in planted) != Counter(planned):
        yield Failure("planted", "its doses differ from the configuration")
    if {problem.metadata["dose"] for problem in twin} != {"0"}:
        yield Failure("twin", "expected the dose 0 for every problem")
    if {problem.problem for problem in planted} & {problem.problem for problem in twin}:
        yield Failure("twin", "shares a problem with planted")
