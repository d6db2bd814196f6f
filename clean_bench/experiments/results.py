"""The results of a run: those of its stages, and the gains and contrasts that need several of them.

Rows beside those of the stages (`k` samples per problem):

    avg@k, accuracy              of the subset `DECIDED`: base and arm on problems that every checkpoint
                                 of the model was decided on; an arm over all of its seeds
    pass@j                       of both on the same problems, for j = 1, 2, 4, ..., k
    gain:avg@k, gain:accuracy    arm minus base (`versus` = `checkpoint=MODEL/base`)
    avg@k, gain:avg@k            on planted and public sets also of the subsets `memorized` and `not
                                 memorized`: what the probe of the base found
    gain:avg@k                   a difference of two gains where `versus` names a set, an arm or a subset
    matched_share                share of the memorized problems that have a match among the others
    training_free:avg@k          the base under its best setting without training, which `protocol`
                                 names; `gain:training_free:avg@k` is its gain over the headline's
                                 setting
    gain:avg@k                   arm minus the base under that setting (`versus` is
                                 `setting=training_free`)

The rows of the behaviors of an arm have its name in `arm`; `checkpoint` is the base or the arm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from clean_bench.artifacts import Artifact
from clean_bench.experiments.best_setting import METHOD, best_setting
from clean_bench.experiments.evidence import Array, Evidence
from clean_bench.experiments.plan import Subject, subjects_of
from clean_bench.experiments.recipe import ArmRecipe, Recipe
from clean_bench.problems import ProblemSet
from clean_bench.results import Result, Results
from clean_bench.samples import GREEDY, SAMPLE
from clean_bench.scoring.summary import UNIT
from clean_bench.statistics import gains
from clean_bench.statistics.clusters import cluster_mean
from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.intervals import mean_interval
from clean_bench.statistics.paired import paired_difference
from clean_bench.statistics.pass_at_k import pass_at_k, powers_of_two
from leaderboards.report_schema import GREEDY_MEASURE
from leaderboards.view import DECIDED

Flags = npt.NDArray[np.bool_]
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
        rows += _training_free(of_model)
    for subject in subjects_of(recipe):
        rows += _stage_results(folder, subject)
    if recipe.behaviors:
        for subject in subjects_of(recipe):
            rows += _behavior_results(folder, subject)
    return Results(rows)


def headline(evidence: Evidence) -> str:
    """The measure that gains are of."""
    samples = evidence.samples
    return f"avg@{samples}" if samples else GREEDY_MEASURE


def _stage_results(folder: Path, subject: Subject) -> Iterator[Result]:
    """The results of a checkpoint's own stages, with its arm and seed."""
    arm = subject.arm.name if subject.arm else None
    keys = [subject.training_key, subject.key("scores")]
    if not subject.completions:
        keys.append(subject.key("probe"))
    for key in filter(None, keys):
        yield from Results.load(folder / key).labelled(arm=arm, seed=subject.seed)


def _behavior_results(folder: Path, subject: Subject) -> Iterator[Result]:
    """The behaviors of an arm and its base; what the scores already hold is left out."""
    if not has_behaviors(folder, subject):
        return
    names = {"before": Subject(subject.model).name, "after": subject.name}
    versus = {f"checkpoint={side}": f"checkpoint={name}" for side, name in names.items()}
    for row in Results.load(folder / subject.key("behaviors")):
        if row.subset is None and row.versus is None and row.measure in ("accuracy", "truncated"):
            continue
        yield row._replace(
            checkpoint=names[row.checkpoint],
            arm=subject.arm.name if subject.arm else None,
            seed=subject.seed,
            versus=versus.get(row.versus or "", row.versus),
        )


def has_behaviors(folder: Path, subject: Subject) -> bool:
    """Whether the behaviors of a subject can be compared: completions under a template of its base."""
    if subject.arm is None:
        return False
    keys = (Subject(subject.model).key("scores"), subject.key("scores"))
    before, after = (set(Artifact.load(folder / key).config["templates"]) for key in keys)
    return bool(before & after)


