"""The report of a run: its results, and the context that readers need beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clean_bench.artifacts import Artifact
from clean_bench.experiments.evidence import Evidence
from clean_bench.experiments.examples import memorized_examples
from clean_bench.experiments.limits import limits_of
from clean_bench.experiments.model_cards import model_card, starting_note
from clean_bench.experiments.names import slug
from clean_bench.experiments.plan import DATA, set_keys, subjects_of
from clean_bench.experiments.recipe import ArmRecipe, ModelRecipe, Recipe, SetRecipe
from clean_bench.experiments.results import collect, headline
from clean_bench.experiments.run_facts import (
    headlines,
    renamed_controls,
    shown_name,
    stated_facts,
    undecided_counts,
)
from clean_bench.experiments.sets import left_out
from clean_bench.organisms.shipped import PREFIX
from clean_bench.problems import ProblemSet
from clean_bench.problems.problem import template_of
from clean_bench.problems.registered import content_of
from clean_bench.results import Results
from leaderboards.conclusions import with_conclusions
from leaderboards.formatting import counted, joined
from leaderboards.report_schema import ArmInfo, ModelInfo, RunReport, SetInfo


@dataclass(frozen=True)
class Report:
    """The context and the numbers of a run."""

    context: RunReport
    results: Results


def build_report(folder: Path, recipe: Recipe) -> Report:
    """The report of a run whose stages are finished: a function of the folder alone."""
    evidence = [Evidence(folder, recipe, model) for model in recipe.models]
    results = collect(folder, recipe, evidence)
    sets = list(_set_infos(folder, recipe, evidence))
    context = RunReport(
        title=recipe.title,
        measure=headline(evidence[0]),
        samples_per_problem=max(evidence[0].samples, 1),
        models=tuple(_model_info(folder, recipe, of_model) for of_model in evidence),
        sets=tuple(sets),
        training=_training(folder, recipe),
        limits=tuple(
            limits_of(
                recipe,
                sets,
                evidence[0].sets,
                renamed=renamed_controls(folder, recipe),
                undecided=undecided_counts(folder, recipe),
                headlines=headlines(folder, recipe),
                practiced=_practiced(evidence[0]),
            )
        ),
        provenance=_provenance(folder, recipe),
        **stated_facts(folder, recipe),
    )
    return Report(with_conclusions(context, results), results)


def _practiced(evidence: Evidence) -> dict[str, tuple[int, int]]:
    """By matched set, how many of its templates the training problems have, and how many it has."""
    return {
        problems.name: (
            len(evidence.practiced(problems)),
            len({template_of(problem) for problem in problems}),
        )
        for problems in evidence.of_role("matched")
    }


def _model_info(folder: Path, recipe: Recipe, evidence: Evidence) -> ModelInfo:
    model = evidence.model
    # Of an arm with several seeds the first one's answers are printed.
    subjects = [
        subject
        for subject in subjects_of(recipe)
        if subject.model == model and subject.seed in (None, *recipe.seeds[:1])
    ]
    planted = [entry.source for entry in recipe.sets if entry.role == "planted"]
    return ModelInfo(
        name=model.name,
        checkpoint=shown_name(model.source),
        card=model_card(model.checkpoint),
        arms=tuple(_arm_info(recipe, arm) for arm in recipe.arms_of(model)),
        planted_here=all(_planted_in(source, model) for source in planted),
        starting_note=starting_note(model.checkpoint),
        examples=memorized_examples(folder, model, evidence.sets, subjects),
    )


def _arm_info(recipe: Recipe, arm: ArmRecipe) -> ArmInfo:
    if not arm.reward:
        return ArmInfo(name=arm.name, checkpoint=shown_name(arm.source))
    config = recipe.arm_config(arm, recipe.seeds[0])
    return ArmInfo(name=arm.name, reward=arm.reward, steps=config.steps, seeds=len(recipe.seeds))


def _planted_in(source: str | None, model: ModelRecipe) -> bool:
    """Whether a planted set was planted in a model: not where it belongs to another `organism:NAME`."""
    if source is None or not source.startswith(PREFIX):
        return True
    return source.rpartition("/")[0] == model.checkpoint


def _set_infos(folder: Path, recipe: Recipe, evidence: Sequence[Evidence]) -> Iterator[SetInfo]:
    if recipe.from_completions:
        yield from _sets_of_completions(folder, recipe, evidence)
        return
    for problems, entry in zip(evidence[0].sets, recipe.sets, strict=True):
        info = SetInfo(
            name=problems.name,
            label=problems.name.rsplit("/", 1)[-1],
            role=entry.role,
            n=min(int(of_model.kept[problems.name].sum()) for of_model in evidence),
        )
        freshness = problems.about["manifest"].get("freshness")
        matched = problems.about["manifest"].get("matched")
        if matched:
            yield info.model_copy(update=_matched(matched))
        elif freshness:
            yield info.model_copy(update=_freshness(freshness))
        else:
            description = {
                "planted": _doses(problems, entry, recipe),
                "twin": "drawn like the planted problems, never planted",
                "public": "a public benchmark",
            }.get(entry.role, "")
            note = _content_note(problems, entry)
            description = "; ".join(filter(None, [description, note]))
            yield info.model_copy(update={"description": description})


def _content_note(problems: ProblemSet, entry: SetRecipe) -> str:
    """How far a set is the whole set of its name; empty where it is, or nothing is known."""
    content = content_of(problems.name, problems.problems)
    if content is not None:
        return content.note or ""
    return f"the first {counted(entry.limit, 'problem')}" if entry.limit == len(problems) else ""


def _sets_of_completions(
    folder: Path, recipe: Recipe, evidence: Sequence[Evidence]
) -> Iterator[SetInfo]:
    """The problems that every checkpoint has completions of."""
    missing = left_out(recipe, folder)
    for problems in evidence[0].sets:
        name, count = problems.name, missing[problems.name]
        left = f"; {count} that not every checkpoint has completions of are left out"
        yield SetInfo(
            name=name,
            label=name.rsplit("/", 1)[-1],
            role=problems.role or "public",
            n=min(int(of_model.kept[name].sum()) for of_model in evidence),
            description=f"the problems of the completions{left if count else ''}",
        )


def _freshness(about: Mapping[str, Any]) -> dict[str, Any]:
    """The freshness in a generated set's manifest, as fields of `SetInfo`."""
    tiers = about["tiers"].values()
    fresh = all(tier["label"] == "fresh" for tier in tiers)
    return {
        "description": about["claim"],
        "freshness_label": "fresh" if fresh else "skill",
        "bits": min(tier["bits"]["min"] for tier in tiers),
        "bound": bool(about["bound"]),
    }


