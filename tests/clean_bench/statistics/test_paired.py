"""The paired difference against Newcombe's published numbers and by simulation."""

from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.statistics.paired import paired_difference


def _table(
    both: int, only_after: int, only_before: int, neither: int
) -> tuple[list[int], list[int]]:
    before = [1] * both + [0] * only_after + [1] * only_before + [0] * neither
    after = [1] * both + [1] * only_after + [0] * only_before + [0] * neither
    return before, after


def test_newcombes_example() -> None:
    """Newcombe 1998, method 10, the table 36, 12, 2, 0: 0.2000 (0.0569, 0.3404)."""
    got = paired_difference(*_table(36, 12, 2, 0))
    assert got.value == pytest.approx(0.2)
    assert (got.low, got.high) == pytest.approx((0.0569, 0.3404), abs=1e-4)


@given(*[st.integers(0, 40)] * 4)
def test_against_newcombes_formula_on_counts(a: int, b: int, c: int, d: int) -> None:
    n = a + b + c + d
    if n == 0:
        return
    z2 = 1.959963984540054**2

    def wilson(s: int) -> tuple[float, float]:
        root = z2**0.5 * (z2 + 4 * s * (n - s) / n) ** 0.5
        return (2 * s + z2 - root) / (2 * (n + z2)), (2 * s + z2 + root) / (2 * (n + z2))

    new, old = (a + b) / n, (a + c) / n
    (l1, u1), (l2, u2) = wilson(a + b), wilson(a + c)
    products = (a + b) * (c + d) * (a + c) * (b + d)
    cross = a * d - b * c
    corrected = max(cross - n / 2, 0) if cross > 0 else cross
    phi = corrected / products**0.5 if products else 0.0
    low = (
        new
        - old
        - max(0, (new - l1) ** 2 - 2 * phi * (new - l1) * (u2 - old) + (u2 - old) ** 2) ** 0.5
    )
    high = (
        new
        - old
        + max(0, (u1 - new) ** 2 - 2 * phi * (u1 - new) * (old - l2) + (old - l2) ** 2) ** 0.5
    )
    got = paired_difference(*_table(a, b, c, d))
    assert (got.low, got.high) == pytest.approx((low, high), abs=1e-7)


def test_no_change_still_has_a_width() -> None:
    same = [0, 1] * 50
    got = paired_difference(same, same)
    assert got.value == 0 and got.low < -0.005 and got.high > 0.005


def test_turning_the_arms_turns_the_interval() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.random((40, 4)) < 0.3, rng.random((40, 4)) < 0.6
    there, back = paired_difference(a, b), paired_difference(b, a)
    assert (there.value, there.low, there.high) == pytest.approx(
        (-back.value, -back.high, -back.low)
    )


def test_other_items_are_refused() -> None:
    with pytest.raises(ValueError, match="got 3 before and 2 after"):
        paired_difference([0, 1, 1], [0, 1])


def test_without_items_anything_is_possible() -> None:
    nothing = paired_difference([], [])
    assert isnan(nothing.value) and (nothing.low, nothing.high, nothing.n) == (-1.0, 1.0, 0)


@pytest.mark.parametrize("samples", [1, 8])
def test_coverage(samples: int) -> None:
    """Items of shared difficulty, the second checkpoint better by 0.1 on each."""
    rng, held, items = np.random.default_rng(3), 0, 80
    for _ in range(400):
        difficulty = 0.9 * rng.beta(0.6, 0.6, items)[:, None]
        before = rng.random((items, samples)) < difficulty
        after = rng.random((items, samples)) < difficulty + 0.1
        got = paired_difference(before, after)
        held += got.low <= 0.1 <= got.high
    assert 0.92 <= held / 400 <= 0.99
