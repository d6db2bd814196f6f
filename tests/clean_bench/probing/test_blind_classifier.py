"""The blind classifier: its parts against direct calculations, its error rates on synthetic texts."""

import time
from collections.abc import Callable
from itertools import product
from math import exp, log, sqrt

import numpy as np
import pytest
from scipy import sparse

from clean_bench.probing.blind_classifier import (
    auc_within_folds,
    blind_auc,
    blind_auc_by_shape,
)
from clean_bench.probing.logistic import decision_values, fit_logistic
from clean_bench.probing.text_features import (
    SHAPE,
    bags,
    shape_features,
    vocabulary,
    word_features,
)
from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.roc import auc

WORDS = (
    "find the area of a circle with radius and height where line point sum product is prime".split()
)
Blind = Callable[..., Estimate]
BOTH = pytest.mark.parametrize("blind", [blind_auc, blind_auc_by_shape])


def texts(count: int, seed: int, extra: str = "", length: int = 25) -> list[str]:
    """Random texts of about `length` words, each with some numbers and formulas."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        words = list(rng.choice(WORDS, rng.integers(length // 2, length)))
        words += [f"${rng.integers(99)}\\cdot x$", str(rng.integers(10_000)), *extra.split()]
        made.append(" ".join(rng.permutation(words)))
    return made


@BOTH
def test_separable_sets(blind: Blind) -> None:
    first, second = texts(60, 1), texts(60, 2, extra=r"\alpha \beta \gamma lemma 12345678901234")
    for got in (blind(second, first), blind(first, second)):
        assert got.value > 0.98 and got.low > 0.9 and got.high <= 1


def test_words_separate_texts_of_the_same_shape() -> None:
    first, second = texts(80, 3, extra="lemma"), texts(80, 4, extra="proof")
    assert blind_auc(first, second).low > 0.9
    shape = blind_auc_by_shape(first, second)
    assert shape.low < 0.5 < shape.high


@pytest.mark.parametrize(
    "blind, splits, fewest", [(blind_auc, 20, 16), (blind_auc_by_shape, 60, 53)]
)
def test_random_halves_have_an_interval_that_holds_one_half(
    blind: Blind, splits: int, fewest: int
) -> None:
    """With the right 95%, chance gives fewer in 0.3% (1.2%) of cases; with 85%, in 17% (76%)."""
    covered = 0
    for seed in range(splits):
        both = texts(100, 100 + seed)
        got = blind(both[:50], both[50:], range(100), seed=str(seed))
        covered += got.low <= 0.5 <= got.high
    assert covered >= fewest


@BOTH
def test_the_sets_exchanged_and_repeated(blind: Blind) -> None:
    first, second = texts(30, 5), texts(40, 6, length=30)
    got = blind(first, second, seed="a")
    assert got == blind(first, second, seed="a")
    assert got != blind(first, second, seed="b")
    assert got.n == 70


@BOTH
def test_near_duplicates_are_in_one_fold(blind: Blind) -> None:
    """Ten copies of each text, half of the originals in each set: a classifier that has seen copies in
    training would separate the sets."""
    originals = texts(24, 7, length=40)
    first, second = originals[:12] * 10, originals[12:] * 10
    got = blind(first, second)
    assert got.n == 24
    assert got.low <= 0.5 <= got.high


@BOTH
def test_sets_that_are_too_small(blind: Blind) -> None:
    for first, second in ([], ["a b"]), (["a b"], ["c d", "e f"]), (["a b", "a  b"], ["c", "d"]):
        got = blind(first, second)
        assert np.isnan(got.value) and (got.low, got.high) == (0, 1)
    with pytest.raises(ValueError, match="expected 2 clusters, one per text, got 1"):
        blind(["a"], ["b"], [0])
    with pytest.raises(ValueError, match="at least 2 folds, got 1"):
        blind(["a"], ["b"], folds=1)
    assert blind(["a b c", "d e"], ["a b c d", "e"], [0, 1, 2, 3]).n == 4


def test_texts_of_any_kind() -> None:
    odd = [
        "",
        " ",
        "$" * 500,
        "\ud800".encode("utf-8", "replace").decode(),
        "é ü",
        "1",
        "\\frac" * 200,
    ]
    got = blind_auc(odd, texts(7, 8))
    assert 0 <= got.low <= got.value <= got.high <= 1


def test_five_hundred_against_five_hundred() -> None:
    start = time.process_time()
    blind_auc(texts(500, 9, length=80), texts(500, 10, length=80))
    assert time.process_time() - start < 10


def test_the_area_and_its_variance_by_loops() -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 12, 60).astype(float)
    labels, folds = rng.integers(0, 2, 60), rng.integers(0, 3, 60)
    clusters = (folds * 100 + rng.integers(0, 12, 60)).tolist()
    wins, pairs = 0.0, 0
    influence = dict.fromkeys(clusters, 0.0)
    for fold in range(3):
        x = [i for i in range(60) if folds[i] == fold and labels[i]]
        y = [i for i in range(60) if folds[i] == fold and not labels[i]]
        win = {
            (i, j): (scores[i] > scores[j]) + (scores[i] == scores[j]) / 2 for i, j in product(x, y)
        }
        area = sum(win.values()) / len(win)
        wins, pairs = wins + sum(win.values()), pairs + len(win)
        for i in x:
            influence[clusters[i]] += sum(win[i, j] - area for j in y)
        for j in y:
            influence[clusters[j]] += sum(win[i, j] - area for i in x)
    units = len(influence)
    variance = sum(value**2 for value in influence.values()) / pairs**2 * units / (units - 1) * 2.5
    value = wins / pairs
    got = auc_within_folds(scores, labels, folds, clusters)
    assert got.value == pytest.approx(value) and got.n == units
    centre, half = log(value / (1 - value)), 1.959964 * sqrt(variance) / (value * (1 - value))
    assert got.low == pytest.approx(1 / (1 + exp(half - centre)), rel=1e-5)
    assert got.high == pytest.approx(1 / (1 + exp(-half - centre)), rel=1e-5)


def test_one_fold_of_single_texts_is_delong() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(0.7, 1, 300), rng.normal(0, 1, 200)
    got = auc_within_folds(
        np.append(x, y), np.repeat([1, 0], [300, 200]), np.zeros(500, np.int64), range(500)
    )
    expected = auc(x, y)
    assert got.value == pytest.approx(expected.value)
    assert got.low == pytest.approx(expected.low, abs=5e-4)
    assert got.high == pytest.approx(expected.high, abs=5e-4)


@pytest.mark.parametrize("outcomes", [(1, 1), (0, 0), (-1, -1), (1, 0), (1, -1)])
def test_folds_whose_pairs_all_agree(outcomes: tuple[int, int]) -> None:
    labels, folds = np.array([1, 1, 0, 0, 0] * 2), np.repeat([0, 1], 5)
    got = auc_within_folds(labels * np.repeat(outcomes, 5).astype(float), labels, folds, range(10))
    assert got.value == pytest.approx(0.5 + sum(outcomes) / 4)
    single = [auc([float(outcome)] * 4, [0.0] * 6) for outcome in outcomes]
    assert (got.low, got.high) == (min(e.low for e in single), max(e.high for e in single))
    assert got.n == 10


def test_copies_of_a_cluster_add_no_information() -> None:
    rng = np.random.default_rng(2)
    scores, labels, folds = rng.normal(size=40), np.arange(40) % 2, np.arange(40) // 8
    plain = auc_within_folds(scores, labels, folds, range(40))
    tripled = auc_within_folds(
        np.tile(scores, 3), np.tile(labels, 3), np.tile(folds, 3), [*range(40)] * 3
    )
    assert tripled.n == 40
    for name in ("value", "low", "high"):
        assert getattr(tripled, name) == pytest.approx(getattr(plain, name))


@pytest.mark.parametrize("dense", [True, False])
def test_logistic_regression_is_that_of_newton(dense: bool) -> None:
    rng = np.random.default_rng(3)
    x, labels = rng.normal(size=(80, 4)), rng.integers(0, 2, 80)
    design, penalty = np.hstack([x, np.ones((80, 1))]), np.diag([2.0, 2, 2, 2, 0])
    weights = np.zeros(5)
    for _ in range(30):
        p = 1 / (1 + np.exp(-design @ weights))
        hessian = design.T @ (design * (p * (1 - p))[:, None]) + penalty
        weights -= np.linalg.solve(hessian, design.T @ (p - labels) + penalty @ weights)
    got = fit_logistic(x if dense else sparse.csr_matrix(x), labels, penalty=2.0)
    assert got == pytest.approx(weights, abs=1e-4)
    assert decision_values(x, got) == pytest.approx(design @ got)


def test_shape_by_hand() -> None:
    row = shape_features([r"Find $\frac{1}{23}$ now."])[0]
    expected = [log(4), log(25), 14 / 24, 3 / 24, 1 / 3]
    assert row == pytest.approx(expected) and len(row) == len(SHAPE)
    assert shape_features([""])[0] == pytest.approx([0, 0, 0, 0, 0])


def test_words_by_hand() -> None:
    of_texts = bags(["The 12 cats", "the 7 dogs", "A dog"])
    assert of_texts == [{"the", "#", "cats"}, {"the", "#", "dogs"}, {"a", "dog"}]
    columns = vocabulary(of_texts)
    assert columns == {"#": 0, "the": 1}
    got = word_features(of_texts, columns).toarray()
    assert got == pytest.approx(np.array([[sqrt(0.5)] * 2, [sqrt(0.5)] * 2, [0, 0]]))
