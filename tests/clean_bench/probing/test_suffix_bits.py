"""Bits of a suffix: values by hand and properties."""

from math import inf, log, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clean_bench.probing.suffix_bits import bits_of, bits_quartiles, fewest_bits, is_short

BUSY = settings(deadline=None)  # other processes may hold the cores

WORDS = " one two three four five six seven eight"


def test_bits_by_hand() -> None:
    assert bits_of(log(1 / 1024)) == pytest.approx(10)
    assert bits_of(0.0) == 0
    assert bits_of(1e-7) == 0  # a sum of float32 logarithms can be slightly positive
    assert bits_of(-inf) == inf
    for wrong in (nan, 0.5):
        with pytest.raises(ValueError, match="log-probability of at most 0"):
            bits_of(wrong)


@BUSY
@given(st.lists(st.integers(0, 200), max_size=6))
def test_the_reference_with_the_largest_probability_counts(powers: list[int]) -> None:
    got = fewest_bits([-power * log(2) for power in powers])
    assert got == (pytest.approx(min(powers)) if powers else None)


@pytest.mark.parametrize(
    "suffix, bits, short",
    [
        (WORDS, None, False),
        (WORDS[:-6], None, True),
        (WORDS, 20.0, False),
        (WORDS, 19.9, True),
        (" word", 400.0, True),
        ("", None, True),
    ],
)
def test_short_suffixes(suffix: str, bits: float | None, short: bool) -> None:
    assert is_short(suffix, bits) is short


def test_quartiles_by_hand() -> None:
    got = bits_quartiles([10.0, 20, 30, 40, 50, 60, 70, 80])
    assert got.of_items == (1, 1, 2, 2, 3, 3, 4, 4) and got.limits == (20, 40, 60)
    assert bits_quartiles([5.0, 5, 5]).of_items == (1, 1, 1)
    assert bits_quartiles([3.0, inf]).of_items == (1, 3)


@BUSY
@given(
    st.lists(st.one_of(st.integers(0, 9).map(float), st.floats(0, 1e6)), min_size=1, max_size=40)
)
def test_quartiles_are_those_of_numpy(bits: list[float]) -> None:
    got = bits_quartiles(bits)
    limits = np.quantile(bits, [0.25, 0.5, 0.75], method="inverted_cdf")
    assert got.limits == tuple(limits)
    assert got.of_items == tuple(1 + np.searchsorted(limits, bits, side="left"))


@pytest.mark.parametrize("bits", [[], [1.0, nan]])
def test_quartiles_need_numbers(bits: list[float]) -> None:
    with pytest.raises(ValueError, match="at least one suffix, none of them nan"):
        bits_quartiles(bits)
