"""Settings that no machine could fulfil are refused at once, with the number that follows from them."""

from __future__ import annotations

from math import inf, nan

import pytest
from pydantic import ValidationError

from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from clean_bench.scoring import requests
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.requests import MOST_COMPLETIONS, count_requests

SET = ProblemSet("s", [Problem(str(i), f"{i}+1?", str(i + 1)) for i in range(3)])


def test_the_number_of_completions_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MOST_COMPLETIONS", 24)
    one, two = ("raw",), ("raw", "boxed")
    assert count_requests([SET], ScoreConfig(templates=one, samples=7)) == 24
    assert count_requests([SET], ScoreConfig(templates=two, samples=3)) == 24
    assert count_requests([SET], ScoreConfig(templates=two, samples=1, seeds=(1, 2, 3))) == 24
    for config, count in (
        (ScoreConfig(templates=one, samples=8), 27),
        (ScoreConfig(templates=two, samples=4), 30),
        (ScoreConfig(templates=two, samples=2, seeds=(1, 2)), 30),
    ):
        message = (
            f"--samples {config.samples}: expected at most 24 completions in one score, got {count}"
        )
        with pytest.raises(UserError, match=message):
            count_requests([SET], config)
    assert MOST_COMPLETIONS == 10_000_000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("samples", 10**9),
        ("samples", 10**30),
        ("max_tokens", 10**9),
        ("top_k", 10**20),
        ("num_fewshot", 10**9),
        ("repeat", 10**9),
        ("seed", 10**30),
    ],
)
def test_settings_have_bounds(name: str, value: int) -> None:
    with pytest.raises(ValidationError, match="less than or equal"):
        ScoreConfig.model_validate({name: value})


@pytest.mark.parametrize("temperature", [0.0, -1.0, nan, inf, 1e-300, 1e300])
def test_a_temperature_is_a_number_that_logits_can_be_divided_by(temperature: float) -> None:
    with pytest.raises(
        UserError, match=r"--temperature .*: expected a finite number above 0, from"
    ):
        ScoreConfig(temperature=temperature).check()
    for sound in (0.001, 1.0, 1000.0):
        ScoreConfig(temperature=sound).check()
