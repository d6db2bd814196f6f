"""Check a `run` artifact: what binds its parts, and its results and report from the stored samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.manifest import NAME, sha256_of_file
from clean_bench.behaviors.run import identity
from clean_bench.experiments.plan import DATA, Subject, set_keys, subjects_of, temperature_key
from clean_bench.experiments.recipe import DataRecipe, Recipe
from clean_bench.experiments.report import build_report
from clean_bench.experiments.report_files import report_files
from clean_bench.experiments.results import has_behaviors
from clean_bench.experiments.sets import load_sets
from clean_bench.problems import ProblemSet, load_folder
from clean_bench.results import check_results
from clean_bench.scoring.config import RESOLVED, ScoreConfig
from generators.registry import family
from generators.set_plan import parse_steps
from trainers.config import TrainConfig
from trainers.prompt_order import pick


def check_run(artifact: Artifact) -> Iterator[Failure]:
    """The parts belong together, and results and report follow from them.

    Each part is checked by the check of its own kind. The page is rendered again where the installed
    matplotlib is the version that drew it: another one may draw other curves.
    """
    folder, recipe = artifact.folder, Recipe.model_validate(artifact.config["recipe"])
    failures = list(_check_parts(artifact, recipe))
    if failures:
        yield from failures
        return
    report = build_report(folder, recipe)
    yield from check_results(artifact, report.results)
    drawn_by = artifact.manifest["environment"]["packages"].get("matplotlib")
    same_charts = bool(find_spec("matplotlib")) and drawn_by == metadata.version("matplotlib")
    for name, data in report_files(folder, recipe, report, with_page=same_charts).items():
        path = folder / name
        if not path.is_file() or data != path.read_bytes():
            yield Failure(name, "does not follow from the stored samples")


def _check_parts(artifact: Artifact, recipe: Recipe) -> Iterator[Failure]:
    """Arms trained as the recipe says, from the base, on the data; every checkpoint measured alike."""
    folder = artifact.folder
    sets = load_sets(recipe, folder)
    subjects = subjects_of(recipe)
    weights: dict[str, str] = dict(artifact.config["checkpoints"])
    trained = [subject for subject in subjects if subject.training_key]
    if trained and recipe.data is not None:
        yield from _check_generated(folder, DATA, recipe.data, "train")
        data = load_folder(folder / DATA)
        if recipe.data.source and artifact.config["data"] != data.content_sha256:
            yield Failure(DATA, "is not the set that the run was begun with")
        for subject in trained:
            part = Artifact.load(folder / str(subject.training_key), "training")
            weights[subject.name] = part.metadata["weights_sha256"]
            base = weights[Subject(subject.model).name]
            yield from _check_training(part, subject, recipe, base, data)
    keys = [] if recipe.from_completions else set_keys(recipe)
    for problems, (entry, key) in zip(sets[: len(keys)], keys, strict=True):
        if entry.generated:
            yield from _check_generated(folder, key, entry, "eval")
            freshness = Artifact.load(folder / key, "problem-set").metadata["freshness"]
            if sorted(set(weights.values())) != freshness["bound_to"]:
                yield Failure(key, "is not bound to the checkpoints that were scored on it")
        elif artifact.config["sets"].get(problems.name) != problems.content_sha256:
            yield Failure(key, "is not the set that the run was begun with")
    if recipe.from_completions:
        yield from _check_completions(artifact, subjects)
    else:
        yield from _check_measurements(folder, recipe, subjects, weights, sets)
    if recipe.behaviors:
        yield from _check_behaviors(folder, subjects)


def _check_completions(artifact: Artifact, subjects: list[Subject]) -> Iterator[Failure]:
    """Scores of the files, or copies of the folders, that the run was begun with."""
    for subject in subjects:
        key = subject.key("scores")
        part = Artifact.load(artifact.folder / key, "scores")
        hashes = [entry["sha256"] for entry in part.config.get("files", ())]
        hashes = hashes or [sha256_of_file(part.folder / NAME)]
        if hashes != artifact.config["completions"][subject.name]:
            yield Failure(key, "was not made of the completions that the run was begun with")


def _check_behaviors(folder: Path, subjects: list[Subject]) -> Iterator[Failure]:
    """Behaviors of the scores of this run; what follows from these is checked by their own kind."""
    for subject in subjects:
        if has_behaviors(folder, subject):
            key = subject.key("behaviors")
            part = Artifact.load(folder / key, "behaviors")
            inputs = {
                "before": identity(Artifact.load(folder / Subject(subject.model).key("scores"))),
                "after": identity(Artifact.load(folder / subject.key("scores"))),
                "with": None,
            }
            yield from _compare(part, key, "made", inputs)


def _check_generated(folder: Path, key: str, data: DataRecipe, split: str) -> Iterator[Failure]:
    """A generated set against the recipe."""
    if data.family is None:
        return
    steps = list(parse_steps(data.steps or "", family(data.family).tiers))
    expected = {"family": data.family, "count": data.count, "steps": steps, "split": split}
    yield from _compare(Artifact.load(folder / key, "problem-set"), key, "drawn", expected)


def _check_training(
    part: Artifact, subject: Subject, recipe: Recipe, base: str, data: ProblemSet
) -> Iterator[Failure]:
    """An arm against its configuration, and its rollouts against the prompts that its seed picks."""
    assert subject.arm is not None and subject.seed is not None
    config: TrainConfig = recipe.arm_config(subject.arm, subject.seed)
    key = str(subject.training_key)
    expected = {
        **config.model_dump(mode="json"),
        "base_weights_sha256": base,
        "data_sha256": data.content_sha256,
    }
    yield from _compare(part, key, "trained", expected)
    picked = [
        (step, problem.id, problem.answer)
        for step in range(config.steps)
        for problem in pick(data.problems, config, step)
    ]
    rollouts = [
        row
        for shard in part.tables("rollouts", ("step", "problem_id", "gold"))
        for row in shard.to_pylist()
    ][:: config.group_size]
    if [(row["step"], row["problem_id"], row["gold"]) for row in rollouts] != picked:
        yield Failure(f"{key}/rollouts", "are not of the prompts that the seed picks")


def _check_measurements(
    folder: Path,
    recipe: Recipe,
    subjects: list[Subject],
    weights: Mapping[str, str],
    sets: list[ProblemSet],
) -> Iterator[Failure]:
    """Scores and probe of every checkpoint, all made alike and on the sets of this run."""
    first = Artifact.load(folder / subjects[0].key("scores"), "scores")
    expected: dict[str, dict[str, Any]] = {
        "scores": {
            **recipe.score.model_dump(mode="json", exclude=set(RESOLVED)),
            **{name: first.config[name] for name in RESOLVED if name in first.config},
        },
        "probe": {"fractions": sorted(recipe.probe.prefixes)},
    }
    names = [(problems.name, problems.content_sha256, problems.role) for problems in sets]
    for model in recipe.models:
        for temperature in recipe.further_temperatures():
            where = temperature_key(model, temperature)
            settings = {**expected["scores"], "temperature": temperature}
            settings["weights_sha256"] = weights[Subject(model).name]
            yield from _compare(Artifact.load(folder / where, "scores"), where, "made", settings)
    for subject in subjects:
        for kind, settings in expected.items():
            part, where = Artifact.load(folder / subject.key(kind), kind), subject.key(kind)
            settings = {**settings, "weights_sha256": weights[subject.name]}
            yield from _compare(part, where, "made", settings)
            if _engine(part) != _engine(first):
                yield Failure(
                    where, f"was made with {_engine(part)}, the base with {_engine(first)}"
                )
            stored = [(s["name"], s["sha256"], s["role"]) for s in part.config["sets"]]
            if stored != names:
                yield Failure(where, "was not made on the sets of this run")


def _engine(part: Artifact) -> list[str]:
    """The engine, its device and its data type."""
    return [str(part.config["engine"].get(key)) for key in ("engine", "device", "dtype")]


def _compare(
    part: Artifact, where: str, how: str, expected: Mapping[str, Any]
) -> Iterator[Failure]:
    """The first key of a part's configuration that differs from the recipe."""
    # An artifact of an earlier version lacks the settings that came later: they had their defaults.
    stored = {**ScoreConfig().model_dump(mode="json"), **part.config}
    differing = [key for key, value in expected.items() if stored.get(key) != value]
    if differing:
        yield Failure(where, f"was not {how} as the run says: {differing[0]}")
