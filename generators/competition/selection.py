"""Which text each group of a matched set has, and which groups print bare numbers in dollar signs.

The texts of a template differ in length and in how they ask. They are chosen together, subject by
subject, so that the means of the features of `text_shape`, the spread of the lengths, and the mean
length of each level are near those of the profile: first the text nearest to a quantile of the
length, then coordinate descent on the sum of squared standardized differences. All sums are whole
numbers, so the choice is the same anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import NamedTuple

from generators.competition.numbers import Parameters
from generators.competition.plan import Group, MatchedPlan
from generators.competition.printed import Words
from generators.competition.printing import Style, dress
from generators.competition.profile import Profile, Target
from generators.competition.template import NUMBER_BYTES, WORD_BYTES
from generators.competition.text_shape import Shape, dollar_numbers, shape_of

PASSES = 6
_NUMBERED = Style(dollars=True)


class Selected(NamedTuple):
    """The text and the style of a group."""

    text: int
    style: Style


class Candidates(NamedTuple):
    """The texts of a group, printed in the plain style with the numbers of its first variant."""

    group: Group
    texts: Sequence[str]
    vectors: Sequence[tuple[int, ...]]


def select(plan: MatchedPlan) -> list[Selected]:
    """Text and style of every group of a plan, in order."""
    selected: dict[int, Selected] = {}
    for subject in dict.fromkeys(group.template.subject for group in plan.all_groups):
        groups = [g for g in plan.all_groups if g.template.subject == subject]
        targets = plan.profile.targets[subject]
        candidates = [_candidates(plan, group, targets) for group in groups]
        chosen = _descend(candidates, plan.profile, subject)
        printed = [c.texts[text] for c, text in zip(candidates, chosen, strict=True)]
        numbered = _numbered(plan, subject, printed)
        for group, text, dollars in zip(groups, chosen, numbered, strict=True):
            selected[group.number] = Selected(text, group.style._replace(dollars=dollars))
    return [selected[group.number] for group in plan.all_groups]


def first_draw(plan: MatchedPlan, group: Group) -> tuple[Parameters, Words]:
    """The first nice numbers and the words of a group."""
    template, entropy = group.template, plan.entropy(group)
    draws = (template.draw(entropy(0, redraw, length=NUMBER_BYTES)) for redraw in count())
    p = next(p for p in draws if p is not None)
    return p, template.draw_words(entropy("words", length=WORD_BYTES))


def _candidates(plan: MatchedPlan, group: Group, targets: Mapping[str, Target]) -> Candidates:
    p, words = first_draw(plan, group)
    template = group.template
    texts = [template.render(p, text, words) for text in range(len(template.texts))]
    return Candidates(group, texts, [_vector(shape_of(text), targets) for text in texts])


def _vector(shape: Shape, targets: Mapping[str, Target]) -> tuple[int, ...]:
    """The features, and the squared distance of the length from its mean."""
    distance = shape.characters - targets["characters"].mean
    return (*shape, distance * distance // 1000)


def _descend(candidates: Sequence[Candidates], profile: Profile, subject: str) -> list[int]:
    """The text of each group, by coordinate descent from the nearest lengths."""
    targets = profile.targets[subject]
    aims = [targets[name] for name in Shape._fields]
    spread = targets["characters"].deviation
    aims.append(Target(spread * spread // 1000, spread * spread // 700))
    weights = [aim.weight for aim in aims]
    chosen = [_nearest(candidate) for candidate in candidates]
    n = len(candidates)
    sums = [-n * aim.mean for aim in aims]
    levels: dict[int, int] = {}
    counts: dict[int, int] = {}
    for candidate, text in zip(candidates, chosen, strict=True):
        sums = [total + value for total, value in zip(sums, candidate.vectors[text], strict=True)]
        level = candidate.group.template.level
        aim = profile.levels[subject, level].mean
        levels[level] = levels.get(level, 0) + candidate.vectors[text][0] - aim
        counts[level] = counts.get(level, 0) + 1
    for _ in range(PASSES):
        changed = False
        for place, candidate in enumerate(candidates):
            level, now = candidate.group.template.level, candidate.vectors[chosen[place]]
            of_level = profile.levels[subject, level].weight
            best, least = chosen[place], None
            for text, vector in enumerate(candidate.vectors):
                moved = (
                    total + new - old for total, new, old in zip(sums, vector, now, strict=True)
                )
                cost = sum(w * d * d for w, d in zip(weights, moved, strict=True)) // n
                length = levels[level] + vector[0] - now[0]
                cost += of_level * length * length // counts[level]
                if least is None or cost < least or (cost == least and text == chosen[place]):
                    best, least = text, cost
            if best != chosen[place]:
                changed = True
                new = candidate.vectors[best]
                sums = [total + a - b for total, a, b in zip(sums, new, now, strict=True)]
                levels[level] += new[0] - now[0]
                chosen[place] = best
        if not changed:
            break
    return chosen


def _nearest(candidate: Candidates) -> int:
    """The text whose length is nearest to the quantile of the group."""
    distances = [abs(vector[0] - candidate.group.length) for vector in candidate.vectors]
    return distances.index(min(distances))


def _numbered(plan: MatchedPlan, subject: str, printed: Sequence[str]) -> list[bool]:
    """Which texts print bare numbers in dollar signs, so that their mean number is that of the
    profile."""
    wanted = plan.profile.targets[subject]["dollar_numbers"].mean * len(printed)
    added = [
        1000 * (dollar_numbers(dress(text, _NUMBERED)) - dollar_numbers(text)) for text in printed
    ]
    left = wanted - sum(1000 * dollar_numbers(text) for text in printed)
    numbered = [False] * len(printed)
    ranks = plan.permutation(len(printed), "dollars", subject)
    for place in sorted(range(len(printed)), key=ranks.__getitem__):
        if 0 < added[place] <= 2 * left:
            numbered[place] = True
            left -= added[place]
    return numbered
