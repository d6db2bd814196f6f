"""Randomized planting: train a small model on known numbers of copies of a random half of a set.

    background = texts of the caller, or generated_background("seed", 3000)
    base = build_base(background, "base", "small", "1", exclude=problems)
    plant(problems, background, "planting-1", PlantingPlan("1"), base.folder)

A planting is an artifact with the trained checkpoint and both halves of the set as problem-set folders,
`planted` and `held-out`; `metadata["dose"]` of a problem is its number of copies. The probe is
calibrated on plantings: what it says about a problem is compared with the dose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import canonical_json
from clean_bench.checkpoints import weights_sha256
from clean_bench.checkpoints.load_model import load_model
from clean_bench.errors import UserError
from clean_bench.organisms.language import new_model, train_tokenizer
from clean_bench.organisms.planting_corpus import (
    Background,
    background_documents,
    background_without,
    copies,
    epochs,
    in_form,
    mixed,
    of_tokens,
    planted_document,
    token_count,
)
from clean_bench.organisms.planting_plan import (
    PlantingPlan,
    SizeName,
    assign,
    without_near_duplicates,
)
from clean_bench.organisms.planting_recipes import RECIPES, Recipe
from clean_bench.organisms.pretrain import Document, Schedule, batches, pretrain
from clean_bench.problems import Problem, ProblemSet, Role, write_folder
from clean_bench.progress import phase
from clean_bench.seeds import seed_of

KIND, BASE_KIND = "planting", "planting-base"
PLANTED, HELD_OUT = "planted", "held-out"
SAVE_EVERY = 100
"""Steps between saved states."""
Report = Callable[[int, int, float], None]


def no_report(step: int, steps: int, loss: float) -> None:
    """A report of progress that shows nothing."""


def build_base(
    background: Sequence[str],
    out: str | Path,
    size: SizeName,
    seed: str,
    *,
    exclude: Sequence[Problem] = (),
    recipe: Recipe | None = None,
    progress: Report = no_report,
) -> Artifact:
    """Train the base of continued plantings on the background alone; resumes an interrupted build.

    Args:
        background: texts, such as problems with solutions.
        size: a preset of `planting_recipes.RECIPES`.
        seed: seed of the weights and the order of the texts.
        exclude: the problems that are to be planted or held out; texts in which one occurs are dropped.
        recipe: another recipe than that of the size.
        progress: called with the number of completed steps, the total and the loss.

    Raises:
        UserError: for a background without a text, or a folder that holds other files.
    """
    recipe = recipe or RECIPES[size]
    kept = _background(background, exclude)
    config = {"seed": seed, "size": size, **_base_identity(recipe, kept)}
    artifact = Artifact.open(out, BASE_KIND, config)
    with artifact:
        if not artifact.finished:
            model, tokenizer = _new(recipe, kept, seed)
            documents = background_documents(kept.texts, tokenizer, recipe.size.context)
            corpus = epochs(documents, recipe.base_epochs, seed)
            _train(artifact, model, tokenizer, corpus, recipe.pretraining, progress)
            _save(artifact, model, tokenizer)
            facts = {
                "parameters": model.num_parameters(),
                "background_dropped": kept.dropped,
                "background_tokens": _tokens(tokenizer, corpus),
                "weights_sha256": weights_sha256(artifact.folder / "checkpoint"),
            }
            artifact.finish(facts)
    return artifact


def plant(
    problems: ProblemSet,
    background: Sequence[str],
    out: str | Path,
    plan: PlantingPlan,
    base: str | Path | None = None,
    *,
    recipe: Recipe | None = None,
    progress: Report = no_report,
) -> Artifact:
    """Plant a random half of a set in a model and write the artifact; resumes an interrupted planting.

    Left out of both halves, and recorded, are near-duplicates of other problems of the set and problems
    whose document is longer than the context.

    Args:
        background: texts of which none is planted; those in which a problem of the set occurs are
            dropped.
        base: folder of `build_base` on the same background, for the stage "continued"; None otherwise.
        recipe: another recipe than that of the plan's size.
        progress: called with the number of completed steps, the total and the loss.

    Raises:
        UserError: for a base where the stage has none, a missing base, or one with another background,
            size or recipe; for too few problems; for a folder that holds other files.
    """
    recipe = recipe or RECIPES[plan.size]
    kept = _background(background, problems.problems)
    loaded = _checked_base(base, plan, recipe, kept)
    config = {
        **asdict(plan),
        "recipe": asdict(recipe),
        "set": {"name": problems.name, "sha256": problems.content_sha256},
        "background": {"texts": len(kept.texts), "sha256": kept.sha256},
        "base_weights_sha256": None if loaded is None else loaded.metadata["weights_sha256"],
    }
    artifact = Artifact.open(out, KIND, config)
    with artifact:
        if not artifact.finished:
            _plant(artifact, problems, kept, plan, recipe, loaded, progress)
    return artifact


@dataclass(frozen=True)
class _Halves:
    """Both halves of a set, and what was left out of them."""

    planted: list[Problem]
    held_out: list[Problem]
    near_duplicates: dict[str, str]
    overlong: list[str]


def _plant(
    artifact: Artifact,
    problems: ProblemSet,
    background: Background,
    plan: PlantingPlan,
    recipe: Recipe,
    base: Artifact | None,
    progress: Report,
) -> None:
    if base is None:
        model, tokenizer = _new(recipe, background, plan.seed)
    else:
        folder = base.folder / "checkpoint"
        model, tokenizer = load_model(folder, device="cpu", dtype=torch.float32)
    with phase("drawing the corpus"):
        halves = _halves(problems, plan, tokenizer, recipe.size.context)
        documents = background_documents(background.texts, tokenizer, recipe.size.context)
        copied = copies(halves.planted)
        planted_tokens = _tokens(tokenizer, copied)
        if base is None:
            around = epochs(documents, recipe.pretraining_epochs, plan.seed)
        else:
            share = round(recipe.background_share * planted_tokens)
            around = of_tokens(documents, share, tokenizer, plan.seed)
        corpus = mixed(copied, around, plan.seed)
    schedule = recipe.pretraining if base is None else recipe.continued
    _train(artifact, model, tokenizer, corpus, schedule, progress)
    _save(artifact, model, tokenizer)
    sets: list[tuple[str, Role, list[Problem]]] = [
        (PLANTED, "planted", halves.planted),
        (HELD_OUT, "twin", halves.held_out),
    ]
    for name, role, half in sets:
        origin = {"planting": plan.seed, "half": name}
        write_folder(artifact.folder / name, ProblemSet(name, half, role=role), origin)
    facts = {
        "parameters": model.num_parameters(),
        "planted_problems": len(halves.planted),
        "held_out_problems": len(halves.held_out),
        "planted_copies": len(copied),
        "planted_tokens": planted_tokens,
        "background_documents": len(around),
        "background_tokens": _tokens(tokenizer, around),
        "background_dropped": background.dropped,
        "near_duplicates": halves.near_duplicates,
        "overlong": halves.overlong,
        "weights_sha256": weights_sha256(artifact.folder / "checkpoint"),
    }
    artifact.finish(facts)


def _halves(problems: ProblemSet, plan: PlantingPlan, tokenizer: Any, context: int) -> _Halves:
    distinct, near_duplicates = without_near_duplicates(problems.problems)
    fitting, overlong = [], []
    for problem in distinct:
        if token_count(tokenizer, planted_document(problem)) <= context:
            fitting.append(problem)
        else:
            overlong.append(problem.id)
    planted, held_out = assign(fitting, plan)
    in_forms = [in_form(problem, plan, context, tokenizer) for problem in planted]
    return _Halves(in_forms, held_out, near_duplicates, overlong)


def _background(texts: Sequence[str], problems: Sequence[Problem]) -> Background:
    background = background_without(texts, problems)
    if not background.texts:
        raise UserError(
            f"background: expected a text without a problem of the set, got none in {len(texts)} texts"
        )
    return background


def _checked_base(
    base: str | Path | None, plan: PlantingPlan, recipe: Recipe, background: Background
) -> Artifact | None:
    if plan.stage == "pretraining":
        if base is not None:
            raise UserError(f"stage pretraining: expected no base, got {base}: use stage continued")
        return None
    if base is None:
        raise UserError("stage continued: expected the folder of a base, got none: use build_base")
    artifact = Artifact.load(base, BASE_KIND)
    expected = {"size": plan.size, **_base_identity(recipe, background)}
    for key, value in expected.items():
        if canonical_json(artifact.config[key]) != canonical_json(value):
            raise UserError(
                f"{base}: expected a base with the {key} of the planting, got another: build the base "
                "with the same background, size and recipe, and the problems in `exclude`"
            )
    return artifact


def _base_identity(recipe: Recipe, background: Background) -> dict[str, Any]:
    """What a base and its plantings have in common, for the configuration of the base."""
    return {
        "shape": asdict(recipe.size),
        "epochs": recipe.base_epochs,
        "schedule": asdict(recipe.pretraining),
        "background": {"texts": len(background.texts), "sha256": background.sha256},
    }


def _new(recipe: Recipe, background: Background, seed: str) -> tuple[Any, Any]:
    """A model with random weights, and a tokenizer that is trained on the background."""
    with phase("training the tokenizer"):
        tokenizer = train_tokenizer(background.texts, recipe.size.vocabulary)
    torch.manual_seed(seed_of("planting weights", seed))
    return new_model(recipe.size, tokenizer), tokenizer


def _train(
    artifact: Artifact,
    model: Any,
    tokenizer: Any,
    corpus: Sequence[Document],
    schedule: Schedule,
    progress: Report,
) -> None:
    steps = len(batches([len(document.text) for document in corpus], schedule))
    report: Callable[[int, float], None] = lambda step, loss: progress(step, steps, loss)  # noqa: E731
    pretrain(model, tokenizer, corpus, schedule, artifact, save_every=SAVE_EVERY, progress=report)


def _save(artifact: Artifact, model: Any, tokenizer: Any) -> None:
    with artifact.atomic_folder("checkpoint") as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def _tokens(tokenizer: Any, documents: Sequence[Document]) -> int:
    counts = {document: token_count(tokenizer, document) for document in set(documents)}
    return sum(counts[document] for document in documents)
