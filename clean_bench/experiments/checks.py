"""Check a `run` artifact: what binds its parts, and its report from the stored rows of its parts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.manifest import canonical
from clean_bench.experiments.evidence import FRESH
from clean_bench.experiments.recipe import Fresh, Recipe
from clean_bench.experiments.report import build_report
from clean_bench.problems import ProblemSet, load_folder
from generators.plan import parse_steps
from generators.registry import family
from leaderboards import page as reports
from leaderboards import table
from leaderboards.report_schema import RunReport
from trainers.config import TrainConfig
from trainers.rollouts import pick


def verify_run(artifact: Artifact) -> Iterator[Failure]:
    """The parts belong together, and the report follows from them.

    The parts themselves are checked by their own verifiers. The page is rendered again where the
    installed matplotlib is the one that drew it: another version may draw other curves.
    """
    folder, recipe = artifact.folder, Recipe.model_validate(artifact.config["recipe"])
    binding = list(_binding(artifact, recipe))
    if binding:
        yield from binding
        return
    report = build_report(folder, recipe)
    if canonical(report.to_json()) != (folder / "report.json").read_bytes():
        yield Failure("report.json", "does not follow from the stored rows")
    stored = RunReport.from_json(json.loads((folder / "report.json").read_bytes()))
    if table.markdown(stored).encode() != (folder / "table.md").read_bytes():
        yield Failure("table.md", "does not follow from the report")
    if artifact.rows("table") != table.to_table(stored).to_pylist():
        yield Failure("table", "does not follow from the report")
    drawn_by = artifact.manifest["environment"]["packages"].get("matplotlib")
    same_version = drawn_by == metadata.version("matplotlib")
    if same_version and reports.render(report).encode() != (folder / "index.html").read_bytes():
        yield Failure("index.html", "does not follow from the report")


def _binding(artifact: Artifact, recipe: Recipe) -> Iterator[Failure]:
    """Arms trained as the recipe says, from the base, on the data; scores and probes of them."""
    folder, base = artifact.folder, artifact.config["base_weights_sha256"]
    training, fresh = load_folder(folder / "data"), load_folder(folder / FRESH)
    yield from _drawn(folder, "data", recipe.data, "train")
    yield from _drawn(folder, FRESH, recipe.fresh, "eval")
    weights = {"base": base}
    for arm in recipe.arms:
        for seed in recipe.seeds:
            label = f"{arm.name}-{seed}"
            trained = Artifact.load(folder / "arms" / label, "training")
            weights[label] = trained.metadata["weights_sha256"]
            yield from _trained(
                trained, f"arms/{label}", recipe.arm_config(arm, seed), base, training
            )
    yield from _measured(artifact, recipe, weights, fresh)
    bound = Artifact.load(folder / FRESH, "problem-set").metadata["freshness"]["bound_to"]
    if sorted(set(weights.values())) != bound:
        yield Failure(FRESH, "is not bound to the checkpoints that were scored on it")


def _drawn(folder: Path, part: str, plan: Fresh, split: str) -> Iterator[Failure]:
    """A generated part against the recipe's words for it."""
    steps = list(parse_steps(plan.steps, family(plan.family).tiers))
    wanted = {"family": plan.family, "count": plan.count, "steps": steps, "split": split}
    yield from _compared(Artifact.load(folder / part, "problem-set"), part, "drawn", wanted)


def _trained(
    trained: Artifact, where: str, config: TrainConfig, base: str, training: ProblemSet
) -> Iterator[Failure]:
    """An arm against its configuration, and its rollouts against the prompts that its seed picks."""
    wanted = {
        **config.model_dump(mode="json"),
        "base_weights_sha256": base,
        "data_sha256": training.content_sha256,
    }
    yield from _compared(trained, where, "trained", wanted)
    asked = [
        (step, problem.id, problem.answer)
        for step in range(config.steps)
        for problem in pick(training.problems, config, step)
    ]
    rollouts = trained.rows("rollouts")[:: config.rollouts]
    if [(row["step"], row["problem_id"], row["answer"]) for row in rollouts] != asked:
        yield Failure(f"{where}/rollouts", "are not of the prompts that the seed picks")


def _measured(
    artifact: Artifact, recipe: Recipe, weights: dict[str, str], fresh: ProblemSet
) -> Iterator[Failure]:
    """Scores and probes of every checkpoint, all made alike and on the sets of this run."""
    folder = artifact.folder
    benchmark = Artifact.load(folder / "probe" / "benchmark", "probe")
    if benchmark.config["weights_sha256"] != weights["base"]:
        yield Failure("probe/benchmark", "was not made with the base checkpoint")
    first = Artifact.load(folder / "scores" / "base", "scores")
    alike = {
        "scores": {
            **recipe.score.model_dump(mode="json", exclude={"template"}),
            "templates": first.config["templates"],
            "engine": first.config["engine"],
        },
        "probe": {"fractions": recipe.prefixes},
    }
    sets = {**artifact.config["sets"], FRESH: fresh.content_sha256}
    for label, expected in weights.items():
        for part, settings in alike.items():
            wanted = {**settings, "weights_sha256": expected, "sets": sets}
            where = f"{part}/{label}"
            yield from _compared(Artifact.load(folder / where, part), where, "made", wanted)
    columns = ("set", "problem_id", "gold")
    golds = {
        (row["problem_id"], row["gold"])
        for table in first.tables("completions", columns)
        for row in table.to_pylist()
        if row["set"] == FRESH
    }
    if golds != {(problem.id, problem.answer) for problem in fresh}:
        yield Failure("scores/base", "was not scored on the problems of fresh")


def _compared(part: Artifact, where: str, how: str, wanted: dict[str, Any]) -> Iterator[Failure]:
    """The first key of a part's configuration that is not as wanted."""
    differing = [key for key, value in wanted.items() if part.config.get(key) != value]
    if differing:
        yield Failure(where, f"was not {how} as the run says: {differing[0]}")
