"""Check a calibration: its units, and the results that follow from the flags of their probes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from clean_bench.artifacts import Artifact, Failure, Layout, check_layout
from clean_bench.experiments.calibration.grpo import seen_ids
from clean_bench.experiments.calibration.power import BENCHMARK, PROBES
from clean_bench.experiments.calibration.run import PLANTINGS, TRAININGS, summarize
from clean_bench.organisms.planting import HELD_OUT, PLANTED
from clean_bench.problems import TABLE as PROBLEMS
from clean_bench.problems import load_folder, stored_sets
from clean_bench.results import SCHEMA, TABLE, check_results

LAYOUT = Layout(
    {TABLE: SCHEMA},
    frozenset({TABLE}),
    parts=rf"(?:{PLANTINGS}|{TRAININGS}|{PROBES}|bases)/[^/]+",
    metadata=frozenset(),
)


def check_calibration(artifact: Artifact) -> Iterator[Failure]:
    """Plantings and probes are checked as parts; here that they belong together, and the results."""
    yield from check_layout(artifact, LAYOUT)
    for unit in artifact.config["units"]:
        name = unit["name"]
        of_planting = unit.get("planting", name)
        planting = Artifact.load(artifact.folder / PLANTINGS / of_planting, "planting")
        probed = Artifact.load(artifact.folder / PROBES / name, "probe")
        weights = planting.metadata["weights_sha256"]
        if "grpo" in unit:
            training = Artifact.load(artifact.folder / TRAININGS / name, "training")
            if training.config["base_weights_sha256"] != weights:
                yield Failure(f"{TRAININGS}/{name}", "is not of the checkpoint of its planting")
            yield from _check_problems(unit, training, probed)
            reward = "random" if unit["grpo"] == "random" else "truth"
            if training.config["reward"] != reward:
                what = f"its reward is {training.config['reward']}, of {unit['grpo']} {reward}"
                yield Failure(f"{TRAININGS}/{name}", what)
            weights = training.metadata["weights_sha256"]
        if probed.config["weights_sha256"] != weights:
            yield Failure(
                f"{PROBES}/{name}", "is not of the checkpoint of its planting or training"
            )
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


def _check_problems(
    unit: Mapping[str, str], training: Artifact, probed: Artifact
) -> Iterator[Failure]:
    """A GRPO run that saw the set trained on it alone, and every other run on none of it."""
    tested = stored_sets(probed)[BENCHMARK]
    seen, trained = len(seen_ids(training, tested)), len(training.rows(PROBLEMS))
    expected = trained if unit["grpo"] == "saw" else 0
    if seen != expected:
        what = f"trained on {seen} problems of the set, of {trained}; expected {expected}"
        yield Failure(f"{TRAININGS}/{unit['name']}", what)
