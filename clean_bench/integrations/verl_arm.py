"""The reward function of an arm that was exported to verl (`clean-bench export ARM.toml --to verl`).

    compute_score = arm_reward("format+0.5*python", logged=["truth"])

The exported `reward.py` calls it. A response is graded and rewarded by the code that trains an arm of
clean-bench: `clean_bench.samples.grade_completions` and `trainers.rewards`. It needs no torch, sets no
alarm and may be called from threads, as verl does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from clean_bench import __version__
from clean_bench.engines.base import Completion
from clean_bench.integrations.export_version import check_version
from clean_bench.problems import Problem
from clean_bench.prompts import Prompt
from clean_bench.samples import (
    SAMPLE,
    Decoding,
    Sample,
    Sampling,
    grade_completions,
    request_sample,
)
from trainers.labels.label import Label, Labels
from trainers.rewards import Group, RewardExpression, parse_reward

VALIDATION = "validation"
"""The `split` of rows whose score is truth, whatever trains."""
ComputeScore = Callable[..., dict[str, float]]


def arm_reward(
    reward: str, *, logged: Sequence[str] = (), version: str = __version__
) -> ComputeScore:
    """verl's `compute_score` for a reward expression.

    It returns `score`; `acc`, which is truth; `undecided`, 1 where `score` could not be computed (a
    grader's timeout) and is 0 in its place; and `reward/NAME` for each logged reward. Every response
    has the same keys, as verl requires.

    Args:
        version: the version of clean-bench that made the export.

    Raises:
        RuntimeError: if another version is installed, whose rewards may differ.
        UserError: for an expression that is none.
    """
    check_version(version)
    trained, truth = parse_reward(reward), parse_reward("truth")
    others = {f"reward/{name}": parse_reward(name) for name in logged}

    def compute_score(
        data_source: str,
        solution_str: str,
        ground_truth: Any,
        extra_info: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> dict[str, float]:
        """The score of one response, and what is logged beside it."""
        facts = extra_info or {}
        group = _group(data_source, solution_str, ground_truth, facts)
        correct = _value(truth, group)
        score = correct if facts.get("split") == VALIDATION else _value(trained, group)
        return {
            "score": score or 0.0,
            "acc": correct or 0.0,
            "undecided": float(score is None),
            **{key: _value(other, group) or 0.0 for key, other in others.items()},
        }

    return compute_score


def _value(reward: RewardExpression, group: Group) -> float | None:
    return reward.evaluate(group)[0]


def _group(source: str, response: str, gold: Any, facts: Mapping[str, Any]) -> Group:
    """A group of one rollout; seed, step and place are not known, and no exported reward reads them."""
    identity = str(facts.get("problem_id", ""))
    problem = Problem(identity, "", str(gold), facts.get("solution"))
    labels = None
    if "label" in facts:
        labels = Labels([Label(identity, facts["label"], facts.get("label_right"))])
    return Group(problem, [_sample(source, problem, response)], 0, 0, 0, labels)


def _sample(source: str, problem: Problem, response: str) -> Sample:
    """The response as a graded sample without tokens."""
    request = request_sample(source, problem, "", Decoding(SAMPLE), Prompt("", False), Sampling(1))
    completion = Completion(request.request.key, response, [], [], "unknown", [])
    return grade_completions([request], [completion])[0]
