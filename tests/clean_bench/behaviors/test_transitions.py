"""The transition table against the numbers that the paper prints."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.behaviors.transitions import CELLS, CompletionPair, Transition, transitions
from clean_bench.text import contains_python

Cells = Sequence[tuple[int, float, float]]

# Spurious Rewards (arXiv 2506.10947), figure 7: Qwen2.5-Math-7B on MATH-500, step 0 to 150. Per
# cell CC, CL, LC, LL the problems and the accuracy before and after, then the accuracy after of
# all; before it is 49.4 everywhere.
FIGURE_7: dict[str, tuple[Cells, float]] = {
    "ground truth": (
        [(165, 63.6, 72.1), (160, 58.1, 78.1), (72, 27.8, 77.8), (103, 28.2, 88.3)], 78.2
    ),
    "majority vote": (
        [(243, 60.9, 70.8), (82, 61.0, 78.0), (119, 23.5, 80.7), (56, 37.5, 89.3)], 76.4
    ),
    "format": (
        [(314, 60.8, 67.5), (11, 63.6, 45.5), (152, 23.7, 78.3), (23, 56.5, 91.3)], 71.4
    ),
    "incorrect": (
        [(301, 60.5, 69.8), (24, 66.7, 83.3), (129, 22.5, 77.5), (46, 43.5, 82.6)], 73.6
    ),
    "random": (
        [(268, 61.2, 57.8), (57, 59.6, 71.9), (142, 23.9, 69.0), (33, 45.5, 93.9)], 65.0
    ),
}  # fmt: skip
# Table 2: shares of the gain in percent for Qwen2.5-Math-7B, whose mean gain is 23.5.
TABLE_2 = (11.6, 8.6, 58.3, 21.4)


def count_of(n: int, printed: float) -> int:
    """The one whole number of n that prints as this percentage."""
    [count] = [c for c in range(n + 1) if abs(100 * c / n - printed) <= 0.0501]
    return count


def newly_correct(cell: Transition) -> int:
    """Correct completions after minus those before."""
    return round(cell.pairs * (cell.after.value - cell.before.value)) if cell.pairs else 0


def reconstructed(cells: Cells) -> list[CompletionPair]:
    """A problem each; who is correct before and who after overlap as far as they can."""
    pairs = []
    for cell, (n, before, after) in zip(CELLS, cells, strict=True):
        old, new = count_of(n, before), count_of(n, after)
        pairs += [
            CompletionPair(f"{cell}{i}", cell[0] == "C", cell[1] == "C", i < old, i < new)
            for i in range(n)
        ]
    return pairs


@pytest.mark.parametrize("reward", FIGURE_7)
def test_figure_7_comes_out(reward: str) -> None:
    cells, total = FIGURE_7[reward]
    table = transitions(reconstructed(cells))
    for cell, (n, before, after) in zip(CELLS, cells, strict=True):
        assert table[cell].pairs == n
        assert round(100 * table[cell].before.value, 1) == before
        assert round(100 * table[cell].after.value, 1) == after
    assert table["all"].pairs == 500
    assert round(100 * table["all"].before.value, 1) == 49.4
    assert round(100 * table["all"].after.value, 1) == total
    assert 100 * table["all"].share.value == pytest.approx(total - 49.4)
    # 325 of 500 reason in code before (65.0%), and 198 of them are right (60.9%).
    assert table["CC"].pairs + table["CL"].pairs == 325
    assert sum(table[cell].share.value for cell in CELLS) == pytest.approx(1)


def test_ground_truth_by_hand() -> None:
    table = transitions(reconstructed(FIGURE_7["ground truth"][0]))
    # 105 > 119, 93 > 125, 20 > 56 and 29 > 91 of 500: 247 > 391.
    assert [newly_correct(table[cell]) for cell in CELLS] == [14, 32, 36, 62]
    assert newly_correct(table["all"]) == 144
    for cell, gained in zip(CELLS, (14, 32, 36, 62), strict=True):
        share = table[cell].share
        assert share.value == pytest.approx(gained / 144)
        assert share.low < share.value < share.high


def test_table_2_is_the_mean_of_the_shares_over_the_five_rewards() -> None:
    """Every number of Table 2 for this model; the shares of the pooled gain are others."""
    tables = [transitions(reconstructed(cells)) for cells, _ in FIGURE_7.values()]
    gains = [table["all"].share.value for table in tables]
    assert round(100 * np.mean(gains), 1) == 23.5
    for cell, printed in zip(CELLS, TABLE_2, strict=True):
        assert round(100 * np.mean([table[cell].share.value for table in tables]), 1) == printed
    pooled = sum(newly_correct(table["LC"]) for table in tables) / (5 * 500 * np.mean(gains))
    assert round(100 * pooled, 1) == 54.8


def test_a_loss_has_shares_of_the_loss() -> None:
    # A loss of 3 of 20 problems: CC makes 4 of it, and LC takes 1 back.
    counts = {"CC": (10, 8, 4), "CL": (4, 2, 2), "LC": (6, 1, 2), "LL": (0, 0, 0)}
    pairs = [
        CompletionPair(f"{cell}{i}", cell[0] == "C", cell[1] == "C", i < before, i < after)
        for cell, (n, before, after) in counts.items()
        for i in range(n)
    ]
    table = transitions(pairs)
    assert table["all"].share.value == pytest.approx(-3 / 20)
    assert [table[cell].share.value for cell in CELLS] == pytest.approx([4 / 3, 0, -1 / 3, 0])
    assert isnan(table["LL"].before.value) and isnan(table["LL"].after.value)


def test_what_no_resample_changes_has_no_interval() -> None:
    """Every problem of LC is gained and nothing else changes: 100% [100, 100] would be a claim."""
    pairs = [CompletionPair(str(i), False, True, False, True) for i in range(8)]
    pairs += [CompletionPair(f"still {i}", False, False, i % 2 == 0, i % 2 == 0) for i in range(8)]
    table = transitions(pairs)
    for cell, share in (("LC", 1), ("LL", 0), ("CC", 0)):
        assert table[cell].share.value == share
        assert (table[cell].share.low, table[cell].share.high) == (-inf, inf)
    assert table["all"].share.low > 0


def test_a_bootstrap_written_another_way_has_the_same_interval() -> None:
    pairs = reconstructed(FIGURE_7["majority vote"][0])
    share = transitions(pairs)["LC"].share
    rng = np.random.default_rng(1)
    gained = np.array([pair.correct_after - pair.correct_before for pair in pairs])
    inside = np.array([pair.cell == "LC" for pair in pairs])
    drawn = [
        (gained[who] * inside[who]).sum() / gained[who].sum()
        for who in rng.integers(0, len(pairs), size=(4000, len(pairs)))
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    assert share.low == pytest.approx(low, abs=0.015)
    assert share.high == pytest.approx(high, abs=0.015)


def test_a_gain_that_may_be_zero_has_no_intervals_of_shares() -> None:
    pairs = [
        CompletionPair(str(i), False, True, i % 2 == 0, i % 2 == 1 or i == 0) for i in range(20)
    ]
    table = transitions(pairs)
    assert newly_correct(table["all"]) == 1
    assert table["LC"].share.value == 1
    assert (table["LC"].share.low, table["LC"].share.high) == (-inf, inf)
    still = transitions(
        [
            CompletionPair("a", True, True, True, True),
            CompletionPair("b", True, False, False, False),
        ]
    )
    assert isnan(still["CC"].share.value)
    nothing = transitions([])["all"]
    assert nothing.pairs == 0
    for accuracy in (nothing.before, nothing.after):
        assert isnan(accuracy.value) and (accuracy.low, accuracy.high, accuracy.n) == (0.0, 1.0, 0)
        assert accuracy.method == "wilson, clustered by problem"
    gain = nothing.share
    assert isnan(gain.value) and (gain.low, gain.high, gain.n) == (-inf, inf, 0)
    assert gain.method == "bootstrap over problems"


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.booleans(), st.booleans(), st.booleans(), st.booleans()),
        max_size=40,
    )
)
def test_cells_add_up(rows: list[tuple[int, bool, bool, bool, bool]]) -> None:
    pairs = [CompletionPair(str(problem), *flags) for problem, *flags in rows]
    table = transitions(pairs)
    assert sum(table[cell].pairs for cell in CELLS) == len(pairs) == table["all"].pairs
    for pair in pairs:
        assert pair.cell == ("C" if pair.code_before else "L") + ("C" if pair.code_after else "L")
    net = dict.fromkeys(CELLS, 0)
    for pair in pairs:
        net[pair.cell] += pair.correct_after - pair.correct_before
    assert net == {cell: newly_correct(table[cell]) for cell in CELLS}
    assert sum(net.values()) == newly_correct(table["all"])


def test_code_is_the_word_python_in_any_case() -> None:
    assert contains_python("```python\nprint(1)\n```")
    assert contains_python("Let's solve this using Python.")
    assert not contains_python("import sympy; print(1)")
