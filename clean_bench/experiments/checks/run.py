"""Check a `run` artifact: its parts against its recipe, then results and report from its parts."""

from __future__ import annotations

from collections.abc import Iterator

from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.manifest import NAME
from clean_bench.experiments.checks.checkpoint_files import HASHES
from clean_bench.experiments.checks.listing import check_behaviors_listed, check_listing
from clean_bench.experiments.checks.measurements import (
    check_behaviors_of_run,
    check_completions,
    check_measurements,
)
from clean_bench.experiments.checks.models import check_models
from clean_bench.experiments.checks.page import check_page
from clean_bench.experiments.checks.sets import check_sets_of_run
from clean_bench.experiments.checks.training import check_trainings
from clean_bench.experiments.plan import subjects_of
from clean_bench.experiments.recipe import Recipe
from clean_bench.experiments.report import build_report
from clean_bench.experiments.report_files import report_files
from clean_bench.experiments.sets import load_sets
from clean_bench.experiments.stage_settings import LABELS
from clean_bench.results import check_results
from clean_bench.samples import has_two_grades

_CONFIG = {"recipe", "checkpoints", "sets", "data", "completions"}


def check_run(artifact: Artifact) -> Iterator[Failure]:
    """The parts belong together and are those of the recipe; results and report follow from them.

    Each part is checked by the check of its own kind as well.
    """
    # Runs of earlier versions lack the hashes of settings and tokenizers, runs of files have none.
    keys = set(artifact.config) - {LABELS}
    if keys not in (_CONFIG, _CONFIG.union(HASHES)):
        yield Failure(NAME, f"config: expected {', '.join(sorted(_CONFIG))}")
        return
    # The version that stores two grades also stores the hashes.
    if artifact.config["checkpoints"] and has_two_grades(artifact.config["recipe"]["score"]):
        missing = sorted(set(HASHES) - set(artifact.config))
        if missing:
            yield Failure(NAME, f"config: lacks {', '.join(missing)}")
            return
    recipe = Recipe.model_validate(artifact.config["recipe"])
    labelled = {arm.name for arm in recipe.arms if arm.labels}
    if set(artifact.config.get(LABELS, {})) != labelled:
        yield Failure(
            NAME, f"config: {LABELS}: expected those of the arms that the recipe gives some"
        )
        return
    # A check needs the parts that the earlier one lists.
    for check in (check_listing, check_behaviors_listed, check_parts):
        failures = list(check(artifact, recipe))
        if failures:
            break
    if failures:
        yield from failures
        return
    if artifact.metadata != {"arms": [arm.name for arm in recipe.arms]}:
        yield Failure(NAME, "metadata: expected the arms of the recipe, and nothing else")
    report = build_report(artifact.folder, recipe)
    yield from check_results(artifact, report.results)
    for name, data in report_files(artifact.folder, recipe, report, with_page=False).items():
        if data != (artifact.folder / name).read_bytes():
            yield Failure(name, "does not follow from the stored samples")
    yield from check_page(artifact, recipe, report)


def check_parts(artifact: Artifact, recipe: Recipe) -> Iterator[Failure]:
    """Every part against the recipe and the other parts."""
    subjects = subjects_of(recipe)
    yield from check_models(artifact, recipe)
    weights: dict[str, str] = dict(artifact.config["checkpoints"])
    trained = [subject for subject in subjects if subject.training_key]
    for subject in trained:
        part = Artifact.load(artifact.folder / str(subject.training_key), "training")
        weights[subject.name] = part.metadata["weights_sha256"]
    sets = load_sets(recipe, artifact.folder)
    yield from check_sets_of_run(artifact, recipe, weights)
    if trained:
        yield from check_trainings(artifact, recipe, trained, weights)
    if recipe.from_completions:
        yield from check_completions(artifact, recipe)
    else:
        yield from check_measurements(artifact, recipe, subjects, weights, sets)
    if recipe.behaviors:
        yield from check_behaviors_of_run(artifact, subjects)
