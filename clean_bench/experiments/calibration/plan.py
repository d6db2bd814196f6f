"""From the options of `clean-bench calibrate` to its units: which models are planted, and how."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import canonical_json, sha256_of
from clean_bench.errors import UserError
from clean_bench.organisms.planting_plan import Form, PlantingPlan, SizeName, Stage
from clean_bench.problems import Problem, ProblemSet, check_sets, load_problems
from clean_bench.problems.null_sets import check_null_sets
from clean_bench.progress import Advance, bar
from clean_bench.seeds import stream
from clean_bench.text.normalize import normalize_spaces
from generators.registry import FAMILIES

if TYPE_CHECKING:
    from clean_bench.checkpoints import Checkpoint
    from clean_bench.engines.open import EngineConfig
    from clean_bench.experiments.calibration.run import Unit

_logger = logging.getLogger(__name__)
GENERATED = 500
"""Problems of the set that is drawn where none is named."""
TIERS = 4
BASE_SEED = "1"
"""Seed of the base that continued plantings share, whatever their own seeds."""
SHARES = (70, 70, 60, 30, 20)
"""Relative numbers of problems of the doses, from the smallest; more doses repeat the last."""


@dataclass(frozen=True)
class CalibrationPlan:
    """What is planted.

    Attributes:
        checkpoint: the name of a checkpoint; None for control models.
        counts: relative numbers of planted problems of each dose; None for `SHARES`.
        sizes, stages, forms: of control models; a checkpoint has the stage continued.
        settings: `KEY=VALUE` of `PlantingSettings`, for a checkpoint.
        grpo: kinds of GRPO runs after each planting (`clean_bench.experiments.calibration.grpo`).
        grpo_settings: `KEY=VALUE` of `TrainConfig`.
    """

    checkpoint: str | None
    plantings: int
    seed: str
    doses: tuple[int, ...]
    counts: tuple[int, ...] | None
    sizes: tuple[str, ...] = ("small",)
    stages: tuple[str, ...] = ("continued",)
    forms: tuple[str, ...] = ("verbatim",)
    settings: tuple[str, ...] = ()
    grpo: tuple[str, ...] = ()
    grpo_settings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise `UserError` for options that exclude each other, and for wrong values."""
        for option, names, kind in (
            ("--size", self.sizes, SizeName),
            ("--stage", self.stages, Stage),
            ("--form", self.forms, Form),
        ):
            for name in names:
                if name not in get_args(kind):
                    raise UserError(
                        f"{option} {name}: expected one of {', '.join(get_args(kind))}, got {name!r}"
                    )
        if self.checkpoint is None and self.settings:
            raise UserError("--set: expected a checkpoint, whose training it changes; name one")
        if self.checkpoint is not None and self.stages != ("continued",):
            raise UserError("--stage: expected continued with a checkpoint; leave the option out")
        self.planting("1", "small", "continued", "verbatim")

    def planting(self, seed: str, size: str, stage: str, form: str) -> PlantingPlan:
        """The plan of one planting."""
        shares = self.counts
        if shares is None:
            shares = tuple(SHARES[min(i, len(SHARES) - 1)] for i in range(len(self.doses)))
        return PlantingPlan(seed, self.doses, shares, size, stage, form)  # type: ignore[arg-type]

    def seeds(self) -> Iterator[str]:
        """The seed of each planting."""
        for number in range(self.plantings):
            yield self.seed if number == 0 else f"{self.seed}/{number + 1}"


@dataclass(frozen=True)
class CalibrationSets:
    """The set that is planted, the null sets, the texts beside the copies, and what GRPO trains on."""

    problems: ProblemSet
    nulls: Sequence[ProblemSet]
    background: Sequence[str]
    grpo: ProblemSet | None


