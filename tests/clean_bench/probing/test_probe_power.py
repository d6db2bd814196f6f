"""When a null verdict quotes the power of a calibration, by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from clean_bench.probing.flag_counts import FlagCount
from clean_bench.probing.power import UNKNOWN, power_of_set

CALIBRATION: dict[str, Any] = {
    "calibration": "ab" * 32,
    "prefix": 0.6,
    "cut": "clean",
    "null_problems": {"reconstruction": 400, "suffix-logprob": 400},
    "rows": [
        ["reconstruction", 4, 0.28, 0.16, 0.45],
        ["suffix-logprob", 4, 0.625, 0.45, 0.77],
        ["suffix-logprob", 16, 1.0, 0.89, 1.0],
        ["min-k", 4, 0.99, 0.9, 1.0],
    ],
}


def count(test: str, null_problems: int = 500, least: int = 8) -> FlagCount:
    return FlagCount("set", test, True, "null", null_problems, True, 100, [], least)


BOTH = [count("reconstruction"), count("suffix-logprob")]


def test_each_signal_is_quoted_with_its_interval() -> None:
    power = power_of_set(CALIBRATION, BOTH, 0.6, "clean")
    assert power.quoted
    assert power.text == (
        "power on this checkpoint by copies: reconstruction flags 28% (16 to 45) at 4, "
        "suffix-logprob flags 62% (45 to 77) at 4, 100% (89 to 100) at 16"
    )


@pytest.mark.parametrize(
    ("counts", "headline", "cut", "reason"),
    [
        ([], 0.6, "clean", "was not compared with a null set"),
        (BOTH, 0.5, "clean", "at the prefix 0.6 with the cut clean"),
        (BOTH, 0.6, "paper", "at the prefix 0.6 with the cut clean"),
        (BOTH[:1], 0.6, "clean", "where reconstruction, suffix-logprob decided"),
        ([*BOTH, count("min-k")], 0.6, "clean", "where reconstruction, suffix-logprob decided"),
        ([replace(of, least=101) for of in BOTH], 0.6, "clean", "no signal can flag anything"),
        ([replace(of, calibrated=False) for of in BOTH], 0.6, "clean", "are not calibrated"),
        ([replace(of, null_problems=399) for of in BOTH], 0.6, "clean", "larger (400 problems"),
    ],
)
def test_a_power_that_does_not_hold_here_is_not_quoted(
    counts: list[FlagCount], headline: float, cut: str, reason: str
) -> None:
    power = power_of_set(CALIBRATION, counts, headline, cut)
    assert not power.quoted
    assert power.text.startswith(f"{UNKNOWN}: ") and reason in power.text and "%" not in power.text


def test_only_a_signal_that_could_flag_is_quoted() -> None:
    power = power_of_set(CALIBRATION, [BOTH[0], replace(BOTH[1], least=101)], 0.6, "clean")
    assert (
        power.text == "power on this checkpoint by copies: reconstruction flags 28% (16 to 45) at 4"
    )


def test_without_a_calibration_the_power_is_unknown() -> None:
    assert power_of_set(None, BOTH, 0.6, "clean") == (UNKNOWN, False)
