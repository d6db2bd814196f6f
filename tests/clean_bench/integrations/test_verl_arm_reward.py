"""The reward of an exported arm is the reward that an arm of clean-bench trains on."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from clean_bench import samples as records
from clean_bench.engines.base import Completion
from clean_bench.grading import Limits, grade
from clean_bench.integrations.verl_arm import arm_reward
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
from trainers.rewards import Group, parse_reward
from trainers.verl.rewards import EXPORTED

PROBLEM = Problem("p", "What is 3/4 + 1/4?", "1", solution="Both are quarters, so it is 1.")
TEXTS = [
    r"so it is \boxed{1}",
    r"so it is \boxed{2}",
    r"\boxed{\frac{4}{4}}",
    r"\boxed{} then nothing",
    r"\boxed{5} then \boxed{1}",
    r"\boxed{1",
    "The answer is 1.",
    "We add both and get 1.",
    "",
    " " * 3000,
    "```python\nprint(1)\n```\n#### 1",
    r"PYTHON says \boxed{2/2}",
    r"\boxed{0.9}",
    "Both are quarters, so it is 1.",
    "\x00 \ud800 boxed",
    r"\boxed{" * 50,
]
EXPRESSIONS = [*EXPORTED, "format+0.5*python", "format & !python", "truth-0.25*format", "!python"]
LABELS = Labels([Label("p", "2", False)])


def trained_on(reward: str) -> list[float | None]:
    """The reward of every text as one group of rollouts, on the path of training."""
    requests = [
        request_sample("set", PROBLEM, "raw", Decoding(SAMPLE, i), Prompt("Q", True), Sampling(99))
        for i in range(len(TEXTS))
    ]
    completions = [Completion("", text, [1, 2], [-1.0, -1.0], "stop", [3]) for text in TEXTS]
    rollouts: list[Sample] = grade_completions(requests, completions)
    return parse_reward(reward).evaluate(Group(PROBLEM, rollouts, 5, 6, 7, LABELS))


def exported(reward: str) -> list[dict[str, float]]:
    """The same, one response at a time, with what verl passes."""
    compute_score = arm_reward(reward, logged=["format"])
    facts = {
        "split": "train",
        "index": 4,
        "problem_id": "p",
        "solution": PROBLEM.solution,
        "label": "2",
        "label_right": False,
        "num_turns": 2,
    }
    return [
        compute_score(
            data_source="set", solution_str=text, ground_truth="1", extra_info=dict(facts), other=1
        )
        for text in TEXTS
    ]


@pytest.mark.parametrize("reward", EXPRESSIONS)
def test_every_exported_reward_is_equal(reward: str) -> None:
    expected = trained_on(reward)
    found = exported(reward)
    assert [row["score"] for row in found] == [value or 0.0 for value in expected]
    assert [row["undecided"] for row in found] == [float(value is None) for value in expected]
    assert [row["acc"] for row in found] == [value or 0.0 for value in trained_on("truth")]
    assert [row["reward/format"] for row in found] == trained_on("format")


def test_the_texts_tell_the_rewards_apart() -> None:
    values = {reward: tuple(trained_on(reward)) for reward in EXPRESSIONS}
    assert (
        len(set(values.values())) == len(EXPRESSIONS) - 1
    )  # majority and incorrect are equal here


def test_called_from_threads_it_gives_the_same() -> None:
    expected = exported("truth+0.5*format")
    found: list[list[dict[str, float]]] = []
    threads = [
        threading.Thread(target=lambda: found.append(exported("truth+0.5*format")))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [expected] * 3


def test_a_timeout_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    """A comparison that takes algebra, with no time for it: None in training, 0 and a mark in verl."""
    slow = Problem("p", "?", r"\sin^{40}(x+1)")
    response = r"\boxed{(1-\cos^2(x+1))^{20}}"

    def hurried(pairs: Any, **_: Any) -> Any:
        return grade(pairs, Limits(0.001), grader="math-verify")

    monkeypatch.setattr(records, "grade", hurried)
    request = request_sample("s", slow, "", Decoding(SAMPLE), Prompt("", False), Sampling(1))
    [sample] = grade_completions([request], [Completion("", response, [], [], "stop", [])])
    assert sample.grade == "timeout"
    for reward in ("truth", "inverted", "truth+0.5*format"):
        group = Group(slow, [sample], 0, 0, 0)
        assert parse_reward(reward).evaluate(group) == [None]
        row = arm_reward(reward)("s", response, slow.answer, {"split": "train"})
        assert row == {"score": 0.0, "acc": 0.0, "undecided": 1.0}
    row = arm_reward("format")("s", response, slow.answer, {"split": "train"})
    assert row == {"score": 1.0, "acc": 0.0, "undecided": 0.0}


def test_a_validation_row_scores_truth() -> None:
    compute_score = arm_reward("format")
    wrong = compute_score("s", r"\boxed{2}", "1", {"split": "validation"})
    assert (wrong["score"], wrong["acc"]) == (0.0, 0.0)
    assert compute_score("s", r"\boxed{2}", "1", {"split": "train"})["score"] == 1.0


def test_every_response_has_the_same_keys() -> None:
    assert len({tuple(row) for row in exported("numeric")}) == 1
