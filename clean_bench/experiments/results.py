"""The results of a run: those of its stages, and the gains and contrasts that need several of them.

Rows beside those of the stages (`k` samples per problem):

    avg@k, accuracy              of the subset `DECIDED`: base and arm on problems that every checkpoint
                                 of the model was decided on; an arm over all of its seeds
    pass@k                       of the base on the same problems: the ceiling of oracle choice
    gain:avg@k, gain:accuracy    arm minus base (`versus` = `checkpoint=MODEL/base`)
    gain:avg@k                   a difference of two gains where `versus` names a set, an arm or a subset
    matched_share                share of the memorized problems that have a match among the others
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from clean_bench.experiments.evidence import Evidence
from clean_bench.experiments.plan import Subject, subjects_of
from clean_bench.experiments.recipe import ArmRecipe, Recipe
from clean_bench.problems import ProblemSet
from clean_bench.results import Result, Results
from clean_bench.samples import GREEDY, SAMPLE
from clean_bench.statistics import gains
from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.intervals import mean_interval
from clean_bench.statistics.paired import paired_difference
from leaderboards.report_schema import GREEDY_MEASURE
from leaderboards.view import DECIDED

MEMORIZED, NOT_MEMORIZED = "memorized", "not memorized"


def collect(folder: Path, recipe: Recipe, evidence: Sequence[Evidence]) -> Results:
    """All results of a run whose stages are finished.

    Args:
        evidence: of each model of the recipe.
    """
    rows: list[Result] = []
    for of_model in evidence:
        rows += _base_results(of_model)
        for arm in recipe.arms_of(of_model.model):
            rows += _arm_results(of_model, arm)
            rows += _contrasts(of_model, arm)
    for subject in subjects_of(recipe):
        rows += _stage_results(folder, subject)
    return Results(rows)


def headline(recipe: Recipe) -> str:
    """The measure that gains are of."""
    samples = recipe.score.samples_per_problem
    return f"avg@{samples}" if samples else GREEDY_MEASURE


def _stage_results(folder: Path, subject: Subject) -> Iterator[Result]:
    """The results of a checkpoint's own stages, with its arm and seed."""
    arm = subject.arm.name if subject.arm else None
    keys = [subject.training_key, subject.key("scores"), subject.key("probe")]
    for key in filter(None, keys):
        yield from Results.load(folder / key).labelled(arm=arm, seed=subject.seed)


def _head(evidence: Evidence, arm: ArmRecipe | None, problems: ProblemSet) -> Result:
    recipe, model = evidence.recipe, evidence.model
    label = f"{model.name}/{arm.name}" if arm else Subject(model).name
    return Result(
        checkpoint=label,
        # Several checkpoints of an arm, one per seed, have no hash in common.
        weights_sha256="" if arm else evidence.base.weights_sha256,
        arm=arm.name if arm else None,
        set=problems.name,
        set_sha256=evidence.set_sha256[problems.name],
        role=problems.role,
        template=recipe.score.templates[0],
        protocol=recipe.score.protocol(SAMPLE if recipe.score.samples else GREEDY),
    )


def _base_results(evidence: Evidence) -> Iterator[Result]:
    recipe = evidence.recipe
    for problems in evidence.sets:
        head = _head(evidence, None, problems)._replace(subset=DECIDED)
        scores = evidence.before(problems.name)
        yield head.of(headline(recipe), mean_interval(scores))
        greedy = head._replace(protocol=recipe.score.protocol(GREEDY))
        yield greedy.of("accuracy", mean_interval(evidence.greedy(problems.name)))
        if recipe.score.samples:
            k = scores.shape[1]
            yield head.of(f"pass@{k}", gains.best_of_k(scores, k))


def _arm_results(evidence: Evidence, arm: ArmRecipe) -> Iterator[Result]:
    """Scores after training and gains, over all seeds, on every set."""
    measure, recipe = headline(evidence.recipe), evidence.recipe
    versus = f"checkpoint={Subject(evidence.model).name}"
    for problems in evidence.sets:
        name, head = problems.name, _head(evidence, arm, problems)
        decided = head._replace(subset=DECIDED)
        after = evidence.after(arm.name, name)
        several = len(after) > 1
        # Over several seeds the interval is that of a mean over seeds and problems together.
        yield decided.of(
            measure,
            gains.mean_gain(after.mean(axis=2)) if several else mean_interval(after[0]),
        )
        gain = gains.mean_gain(evidence.gains(arm.name, name))
        yield head.of(f"gain:{measure}", gain, versus=versus)
        if not recipe.score.samples:
            continue  # the greedy accuracy is the headline
        base, greedy = evidence.greedy(name), evidence.greedy(name, arm.name)
        protocol = recipe.score.protocol(GREEDY)
        yield decided._replace(protocol=protocol).of(
            "accuracy", gains.mean_gain(greedy.T) if several else mean_interval(greedy)
        )
        difference = (
            gains.mean_gain(greedy.T - base.T) if several else paired_difference(base, greedy)
        )
        yield head._replace(protocol=protocol).of("gain:accuracy", difference, versus=versus)


def _contrasts(evidence: Evidence, arm: ArmRecipe) -> Iterator[Result]:
    """Differences between two gains.

    A planted set minus its twins; on a benchmark, memorized minus not-memorized problems (matched); the
    true reward minus this one; a benchmark minus a generated set, which is descriptive unless the two
    are matched.
    """
    measure = f"gain:{headline(evidence.recipe)}"
    twins = evidence.of_role("twin")
    for benchmark in evidence.of_role("planted", "public"):
        head = _head(evidence, arm, benchmark)
        of_benchmark = evidence.gains(arm.name, benchmark.name)
        if benchmark.role == "planted":
            for twin in twins:
                difference = gains.contrast(of_benchmark, evidence.gains(arm.name, twin.name))
                yield head.of(measure, difference, versus=f"set={twin.name}")
        whole = [benchmark, *(twins if benchmark.role == "planted" else [])]
        matched = evidence.memorized_contrast(arm, whole)
        if matched is not None:
            of_memorized = head._replace(subset=MEMORIZED)
            yield of_memorized.of(measure, matched.estimate, versus=f"subset={NOT_MEMORIZED}")
            share = Estimate(matched.kept_share, np.nan, np.nan, matched.estimate.n)
            yield of_memorized.of("matched_share", share)
        for generated in evidence.of_role("fresh", "matched"):
            difference = gains.contrast(of_benchmark, evidence.gains(arm.name, generated.name))
            yield head.of(measure, difference, versus=f"set={generated.name}")
    arms = evidence.recipe.arms_of(evidence.model)
    truth = next((other for other in arms if other.reward == "truth"), arm)
    # Run s of one arm is compared with run s of the other, so both need as many runs.
    runs = {len(evidence.trained[name]) for name in (truth.name, arm.name)}
    if truth.name != arm.name and len(runs) == 1:
        for problems in evidence.sets:
            difference = gains.paired_contrast(
                evidence.gains(truth.name, problems.name), evidence.gains(arm.name, problems.name)
            )
            head = _head(evidence, truth, problems)
            yield head.of(measure, difference, versus=f"arm={arm.name}")
