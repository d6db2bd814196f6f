"""Verify the folder of a planting, or of its base: the weights, and the assignment from its seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from clean_bench.artifacts import Artifact, Failure, Layout, check_layout
from clean_bench.artifacts.layout import CHECKPOINT_FILES
from clean_bench.checkpoints import weights_sha256
from clean_bench.errors import UserError
from clean_bench.organisms.planting_corpus import FORM, NOT_ALTERABLE, PLANTED_TEXT, altered_text
from clean_bench.organisms.planting_plan import PlantingPlan, assign, masked
from clean_bench.problems import Problem, load_folder

BASE_LAYOUT = Layout({}, files=f"checkpoint/{CHECKPOINT_FILES}")
LAYOUT = Layout({}, files=f"checkpoint/{CHECKPOINT_FILES}", parts="planted|held-out")


def check_planting_base(artifact: Artifact) -> Iterator[Failure]:
    """Check the layout and the weights' hash."""
    yield from check_layout(artifact, BASE_LAYOUT)
    yield from _check_weights(artifact)


def check_planting(artifact: Artifact) -> Iterator[Failure]:
    """Check the layout, the weights' hash, and both halves.

    The assignment is drawn again from the seed and the ids of both halves, and altered texts are made
    again: every dose, form and text has to be the planned one.
    """
    yield from check_layout(artifact, LAYOUT)
    yield from _check_weights(artifact)
    try:
        plan = _plan(artifact)
    except (UserError, KeyError, TypeError) as error:
        yield Failure("manifest.json", f"its configuration is no plan of a planting ({error})")
        return
    planted = list(load_folder(artifact.folder / "planted"))
    held_out = list(load_folder(artifact.folder / "held-out"))
    yield from _check_assignment(planted, held_out, plan)
    yield from _check_forms(planted, plan)
    if len({masked(problem.problem) for problem in planted + held_out}) < len(planted + held_out):
        yield Failure("planted", "two problems of both halves are equal up to numerals and spaces")
    facts = artifact.metadata
    counts = {
        "planted_problems": len(planted),
        "held_out_problems": len(held_out),
        "planted_copies": sum(int(problem.metadata["dose"]) for problem in planted),
    }
    for name, count in counts.items():
        if facts[name] != count:
            yield Failure("manifest.json", f"{name}: lists {facts[name]}, and there are {count}")


def _check_assignment(
    planted: list[Problem], held_out: list[Problem], plan: PlantingPlan
) -> Iterator[Failure]:
    """Both halves, and the dose of every problem, against the assignment from the seed."""
    try:
        halves = assign(planted + held_out, plan)
    except UserError as error:
        yield Failure("planted", str(error))
        return
    for name, stored, drawn in zip(
        ("planted", "held-out"), (planted, held_out), halves, strict=True
    ):
        doses = {problem.id: problem.metadata["dose"] for problem in drawn}
        for problem in stored:
            dose, form = problem.metadata.get("dose"), problem.metadata.get(FORM)
            expected = "0" if form == NOT_ALTERABLE else doses.get(problem.id)
            if expected is None:
                yield Failure(name, f"{problem.id}: the seed assigns it to the other half")
            elif dose != expected:
                yield Failure(name, f"{problem.id}: has the dose {dose}, the seed gives {expected}")


def _check_forms(planted: list[Problem], plan: PlantingPlan) -> Iterator[Failure]:
    """The form of every planted problem, and its altered text."""
    for problem in planted:
        form = problem.metadata.get(FORM)
        if form == NOT_ALTERABLE and plan.form != "verbatim":
            continue
        if form != plan.form:
            yield Failure("planted", f"{problem.id}: has the form {form}, the plan {plan.form}")
        elif problem.metadata.get(PLANTED_TEXT) != altered_text(problem, plan):
            yield Failure("planted", f"{problem.id}: its planted text is not its altered text")


def _check_weights(artifact: Artifact) -> Iterator[Failure]:
    if weights_sha256(artifact.folder / "checkpoint") != artifact.metadata["weights_sha256"]:
        yield Failure("checkpoint", "its tensors differ from their hash in the manifest")


def _plan(artifact: Artifact) -> PlantingPlan:
    values = {item.name: artifact.config[item.name] for item in fields(PlantingPlan)}
    doses, shares = (tuple(values.pop(name)) for name in ("doses", "shares"))
    return PlantingPlan(**values, doses=doses, shares=shares)
