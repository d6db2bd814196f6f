"""The smallest detected dose against scipy's optimizer and simulations of known truth."""

from math import inf

import numpy as np
import pytest
from scipy import optimize

from clean_bench.statistics.dose_response import RIDGE, logistic_fit, smallest_dose

DOSES = np.array([1, 2, 4, 8, 16, 32, 64, 128, 256.0])


def drawn(
    rng: np.random.Generator, plantings: int, items: int, middle: float, slope: float, spread: float
) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Detections of `items` per dose and planting; plantings differ in their middle dose (log2)."""
    centres = np.log2(middle) + rng.normal(0, spread, plantings)
    linear = slope * (np.log2(DOSES)[None] - centres[:, None])
    chance = np.repeat(1 / (1 + np.exp(-linear)), items, axis=1)
    detected = rng.random(chance.shape) < chance
    doses = np.broadcast_to(np.repeat(DOSES, items), chance.shape)
    clusters = np.repeat(np.arange(plantings), chance.shape[1])
    return doses.ravel(), detected.ravel(), clusters.tolist()


def test_the_fit_is_the_minimum() -> None:
    """Counts of every kind, separated and one-sided ones among them, against BFGS."""
    rng, x = np.random.default_rng(0), np.log2(DOSES)
    trials = rng.integers(0, 40, (30, len(x))).astype(float)
    hits = rng.binomial(trials.astype(int), rng.random((30, len(x)))).astype(float)
    trials[0] = hits[0] = 0
    hits[1] = 0
    hits[2] = trials[2]
    hits[3] = trials[3] * (x > 3)
    hits[4] = trials[4] * (x < 3)
    trials[5], hits[5] = trials[5] * 1e5, hits[5] * 1e5
    fitted = logistic_fit(x, trials, hits)
    for row in range(30):

        def objective(ab: np.ndarray, row: int = row) -> float:
            linear = ab[0] + ab[1] * (x - x.mean())
            loss = trials[row] * np.logaddexp(0, linear) - hits[row] * linear
            return float(loss.sum() + RIDGE / 2 * (ab @ ab))

        found = optimize.minimize(objective, [0.1, 0.1], method="BFGS", options={"gtol": 1e-7})
        assert objective(fitted[row]) <= found.fun + 1e-9 * abs(found.fun)
        assert fitted[row] == pytest.approx(found.x, rel=1e-3, abs=1e-4)


def test_by_hand() -> None:
    """Symmetric around dose 4: the share is one half there. Equal clusters: the doses beside it."""
    doses, detected = [1, 4, 4, 16] * 2, [0, 0, 1, 1] * 2
    got = smallest_dose(doses, detected, ["a"] * 4 + ["b"] * 4)
    assert (got.dose, got.low, got.high, got.n) == (pytest.approx(4), 1, 16, 2)
    assert str(got) == "4 [<= 1, 16]" and "clusters are equal" in got.method


def test_separated_detections_end_halfway() -> None:
    """Every item above dose 4 and none up to it: the true dose may be anywhere between 4 and 16."""
    doses = np.tile([1, 4, 16, 64.0], 20)
    got = smallest_dose(doses, doses > 4, np.arange(20).repeat(4).tolist())
    assert (got.dose, got.low, got.high) == (pytest.approx(8, rel=0.01), 4, 16)


@pytest.mark.parametrize(
    "plantings, middle, spread, level",
    [(20, 12.0, 0.0, 0.5), (20, 5.0, 0.4, 0.8), (3, 12.0, 0.6, 0.5)],
)
def test_the_interval_covers_a_known_dose(
    plantings: int, middle: float, spread: float, level: float
) -> None:
    rng, runs, held, values = np.random.default_rng(3), 150, 0, []
    # The share over all plantings at each dose, and the logistic curve closest to it.
    x = np.log2(middle) + rng.normal(0, spread, (100_000, 1))
    shares = (1 / (1 + np.exp(-1.5 * (np.log2(DOSES) - x)))).mean(axis=0)[None] * 1e6
    a, b = logistic_fit(np.log2(DOSES), np.full_like(shares, 1e6), shares)[0]
    truth = 2 ** (np.log2(DOSES).mean() + (np.log(level / (1 - level)) - a) / b)
    for _ in range(runs):
        got = smallest_dose(*drawn(rng, plantings, 5, middle, 1.5, spread), level)
        held += got.low <= truth <= got.high
        values.append(got.dose)
    assert 0.9 <= held / runs <= 0.99
    assert np.median(values) == pytest.approx(truth, rel=0.08)


def test_the_ridge_hardly_moves_a_dose() -> None:
    rng, x = np.random.default_rng(9), np.log2(DOSES) - np.log2(DOSES).mean()
    for _ in range(10):
        doses, detected, clusters = drawn(rng, 10, 4, 10.0, 1.5, 0.0)
        hits = np.array([detected[doses == dose].sum() for dose in DOSES])

        def loss(ab: np.ndarray, hits: np.ndarray = hits) -> float:
            linear = ab[0] + ab[1] * x
            return float((40 * np.logaddexp(0, linear) - hits * linear).sum())

        a, b = optimize.minimize(loss, [0.1, 0.1], method="BFGS").x
        likeliest = 2 ** (np.log2(DOSES).mean() - a / b)
        assert smallest_dose(doses, detected, clusters).dose == pytest.approx(likeliest, rel=1e-3)


def test_outside_of_the_measured_range() -> None:
    rng = np.random.default_rng(4)
    above = smallest_dose(*drawn(rng, 10, 4, 1e5, 1.5, 0))
    assert (above.dose, above.high) == (inf, inf) and str(above).startswith("> 256 [")
    below = smallest_dose(*drawn(rng, 10, 4, 0.01, 1.5, 0))
    assert (below.dose, below.low) == (1, 1) and str(below) == "<= 1 [<= 1, <= 1]"
    edge = smallest_dose(*drawn(rng, 10, 4, 200, 1.0, 0.5))
    assert edge.low < 256 < edge.high == inf
    falling = smallest_dose(*drawn(rng, 10, 4, 16, -1.5, 0))
    assert falling.dose == 1  # one half is reached at the smallest dose
    odd = smallest_dose([3, 5, 6, 7] * 2, [1] * 8, list("aaaabbbb"))
    assert str(odd) == "<= 3 [<= 3, <= 3]"


def test_one_planting_has_the_widest_interval() -> None:
    got = smallest_dose(*drawn(np.random.default_rng(5), 1, 30, 16, 1.5, 0))
    assert 8 < got.dose < 32
    assert (got.low, got.high) == (1, inf) and "one cluster" in got.method


def test_same_data_same_interval_in_any_order_of_items() -> None:
    doses, detected, clusters = drawn(np.random.default_rng(6), 8, 5, 16, 1.5, 0.5)
    order = np.lexsort([np.random.default_rng(7).random(len(doses)), clusters])
    other = smallest_dose(doses[order], detected[order], np.array(clusters)[order].tolist())
    assert smallest_dose(doses, detected, clusters) == other


@pytest.mark.parametrize(
    "doses, detected, clusters, level",
    [([0, 1], [0, 1], "ab", 0.5), ([1, 2], [0, 0.5], "ab", 0.5), ([1, 2], [0, 1], "a", 0.5),
     ([1, 2], [0, 1], "ab", 1.0), ([], [], "", 0.5), ([1, inf], [0, 1], "ab", 0.5)],
)  # fmt: skip
def test_bad_input(doses: list[float], detected: list[float], clusters: str, level: float) -> None:
    with pytest.raises(ValueError, match="expected"):
        smallest_dose(doses, detected, clusters, level)
