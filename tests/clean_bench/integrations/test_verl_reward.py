"""The reward file of verl, by verl's contract: imported by its path, one call per response."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from clean_bench.integrations import verl_reward

COLUMNS = {"data_source": "openai/gsm8k", "extra_info": {"split": "train", "index": 3}}


@pytest.fixture(scope="module")
def compute_score() -> Callable[..., dict[str, float]]:
    """The function as verl loads it: from the file, under another module name."""
    spec = importlib.util.spec_from_file_location("custom_module", verl_reward.__file__)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: Callable[..., dict[str, float]] = module.compute_score
    return function


def test_the_signature_is_verls(compute_score: Callable[..., Any]) -> None:
    names = list(inspect.signature(compute_score).parameters)
    assert names[:4] == ["data_source", "solution_str", "ground_truth", "extra_info"]
    assert not inspect.iscoroutinefunction(compute_score)


@pytest.mark.parametrize(
    ("truth", "response", "score", "answered"),
    [
        ("72", r"so it is \boxed{72}", 1, 1),
        ("72", r"so it is \boxed{73}", 0, 1),
        ("She sold 48+24 clips.\n#### 72", "The answer is 72.", 1, 1),
        (np.array(["5", "five"], dtype=object), r"\boxed{5}", 1, 1),
        (72, r"\boxed{72}", 1, 1),
        ("72", "", 0, 0),
        ("72", "We add both and get 72.", 0, 0),  # the reward is strict
        ("72", "So she sold 72 clips.", 0, 0),  # nothing marks it as the answer
    ],
)
def test_scores_are_those_of_the_grader(
    compute_score: Callable[..., Any], truth: object, response: str, score: int, answered: int
) -> None:
    result = compute_score(solution_str=response, ground_truth=truth, **COLUMNS)
    assert result == {"score": score, "answered": answered, "undecided": 0}


@pytest.mark.parametrize("truth", [None, "", [], {"other": 1}])
def test_an_unreadable_ground_truth_is_undecided(
    compute_score: Callable[..., Any], truth: object, caplog: pytest.LogCaptureFixture
) -> None:
    result = compute_score(solution_str="7", ground_truth=truth, **COLUMNS)
    assert result == {"score": 0, "answered": 0, "undecided": 1}
    assert "openai/gsm8k, row 3: expected a ground truth with an answer" in caplog.text


def test_settings_of_the_configuration_reach_the_grader(compute_score: Callable[..., Any]) -> None:
    """verl passes `reward_kwargs`, and in some versions keywords of its own."""
    arguments = {"solution_str": r"\boxed{10\%}", "ground_truth": "0.1", **COLUMNS}
    assert (
        compute_score(**arguments, grader="math-verify", reward_router_address=None)["score"] == 1
    )
    slow = {"solution_str": r"\boxed{(1-\cos^2(x+1))^{20}}", "ground_truth": r"\sin^{40}(x+1)"}
    result = compute_score(**{**arguments, **slow}, grader="math-verify", seconds=0.001)
    assert result == {"score": 0, "answered": 1, "undecided": 1}