def calibration_sets(
    name: str | None,
    nulls: Sequence[str],
    backgrounds: Sequence[str],
    limit: int | None,
    grpo: Sequence[str] = (),
    grpo_on: str | None = None,
) -> CalibrationSets:
    """Load the sets, or draw them where none is named.

    Args:
        grpo: kinds of GRPO runs (`clean_bench.experiments.calibration.grpo`).
        grpo_on: what the kinds truth and random train on.

    Raises:
        UserError: for a set that cannot be loaded, and for problems of GRPO that are in another set.
    """
    if name is None:
        problems = drawn_problems("calibration", GENERATED)
    else:
        problems = _with_texts(load_problems(name, empty=True))
    null_sets = [_with_texts(load_problems(null, empty=True)) for null in nulls]
    check_null_sets([problems], null_sets)
    problems = problems.head(limit)
    check_sets([problems, *null_sets])
    on_others = None
    if {"truth", "random"} & {*grpo}:
        on_others = _problems_of_grpo(grpo_on, [problems, *null_sets])
    elif grpo_on is not None:
        raise UserError(f"--grpo-on {grpo_on}: expected --grpo truth or random, which train on it")
    texts = [
        "\n".join(part for part in (problem.problem, problem.solution) if part)
        for background in backgrounds
        for problem in load_problems(background)
    ]
    if not backgrounds:
        from clean_bench.organisms.planting_corpus import generated_background

        texts = generated_background("calibration background", 3000)
    return CalibrationSets(problems, null_sets, texts, on_others)


def _with_texts(problems: ProblemSet) -> ProblemSet:
    """A set without its empty problems, which can neither be planted nor probed; logs their number."""
    kept = [problem for problem in problems if problem.problem.strip()]
    if len(kept) == len(problems):
        return problems
    _logger.warning(
        "%s: %d of %d problems are empty and left out",
        problems.name,
        len(problems) - len(kept),
        len(problems),
    )
    return replace(problems, problems=kept)


def _problems_of_grpo(name: str | None, probed: Sequence[ProblemSet]) -> ProblemSet:
    """What GRPO trains on: a set that shares no problem with the probed ones, or a generated one.

    Raises:
        UserError: for a shared problem. A generated set leaves it out.
    """
    known = {
        normalize_spaces(problem.problem): f"{of.name}/{problem.id}"
        for of in probed
        for problem in of
    }
    if name is None:
        drawn = drawn_problems("calibration GRPO", GENERATED)
        others = [p for p in drawn if normalize_spaces(p.problem) not in known]
        return replace(drawn, problems=others)
    problems = load_problems(name)
    for problem in problems:
        other = known.get(normalize_spaces(problem.problem))
        if other is not None:
            raise UserError(
                f"--grpo-on {problems.name}: expected problems outside of the probed sets, got "
                f"{problem.id}, which is {other}; name another set"
            )
    return problems