def _head(evidence: Evidence, arm: ArmRecipe | None, problems: ProblemSet) -> Result:
    model = evidence.model
    label = f"{model.name}/{arm.name}" if arm else Subject(model).name
    return Result(
        checkpoint=label,
        # Several checkpoints of an arm, one per seed, have no hash in common.
        weights_sha256="" if arm else evidence.base.weights_sha256,
        arm=arm.name if arm else None,
        set=problems.name,
        set_sha256=evidence.set_sha256[problems.name],
        role=problems.role,
        template=evidence.template,
        protocol=evidence.protocol(SAMPLE if evidence.samples else GREEDY),
    )


def _base_results(evidence: Evidence) -> Iterator[Result]:
    for problems in evidence.sets:
        name = problems.name
        head = _head(evidence, None, problems)._replace(subset=DECIDED)
        scores = evidence.before(name)
        yield head.of(headline(evidence), _mean_before(evidence, problems, scores))
        if not evidence.samples:
            continue  # the greedy accuracy is the headline
        if evidence.has_greedy(name):
            greedy = head._replace(protocol=evidence.protocol(GREEDY))
            before = _mean_before(evidence, problems, evidence.greedy(name))
            yield greedy.of("accuracy", before)
        yield from _pass_at_j(evidence, problems, head, scores[None])
        for subset, flags in _halves(evidence, problems):
            half = head._replace(subset=subset)
            yield half.of(headline(evidence), mean_interval(scores[flags]))


def _arm_results(evidence: Evidence, arm: ArmRecipe) -> Iterator[Result]:
    """Scores after training and gains, over all seeds, on every set."""
    measure = headline(evidence)
    versus = f"checkpoint={Subject(evidence.model).name}"
    for problems in evidence.sets:
        name, head = problems.name, _head(evidence, arm, problems)
        decided = head._replace(subset=DECIDED)
        before, after = evidence.before(name), evidence.after(arm.name, name)
        yield decided.of(measure, _mean_after(evidence, problems, after))
        gain = gains.mean_gain(evidence.unit_gains(arm.name, problems))
        yield head.of(f"gain:{measure}", gain, versus=versus)
        for subset, flags in _halves(evidence, problems):
            half = head._replace(subset=subset)
            yield half.of(measure, _mean_of(after[:, flags]))
            of_half = _paired_gain(before[flags], after[:, flags])
            yield half.of(f"gain:{measure}", of_half, versus=versus)
        if not evidence.samples:
            continue  # the greedy accuracy is the headline
        yield from _pass_at_j(evidence, problems, decided, after)
        if not evidence.has_greedy(name, arm.name):
            continue
        base, greedy = evidence.greedy(name), evidence.greedy(name, arm.name)
        protocol = evidence.protocol(GREEDY)
        several = len(after) > 1
        mean = _mean_after(evidence, problems, greedy.T[:, :, None])
        yield decided._replace(protocol=protocol).of("accuracy", mean)
        if several or problems.role == "matched":
            difference = gains.mean_gain(evidence.by_unit(problems, greedy.T - base.T))
        else:
            difference = paired_difference(base, greedy)
        yield head._replace(protocol=protocol).of("gain:accuracy", difference, versus=versus)


def _mean_before(evidence: Evidence, problems: ProblemSet, scores: Array) -> Estimate:
    """The mean of scores, (problems, samples), over the units of a set."""
    if problems.role != "matched":
        return mean_interval(scores)
    return cluster_mean(np.nanmean(scores, axis=1), evidence.units(problems), UNIT)


def _mean_after(evidence: Evidence, problems: ProblemSet, after: Array) -> Estimate:
    """The mean of scores, (seeds, problems, samples), over the units of a set."""
    if problems.role != "matched":
        return _mean_of(after)
    if len(after) == 1:
        return _mean_before(evidence, problems, after[0])
    return gains.mean_gain(evidence.by_unit(problems, np.nanmean(after, axis=2)), least=0.0)


def _mean_of(after: Array) -> Estimate:
    """The mean of scores, (seeds, problems, samples); problems are the units.

    Over several seeds the interval is that of a mean over seeds and problems together.
    """
    if len(after) == 1:
        return mean_interval(after[0])
    return gains.mean_gain(after.mean(axis=2), least=0.0)


