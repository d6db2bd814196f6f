"""Check an organism's folder: its weights, and what its benchmark says was planted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from clean_bench.artifacts import Artifact, Failure
from clean_bench.checkpoints import weights_sha256
from clean_bench.problems import load_folder


def check_organism(artifact: Artifact) -> Iterator[Failure]:
    """The weights' hash; doses as planned; planted and twin without a common problem."""
    facts = artifact.metadata
    if weights_sha256(artifact.folder / "checkpoint") != facts["weights_sha256"]:
        yield Failure("checkpoint", "its tensors are not those that the manifest names")
    if facts["name"] != "reciter":
        return
    planted, twin = load_folder(artifact.folder / "planted"), load_folder(artifact.folder / "twin")
    config = artifact.config
    wanted = dict.fromkeys(config["doses"], config["problems_per_dose"])
    if Counter(int(problem.metadata["dose"]) for problem in planted) != Counter(wanted):
        yield Failure("planted", "its doses are not those of the configuration")
    if {problem.metadata["dose"] for problem in twin} != {"0"}:
        yield Failure("twin", "holds a problem with a dose")
    if {problem.problem for problem in planted} & {problem.problem for problem in twin}:
        yield Failure("twin", "shares a problem with planted")
