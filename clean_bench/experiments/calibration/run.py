"""Calibrate the probe: plant known copies, probe, and compare the flags with what was planted.

    calibrate(units, "calibration", options)

Each unit is planted (`plantings/UNIT`) and probed (`probes/UNIT`) into folders that are artifacts of
their own; a killed run continues with the first one that is not finished. The set under test holds all
problems of both halves, with their dose; the null is a set that the user names, or else a random half of
the never-planted problems, which is then not part of the set under test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import resolve_checkpoint
from clean_bench.engines.open import EngineConfig, open_engine
from clean_bench.errors import UserError
from clean_bench.experiments.calibration.curves import ItemFlag, item_flags, summarize_flags
from clean_bench.organisms.planting import HELD_OUT, PLANTED
from clean_bench.probing.flags import FLAGS
from clean_bench.probing.items import HEADLINE, count_rows
from clean_bench.probing.run import probe
from clean_bench.problems import Problem, ProblemSet, load_folder, stored_sets
from clean_bench.progress import Advance, bar
from clean_bench.results import TABLE as RESULTS
from clean_bench.results import Result, Results
from clean_bench.seeds import digest

KIND = "calibration"
BENCHMARK, NULL = "benchmark", "null"
PLANTINGS, PROBES = "plantings", "probes"
Plant = Callable[[Path], Artifact]


@dataclass(frozen=True)
class Unit:
    """One planting: its name, the group it belongs to, and what plants it into a folder."""

    name: str
    group: str
    seed: str
    plant: Plant


@dataclass(frozen=True)
class Options:
    """How units are probed.

    Attributes:
        tests: names of the tests.
        nulls: sets that the model has not seen; none for a half of the never-planted problems.
        engine: the engine of the probe.
        about: what describes the calibration, for its configuration.
    """

    tests: Sequence[str]
    nulls: Sequence[ProblemSet]
    engine: EngineConfig
    about: Mapping[str, Any]


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
        "units": [{"name": unit.name, "group": unit.group} for unit in units],
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
    planting = unit.plant(folder / PLANTINGS / unit.name)
    checkpoint = resolve_checkpoint(str(planting.folder / "checkpoint"))
    sets = sets_of(planting.folder, unit.seed, options.nulls)
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
    for unit in artifact.config["units"]:
        probed = Artifact.load(artifact.folder / PROBES / unit["name"], "probe")
        tested = stored_sets(probed)[BENCHMARK]
        doses = {problem.id: int(problem.metadata["dose"]) for problem in tested}
        flags = [row for row in probed.rows(FLAGS) if row["set"] == BENCHMARK]
        items += item_flags(unit["name"], unit["group"], doses, flags)
    return summarize_flags(items, Result(set=BENCHMARK, protocol="planted at known doses"))