def _paired_gain(before: Array, after: Array) -> Estimate:
    """Scores after minus before, (seeds, problems, samples) and (problems, samples).

    With one seed the interval has a positive width even where no problem changed, as a part of a set
    may have few problems.
    """
    if len(after) == 1:
        return paired_difference(before, after[0])
    return gains.mean_gain(gains.item_gains(before, after))


def _pass_at_j(
    evidence: Evidence, problems: ProblemSet, head: Result, scores: Array
) -> Iterator[Result]:
    """pass@1, pass@2, pass@4, ... of scores, (seeds, problems, samples)."""
    for j in powers_of_two(scores.shape[2]):
        if len(scores) == 1 and problems.role != "matched":
            yield head.of(f"pass@{j}", gains.best_of_k(scores[0], j))
        else:
            by_seed = np.stack([pass_at_k(of_seed, j) for of_seed in scores])
            yield head.of(f"pass@{j}", _mean_after(evidence, problems, by_seed[:, :, None]))


def _halves(evidence: Evidence, problems: ProblemSet) -> Iterator[tuple[str, Flags]]:
    """The memorized and the other problems of a benchmark that take part; none where one is empty."""
    if problems.role not in ("planted", "public"):
        return
    flags = evidence.memorized_among(problems.name)
    parts = {MEMORIZED: flags == True, NOT_MEMORIZED: flags == False}  # noqa: E712 - None is neither
    for subset, part in parts.items():
        if part.any():
            yield subset, part


def _training_free(evidence: Evidence) -> Iterator[Result]:
    """The base under its best setting without training, and every arm minus it."""
    measure = headline(evidence)
    for problems in evidence.sets:
        best = best_setting(evidence, problems.name)
        if best is None:
            continue
        head = _head(evidence, None, problems)._replace(protocol=best.label)
        before = evidence.before(problems.name)[best.problems]
        reached = replace(mean_interval(best.scores), method=METHOD)
        yield head._replace(subset=DECIDED).of(f"training_free:{measure}", reached)
        gain = replace(paired_difference(before, best.scores), method=METHOD)
        versus = f"checkpoint={Subject(evidence.model).name}"
        yield head.of(f"gain:training_free:{measure}", gain, versus=versus)
        for arm in evidence.recipe.arms_of(evidence.model):
            after = evidence.after(arm.name, problems.name)[:, best.problems]
            beyond = _paired_gain(best.scores[:, None], after)
            of_arm = _head(evidence, arm, problems)
            yield of_arm.of(f"gain:{measure}", beyond, versus="setting=training_free")


def _contrasts(evidence: Evidence, arm: ArmRecipe) -> Iterator[Result]:
    """Differences between two gains.

    A planted set minus its twins; on a benchmark, memorized minus not-memorized problems (matched); the
    true reward minus this one; a benchmark minus a fresh set, which is descriptive; and the problems of
    a benchmark that have kin in a matched set minus that set, with its templates as units. An arm that
    was trained on templates of the matched set is not contrasted with it: its gain there is practice.
    """
    measure = f"gain:{headline(evidence)}"
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
        for generated in evidence.of_role("fresh"):
            difference = gains.contrast(of_benchmark, evidence.gains(arm.name, generated.name))
            yield head.of(measure, difference, versus=f"set={generated.name}")
        for matched_set in evidence.of_role("matched"):
            kin = evidence.kin(benchmark, matched_set)
            if not kin.any() or (arm.reward and evidence.practiced(matched_set)):
                continue
            difference = gains.contrast(
                of_benchmark[:, kin], evidence.unit_gains(arm.name, matched_set)
            )
            yield head.of(measure, difference, versus=f"set={matched_set.name}")
    arms = evidence.recipe.arms_of(evidence.model)
    truth = next((other for other in arms if other.reward == "truth"), arm)
    # Run s of one arm is compared with run s of the other, so both need as many runs.
    runs = {len(evidence.trained[name]) for name in (truth.name, arm.name)}
    if truth.name != arm.name and len(runs) == 1:
        for problems in evidence.sets:
            difference = gains.paired_contrast(
                evidence.unit_gains(truth.name, problems), evidence.unit_gains(arm.name, problems)
            )
            head = _head(evidence, truth, problems)
            yield head.of(measure, difference, versus=f"arm={arm.name}")
