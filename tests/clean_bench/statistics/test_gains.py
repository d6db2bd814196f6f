"""Gains and contrasts: values by hand, intervals by simulation, and the speed they need."""

import time

import numpy as np
import pytest
from scipy import stats

from clean_bench.statistics.gains import (
    contrast,
    item_gains,
    matched_contrast,
    mean_gain,
    paired_contrast,
)

RUNS = 250
MATCHED_RUNS = 100


def _gains(
    rng: np.random.Generator, seeds: int, items: int, mean: float, seed_sd: float
) -> np.ndarray:
    effects = rng.normal(0, seed_sd, (seeds, 1)) + rng.normal(0, 0.2, items)
    return mean + effects + rng.normal(0, 0.1, (seeds, items))


def test_values_by_hand() -> None:
    before = np.array([[0, 1], [0, 0]])
    after = np.array([[[1, 1], [1, 0]], [[1, 0], [0, 0]]])
    assert item_gains(before, after).tolist() == [[0.5, 0.5], [0.0, 0.0]]
    assert mean_gain(item_gains(before, after)).value == 0.25
    assert item_gains([[0, np.nan]], [[[1, np.nan]]]).tolist() == [[1.0]]
    assert contrast([[0.5, 0.5], [0, 0]], [[0.1], [0.3]]).value == pytest.approx(0.05)
    assert paired_contrast([[0.5, 0.1]], [[0.2, 0.2]]).value == pytest.approx(0.1)


def test_same_arrays_same_interval() -> None:
    rng = np.random.default_rng(0)
    before, after = rng.random((30, 4)), rng.random((3, 30, 4))
    assert mean_gain(item_gains(before, after)) == mean_gain(item_gains(before, after))


def test_one_seed_resamples_items_and_says_so() -> None:
    gains = np.random.default_rng(2).normal(0.1, 0.3, (1, 200))
    got = mean_gain(gains)
    low, high = stats.t.interval(0.95, 199, gains.mean(), stats.sem(gains[0]))
    assert (got.low, got.high) == pytest.approx((low, high), abs=0.004)
    assert "one seed" in got.method


def test_seeds_alone_are_as_wide_as_students_t() -> None:
    """Items without any spread: what is left is the mean of five seeds."""
    effects = np.array([0.02, 0.05, 0.11, 0.07, 0.10])
    got = mean_gain(np.repeat(effects[:, None], 50, axis=1))
    low, high = stats.t.interval(0.95, 4, effects.mean(), stats.sem(effects))
    assert got.high - got.low == pytest.approx(high - low, rel=0.1)


@pytest.mark.parametrize("seeds, seed_sd", [(3, 0.05), (5, 0.05), (5, 0.0), (1, 0.0)])
def test_coverage_of_the_gain(seeds: int, seed_sd: float) -> None:
    rng, held = np.random.default_rng(seeds), 0
    for _ in range(RUNS):
        got = mean_gain(_gains(rng, seeds, 60, 0.1, seed_sd))
        held += got.low <= 0.1 <= got.high
    assert 0.91 <= held / RUNS <= 0.995


def test_coverage_of_the_contrast_with_shared_seeds() -> None:
    """A seed effect that both halves share cancels: the interval must not pay for it."""
    rng, held, widths = np.random.default_rng(11), 0, []
    for _ in range(RUNS):
        shared = rng.normal(0, 0.5, (5, 1))
        a = _gains(rng, 5, 60, 0.1, 0.02) + shared
        b = _gains(rng, 5, 80, 0.0, 0.02) + shared
        got = contrast(a, b)
        held += got.low <= 0.1 <= got.high
        widths.append(got.high - got.low)
    assert 0.91 <= held / RUNS <= 0.995
    assert np.mean(widths) < 0.3  # the unpaired seed effect alone would be 2.5 wide


def test_coverage_of_the_paired_contrast() -> None:
    rng, held = np.random.default_rng(12), 0
    for _ in range(RUNS):
        difficulty = rng.normal(0, 1, 60)
        a = _gains(rng, 4, 60, 0.3, 0.05) + difficulty
        b = _gains(rng, 4, 60, 0.1, 0.05) + difficulty
        got = paired_contrast(a, b)
        held += got.low <= 0.2 <= got.high
    assert 0.91 <= held / RUNS <= 0.995


