"""`Seen` against a Python set."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from generators.hash_set import Seen

# Few values near each other and at both ends, so that neighbours and repetitions come up, and any.
VALUES = st.one_of(
    st.integers(0, 40), st.integers(2**64 - 40, 2**64 - 1), st.integers(0, 2**64 - 1)
)


def hashes(values):
    return np.array(list(values), dtype=np.uint64)


@given(st.lists(st.sets(VALUES, min_size=1, max_size=30), max_size=12), st.lists(VALUES))
def test_it_holds_what_a_set_holds(additions, asked):
    seen, model = Seen(), set()
    for addition in additions:
        new = addition - model
        if new:
            seen.add(hashes(new))
            model |= new
        assert seen.size == len(model)
        for values in (asked, sorted(addition), sorted(model)):
            assert seen.among(hashes(values)).tolist() == [value in model for value in values]
    assert [value in seen for value in asked] == [value in model for value in asked]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=60))
def test_its_runs_at_least_double(sizes):
    seen, start = Seen(), 0
    for size in sizes:
        seen.add(np.arange(start, start + size, dtype=np.uint64))
        start += size
        lengths = [len(run) for run in seen._runs]
        assert sum(lengths) == start
        assert all(a > 2 * b for a, b in pairwise(lengths))


def test_an_addition_is_not_changed():
    given_hashes = hashes([3, 1, 2])
    Seen().add(given_hashes)
    assert given_hashes.tolist() == [3, 1, 2]
