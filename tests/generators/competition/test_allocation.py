"""Groups of a cell by template: within bounds, and no single move brings the subject nearer."""

from __future__ import annotations

from collections import Counter

import numpy as np

from clean_bench.seeds import digest
from generators.competition.allocation import most_share, typical
from generators.competition.plan import MatchedPlan
from generators.competition.profile import profile_named
from generators.competition.text_shape import Content, content_of, is_whole

MATH500 = profile_named("math500")
PLAN = MatchedPlan(MATH500, 600, digest("allocation", length=32))


def counts() -> Counter[str]:
    return Counter(group.template.name for group in PLAN.all_groups)


def distance(subject: str, numbers: Counter[str]) -> float:
    """Squared standardized differences of the means of a subject, with numpy."""
    targets = MATH500.targets[subject]
    aims = np.array([targets[name] for name in Content._fields], dtype=float)
    used = [t for t in PLAN.used if t.subject == subject]
    weights = np.array([numbers[t.name] for t in used], dtype=float)
    means = weights @ np.array([typical(t) for t in used], dtype=float) / weights.sum()
    return float((((means - aims[:, 0]) / aims[:, 1]) ** 2).sum())


def test_cells_are_kept_and_shares_bounded() -> None:
    numbers = counts()
    for (subject, level), total in PLAN.cells.items():
        cell = [t for t in PLAN.used if (t.subject, t.level) == (subject, level)]
        assert sum(numbers[t.name] for t in cell) == total
        if total >= 2 * len(cell):
            for template in cell:
                share = numbers[template.name] * len(cell) / total
                assert numbers[template.name] >= 1
                assert share <= most_share(template) / 2 + len(cell) / total
                assert share >= 1 / 3 - len(cell) / total


def test_no_move_of_a_group_is_nearer() -> None:
    numbers = counts()
    for subject in ("Geometry", "Prealgebra"):
        now = distance(subject, numbers)
        for level in range(1, 6):
            cell = [t for t in PLAN.used if (t.subject, t.level) == (subject, level)]
            total = sum(numbers[t.name] for t in cell)
            if total < 2 * len(cell):
                continue
            low = max(1, total // (3 * len(cell)))
            for source in cell:
                for goal in cell:
                    high = -(-most_share(goal) * total // (2 * len(cell)))
                    legal = numbers[source.name] > low and numbers[goal.name] < high
                    if source is not goal and legal:
                        moved = numbers.copy()
                        moved[source.name] -= 1
                        moved[goal.name] += 1
                        assert distance(subject, moved) >= now - 1e-6


def test_it_is_nearer_than_equal_shares() -> None:
    numbers = counts()
    for subject in MATH500.targets:
        equal: Counter[str] = Counter()
        for level in range(1, 6):
            cell = [t for t in PLAN.used if (t.subject, t.level) == (subject, level)]
            total = sum(numbers[t.name] for t in cell)
            for place, template in enumerate(cell):
                equal[template.name] = total // len(cell) + (place < total % len(cell))
        assert distance(subject, numbers) <= distance(subject, equal) + 1e-9


def test_contents_by_hand() -> None:
    content = content_of(r"If $x+12=-3$ and 7 of $40$ remain, find $5$.", "$-8$")
    assert content.numerals == round(1000 * np.log(6))
    assert content.largest == round(1000 * np.log(41))
    assert content.single_digits == 3000 // 5
    assert content.signs == 1000 and content.whole_answer == 1000
    assert content_of("Find $x$.", r"\frac{1}{2}") == Content(0, 0, 0, 0, 0)


def test_whole_answers_by_hand() -> None:
    whole = ["3", "-3", "$3$", "10,080", r"10,\!080", r"\$18", r"$\$18$", r"90^\circ", r"90^\circ$"]
    assert [answer for answer in whole if not is_whole(answer)] == []
    others = ["", "-", ",", "3.5", r"\frac{1}{2}", "x", "3x", "(1,2)", r"\frac12", r"3\%", "11_2"]
    assert [answer for answer in others if is_whole(answer)] == []
