"""Hash set and hash index against Python sets and dicts."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.text.hash_index import HashIndex, HashSet, hash64

# Small ranges at both ends, so that adjacent and repeated values are drawn, and the whole range.
VALUES = st.one_of(
    st.integers(0, 40), st.integers(2**64 - 40, 2**64 - 1), st.integers(0, 2**64 - 1)
)


def hashes(values):
    return np.array(list(values), dtype=np.uint64)


@given(st.lists(st.sets(VALUES, min_size=1, max_size=30), max_size=12), st.lists(VALUES))
def test_it_holds_what_a_set_holds(additions, asked):
    seen, model = HashSet(), set()
    for addition in additions:
        new = addition - model
        if new:
            seen.add(hashes(new))
            model |= new
        assert seen.size == len(model)
        for values in (asked, sorted(addition), sorted(model)):
            assert seen.contains(hashes(values)).tolist() == [value in model for value in values]
    assert [value in seen for value in asked] == [value in model for value in asked]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=60))
def test_its_runs_at_least_double(sizes):
    seen, start = HashSet(), 0
    for size in sizes:
        seen.add(np.arange(start, start + size, dtype=np.uint64))
        start += size
        lengths = [len(run) for run in seen._runs]
        assert sum(lengths) == start
        assert all(a > 2 * b for a, b in pairwise(lengths))


def test_an_addition_is_not_changed():
    original = hashes([3, 1, 2])
    HashSet().add(original)
    assert original.tolist() == [3, 1, 2]


@given(st.lists(st.tuples(VALUES, st.integers(0, 9)), max_size=40), st.lists(VALUES, max_size=40))
def test_an_index_finds_all_values_and_the_first(pairs, queries):
    index = HashIndex([key for key, _ in pairs], [value for _, value in pairs])
    expected = [(row, v) for row, q in enumerate(queries) for key, v in pairs if key == q]
    rows, values = index.find_all(hashes(queries), np.arange(len(queries)))
    assert list(zip(rows.tolist(), values.tolist(), strict=True)) == expected
    first = dict(reversed(expected))
    positions, values = index.find_first(hashes(queries))
    assert dict(zip(positions.tolist(), values.tolist(), strict=True)) == first


@pytest.mark.parametrize(
    ("text", "value"),
    [("", 0xB4B2797457A0A6E4), ("+37-18", 0x67A56316669A94A4), ("π ≈ 3", 0x942C860BC48AD4D3)],
)
def test_hash64_is_the_same_everywhere(text, value):
    """Pinned: verification compares sets that were made with it on other machines."""
    assert hash64(text) == value


def test_hash64_fills_its_64_bits():
    values = [hash64(str(i)) for i in range(2000)]
    assert len(set(values)) == 2000
    for bit in range(64):
        ones = sum(value >> bit & 1 for value in values)
        assert abs(ones - 1000) < 6 * 22.4  # six standard deviations of a fair coin
