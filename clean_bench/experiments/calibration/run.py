"""Calibrate the probe: plant known copies, probe, and compare the flags with what was planted.

    calibrate(units, "calibration", options)

Each unit is planted (`plantings/UNIT`) and probed (`probes/UNIT`) into folders that are artifacts of
their own; a killed run continues with the first one that is not finished. A unit may instead train the
planting of another unit with GRPO (`trainings/UNIT`) before the probe. The set under test holds all
problems of both halves, with their dose; the null is a set that the user names, or else a random half of
the never-planted problems, which is then not part of the set under test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import resolve_checkpoint
from clean_bench.engines.open import EngineConfig, open_engine
from clean_bench.errors import UserError
from clean_bench.experiments.calibration.curves import ItemFlag, item_flags, summarize_flags
from clean_bench.experiments.calibration.grpo import (
    GrpoPlan,
    seen_ids,
    train_after,
    training_means,
)
from clean_bench.experiments.calibration.power import BENCHMARK, KIND, PROBES
from clean_bench.organisms.planting import HELD_OUT, PLANTED
from clean_bench.probing.flags import FLAGS
from clean_bench.probing.items import HEADLINE, count_rows
from clean_bench.probing.run import probe
from clean_bench.problems import Problem, ProblemSet, load_folder, stored_sets
from clean_bench.progress import Advance, bar
from clean_bench.results import TABLE as RESULTS
from clean_bench.results import Result, Results
from clean_bench.seeds import digest

NULL = "null"
PLANTINGS, TRAININGS = "plantings", "trainings"
Plant = Callable[[Path], Artifact]


@dataclass(frozen=True)
class Unit:
    """One planting, perhaps with a GRPO run after it.

    Attributes:
        group: units of one group are summarized together.
        plant: plants it into a folder.
        grpo: a kind of `clean_bench.experiments.calibration.grpo`.
        planting: the folder of the planting; the name, unless there is a GRPO run.
    """

    name: str
    group: str
    seed: str
    plant: Plant
    grpo: str | None = None
    planting: str = ""

    def entry(self) -> dict[str, str]:
        """The unit in the configuration of the artifact."""
        after = {} if self.grpo is None else {"planting": self.planting, "grpo": self.grpo}
        return {"name": self.name, "group": self.group, **after}


@dataclass(frozen=True)
class Options:
    """How units are probed.

    Attributes:
        tests: names of the tests.
        nulls: sets that the model has not seen; none for a half of the never-planted problems.
        engine: the engine of the probe, and of GRPO.
        grpo: the GRPO runs of the units that have one.
        about: what describes the calibration, for its configuration.
    """

    tests: Sequence[str]
    nulls: Sequence[ProblemSet]
    engine: EngineConfig
    about: Mapping[str, Any]
    grpo: GrpoPlan = field(default_factory=GrpoPlan)


def calibrate(
    units: Sequence[Unit], out: str | Path, options: Options, progress: Advance
) -> Artifact:
    """Plant and probe every unit, and write the artifact of kind `calibration`.

    Args:
        progress: called after each unit.

    Raises:
        UserError: for no unit, a folder that holds something else, and as planting and probing.
    """
    if not units:
        raise UserError("calibrate: expected at least one planting, got none")
    config = {
        **options.about,
        "units": [unit.entry() for unit in units],
        "tests": list(options.tests),
        "nulls": [s.content_sha256 for s in options.nulls],
    }
    artifact = Artifact.open(out, KIND, config)
    with artifact:
        if not artifact.finished:
            for unit in units:
                again = Artifact.is_finished(artifact.folder / PROBES / unit.name)
                _measure(artifact.folder, unit, options)
                progress(1, resumed=again)
            results = summarize(artifact)
            results.write(artifact)
            artifact.finish({}, volatile=[RESULTS])
    return artifact


def _measure(folder: Path, unit: Unit, options: Options) -> None:
    probed = folder / PROBES / unit.name
    if Artifact.is_finished(probed):
        return
    planting = unit.plant(folder / PLANTINGS / (unit.planting or unit.name))
    sets = sets_of(planting.folder, unit.seed, options.nulls)
    trained = planting
    if unit.grpo is not None:
        out = folder / TRAININGS / unit.name
        trained = train_after(
            planting.folder, out, unit.grpo, unit.seed, options.grpo, sets[0], options.engine
        )
    checkpoint = resolve_checkpoint(str(trained.folder / "checkpoint"))
    with (
        closing(open_engine(checkpoint, options.engine)) as engine,
        bar(f"probing {unit.name}", count_rows(sets, [HEADLINE])) as counting,
    ):
        probe(
            engine,
            sets,
            probed,
            checkpoint=checkpoint,
            fractions=[HEADLINE],
            tests=options.tests,
            nulls=[s.name for s in sets[1:]],
            progress=counting.advance,
        )


def sets_of(planting: Path, seed: str, nulls: Sequence[ProblemSet]) -> list[ProblemSet]:
    """The set under test, then the null sets.

    Without null sets, a random half of the never-planted problems is the null.
    """
    planted, held_out = (list(load_folder(planting / name)) for name in (PLANTED, HELD_OUT))
    if nulls:
        return [ProblemSet(BENCHMARK, planted + held_out), *nulls]
    ranked = sorted(held_out, key=lambda problem: digest("calibration null", seed, problem.id))
    half = len(ranked) // 2
    by_id: Callable[[Problem], str] = lambda problem: problem.id  # noqa: E731
    null = [replace(problem, metadata={}) for problem in sorted(ranked[:half], key=by_id)]
    tested = sorted(planted + ranked[half:], key=by_id)
    return [ProblemSet(BENCHMARK, tested), ProblemSet(NULL, null, role="twin")]


def summarize(artifact: Artifact) -> Results:
    """The results of the flags of every unit's probe."""
    items: list[ItemFlag] = []
    metrics: dict[str, list[list[dict[str, Any]]]] = {}
    for unit in artifact.config["units"]:
        probed = Artifact.load(artifact.folder / PROBES / unit["name"], "probe")
        tested = stored_sets(probed)[BENCHMARK]
        doses = {problem.id: int(problem.metadata["dose"]) for problem in tested}
        flags = [row for row in probed.rows(FLAGS) if row["set"] == BENCHMARK]
        seen: set[str] = set()
        if "grpo" in unit:
            training = Artifact.load(artifact.folder / TRAININGS / unit["name"], "training")
            seen = seen_ids(training, tested)
            metrics.setdefault(unit["group"], []).append(training.rows("metrics"))
        items += item_flags(unit["name"], unit["group"], doses, flags, seen)
    return results_of(items, metrics, Result(set=BENCHMARK, protocol="planted at known doses"))


def results_of(
    items: Sequence[ItemFlag],
    metrics: Mapping[str, Sequence[Sequence[Mapping[str, Any]]]],
    head: Result,
) -> Results:
    """The results of the flags of all units, and of the GRPO runs among them.

    Args:
        metrics: by group, the rows of the table `metrics` of each training.
        head: the row whose other columns all results share.
    """
    results = list(summarize_flags(items, head))
    for group, of_units in metrics.items():
        results += training_means(of_units, head._replace(arm=group))
    return Results(results)
