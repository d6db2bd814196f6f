"""Check a calibration: its units, and the results that follow from the flags of their probes."""

from __future__ import annotations

from collections.abc import Iterator

from clean_bench.artifacts import Artifact, Failure, Layout, check_layout
from clean_bench.experiments.calibration.run import BENCHMARK, PLANTINGS, PROBES, summarize
from clean_bench.organisms.planting import HELD_OUT, PLANTED
from clean_bench.problems import load_folder, stored_sets
from clean_bench.results import SCHEMA, TABLE, check_results

LAYOUT = Layout(
    {TABLE: SCHEMA},
    frozenset({TABLE}),
    parts=rf"(?:{PLANTINGS}|{PROBES}|bases)/[^/]+",
    metadata=frozenset(),
)


def check_calibration(artifact: Artifact) -> Iterator[Failure]:
    """Plantings and probes are checked as parts; here that they belong together, and the results."""
    yield from check_layout(artifact, LAYOUT)
    for unit in artifact.config["units"]:
        name = unit["name"]
        planting = Artifact.load(artifact.folder / PLANTINGS / name, "planting")
        probed = Artifact.load(artifact.folder / PROBES / name, "probe")
        if probed.config["weights_sha256"] != planting.metadata["weights_sha256"]:
            yield Failure(f"{PROBES}/{name}", "is not of the checkpoint of its planting")
        doses = {
            problem.id: problem.metadata["dose"]
            for half in (PLANTED, HELD_OUT)
            for problem in load_folder(planting.folder / half)
        }
        for problem in stored_sets(probed)[BENCHMARK]:
            if doses.get(problem.id) != problem.metadata.get("dose"):
                yield Failure(
                    f"{PROBES}/{name}", f"{problem.id}: its dose is not that of the planting"
                )
    yield from check_results(artifact, summarize(artifact))