def test_matching_by_hand() -> None:
    """Stratum x: 0.6 - 0.2; stratum y: 0.1 - 0.3, with twice the flagged; z has no other side."""
    gains = [[0.6, 0.2, 0.0, 0.2, 0.3, 0.9]]
    flagged = [True, False, True, True, False, True]
    got = matched_contrast(gains, flagged, ["x", "x", "y", "y", "y", "z"])
    assert got is not None
    assert got.estimate.value == pytest.approx((1 * 0.4 + 2 * -0.2) / 3)
    assert got.estimate.n == 5
    assert got.kept_share == 0.75


def test_matching_takes_out_what_the_strata_explain() -> None:
    """Flagged items are easier and easy items gain less: matched, the true effect 0.1 is held."""
    rng, held, naive = np.random.default_rng(13), 0, []
    for _ in range(MATCHED_RUNS):
        level = rng.integers(0, 4, 160)
        flagged = rng.random(160) < 0.15 + 0.2 * level
        gains = _gains(rng, 5, 160, 0.0, 0.03) - 0.2 * level + 0.1 * flagged
        got = matched_contrast(gains, flagged, level.tolist())
        assert got is not None
        held += got.estimate.low <= 0.1 <= got.estimate.high
        naive.append(gains[:, flagged].mean() - gains[:, ~flagged].mean())
    assert 0.91 <= held / MATCHED_RUNS <= 0.995
    assert np.mean(naive) < -0.05


def test_matching_in_small_strata_keeps_its_coverage() -> None:
    rng, held = np.random.default_rng(14), 0
    for _ in range(MATCHED_RUNS):
        strata = rng.integers(0, 25, 100)
        flagged = rng.random(100) < 0.4
        got = matched_contrast(
            _gains(rng, 5, 100, 0, 0.0) + 0.1 * flagged, flagged, strata.tolist()
        )
        assert got is not None
        held += got.estimate.low <= 0.1 <= got.estimate.high
    assert held / MATCHED_RUNS >= 0.9


def test_nothing_to_match() -> None:
    assert matched_contrast([[0.1, 0.2]], [True, False], ["x", "y"]) is None
    assert matched_contrast([[0.1, 0.2]], [False, False], ["x", "x"]) is None


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="same training runs"):
        contrast(np.zeros((2, 3)), np.zeros((3, 3)))
    with pytest.raises(ValueError, match="same seeds and items"):
        paired_contrast(np.zeros((2, 3)), np.zeros((2, 4)))
    with pytest.raises(ValueError):
        item_gains(np.zeros((3, 2)), np.zeros((1, 4, 2)))
    with pytest.raises(ValueError):
        matched_contrast(np.zeros((2, 3)), [True, False], ["x"] * 3)
    with pytest.raises(ValueError):
        mean_gain(np.zeros((0, 3)))


def test_speed() -> None:
    rng = np.random.default_rng(0)
    before, after = rng.random((400, 16)), rng.random((5, 400, 16))
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        mean_gain(item_gains(before, after))
        best = min(best, time.process_time() - start)
    assert best < 0.5


@pytest.mark.parametrize("seeds", [1, 3])
def test_one_item_has_the_widest_interval(seeds: int) -> None:
    """Its variance is undefined, whatever the seeds agree on."""
    one = np.full((seeds, 1), 1.0)
    many = np.tile([0.0, 1.0, 0.5], (seeds, 1))
    assert [mean_gain(one).low, mean_gain(one).high] == [-1, 1]
    assert [mean_gain(one, least=0).low, mean_gain(one, least=0).high] == [0, 1]
    for got in (
        paired_contrast(one, one - 1),
        contrast(one, many),
        contrast(many, one),
        matched_contrast(
            np.tile([1.0, 0.0, 0.5], (seeds, 1)), [True, False, False], "xxx"
        ).estimate,  # type: ignore[union-attr]
    ):
        assert (got.low, got.high) == (-2, 2) and not got.above_zero
        assert got.method == "widest interval: one item"


def test_equal_gains_have_no_interval_of_width_zero() -> None:
    """As 5 of 5 successes, whose score interval begins at n / (n + z^2); scaled to [-1, 1]."""
    z2 = 1.959963984540054**2
    for n in (2, 5, 40):
        got = mean_gain(np.ones((1, n)))
        assert got.low == pytest.approx(2 * n / (n + z2) - 1)
        assert got.high == 1
        assert mean_gain(np.ones((1, n)), least=0).low == pytest.approx(n / (n + z2))
    assert not mean_gain(np.ones((3, 2))).above_zero
    assert mean_gain(np.ones((3, 5))).above_zero
    assert not contrast(np.ones((1, 2)), np.zeros((1, 9))).above_zero
    zero = mean_gain(np.zeros((2, 7)))
    assert (zero.low, zero.high) == (0, 0)