def drawn_problems(seed: str, size: int) -> ProblemSet:
    """Generated problems of all families in turn, in LaTeX, with different texts."""
    families = list(FAMILIES.values())
    problems: dict[str, Problem] = {}
    for number in count():
        if len(problems) == size:
            break
        family = families[number % len(families)]
        tier = family.tiers[number // len(families) % min(len(family.tiers), TIERS)]
        draws = stream("calibration problem", seed, family.name, number)
        items = (
            family.make(draws(redraw, length=family.random_bytes), tier, "eval", "latex")
            for redraw in count()
        )
        item = next(item for item in items if item is not None)
        problem = Problem(
            id=f"drawn/{number:04d}",
            problem=item.problem,
            answer=str(item.answer),
            family=family.name,
        )
        problems.setdefault(item.problem, problem)
    return ProblemSet("drawn", list(problems.values()))


def run_plan(
    plan: CalibrationPlan,
    sets: CalibrationSets,
    tests: Sequence[str],
    out: Path,
    engine: EngineConfig,
    revision: str | None,
    progress: Advance,
) -> Artifact:
    """Plant and probe every unit of a plan, and write the artifact."""
    from clean_bench.experiments.calibration.grpo import OF_CHECKPOINT, SAW, GrpoPlan, half_of
    from clean_bench.experiments.calibration.run import Options, calibrate
    from trainers.config import parse_settings

    values = parse_settings(plan.grpo_settings, name="--grpo-set")
    if plan.checkpoint is not None and plan.grpo:
        values = {**OF_CHECKPOINT, **values}
    grpo = GrpoPlan(plan.grpo, sets.grpo, values)
    if SAW in plan.grpo:
        # Refuses a set without answers before anything is planted.
        half_of(sets.problems, plan.seed)
    weights = None
    if plan.checkpoint is not None:
        from clean_bench.checkpoints import resolve_checkpoint

        checkpoint = resolve_checkpoint(plan.checkpoint, revision)
        grpo.check_prompts(checkpoint, engine)
        weights = checkpoint.weights_sha256
    about = {
        "checkpoint": plan.checkpoint,
        "checkpoint_weights_sha256": weights,
        "set": {"name": sets.problems.name, "sha256": sets.problems.content_sha256},
        "background_sha256": sha256_of(canonical_json(list(sets.background))),
        "doses": list(plan.doses),
        "counts": None if plan.counts is None else list(plan.counts),
        "settings": list(plan.settings),
        "seed": plan.seed,
        **grpo.describe(),
    }
    planted = list(
        _of_checkpoint(plan, sets, engine, revision)
        if plan.checkpoint is not None
        else _of_control_models(plan, sets, out, partial(grpo.check_prompts, engine=engine))
    )
    units = [unit for one in planted for unit in [one, *_with_grpo(one, plan.grpo)]]
    return calibrate(units, out, Options(tests, sets.nulls, engine, about, grpo), progress)


def _with_grpo(unit: Unit, kinds: Sequence[str]) -> Iterator[Unit]:
    """The units of the GRPO runs after a planting."""
    for kind in kinds:
        yield replace(
            unit,
            name=f"{unit.name}-grpo-{kind}",
            group=f"{unit.group}, then GRPO ({kind})",
            grpo=kind,
            planting=unit.name,
        )


def _of_control_models(
    plan: CalibrationPlan, sets: CalibrationSets, out: Path, check: Callable[[Checkpoint], None]
) -> Iterator[Unit]:
    """The plantings in control models; `check` is called with their base, which has the tokenizer."""
    from clean_bench.checkpoints import resolve_checkpoint
    from clean_bench.experiments.calibration.run import Unit
    from clean_bench.organisms.planting import build_base, plant

    def planted(planting: PlantingPlan, folder: Path) -> Artifact:
        base = None
        if planting.stage == "continued":
            with bar(f"base of size {planting.size}", None) as steps:
                built = build_base(
                    sets.background,
                    out / "bases" / planting.size,
                    planting.size,
                    BASE_SEED,
                    exclude=sets.problems.problems,
                    progress=lambda step, total, loss: steps.move_to(
                        step, f"loss {loss:.3f}", total=total
                    ),
                )
            base = built.folder
            check(resolve_checkpoint(str(base / "checkpoint")))
        with bar(f"planting {folder.name}", None) as steps:
            return plant(
                sets.problems,
                sets.background,
                folder,
                planting,
                base,
                progress=lambda step, total, loss: steps.move_to(
                    step, f"loss {loss:.3f}", total=total
                ),
            )

    for size in plan.sizes:
        for stage in plan.stages:
            for form in plan.forms:
                for number, seed in enumerate(plan.seeds(), start=1):
                    planting = plan.planting(seed, size, stage, form)
                    group = f"{size}, {stage}, {form}"
                    name = f"{size}-{stage}-{form}-{number}"
                    yield Unit(name, group, seed, partial(planted, planting))


def _of_checkpoint(
    plan: CalibrationPlan, sets: CalibrationSets, engine: EngineConfig, revision: str | None
) -> Iterator[Unit]:
    from clean_bench.checkpoints import resolve_checkpoint
    from clean_bench.experiments.calibration.run import Unit
    from clean_bench.organisms.planting_in_checkpoint import plant_in_checkpoint
    from clean_bench.organisms.planting_settings import make_planting_settings
    from trainers.config import parse_settings

    assert plan.checkpoint is not None
    checkpoint = resolve_checkpoint(plan.checkpoint, revision)
    values: dict[str, Any] = parse_settings(plan.settings, options=())
    if engine.dtype != "auto":
        values.setdefault("compute_dtype", engine.dtype)
    settings = make_planting_settings(values)

    def planted(planting: PlantingPlan, folder: Path) -> Artifact:
        with bar(f"planting {folder.name}", None) as steps:
            return plant_in_checkpoint(
                checkpoint,
                sets.problems,
                sets.background,
                folder,
                planting,
                settings,
                device=engine.device,
                trust_remote_code=engine.trust_remote_code,
                progress=lambda update, updates, row: steps.move_to(
                    update, f"loss {row['loss']:.3f}", total=updates
                ),
            )

    for form in plan.forms:
        for number, seed in enumerate(plan.seeds(), start=1):
            planting = plan.planting(seed, "small", "continued", form)
            unit = f"{form}-{number}"
            group = f"checkpoint, {form}"
            yield Unit(unit, group, seed, partial(planted, planting))
