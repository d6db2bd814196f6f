"""The calibration of difficulty on a panel: the sentences, and the statistics by hand."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from clean_bench.problems.kin import kin_problems
from generators.competition.panel import NOT_CALIBRATED, checkpoints, difficulty, panel
from generators.competition.registry import templates

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "measurements"))

from calibrate_matched import (
    Measured,
    equivalent,
    informative,
    kept,
    nearer_levels,
    relative_difference,
    report,
    standard_error,
    stored,
)

NAMES = [t.name for t in templates().values() if t.subject == "Algebra"]


def rows(each: int = 2) -> list[Problem]:
    return [
        Problem(
            f"{name}/{i}",
            "p",
            "1",
            subject="Algebra",
            level=str(templates()[name].level),
            metadata={"template": name, "kin": "k0 k1"},
        )
        for name in NAMES
        for i in range(each)
    ]


PUBLIC = [Problem(f"k{i}", "p", "1", subject="Algebra", level="1") for i in range(4)]


def measured(name: str, by_level: float = 0.1, shift: float = 0.0) -> Measured:
    matched = {row.id: 0.8 - by_level * int(row.level or 0) + shift for row in rows()}
    return Measured(name, {"k0": 1.0, "k1": 0.0, "k2": 1.0, "k3": 1.0}, matched)


def test_without_a_panel_the_difficulty_is_not_calibrated() -> None:
    assert difficulty([]) == NOT_CALIBRATED
    assert "(one, two)" in difficulty(["one", "two"], [])
    assert difficulty(["one", "two"], []).endswith("within 6 points for none of them.")
    assert difficulty(["one", "two"], ["two"]).endswith("within 6 points for two.")
    assert (panel() is None) == (difficulty(checkpoints()) == NOT_CALIBRATED)


def test_templates_are_the_units_of_the_error() -> None:
    m = measured("m")
    values = [0.8 - 0.1 * templates()[name].level for name in NAMES]
    expected = np.var([1.0, 0.0, 1.0, 1.0], ddof=1) / 4 + np.var(values, ddof=1) / len(values)
    assert standard_error(m, PUBLIC, rows()) == pytest.approx(expected**0.5)


def test_what_all_checkpoints_share_cancels() -> None:
    panel_of_three = [measured("a"), measured("b", shift=0.1), measured("c", shift=-0.1)]
    value, error = relative_difference(panel_of_three, 1, PUBLIC, rows())
    # Its matched accuracy is 10 points above that of the first and 20 above the third: 15 on average.
    assert (value, error) == pytest.approx((-0.15, 0.0), abs=1e-12)
    assert equivalent(0.03, 0.01) and not equivalent(0.05, 0.01) and not equivalent(-0.07, 0.0)


def test_a_checkpoint_at_the_floor_shows_nothing_about_difficulty() -> None:
    floor = Measured("floor", dict.fromkeys("k0 k1 k2 k3".split(), 0.0), measured("m").matched)
    floor = floor._replace(matched=dict.fromkeys(floor.matched, 0.1))
    assert not informative(floor, PUBLIC, rows())
    assert informative(measured("m"), PUBLIC, rows())
    text = report(rows(), PUBLIC, [measured("a"), measured("b"), floor], 8)
    lines = {line.split(" | ")[0]: line for line in text.splitlines()}
    assert lines["| floor"].endswith("| – | accuracy near 0 or 100% |")
    assert report(rows(), PUBLIC, [floor], 8).endswith("how difficult the two sets are.\n")
    alone = report(rows(), PUBLIC, [measured("a"), measured("b")], 8)
    assert lines["| a"] in alone and lines["| b"] in alone


def test_a_template_at_the_wrong_level_is_named() -> None:
    m = measured("m")
    assert nearer_levels([m], rows()) == []
    odd = next(name for name in NAMES if templates()[name].level == 2)
    matched = {key: 0.5 if key.startswith(f"{odd}/") else v for key, v in m.matched.items()}
    moved = nearer_levels([m._replace(matched=matched)], rows())
    assert moved == [f"| {odd} | 2 | 50% | level 3 |"]


def test_the_report_and_the_stored_panel() -> None:
    text = report(rows(), kin_problems(rows(), PUBLIC), [measured("a"), measured("b")], 8)
    # Kin: k0 and k1, 50%. Matched: the mean over the templates of the levels.
    mean = np.mean([0.8 - 0.1 * templates()[name].level for name in NAMES])
    assert f"| a | 50.0% | {100 * mean:.1f}% | {100 * (0.5 - mean):+.1f} " in text
    assert "| 0.0" in text  # Page's test: accuracy falls with the level
    panel_of_three = [measured("a"), measured("b"), measured('c"d', shift=-0.1)]
    toml = tomllib.loads(stored(rows(), kin_problems(rows(), PUBLIC), panel_of_three))
    assert toml["checkpoints"] == ["a", "b", 'c"d'] and set(toml["templates"]) == set(NAMES)
    # The third is 10 points off; it moves the mean of the others by 5, which is within the margin.
    assert toml["within_margin"] == ["a", "b"]


def test_scores_of_another_set_are_not_taken_for_those_of_this_one(tmp_path: Path) -> None:
    problems = ProblemSet("matched", rows(), role="matched")
    assert len(kept(tmp_path / "set", problems)) == len(kept(tmp_path / "set", problems))
    with pytest.raises(
        UserError, match=f"expected the {len(rows(1))} problems.*choose another --out"
    ):
        kept(tmp_path / "set", ProblemSet("matched", rows(1), role="matched"))
