"""Clustered standard errors against the sandwich formula in matrices, and against repetition."""

from math import isnan

import numpy as np
import numpy.typing as npt
import pytest

from clean_bench.statistics.clusters import cluster_standard_error
from clean_bench.statistics.intervals import mean_interval, standard_error

Array = npt.NDArray[np.float64]


def sandwich(y: Array, clusters: list[int]) -> float:
    """(X'X)^-1 (sum_g X_g' e_g e_g' X_g) (X'X)^-1 G / (G - 1) of the regression of y on a constant."""
    x = np.ones((len(y), 1))
    bread = np.linalg.inv(x.T @ x)
    residuals = y - x @ (bread @ x.T @ y)
    meat = np.zeros((1, 1))
    for label in set(clusters):
        own = np.array([cluster == label for cluster in clusters])
        score = x[own].T @ residuals[own]
        meat += np.outer(score, score)
    groups = len(set(clusters))
    return float(np.sqrt((bread @ meat @ bread)[0, 0] * groups / (groups - 1)))


@pytest.mark.parametrize("samples", [1, 4])
def test_it_is_the_sandwich(samples: int) -> None:
    generator = np.random.default_rng(0)
    for _ in range(20):
        table = generator.random((13, samples))
        clusters = np.repeat(np.arange(13), samples).tolist()
        assert standard_error(table) == pytest.approx(sandwich(table.ravel(), clusters))
    assert standard_error(table[:, 0]) == pytest.approx(sandwich(table[:, 0], list(range(13))))


def test_by_hand() -> None:
    # Means 1, 0, 1, 0: variance 1/3, error sqrt(1/12), however many copies of each.
    for copies in (1, 5):
        table = np.repeat([[1.0], [0], [1], [0]], copies, axis=1)
        assert standard_error(table) == pytest.approx((1 / 12) ** 0.5)


def test_one_cluster_says_nothing() -> None:
    assert isnan(standard_error([[0, 1, 1]]))


def draws(generator: np.random.Generator, problems: int, samples: int) -> Array:
    """Correctness of samples of problems of their own difficulty; the mean is 0.4."""
    ease = generator.beta(0.8, 1.2, problems)
    return (generator.random((problems, samples)) < ease[:, None]).astype(float)


def test_the_error_is_the_spread_over_repetitions() -> None:
    generator = np.random.default_rng(2)
    tables = [draws(generator, 80, 8) for _ in range(1500)]
    spread = np.std([table.mean() for table in tables])
    assert np.sqrt(np.mean([standard_error(t) ** 2 for t in tables])) == pytest.approx(
        spread, rel=0.06
    )
    alone = [standard_error(t.ravel()) for t in tables[:200]]
    assert np.mean(alone) < 0.65 * spread


@pytest.mark.parametrize("problems, samples", [(30, 16), (30, 1), (200, 4)])
def test_the_interval_covers(problems: int, samples: int) -> None:
    generator = np.random.default_rng(3)
    intervals = [mean_interval(draws(generator, problems, samples)) for _ in range(1500)]
    covered = np.mean([found.low <= 0.4 <= found.high for found in intervals])
    assert 0.93 <= covered <= 0.985


def test_clusters_of_different_sizes() -> None:
    # The mean is 0.5; the residuals of the clusters sum to 0.5 and -0.5.
    by_hand = (2 * (0.25 + 0.25)) ** 0.5 / 3
    assert cluster_standard_error([1.0, 0.5, 0.0], ["a", "a", "b"]) == pytest.approx(by_hand)
    assert isnan(cluster_standard_error([1.0, 0.0], ["a", "a"]))
    generator = np.random.default_rng(4)
    values, clusters = generator.random(60), generator.integers(0, 9, 60).tolist()
    assert cluster_standard_error(values, clusters) == pytest.approx(sandwich(values, clusters))
