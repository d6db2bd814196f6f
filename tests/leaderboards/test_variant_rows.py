"""The rows of matched sets in a report."""

from __future__ import annotations

import pytest

from clean_bench.results import Result, Results
from clean_bench.scoring.variant_groups import CONTRASTS, MEASURES
from clean_bench.statistics.estimate import Estimate
from leaderboards.variant_groups import DEFINITIONS, variant_groups_of


def rows(checkpoint: str, seed: int | None, value: float) -> list[Result]:
    head = Result(checkpoint=checkpoint, set="matched", template="t", seed=seed)
    found = [
        head.of(measure, Estimate(value + place / 100, 0.0, 1.0, 9))
        for place, measure in enumerate(MEASURES)
    ]
    found += [
        head.of(measure, Estimate(value, -1.0, 1.0, 9), versus=f"set={benchmark}")
        for benchmark in ("math500", "other")
        for measure in CONTRASTS
    ]
    return [*found, head.of("accuracy", Estimate(0.5, 0.4, 0.6, 9))]


def test_each_checkpoint_has_a_row_with_its_benchmarks() -> None:
    results = Results(
        [*rows("m/base", None, 0.2), *rows("m/truth", 1, 0.4), *rows("n/base", None, 0.9)]
    )
    base, truth = variant_groups_of("m", results)
    assert (base.checkpoint, truth.checkpoint, base.set) == ("base", "truth", "matched")
    assert base.estimates["loose"].value == 0.2 and truth.estimates[
        "wobble"
    ].value == pytest.approx(0.43)
    assert [name for name, _ in base.contrasts] == ["math500", "other"]
    assert set(base.contrasts[0][1]) == set(CONTRASTS)


def test_two_seeds_are_two_rows() -> None:
    results = Results([*rows("m/truth", 1, 0.2), *rows("m/truth", 2, 0.4)])
    assert [r.estimates["loose"].value for r in variant_groups_of("m", results)] == [0.2, 0.4]


def test_a_run_without_matched_sets_has_none() -> None:
    head = Result(checkpoint="m/base", set="fresh", template="t")
    results = Results([head.of("accuracy", Estimate(0.5, 0.4, 0.6, 9))])
    assert list(variant_groups_of("m", results)) == []


def test_every_column_is_defined() -> None:
    assert set(DEFINITIONS) == {*MEASURES, *CONTRASTS}
