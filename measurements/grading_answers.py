r"""Synthetic gold answers, and responses to them.

A little over half of the responses are correct, many in another notation than the gold answer. Wrong
answers repeat as those of a model do: their frequencies are drawn from a Pareto distribution.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from generators.registry import FAMILIES
from generators.sampler import Sampler
from generators.set_plan import SetPlan, master_seed

RIGHT = 0.55
_MEMBERS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 20, 21, 24, 25, 30, 36, 45, 60, 72)


@dataclass(frozen=True)
class Response:
    """A response, and whether it was built from the gold answer."""

    gold: str
    response: str
    right: bool


def generated_golds(count: int) -> list[str]:
    """Gold answers of items of every family in turn, at its lowest tier."""
    sources = []
    for family in FAMILIES.values():
        tier = min(family.tiers)
        plan = SetPlan(
            family, tier, tier, 1, "all", master_seed(seed="grading"), family.notations[0]
        )
        sources.append(Sampler(plan))
    golds: list[str] = []
    row = 0
    while len(golds) < count:
        items = [source.item(row, 0) for source in sources]
        golds += [_latex(item.answer) for item in items if item is not None]
        row += 1
    return golds[:count]


def _latex(answer: str) -> str:
    above, stroke, below = answer.partition("/")
    if not stroke:
        return answer
    return ("-" if above[0] == "-" else "") + rf"\frac{{{above.lstrip('-')}}}{{{below}}}"


def algebraic_golds(count: int, draw: random.Random) -> list[str]:
    """Answers that are no plain numbers, in the proportions of a competition benchmark."""

    def n() -> int:
        return draw.choice(_MEMBERS)

    forms: tuple[Callable[[], str], ...] = (
        lambda: rf"{n()}\sqrt{{{draw.choice((2, 3, 5, 6, 7, 10, 13))}}}",
        lambda: rf"\frac{{{n()}\sqrt{{{draw.choice((2, 3, 5))}}}}}{{{draw.choice((7, 11, 13))}}}",
        lambda: rf"\frac{{{n()}\pi}}{{{draw.choice((7, 11, 13))}}}",
        lambda: rf"{n()}\pi",
        lambda: rf"\left( {n()}, \frac{{\pi}}{{{n()}}} \right)",
        lambda: f"({n()},{-n()})",
        lambda: rf"({-n()},{n()}] \cup [{n() + 99},\infty)",
        lambda: f"[{-n()},{n()})",
        lambda: f"x^2 + {n()}x - {n()}",
        lambda: f"{n()}x^3 - {n()}x + {n()}",
        lambda: f"(x + {n()})(x - {n()})",
        lambda: rf"\frac{{x + {n()}}}{{x - {n()}}}",
        lambda: f"y = {n()}x + {n()}",
        lambda: f"{n()} + {n()}i",
        lambda: rf"{n()} \pm \sqrt{{{draw.choice((2, 3, 5))}}}",
        lambda: rf"\frac{{{n()} + \sqrt{{{draw.choice((5, 13, 17))}}}}}{{2}}",
        lambda: rf"\begin{{pmatrix}} {n()} \\ {-n()} \\ {n()} \end{{pmatrix}}",
        lambda: rf"\begin{{pmatrix}} {n()} & {n()} \\ {n()} & {n()} \end{{pmatrix}}",
        lambda: rf"\text{{({draw.choice('ABCDE')})}}",
        lambda: rf"\text{{{draw.choice(('Evelyn', 'Thursday', 'even', 'ellipse', 'blue'))}}}",
        lambda: f"{-n()},{n() + 73},{n() + 150}",
        lambda: rf"{n()}\%",
        lambda: rf"{n()}^\circ",
        lambda: rf"\${n()}.{n():02d}",
        lambda: rf"{n()} \text{{ inches}}",
        lambda: rf"2^{{{n()}}}",
        lambda: rf"{n()}!",
    )
    return [forms[number % len(forms)]() for number in range(count)]


def golds_of(file: Path) -> list[str]:
    """The `answer` (or `gold`) of each row of a JSONL file."""
    rows = [json.loads(line) for line in file.read_text().splitlines() if line.strip()]
    return [row.get("answer") or row["gold"] for row in rows]


def _spellings(gold: str) -> list[str]:
    """Other ways to write the same answer."""
    spellings = [
        gold.replace(r"\frac", r"\dfrac"),
        gold.replace(" ", ""),
        gold.replace(r"\left", "").replace(r"\right", ""),
        gold.replace("+", " + ").replace(",", ", "),
        re.sub(r"\^\{(\w)\}", r"^\1", gold),
    ]
    whole = re.fullmatch(r"-?[0-9]+", gold)
    if whole:
        spellings += [
            f"{int(gold):,}",
            gold + ".0",
            f"{2 * int(gold)}/2",
            f"x = {gold}",
            f"{int(gold) - 3}+3",
        ]
    fraction = re.fullmatch(r"(-?)\\frac\{([0-9]+)\}\{([0-9]+)\}", gold)
    if fraction:
        value = Fraction(f"{fraction[1]}{fraction[2]}/{fraction[3]}")
        spellings += [str(value), rf"\frac{{{2 * value.numerator}}}{{{2 * value.denominator}}}"]
    root = re.fullmatch(r"([0-9]+)\\sqrt\{([0-9]+)\}", gold)
    if root:
        spellings += [
            rf"\sqrt{{{int(root[1]) ** 2 * int(root[2])}}}",
            rf"{root[1]} \cdot \sqrt{{{root[2]}}}",
        ]
    return sorted({spelling for spelling in spellings if spelling != gold})


def _wrong(gold: str, others: list[str], draw: random.Random, count: int) -> list[str]:
    """Wrong answers: another number somewhere in the gold answer, or the answer of another problem."""
    wrong: dict[str, None] = {}
    while len(wrong) < count:
        numbers = list(re.finditer(r"[0-9]+", gold))
        if numbers and draw.random() < 0.75:
            at = draw.choice(numbers)
            value = max(0, int(at[0]) + draw.choice((-2, -1, 1, 2, 3, 5, 10, int(at[0]))))
            text = gold[: at.start()] + str(value) + gold[at.end() :]
        else:
            text = draw.choice(others)
        if text != gold:
            wrong[text] = None
    return list(wrong)


_STEPS = (
    "We set up the equation and collect the terms with {0}.",
    "Since {0} divides {1}, the remainder is {2}.",
    "Let $x = {0}$. Then $x^2 + {1} = {2}$.",
    "Adding {0} on both sides gives $y = {1}$.",
    "There are {0} ways to choose the first and {1} for the second, so $\\frac{{{2}}}{{{1}}}$.",
)
_ENDINGS = (
    "Therefore, the final answer is: $\\boxed{{{}}}$. I hope it is correct.",
    "Hence the answer is $\\boxed{{{}}}$.",
    "So we get\n\\[\n\\boxed{{{}}}\n\\]",
    "\\boxed{{{}}}",
)


def responses(golds: list[str], samples: int, seed: int) -> Iterator[Response]:
    """`samples` responses to each gold answer, in random order of right and wrong."""
    draw = random.Random(seed)
    for gold in golds:
        spellings = _spellings(gold)
        wrong = _wrong(gold, golds, draw, draw.choice((3, 8, 20, 40)))
        weights = [draw.paretovariate(1.2) for _ in wrong]
        for _ in range(samples):
            right = draw.random() < RIGHT
            if not right:
                answer = draw.choices(wrong, weights)[0]
            else:
                answer = gold if draw.random() < 0.6 or not spellings else draw.choice(spellings)
            steps = [
                draw.choice(_STEPS).format(*(draw.randrange(1000) for _ in range(3)))
                for _ in range(draw.randrange(1, 9))
            ]
            text = "\n".join([*steps, draw.choice(_ENDINGS).format(answer)])
            yield Response(gold, text, right)
