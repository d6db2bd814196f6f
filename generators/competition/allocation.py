"""How many groups of a cell each template has.

Templates of a cell are taken in turn where there are fewer than two groups for each. Otherwise the
numbers of groups are moved between the templates of a cell, within a third and three times of equal
shares (three halves for templates under 14 bits), so that the subject's numbers of numerals, sizes of
numerals, signs and kinds of answers are near those of the profile. Texts cannot change these. It is
coordinate descent on whole numbers, and depends on no master seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import islice

from generators.competition.counts import bits_of
from generators.competition.profile import Target
from generators.competition.template import Template
from generators.competition.text_shape import Content, content_of

DRAWS = 6
ROOMY_BITS = 14


def allocate(
    cells: Mapping[tuple[str, int], tuple[Sequence[Template], int]],
    targets: Mapping[str, Mapping[str, Target]],
) -> dict[str, int]:
    """The number of groups of each template, for cells with at least two groups a template.

    Args:
        cells: the templates and the number of groups of each (subject, level).
        targets: of the profile, by subject.
    """
    counts: dict[str, int] = {}
    for templates, groups in cells.values():
        whole, rest = divmod(groups, len(templates))
        for place, template in enumerate(templates):
            counts[template.name] = whole + (place < rest)
    for subject in dict.fromkeys(subject for subject, _ in cells):
        of_subject = [entry for (s, _), entry in cells.items() if s == subject]
        _descend(of_subject, targets[subject], counts)
    return counts


def _descend(
    cells: Sequence[tuple[Sequence[Template], int]],
    targets: Mapping[str, Target],
    counts: dict[str, int],
) -> None:
    """Move groups between templates while that brings the means of the subject nearer."""
    aims = [targets[name] for name in Content._fields]
    weights = [aim.weight for aim in aims]
    total = sum(groups for _, groups in cells)
    sums = [-total * aim.mean for aim in aims]
    for templates, _ in cells:
        for template in templates:
            content = typical(template)
            sums = [s + counts[template.name] * c for s, c in zip(sums, content, strict=True)]
    moved = True
    while moved:
        moved = False
        now = sum(w * s * s for w, s in zip(weights, sums, strict=True))
        best: tuple[int, Template, Template, list[int]] | None = None
        for templates, groups in cells:
            low = max(1, groups // (3 * len(templates)))
            highs = {t.name: -(-most_share(t) * groups // (2 * len(templates))) for t in templates}
            for source in templates:
                if counts[source.name] <= low:
                    continue
                for goal in templates:
                    if goal is source or counts[goal.name] >= highs[goal.name]:
                        continue
                    pairs = zip(sums, typical(goal), typical(source), strict=True)
                    after = [s + new - old for s, new, old in pairs]
                    cost = sum(w * s * s for w, s in zip(weights, after, strict=True))
                    if cost < now and (best is None or cost < best[0]):
                        best = (cost, source, goal, after)
        if best is not None:
            _, source, goal, sums = best
            counts[source.name] -= 1
            counts[goal.name] += 1
            moved = True


def most_share(template: Template) -> int:
    """The largest number of groups of a template, in halves of an equal share.

    Three shares; three halves for a template with few computations, which would be the cheapest to
    recall.
    """
    return 6 if bits_of(template) >= ROOMY_BITS else 3


@cache
def typical(template: Template) -> Content:
    """The mean content of a few draws of a template, the same for every set."""
    items = islice(template.examples("typical"), DRAWS)
    contents = [content_of(item.problem, item.answer) for item in items]
    return Content(*(sum(values) // len(values) for values in zip(*contents, strict=True)))
