"""Reward file of verl: 1 for a response whose answer is equal to the ground truth, else 0.

    reward.custom_reward_function.path=pkg://clean_bench.integrations.verl_reward
    reward.custom_reward_function.name=compute_score

verl also takes the path of this file, and imports it by that path. It calls the function once per
response and logs every key of the result, so each response has the same keys. verl needs a number where
the grader did not decide (a timeout, or an unreadable ground truth): such a response has the score 0,
and `undecided` is 1.

Keywords of `reward.custom_reward_function.reward_kwargs` reach the function: `grader` and `seconds`.
"""

from __future__ import annotations

import logging
from typing import Any

from clean_bench.grading import Limits, gold_text, grade, score_of, unreadable_gold

_logger = logging.getLogger("clean_bench.integrations.verl_reward")


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: dict[str, Any] | None = None,
    *,
    grader: str = "clean-bench",
    seconds: float = 5.0,
    **_: Any,
) -> dict[str, float]:
    """`score`, `answered` (an answer was found in the response) and `undecided`, each 0 or 1.

    Args:
        ground_truth: the gold answer as published; a list has several acceptable answers.
        grader, seconds: see `clean_bench.grading.grade`.
        _: further keywords that verl or its configuration passes.
    """
    gold = gold_text(ground_truth)
    reason = "no value" if gold is None else unreadable_gold(gold)
    if gold is None or reason:
        row = (extra_info or {}).get("index", "?")
        _logger.warning(
            "%s, row %s: expected a ground truth with an answer, got %s", data_source, row, reason
        )
        return {"score": 0.0, "answered": 0.0, "undecided": 1.0}
    [result] = grade([(gold, solution_str)], Limits(seconds), grader=grader)
    result = result.strict
    score = score_of(result.kind)
    return {
        "score": score or 0.0,
        "answered": float(result.kind != "no answer"),
        "undecided": float(score is None),
    }
