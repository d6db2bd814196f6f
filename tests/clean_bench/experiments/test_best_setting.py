"""The best training-free setting: chosen on one half of the problems, measured on the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clean_bench.artifacts import Artifact
from clean_bench.experiments.best_setting import (
    Setting,
    best_setting,
    cross_fit,
    halves,
    settings_of,
)
from clean_bench.experiments.evidence import Evidence, Scores
from clean_bench.experiments.recipe import parse_recipe
from clean_bench.samples import Sample, samples_table

HEADLINE, GREEDY = Setting("raw", 1.0), Setting("raw", 0.0)


def test_each_problem_is_scored_under_the_setting_that_the_other_half_chose() -> None:
    first = np.array([True, True, False, False])
    settings = {
        HEADLINE: np.array([0.5, 0.5, 0.9, 0.9]),  # best on the second half
        GREEDY: np.array([1.0, 0.8, 0.1, 0.2]),  # best on the first half
    }
    chosen, scores = cross_fit(settings, first)
    assert chosen == (GREEDY, HEADLINE)
    np.testing.assert_array_equal(scores, [0.5, 0.5, 0.1, 0.2])


def test_of_equal_settings_the_headline_is_chosen() -> None:
    same = np.array([0.2, 0.4])
    chosen, _ = cross_fit({HEADLINE: same, GREEDY: same}, np.array([True, False]))
    assert chosen == (HEADLINE, HEADLINE)


def test_the_best_of_many_equal_settings_gains_nothing_on_average() -> None:
    """Twenty settings of pure noise: the naive maximum is far above 1/2, the measured value is not."""
    generator, naive, measured = np.random.default_rng(0), [], []
    first = halves([str(i) for i in range(40)])
    for _ in range(400):
        settings = {
            Setting("raw", t): generator.integers(0, 2, 40).astype(float) for t in range(20)
        }
        naive.append(max(scores.mean() for scores in settings.values()))
        measured.append(cross_fit(settings, first)[1].mean())
    assert np.mean(naive) > 0.62
    # The standard error is 0.079 / 20 = 0.004.
    assert abs(np.mean(measured) - 0.5) < 0.016


def test_halves_are_balanced_and_do_not_depend_on_the_order() -> None:
    ids = [f"problem-{i}" for i in range(41)]
    first = halves(ids)
    assert first.sum() == 21
    again = dict(zip(ids[::-1], halves(ids[::-1]), strict=True))
    assert [again[name] for name in ids] == first.tolist()


RECIPE = """
title = "t"
models = [{name = "m", checkpoint = "c"}]
sets = [{role = "public", source = "main"}]
score = {samples = 4, templates = ["raw", "boxed"]}
training_free = {temperatures = [0.6]}
arms = [{name = "theirs", checkpoint = "x"}]
"""
ANSWERS = {
    # Set main, gold 1: answers of four samples, and the greedy one, by template and temperature.
    ("raw", 1.0): {"a": ("1 1 2 3", "1"), "b": ("1 2 2 2", "2")},
    ("boxed", 1.0): {"a": ("2 2 2 2", "2"), "b": ("1 1 1 1", "1")},
    ("raw", 0.6): {"a": ("1 1 1 2", "1"), "b": ("2 2 2 2", "2")},
    ("boxed", 0.6): {"a": ("2 2 2 2", "2"), "b": ("2 2 2 2", "2")},
}


def write_scores(folder: Path, temperature: float) -> None:
    samples = []
    for (template, at), problems in ANSWERS.items():
        if at != temperature:
            continue
        for problem, (sampled, greedy) in problems.items():
            answers = [("greedy", 0, greedy)]
            answers += [("sample", i, text) for i, text in enumerate(sampled.split())]
            samples += [
                Sample(
                    set="main", problem_id=problem, template=template, mode=mode, index=index, seed=0,
                    gold="1", prompt="p", response=text, finish="stop", prompt_ids=[1], token_ids=[1],
                    logprobs=[0.0], grade="equal" if text == "1" else "different", extracted=text,
                    extraction="last",
                )
                for mode, index, text in answers
            ]  # fmt: skip
    config = {
        "templates": ["raw", "boxed"], "temperature": temperature, "samples": 4,
        "sets": [{"name": "main", "sha256": "", "problems": 2, "role": "public"}],
        "weights_sha256": "w",
    }  # fmt: skip
    with Artifact.open(folder, "scores", config) as artifact:
        artifact.write("samples/00000", samples_table(samples))
        artifact.finish({})


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    write_scores(tmp_path / "m" / "scores" / "base", 1.0)
    write_scores(tmp_path / "m" / "temperatures" / "0.6", 0.6)
    evidence = Evidence.__new__(Evidence)
    evidence.folder, evidence.recipe = tmp_path, parse_recipe(RECIPE, "r.toml")
    [evidence.model] = evidence.recipe.models
    evidence.base = Scores.read(tmp_path / "m" / "scores" / "base")
    evidence.trained = {}
    return evidence


def test_settings_by_hand(evidence: Evidence) -> None:
    settings = settings_of(evidence, "main")
    assert next(iter(settings)) == HEADLINE
    # maj@4 of a: 1 has two of four votes. maj@2 of a: both 1 (1/6), 1 and another (4/6, a tie), none.
    expected = {
        HEADLINE: [0.5, 0.25],
        Setting("raw", 1.0, 2): [1 / 6 + 4 / 6 / 2, 3 / 6 / 2],
        Setting("raw", 1.0, 4): [1.0, 0.0],
        GREEDY: [1.0, 0.0],
        Setting("boxed", 0.0): [0.0, 1.0],
        Setting("boxed", 1.0, 4): [0.0, 1.0],
        Setting("raw", 0.6): [0.75, 0.0],
        Setting("raw", 0.6, 4): [1.0, 0.0],
        Setting("boxed", 0.6): [0.0, 0.0],
    }
    for setting, scores in expected.items():
        np.testing.assert_allclose(settings[setting], scores, err_msg=str(setting))
    assert len(settings) == 14  # 2 temperatures x 2 templates x (avg, maj@2, maj@4), 2 greedy


def test_the_best_setting_is_measured_where_it_was_not_chosen(evidence: Evidence) -> None:
    best = best_setting(evidence, "main")
    assert best is not None
    # What is best on problem a is wrong on b, and the reverse.
    np.testing.assert_array_equal(best.scores, [0.0, 0.0])
    assert best.problems.tolist() == [0, 1]
    by_half = dict(zip(halves(["a", "b"]).tolist(), ["a", "b"], strict=True))
    labels = {"a": "raw, temperature 1, maj@4", "b": "boxed, temperature 1"}
    assert best.label == f"{labels[by_half[True]]}; {labels[by_half[False]]}"