def _matched(about: Mapping[str, Any]) -> dict[str, Any]:
    """The account in a matched set's manifest, as fields of `SetInfo`."""
    return {
        "description": about["claim"],
        "bits": about["bits"]["min"],
        "bound": bool(about["bound"]),
        "calibrated": bool(about["panel"]),
    }


def _doses(problems: ProblemSet, entry: SetRecipe, recipe: Recipe) -> str:
    """How often a planted set occurs in the training text of the models, and of which."""
    models = [model.name for model in recipe.models if _planted_in(entry.source, model)]
    if not models:
        return "planted in another model, and not in this one"
    text = "the model" if len(recipe.models) == 1 else joined(models)
    doses = sorted({int(problem.metadata.get("dose", 0)) for problem in problems} - {0})
    copies = f", each {' or '.join(map(str, doses))} times" if doses else ""
    return f"in the training text of {text}{copies}"


def _training(folder: Path, recipe: Recipe) -> str:
    """The settings that the trained arms share, in a sentence or two."""
    trained = [arm for arm in recipe.arms if arm.reward]
    if not trained or recipe.data is None:
        return ""
    config = recipe.arm_config(trained[0], recipe.seeds[0])
    shared = "" if any(arm.set for arm in trained) else "; the arms differ only in the reward"
    # A split shares no computation with the other ones; of other problems nothing is known.
    split = recipe.data.family and all(
        entry.generated or (entry.source or "").startswith(PREFIX) for entry in recipe.sets
    )
    apart = ", none of which shares a computation with a scored set" if split else ""
    count = Artifact.load(folder / DATA, "problem-set").manifest["tables"]["problems"]["rows"]
    what = f"generated {recipe.data.family}" if recipe.data.family else "problems"
    source = f" of {slug(recipe.data.source)}" if recipe.data.source else ""
    rate = f"{config.learning_rate:g}".replace("e-0", "e-")  # Python writes 2e-05
    return (
        f"GRPO for {counted(config.steps, 'step')} of {counted(config.prompts_per_step, 'prompt')} "
        f"with {counted(config.group_size, 'rollout')} each and "
        f"{counted(config.minibatches, 'mini-batch', 'mini-batches')} per step, learning rate {rate}, "
        f"on {count} {what}{source}{apart}{shared}."
    )


def _provenance(folder: Path, recipe: Recipe) -> dict[str, str]:
    lines: dict[str, str] = {}
    for subject in subjects_of(recipe):
        if subject.arm is not None and subject.training_key:
            continue
        scores = Artifact.load(folder / subject.key("scores"), "scores")
        what = "completions of" if subject.completions else "checkpoint"
        lines[f"{what} {subject.name}"] = shown_name(subject.source)
        if scores.config["weights_sha256"]:
            lines[f"weights of {subject.name}"] = f"sha256 {scores.config['weights_sha256']}"
        engine = scores.config["engine"]
        parts = (str(engine[key]) for key in ("engine", "device", "dtype") if key in engine)
        lines["engine"] = ", ".join(parts)
        lines["prompt template"] = ", ".join(scores.config["templates"])
    for entry, key in set_keys(recipe):
        artifact = Artifact.load(folder / key, "problem-set")
        rows = artifact.manifest["tables"]["problems"]["content_sha256"]
        lines[f"set {entry.label}"] = f"rows sha256 {rows}"
    if recipe.seeds:
        lines["seeds"] = ", ".join(map(str, recipe.seeds))
    return lines
