"""The choice of texts: a local optimum of the stated distance, computed again with numpy."""

from __future__ import annotations

import re

import numpy as np

from clean_bench.seeds import digest
from generators.competition.draw import draw_groups
from generators.competition.plan import MatchedPlan
from generators.competition.printing import Style, dress
from generators.competition.profile import profile_named
from generators.competition.selection import first_draw, select
from generators.competition.text_shape import Shape, dollar_numbers, mean_and_spread, shape_of

MATH500 = profile_named("math500")
PLAN = MatchedPlan(MATH500, 60, digest("selection", length=32), subject="Algebra")


def printed() -> list[list[str]]:
    """The texts of every group of the plan."""
    texts = []
    for group in PLAN.all_groups:
        p, words = first_draw(PLAN, group)
        count = len(group.template.texts)
        texts.append([group.template.render(p, text, words) for text in range(count)])
    return texts


def distance(texts: list[str]) -> float:
    """Squared standardized differences of the means, of the spread, and of the length by level."""
    targets = MATH500.targets["Algebra"]
    shapes = np.array([shape_of(text) for text in texts], dtype=float)
    aims = np.array([targets[name] for name in Shape._fields], dtype=float)
    parts = ((shapes.mean(axis=0) - aims[:, 0]) / aims[:, 1]) ** 2
    variance, aim = aims[0, 1] ** 2 / 1000, aims[0, 1] ** 2 / 700
    spread = ((((shapes[:, 0] - aims[0, 0]) ** 2 / 1000).mean() - variance) / aim) ** 2
    total = len(texts) * (parts.sum() + spread)
    levels = np.array([group.template.level for group in PLAN.all_groups])
    for level in set(levels.tolist()):
        of_level = MATH500.levels["Algebra", level]
        lengths = shapes[levels == level, 0]
        total += len(lengths) * ((lengths.mean() - of_level.mean) / of_level.deviation) ** 2
    return float(total)


def test_no_other_text_of_a_group_is_nearer() -> None:
    texts, chosen = printed(), [selected.text for selected in select(PLAN)]
    now = [of_group[text] for of_group, text in zip(texts, chosen, strict=True)]
    least = distance(now)
    for place, of_group in enumerate(texts):
        for other in of_group:
            moved = [*now[:place], other, *now[place + 1 :]]
            assert distance(moved) >= least - 0.02 * len(now) / 10


def test_it_is_nearer_than_texts_at_random() -> None:
    texts, chosen = printed(), [selected.text for selected in select(PLAN)]
    now = distance([of_group[text] for of_group, text in zip(texts, chosen, strict=True)])
    generator = np.random.default_rng(1)
    at_random = [distance([t[generator.integers(len(t))] for t in texts]) for _ in range(50)]
    assert now < min(at_random)


def test_numbers_in_dollars_are_a_quota_of_their_count() -> None:
    plan = MatchedPlan(MATH500, 300, digest("dollars", length=32))
    rows = [group[0].problem for group in draw_groups(plan)]
    for subject, targets in MATH500.targets.items():
        texts = [row.problem for row in rows if row.subject == subject]
        mean = sum(map(dollar_numbers, texts)) / len(texts)
        assert mean <= targets["dollar_numbers"].mean / 1000 + 0.35
        assert any(dollar_numbers(text) for text in texts) or subject == "Precalculus"


def test_shapes_by_hand() -> None:
    text = r"Let $x=12$. \[x^2=y\] What is $y$ if 3 of $7$ fail?"
    shape = shape_of(text)
    assert shape.sentences == 2000 and shape.displays == 1000
    assert (shape.question, shape.what_is, shape.how_many, shape.find) == (1000, 1000, 0, 0)
    assert shape.characters == round(1000 * np.log(len(text)))
    assert shape.formulas == round(1000 * np.log(5)) and shape.numbers == round(1000 * np.log(5))
    assert shape.mathematics == 1000 * sum(
        map(len, re.findall(r"\$[^$]*\$|\\\[.*\\\]", text))
    ) // len(text)
    assert dollar_numbers(text) == 1 and dollar_numbers(dress(text, Style(dollars=True))) == 2
    assert mean_and_spread([1000, 3000]) == (2000, 1000)
