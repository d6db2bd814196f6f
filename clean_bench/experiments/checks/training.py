"""Check the trained arms of a run against the recipe, the training data, the base and each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.manifest import NAME
from clean_bench.experiments.checks.checkpoint_files import file_hashes
from clean_bench.experiments.checks.compared import compare, shown
from clean_bench.experiments.plan import DATA, Subject
from clean_bench.experiments.recipe import Recipe
from clean_bench.experiments.stage_settings import LABELS
from clean_bench.problems import Problem, ProblemSet, load_folder
from clean_bench.prompts import AUTO, plain_prompt, template_named
from clean_bench.prompts.stored_chat import KEY as CHAT
from trainers.config import TrainConfig, of_earlier_trainer
from trainers.labels import TABLE, stored_labels
from trainers.labels.stored import CONFIG_KEY as LABELS_SHA256
from trainers.policy_settings import BASE_SHA256, LOST
from trainers.prompt_order import at_places
from trainers.rewards import parse_reward

_COLUMNS = ("step", "group", "problem_id", "gold", "prompt")
_METADATA = {"steps", "template", "weights_sha256", "engine"}
_OPTIONAL = {CHAT, TABLE, BASE_SHA256, LOST}
"""Metadata of some trainings, which the check of the kind compares with the rest of the artifact."""
_OF_POLICY = (
    *("compute_dtype", "weights_dtype", "masters", "gradient_checkpointing", "tuning", "lora_rank"),
    *("lora_targets", "token_budget", "old_logprobs", "corrects_mismatch", "max_tokens"),
)
"""Settings that decide, with the model and the machine, what is recorded of the policy."""
_SMALLEST_RATE = 1e-8
"""Below this learning rate a step may be rounded away, although its gradient is not zero."""


def check_trainings(
    artifact: Artifact, recipe: Recipe, subjects: Sequence[Subject], weights: Mapping[str, str]
) -> Iterator[Failure]:
    """Arms are trained as the recipe says, from the base and on the data, each to weights of its own.

    Args:
        subjects: the trained checkpoints.
        weights: the hash of every checkpoint of the run by its name.
    """
    whole = load_folder(artifact.folder / DATA)
    first: dict[tuple[str, str], tuple[str, str]] = {}
    engines: dict[str, Any] = {}
    policies: dict[tuple[Any, ...], Any] = {}
    prompts: dict[tuple[str, str, str], str] = {}
    for subject in subjects:
        assert subject.arm is not None and subject.seed is not None
        key = str(subject.training_key)
        part = Artifact.load(artifact.folder / key, "training")
        if complaint := of_earlier_trainer(part):
            yield Failure(f"{key}/{NAME}", complaint)
            return
        config = recipe.arm_config(subject.arm, subject.seed)
        base = Subject(subject.model).name
        labels = {}
        if subject.arm.labels:
            labels = {LABELS_SHA256: artifact.config[LABELS][subject.arm.name]}
        # Under `incorrect` only problems with a wrong label take part.
        data = parse_reward(config.reward).participants(whole, stored_labels(part))
        expected = {
            **config.model_dump(mode="json"),
            "base_weights_sha256": weights[base],
            **file_hashes(artifact, part, Subject(subject.model), "base_"),
            "data": data.name,
            "data_sha256": data.content_sha256,
            **labels,
        }
        yield from compare(part, key, "trained", expected, free=["engine", "policy"])
        yield from _check_facts(part, key, config, base)
        engine = engines.setdefault(subject.model.name, part.config["engine"])
        if part.config["engine"] != engine:
            got = shown(part.config["engine"])
            yield Failure(key, f"was trained with {got}, the first arm with {shown(engine)}")
        alike = (subject.model.name, *(getattr(config, name) for name in _OF_POLICY))
        policy = policies.setdefault(alike, part.config["policy"])
        if part.config["policy"] != policy:
            got = shown(part.config["policy"])
            yield Failure(key, f"has the policy {got}, another arm of its settings {shown(policy)}")
        template = part.metadata["template"]
        before, other = first.setdefault((subject.model.name, config.template), (template, key))
        if template != before:
            yield Failure(key, f"has the prompt template {template}, and {other} has {before}")
        yield from _check_prompts(part, key, config, data, template, prompts, subject.model.name)
        if _moves(part, config):
            same = [n for n, sha256 in weights.items() if sha256 == weights[subject.name]]
            same.remove(subject.name)
            if same:
                yield Failure(
                    key, f"has the weights of {same[0]}, although its rollouts have advantages"
                )


def _check_facts(part: Artifact, key: str, config: TrainConfig, base: str) -> Iterator[Failure]:
    """The metadata and the name of the base."""
    metadata = part.metadata
    if set(metadata) - _OPTIONAL != _METADATA:
        names = ", ".join(sorted(_METADATA))
        yield Failure(f"{key}/{NAME}", f"metadata: expected {names}, got {', '.join(metadata)}")
        return
    if metadata["steps"] != config.steps:
        yield Failure(key, f"has {metadata['steps']} steps, expected {config.steps}")
    if metadata["engine"] != part.config["engine"]:
        yield Failure(key, "ended with another engine than it began with")
    if config.template not in (AUTO, metadata["template"]):
        what = f"has the prompt template {metadata['template']}, expected {config.template}"
        yield Failure(key, what)
    if part.manifest["provenance"].get("base") != base:
        yield Failure(
            key, f"was trained from {part.manifest['provenance'].get('base')}, not from {base}"
        )


def _check_prompts(
    part: Artifact,
    key: str,
    config: TrainConfig,
    data: ProblemSet,
    template: str,
    first: dict[tuple[str, str, str], str],
    model: str,
) -> Iterator[Failure]:
    """Rollouts of the problems that the seed picks, with prompts of their template.

    Args:
        first: the prompt of each model, template and problem in the first arm that has it.
    """
    rows = [row for shard in part.tables("rollouts", _COLUMNS) for row in shard.to_pylist()]
    rows = rows[:: config.group_size]  # the check of the kind compares the rows of a group
    # It also compares the places; with dynamic sampling they leave out those of discarded groups.
    picked = [
        (step, problem)
        for step, of_step in groupby(rows, key=itemgetter("step"))
        for problem in at_places(data.problems, config, step, [row["group"] for row in of_step])
    ]
    where = f"{key}/rollouts"
    expected = [(step, problem.id, problem.answer) for step, problem in picked]
    if [(row["step"], row["problem_id"], row["gold"]) for row in rows] != expected:
        yield Failure(where, "are not of the prompts that the seed picks")
        return
    for number, (row, (_, problem)) in enumerate(zip(rows, picked, strict=True)):
        same = first.setdefault((model, template, problem.id), row["prompt"])
        text = _plain(problem, template)
        if row["prompt"] != (same if text is None else text):
            yield Failure(
                f"{where}, group {number} ({problem.id})",
                f"has a prompt that the template {template} does not make of its problem",
            )
            return


def _plain(problem: Problem, name: str) -> str | None:
    """The prompt of a template without roles; None for one whose prompts need the tokenizer."""
    template = template_named(name)
    return None if template.chat else plain_prompt(problem.problem, template)


def _moves(part: Artifact, config: TrainConfig) -> bool:
    """Whether training cannot have left the weights as they were: some advantage is not zero."""
    if config.learning_rate < _SMALLEST_RATE:
        return False
    tables: Iterator[pa.Table] = part.tables("rollouts", ("advantage",))
    return any(bool(pc.any(pc.not_equal(table["advantage"], 0.0)).as_py()) for table in tables)
