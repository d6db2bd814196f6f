"""Adjusted p values against hand calculations, other implementations, and their error rates."""

import gc
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.statistics.intervals import wilson
from clean_bench.statistics.multiple_testing import benjamini_hochberg, holm

P_VALUES = st.lists(
    st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.01, 0.05, 1.0])), max_size=30
)


@pytest.fixture(scope="module", autouse=True)
def without_collection() -> Iterator[None]:
    """statsmodels runs the garbage collector in every call, which takes 100 ms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gc, "collect", lambda: 0)
        yield


def test_by_hand() -> None:
    # Ascending 0.01, 0.02, 0.03, 0.5. BH: 4 p / rank = 0.04, 0.04, 0.04, 0.5.
    # Holm: 4 * 0.01, 3 * 0.02, 2 * 0.03, 0.5.
    p = [0.03, 0.01, 0.5, 0.02]
    assert benjamini_hochberg(p) == pytest.approx([0.04, 0.04, 0.5, 0.04])
    assert holm(p) == pytest.approx([0.06, 0.04, 0.5, 0.06])
    assert benjamini_hochberg([0.04, 0.05]) == pytest.approx([0.05, 0.05])
    assert holm([0.7, 0.6]) == pytest.approx([1.0, 1.0])


def stepped_up(p: list[float], level: float) -> list[bool]:
    """The procedure itself: reject the k smallest, k the largest with p_(k) <= level k / m."""
    m = len(p)
    k = max((i for i in range(1, m + 1) if sorted(p)[i - 1] <= level * i / m), default=0)
    return [k > 0 and value <= sorted(p)[k - 1] for value in p]


def stepped_down(p: list[float], level: float) -> list[bool]:
    """Reject in ascending order up to the first p_(i) > level / (m - i + 1)."""
    rejected = [False] * len(p)
    for done, index in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        if p[index] > level / (len(p) - done):
            break
        rejected[index] = True
    return rejected


@given(st.integers(0, 2**32), st.integers(1, 40), st.sampled_from([0.01, 0.05, 0.2]))
def test_the_same_rejections_as_the_procedures(seed: int, m: int, level: float) -> None:
    generator = np.random.default_rng(seed)
    p = (generator.random(m) ** generator.integers(1, 5)).tolist()
    assert (benjamini_hochberg(p) <= level).tolist() == stepped_up(p, level)
    assert (holm(p) <= level).tolist() == stepped_down(p, level)


@given(P_VALUES)
def test_adjusted_p_values_by_their_definitions(p: list[float]) -> None:
    m, ordered = len(p), sorted(p)
    q = [min(m * ordered[j] / (j + 1) for j in range(m) if ordered[j] >= value) for value in p]
    adjusted = [
        min(1.0, max((m - j) * ordered[j] for j in range(m) if ordered[j] <= value)) for value in p
    ]
    # Of equal values, the first one's factor is the largest.
    assert benjamini_hochberg(p).tolist() == pytest.approx(q)
    assert holm(p).tolist() == pytest.approx(adjusted)


@pytest.mark.parametrize("adjust", [benjamini_hochberg, holm])
def test_bad_and_empty_input(adjust: object) -> None:
    assert callable(adjust)
    assert adjust([]).tolist() == []
    assert adjust([0.2]).tolist() == [0.2]
    with pytest.raises(ValueError, match=r"got nan at position 1 \(2 such values\)"):
        adjust([0.5, np.nan, np.nan])
    for bad in ([-0.1], [1.1], [[0.5]]):
        with pytest.raises(ValueError, match="expected"):
            adjust(bad)


def test_any_false_rejection_under_the_global_null() -> None:
    """For independent p values both procedures reject anything with probability 5% (Simes; 4.9%)."""
    generator = np.random.default_rng(1)
    runs = 3000
    draws = generator.random((runs, 40))
    plain = wilson(int((draws <= 0.05).any(axis=1).sum()), runs)
    assert plain.low > 0.8
    step_up = wilson(sum((benjamini_hochberg(p) <= 0.05).any() for p in draws), runs)
    assert step_up.low <= 0.05 <= step_up.high
    step_down = wilson(sum((holm(p) <= 0.05).any() for p in draws), runs)
    assert step_down.low <= 0.05 and step_down.high >= 1 - (1 - 0.05 / 40) ** 40


def test_the_package_and_its_help_load_neither_library() -> None:
    code = (
        "import sys, clean_bench, clean_bench.statistics.multiple_testing, clean_bench.statistics.roc\n"
        "import clean_bench.statistics.binomial_tests, clean_bench.statistics.dose_response\n"
        "from clean_bench.cli.main import main\n"
        "sys.argv = ['clean-bench', '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([m for m in ('statsmodels', 'scipy', 'patsy') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
