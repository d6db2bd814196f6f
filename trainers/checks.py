"""Check a `training` artifact: the stored rewards are those of the stored text."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from typing import Any

import pyarrow as pa

from clean_bench.artifacts import Artifact, Failure, Layout, check_layout
from clean_bench.artifacts.layout import CHECKPOINT_FILES
from clean_bench.artifacts.manifest import NAME
from clean_bench.checkpoints import weights_sha256
from clean_bench.grading import UNDECIDED
from clean_bench.problems import SCHEMA as PROBLEMS_SCHEMA
from clean_bench.problems import TABLE as PROBLEMS
from clean_bench.problems import Problem, from_rows
from clean_bench.prompts.stored_chat import KEY as CHAT
from clean_bench.regrading import Regrading
from clean_bench.results import SCHEMA as RESULTS_SCHEMA
from clean_bench.results import TABLE as RESULTS
from clean_bench.results import check_results
from clean_bench.sample_lengths import length_columns, wrong_length
from clean_bench.samples import FINISHES, SAMPLE, Sample, read_samples
from clean_bench.seeds import seed_of
from trainers.config import (
    ADAPTER,
    CHECKPOINT,
    TrainConfig,
    of_earlier_trainer,
    stored_config,
)
from trainers.evaluation import PROBLEMS as EVALUATION_PROBLEMS
from trainers.evaluation import SCHEMA as EVALUATIONS_SCHEMA
from trainers.evaluation import TABLE as EVALUATIONS
from trainers.evaluation_checks import check_evaluations
from trainers.kept_checkpoints import FOLDER as KEPT
from trainers.kept_checkpoints import METADATA as KEPT_METADATA
from trainers.labels import SCHEMA as LABELS_SCHEMA
from trainers.labels import TABLE as LABELS
from trainers.labels import Labels, stored_labels
from trainers.labels.stored import check_given_labels
from trainers.loop import METRICS, SECONDS, UPDATES
from trainers.metrics import COLUMN, batch_metrics
from trainers.policy_checks import check_policy
from trainers.policy_settings import BASE_SHA256, LOST
from trainers.prompt_checks import check_prompts
from trainers.results import training_results
from trainers.rewards import Group, parse_reward
from trainers.rollouts import (
    TABLE,
    advantages_of,
    batched_groups,
    logged_rewards,
    reward_tensor,
    rollouts_schema,
    stored_rewards,
)
from trainers.update_checks import check_bounds, check_updates, same_value

_ADAPTER_FILES = r"adapter_(?:config\.json|model\.safetensors)"


def layout_of(config: TrainConfig) -> Layout:
    """What the artifact of a configuration holds."""
    return Layout(
        {
            TABLE: rollouts_schema(logged_rewards(config)),
            PROBLEMS: PROBLEMS_SCHEMA,
            EVALUATIONS: EVALUATIONS_SCHEMA,
            EVALUATION_PROBLEMS: PROBLEMS_SCHEMA,
            LABELS: LABELS_SCHEMA,
            RESULTS: RESULTS_SCHEMA,
            METRICS: None,
            UPDATES: None,
            SECONDS: None,
        },
        frozenset({RESULTS, SECONDS}),
        files=rf"(?:{CHECKPOINT}|{KEPT}/step-[1-9][0-9]*)/{CHECKPOINT_FILES}"
        rf"|{ADAPTER}/{_ADAPTER_FILES}",
        metadata=frozenset(
            {
                *("steps", "template", "weights_sha256", "engine"),
                *(CHAT, LABELS, BASE_SHA256, LOST, KEPT_METADATA),
            }
        ),
        provenance=frozenset({"base", "revision", "base_of_adapter"}),
    )


def check_training(artifact: Artifact) -> Iterator[Failure]:
    """Grades, seeds, rewards, advantages, metrics and results from the stored rollouts; the weights.

    What depends on the model (entropy, clip fractions, gradient norm) is not recomputed.
    """
    if complaint := of_earlier_trainer(artifact):
        yield Failure(NAME, complaint)
        return
    config = stored_config(artifact)
    yield from check_layout(artifact, layout_of(config))
    if weights_sha256(artifact.folder / CHECKPOINT) != artifact.metadata["weights_sha256"]:
        yield Failure(CHECKPOINT, "its tensors are not those that the manifest names")
    if artifact.metadata.get(BASE_SHA256) != artifact.config.get("policy", {}).get(BASE_SHA256):
        yield Failure(
            NAME, "metadata: the base under the adapter differs from that before training"
        )
    yield from check_policy(artifact, config)
    metrics = {row["step"]: row for row in artifact.rows("metrics")}
    if sorted(metrics) != list(range(config.steps)):
        yield Failure("metrics", f"are not those of {config.steps} steps")
        return
    rollouts = pa.concat_tables(artifact.tables(TABLE))
    steps = rollouts["step"].to_numpy()
    counts = Counter(steps.tolist())
    expected = Counter(dict.fromkeys(metrics, config.prompts_per_step * config.group_size))
    for step in sorted({*counts, *expected}):
        if counts[step] != expected[step]:
            yield Failure(f"{TABLE} step {step}", f"are {counts[step]}, expected {expected[step]}")
    if counts != expected:
        return  # results that were recomputed from other rollouts would mean nothing
    yield from _check_metadata(artifact, config)
    yield from check_prompts(artifact, config, rollouts)
    context = artifact.config["engine"].get("context_length")
    regrading = Regrading.of(artifact, "clean-bench")
    key = (artifact.config["data"], artifact.metadata["template"], SAMPLE)
    problems = {problem.id: problem for problem in from_rows(artifact.rows(PROBLEMS))}
    labels = stored_labels(artifact)
    reward = parse_reward(config.reward)
    yield from check_given_labels(artifact, problems, reward.only_wrong_labels)
    for step in metrics:
        part = rollouts.filter(pa.array(steps == step))
        yield from _check_step(
            f"{TABLE} step {step}", part, config, step, key, problems, labels, regrading
        )
        yield from _check_lengths(f"{TABLE} step {step}", part, config, context)
        yield from _check_metrics(f"metrics step {step}", part, config, metrics[step])
    yield from check_evaluations(artifact, config, regrading)
    yield from check_updates(artifact, config)
    yield from check_results(artifact, training_results(artifact, artifact.metadata))


def _check_metrics(
    where: str, rollouts: pa.Table, config: TrainConfig, stored: Mapping[str, Any]
) -> Iterator[Failure]:
    """Metrics that the rollouts do not give, that cannot be, or that no training writes."""
    expected = batch_metrics(rollouts, config.reward)
    for name, value in expected.items():
        if not same_value(stored.get(name), value):
            shown = "unknown" if value is None else f"{value:.6f}"
            yield Failure(where, f"{name} is not the rollouts' {shown}")
    others = {name: value for name, value in stored.items() if name not in (*expected, "step")}
    yield from check_bounds(where, others)


def _check_metadata(artifact: Artifact, config: TrainConfig) -> Iterator[Failure]:
    """Facts of the metadata that the configuration has too."""
    for name, expected in (("steps", config.steps), ("engine", artifact.config["engine"])):
        if artifact.metadata[name] != expected:
            yield Failure(NAME, f"metadata: {name} differs from that of the configuration")


def _check_lengths(
    where: str, rollouts: pa.Table, config: TrainConfig, context: int | None
) -> Iterator[Failure]:
    """Numbers of tokens, log-probabilities and ends that contradict the limits."""
    columns = (length_columns(rollouts), rollouts["finish"].to_pylist())
    for number, (lengths, finish) in enumerate(zip(*columns, strict=True)):
        if what := wrong_length(lengths, finish, config.max_tokens, context):
            yield Failure(f"{where} row {number}", what)


def _check_step(
    where: str,
    rollouts: pa.Table,
    config: TrainConfig,
    step: int,
    key: tuple[str, str, str],
    problems: Mapping[str, Problem],
    labels: Labels | None,
    regrading: Regrading,
) -> Iterator[Failure]:
    """Keys, seeds, grades, rewards and advantages of one step.

    Args:
        key: the set, the template and the mode of every rollout.
        problems: the training set by id; of an artifact of an earlier version, none.
    """
    samples = list(read_samples(rollouts))
    groups = []
    places = rollouts["group"].to_pylist()
    if complaint := _wrong_places(places, config):
        yield Failure(where, complaint)
        return
    batched = batched_groups(samples, config.group_size)
    for place, group in zip(places[:: config.group_size], batched, strict=True):
        failure = _misplaced(group, config, step, place, key)
        if failure:
            yield Failure(f"{where}, group {place}", failure)
            return
        known = problems.get(group[0].problem_id)
        problem = known or Problem(id=group[0].problem_id, problem="", answer=group[0].gold)
        groups.append(Group(problem, group, config.seed, step, place, labels))
    pairs = [(sample.gold, sample.response) for sample in samples]
    regraded = regrading.grades(pairs, [sample.grade for sample in samples])
    for number, (sample, (flexible, complaint)) in enumerate(zip(samples, regraded, strict=True)):
        graded = flexible.strict
        stored = (sample.grade, sample.extracted, sample.extraction)
        again: tuple[str, str | None, str | None] = (
            graded.kind,
            graded.extracted,
            graded.extraction,
        )
        if {sample.grade, graded.kind} & UNDECIDED:
            # Timeouts depend on the machine; what was extracted does not.
            again = (sample.grade, graded.extracted, graded.extraction)
        if complaint:
            yield Failure(f"{where} row {number}", complaint)
        elif stored != again:
            yield Failure(f"{where} row {number}", f"is graded {stored}, the text gives {again}")
    yield from _check_rewards(where, rollouts, groups, config)


def _wrong_places(places: Sequence[int], config: TrainConfig) -> str:
    """The error in the places of the groups: consecutive, or with dynamic sampling rising."""
    firsts = places[:: config.group_size]
    most = config.prompts_per_step * max(config.dynamic_sampling, 1)
    rising = all(a < b for a, b in itertools.pairwise([-1, *firsts, most]))
    if not rising or list(places) != [place for place in firsts for _ in range(config.group_size)]:
        return f"have group numbers out of order, or above {most - 1}"
    return ""


def _misplaced(
    group: Sequence[Sample],
    config: TrainConfig,
    step: int,
    place: int,
    expected_key: tuple[str, str, str],
) -> str:
    """The errors in the keys and seeds of a group.

    Args:
        expected_key: the set, the template and the mode of every rollout.
    """
    first = group[0]
    named = [(sample.problem_id, sample.gold, sample.prompt, sample.index) for sample in group]
    expected = [
        (first.problem_id, first.gold, first.prompt, index) for index in range(config.group_size)
    ]
    if named != expected:
        return f"is not {config.group_size} samples of one problem in order"
    for sample in group:
        if (sample.set, sample.template, sample.mode) != expected_key:
            got = f"{sample.set}, {sample.template}, {sample.mode}"
            return f"is of {got}, expected {', '.join(expected_key)}"
        if sample.finish not in FINISHES:
            return f"ended by {sample.finish!r}, expected one of {', '.join(FINISHES)}"
    key = ("rollout", config.seed, step, place, first.problem_id)
    if any(sample.seed != seed_of(*key, sample.index) for sample in group):
        return "has a seed that is not the one of its place"
    return ""


def _check_rewards(
    where: str, rollouts: pa.Table, groups: Sequence[Group], config: TrainConfig
) -> Iterator[Failure]:
    """Every recorded reward, recomputed from the samples, and the advantages from the rewards.

    A reward by labels may be null on one machine alone: its comparisons have a time limit.
    """
    for name in logged_rewards(config):
        by_labels = parse_reward(name).needs_labels
        column = f"{COLUMN}{name}"
        expected = [value for row in reward_tensor(name, groups).tolist() for value in row]
        stored: list[float | None] = rollouts[column].to_pylist()
        yield from _differing(where, column, stored, expected, nulls_may_differ=by_labels)
    advantages = advantages_of(stored_rewards(rollouts, config), groups, config)
    stored = rollouts["advantage"].to_pylist()
    yield from _differing(where, "advantage", stored, advantages.flatten().tolist())


def _differing(
    where: str,
    name: str,
    stored: Sequence[float | None],
    expected: Sequence[float],
    nulls_may_differ: bool = False,
) -> Iterator[Failure]:
    """Rows with another value than the expected one, in which NaN stands for null."""
    for number, (before, value) in enumerate(zip(stored, expected, strict=True)):
        again = None if isnan(value) else value
        if before != again and not (nulls_may_differ and None in (before, again)):
            yield Failure(
                f"{where} row {number}", f"{name} is stored as {before}, the text gives {again}"
            )
