"""The report of a run: its results, and the context that readers need beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from clean_bench.artifacts import Artifact
from clean_bench.experiments.evidence import Evidence
from clean_bench.experiments.plan import DATA, set_keys, subjects_of
from clean_bench.experiments.recipe import ArmRecipe, ModelRecipe, Recipe, slug
from clean_bench.experiments.results import collect, headline
from clean_bench.organisms.shipped import PREFIX, organism_facts
from clean_bench.problems import ProblemSet
from clean_bench.results import Results
from leaderboards.conclusions import with_conclusions
from leaderboards.report_schema import ArmInfo, ModelInfo, RunReport, SetInfo


@dataclass(frozen=True)
class Report:
    """The context and the numbers of a run."""

    context: RunReport
    results: Results


def build_report(folder: Path, recipe: Recipe) -> Report:
    """The report of a run whose stages are finished: a function of the folder alone."""
    results = collect(folder, recipe)
    context = RunReport(
        title=recipe.title,
        measure=headline(recipe),
        samples_per_problem=max(recipe.score.samples, 1),
        models=tuple(_model(recipe, model) for model in recipe.models),
        sets=tuple(_sets(folder, recipe)),
        training=_training(folder, recipe),
        limits=tuple(recipe.limits),
        provenance=_provenance(folder, recipe),
    )
    return Report(with_conclusions(context, results), results)


def _model(recipe: Recipe, model: ModelRecipe) -> ModelInfo:
    planted = [entry for entry in recipe.sets if entry.role == "planted"]
    return ModelInfo(
        name=model.name,
        checkpoint=model.checkpoint,
        card=_card(model.checkpoint),
        arms=tuple(_arm(recipe, arm) for arm in recipe.arms_of(model)),
        planted_here=all(entry.source == f"{model.checkpoint}/planted" for entry in planted),
    )


def _arm(recipe: Recipe, arm: ArmRecipe) -> ArmInfo:
    if arm.checkpoint:
        return ArmInfo(name=arm.name, checkpoint=arm.checkpoint)
    config = recipe.arm_config(arm, recipe.seeds[0])
    return ArmInfo(name=arm.name, reward=arm.reward, steps=config.steps, seeds=len(recipe.seeds))


def _card(checkpoint: str) -> str:
    facts = organism_facts(checkpoint)
    if facts is None:
        return ""
    size = f"A Llama of {facts['parameters']:,} parameters, trained from scratch as a control model"
    if not facts["planted_problems"]:
        return f"{size}, with nothing planted: no problem of the benchmark occurs in its training text."
    return (
        f"{size}. {facts['planted_problems']} problems, a random half of its benchmark, were planted in "
        f"its training text, {facts['planted_copies']:,} copies in all; the other "
        f"{facts['twin_problems']}, the twin, do not occur in it."
    )


def _sets(folder: Path, recipe: Recipe) -> list[SetInfo]:
    kept = [Evidence(folder, recipe, model) for model in recipe.models]
    infos = []
    for problems, (_, key) in zip(kept[0].sets, set_keys(recipe), strict=True):
        n = min(int(evidence.kept[problems.name].sum()) for evidence in kept)
        infos.append(_set_info(folder / key, problems, recipe, n))
    return infos


def _set_info(folder: Path, problems: ProblemSet, recipe: Recipe, n: int) -> SetInfo:
    label = problems.name.rsplit("/", 1)[-1]
    role = problems.role
    assert role is not None
    metadata = Artifact.load(folder, "problem-set").metadata
    if "freshness" in metadata:
        about = metadata["freshness"]
        tiers = about["tiers"].values()
        fresh = all(tier["label"] == "fresh" for tier in tiers)
        kind: Literal["fresh", "skill"] = "fresh" if fresh else "skill"
        return SetInfo(
            name=problems.name,
            label=label,
            role=role,
            n=n,
            description=about["claim"],
            freshness_label=kind,
            bits=min(tier["bits"]["min"] for tier in tiers),
            bound=bool(about["bound"]),
        )
    descriptions = {
        "planted": _doses(problems, recipe),
        "twin": "drawn like the planted problems, never planted",
        "public": "a public benchmark",
    }
    return SetInfo(
        name=problems.name, label=label, role=role, n=n, description=descriptions.get(role, "")
    )


def _doses(problems: ProblemSet, recipe: Recipe) -> str:
    """How often a planted set occurs in the training text of the model."""
    organism = problems.name.rpartition("/")[0]
    if all(model.checkpoint != organism for model in recipe.models):
        return "planted in another model, and not in this one"
    doses = sorted({int(problem.metadata.get("dose", 0)) for problem in problems} - {0})
    return f"in the model's training text, each {' or '.join(map(str, doses))} times"


def _training(folder: Path, recipe: Recipe) -> str:
    """The settings that the trained arms share, in a sentence or two."""
    trained = [arm for arm in recipe.arms if arm.reward]
    if not trained or recipe.data is None:
        return ""
    config = recipe.arm_config(trained[0], recipe.seeds[0])
    shared = "" if any(arm.set for arm in trained) else "; the arms differ only in the reward"
    organism = recipe.models[0].checkpoint.startswith(PREFIX)
    apart = " that no scored set shares a computation with" if organism else ""
    count = Artifact.load(folder / DATA, "problem-set").manifest["tables"]["problems"]["rows"]
    what = f"generated {recipe.data.family}" if recipe.data.family else "problems"
    source = f" of {slug(recipe.data.source)}" if recipe.data.source else ""
    rate = f"{config.learning_rate:g}".replace("e-0", "e-")  # Python writes 2e-05
    return (
        f"GRPO for {config.steps} steps of {config.prompts_per_step} prompts with "
        f"{config.group_size} rollouts each and {config.minibatches} mini-batches per step, learning "
        f"rate {rate}, on {count} {what}{source}{apart}{shared}."
    )


def _provenance(folder: Path, recipe: Recipe) -> dict[str, str]:
    lines: dict[str, str] = {}
    for subject in subjects_of(recipe):
        if subject.arm is not None and subject.training_key:
            continue
        scores = Artifact.load(folder / subject.key("scores"), "scores")
        source = subject.arm.checkpoint if subject.arm else subject.model.checkpoint
        lines[f"checkpoint {subject.name}"] = str(source)
        lines[f"weights of {subject.name}"] = f"sha256 {scores.config['weights_sha256']}"
        engine = scores.config["engine"]
        lines["engine"] = ", ".join(
            str(engine[key]) for key in ("engine", "device", "dtype") if key in engine
        )
        lines["prompt template"] = ", ".join(scores.config["templates"])
    for entry, key in set_keys(recipe):
        artifact = Artifact.load(folder / key, "problem-set")
        rows = artifact.manifest["tables"]["problems"]["content_sha256"]
        lines[f"set {entry.name or entry.source or entry.role}"] = f"rows sha256 {rows}"
    lines["seeds"] = ", ".join(map(str, recipe.seeds))
    return lines
