"""Verify the folder of a planting, or of its base: the weights, and the assignment from its seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

from clean_bench.artifacts import Artifact, Failure, Layout, check_layout
from clean_bench.artifacts.layout import CHECKPOINT_FILES
from clean_bench.checkpoints import weights_sha256
from clean_bench.errors import UserError
from clean_bench.organisms.planting_corpus import FORM, NOT_ALTERABLE, PLANTED_TEXT, altered_text
from clean_bench.organisms.planting_plan import PlantingPlan, assign, masked
from clean_bench.organisms.planting_settings import make_planting_settings
from clean_bench.problems import Problem, load_folder
from clean_bench.results import schema_of
from trainers.sft.check_metrics import check_metrics
from trainers.sft.loop import METRICS, SECONDS

BASE_LAYOUT = Layout({}, files=f"checkpoint/{CHECKPOINT_FILES}")
LAYOUT = replace(BASE_LAYOUT, parts="planted|held-out")
METRICS_SCHEMA = schema_of(
    "update int64, loss double, grad_norm double, learning_rate double, tokens double"
)
SECONDS_SCHEMA = schema_of("update int64, seconds double")
IN_CHECKPOINT_LAYOUT = replace(
    LAYOUT, tables={METRICS: METRICS_SCHEMA, SECONDS: SECONDS_SCHEMA}, volatile=frozenset({SECONDS})
)
"""A planting in a given checkpoint also has the metrics of its training."""


def check_planting_base(artifact: Artifact) -> Iterator[Failure]:
    """Check the layout and the weights' hash."""
    yield from check_layout(artifact, BASE_LAYOUT)
    yield from _check_weights(artifact)


def check_planting(artifact: Artifact) -> Iterator[Failure]:
    """Check the layout, the weights' hash, both halves, and the training of a given checkpoint.

    The assignment is drawn again from the seed and the ids of both halves, and altered texts are made
    again: every dose, form and text has to be the planned one.
    """
    in_checkpoint = "policy" in artifact.config
    yield from check_layout(artifact, IN_CHECKPOINT_LAYOUT if in_checkpoint else LAYOUT)
    yield from _check_weights(artifact)
    if in_checkpoint:
        yield from _check_training(artifact)
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


def _check_training(artifact: Artifact) -> Iterator[Failure]:
    """The metrics of the updates, and their tokens: the loss is on all but the first of a document."""
    try:
        settings = make_planting_settings(artifact.config["recipe"])
    except (UserError, KeyError, TypeError) as error:
        yield Failure("manifest.json", f"its recipe has no settings of a planting ({error})")
        return
    facts, rows = artifact.metadata, artifact.rows(METRICS)
    yield from check_metrics(rows, settings, facts["updates"])
    tokens = facts["planted_tokens"] + facts["background_tokens"]
    documents = round(tokens - sum(row["tokens"] for row in rows))
    if not facts["planted_copies"] <= documents or -(-documents // settings.batch_size) != len(
        rows
    ):
        what = f"their tokens leave {documents} documents of {tokens} tokens in {len(rows)} updates"
        yield Failure(METRICS, what)
    if [row["update"] for row in artifact.rows(SECONDS)] != [row["update"] for row in rows]:
        yield Failure(SECONDS, "are not those of the updates")


def _plan(artifact: Artifact) -> PlantingPlan:
    values = {item.name: artifact.config[item.name] for item in fields(PlantingPlan)}
    doses, shares = (tuple(values.pop(name)) for name in ("doses", "shares"))
    return PlantingPlan(**values, doses=doses, shares=shares)
