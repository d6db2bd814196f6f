"""Draw the rows of a matched set.

Row v of group g is a function of (master seed, template, its version, g, v, redraw) through SHAKE-256.
The redraw counter rises while the numbers are not nice, while the computation is of the other split or
that of an earlier row of the set, and, for the last two variants, while the group would end with fewer
than three answers. Text, words and style belong to the group, as do the values of choices, which the
first variant draws. So each of the first three variants alone is uniform over the computations of its
template. The last two are but for groups whose answers repeat, where they favour rarer answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from clean_bench.errors import UserError
from clean_bench.problems import Problem
from clean_bench.seeds import digest
from generators.competition.algebraic import Polynomial
from generators.competition.counts import bits_of
from generators.competition.numbers import Parameters
from generators.competition.plan import FAMILY, VARIANTS, Group, MatchedPlan
from generators.competition.selection import Selected, select
from generators.competition.template import NUMBER_BYTES, WORD_BYTES, Template
from generators.family import Split

LEAST_ANSWERS = 3
"""Different answers in a group."""
SPLIT_BITS = 1.125
"""What a split costs: a hash halves a few thousand computations up to a tenth of a bit."""
MOST_DRAWS = 20_000
"""Draws for one row after which the template counts as exhausted."""


class DrawnRow(NamedTuple):
    """One row: the problem, and how often it was drawn again, in all and because of a repetition, of its
    answers, or of the other split."""

    problem: Problem
    redraws: int
    repeated: int
    canonical: str


def draw_groups(plan: MatchedPlan) -> Iterator[list[DrawnRow]]:
    """The rows of every group in order.

    Raises:
        UserError: if a template has no new computation left.
    """
    seen: set[str] = set()
    for group, selected in zip(plan.all_groups, select(plan), strict=True):
        yield draw_group(plan, group, selected, seen)


def draw_group(
    plan: MatchedPlan, group: Group, selected: Selected, seen: set[str]
) -> list[DrawnRow]:
    """The rows of one group; adds their computations to `seen`."""
    template = group.template
    entropy = plan.entropy(group)
    words = template.draw_words(entropy("words", length=WORD_BYTES))
    rows: list[DrawnRow] = []
    answers: set[str] = set()
    fixed: Mapping[str, Any] | None = None
    for variant in range(VARIANTS):
        redraw = repeated = 0
        while True:
            p = template.draw(entropy(variant, redraw, length=NUMBER_BYTES), fixed)
            if p is not None:
                form = canonical(template, p)
                answer = template.answer.print(template.solve(p), words)
                missing = LEAST_ANSWERS - len(answers | {answer})
                of_split = plan.split in ("all", split_of(form))
                if form not in seen and of_split and missing <= VARIANTS - 1 - variant:
                    break
                repeated += 1
            redraw += 1
            if redraw == MOST_DRAWS:
                raise UserError(
                    f"--groups {plan.groups}: {MOST_DRAWS:,} draws gave no new problem of "
                    f"{template.name}: lower --groups"
                )
        if fixed is None:
            fixed = {name: getattr(p, name) for name in template.shared}
        seen.add(form)
        answers.add(answer)
        problem = Problem(
            id=f"{FAMILY}/{template.name}/{group.number:05d}/{variant}",
            problem=template.render(p, selected.text, words, selected.style),
            answer=answer,
            subject=template.subject,
            level=str(template.level),
            family=FAMILY,
            bits=bits_of(template) - (SPLIT_BITS if plan.split != "all" else 0),
            group=f"{FAMILY}/{template.name}/{group.number:05d}",
            source=f"{template.name} version {template.version}, row {variant} of group {group.number}",
            metadata={
                "template": template.name,
                "template_version": str(template.version),
                "variant": str(variant),
                "answer_type": template.answer.name,
                "kin": " ".join(template.kin),
            },
        )
        rows.append(DrawnRow(problem, redraw, repeated, form))
    return rows


def split_of(form: str) -> Split:
    """The half of a computation: one hash bit of its canonical form, independent of the seed."""
    return "eval" if digest("split", FAMILY, form, length=1)[0] & 1 else "train"


def canonical(template: Template, p: Parameters) -> str:
    """The computation as a text that does not depend on the process."""
    return f"{template.name}:{stable_text(template.same(p))}"


def stable_text(value: Any) -> str:
    """A text of a value made of numbers, texts, polynomials, sequences and sets, the same in any process
    and for equal values."""
    if isinstance(value, Polynomial):
        return stable_text(frozenset(value.by_monomial.items()))
    if isinstance(value, Fraction) and value.denominator == 1:
        return str(value.numerator)
    if isinstance(value, (frozenset, set)):
        return f"{{{','.join(sorted(map(stable_text, value)))}}}"
    if isinstance(value, Mapping):
        return stable_text(frozenset(value.items()))
    if isinstance(value, (tuple, list)):
        return f"({','.join(map(stable_text, value))})"
    return str(value)
