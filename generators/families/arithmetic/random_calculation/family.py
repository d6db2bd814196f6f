r"""`random-calculation`: nested arithmetic after RandomCalculation (arXiv 2507.10532, section 4).

    What is the exact value of $(\frac{34}{8} - 7 \times 18^2) \div 41 + 6^3$? Give an integer or a
    fraction in lowest terms.

An expression of k steps has k binary operators. It is drawn as a tree: one operand at 0 steps; at k
steps an operator, uniform on `+ - * /`, over a tree of j and one of k-1-j steps, j uniform on
0..ceil(k/2)-1, in either order with probability 1/2. Operands are uniform on a pool.

There are two flavors. `paper` is the published generator: its grammar, its pool of 1,088 operands
(`0..99`, `\frac{i}{d}` with i in 1..99 and d in 2..9, squares and cubes of 2..99), its prompt sentence,
and its rule that the value is that of the printed text: `*` and `/` put parentheses around a part that
has operators, `+` and `-` never do, so that `a-(b+c)` prints as `a-b+c` and has this value.

The default flavor differs:

- A subtracted sum keeps its parentheses, so that a text has the value of its tree.
- No operand is zero, a fraction is in lowest terms (`\frac{9}{9}` and `\frac{2}{4}` are operands of
  the published pool), cubes end at 30^3, and integers go up to 999, so that fewer than three of
  four operands are fractions. A pool of 1,606 gives five steps more than 60 bits, in a half as well.
- The text asks for an exact value in a stated format. The published sentence does not, and its answers
  are decimals of 15 digits.
- The numerator and the denominator of the answer have at most `DIGITS` digits.

Both flavors here are seeded and exact (an integer or a fraction in lowest terms, by rational
arithmetic) and have no duplicates up to commutation (`generators.sampler` redraws them); the published
code has no seed, answers in floating point and removes no duplicates. Both draw the parts of a tree
independently; the published code draws them from pools of 1,200 expressions for each pair of sizes, so
that its parts repeat. Both reject divisions by zero.

Bits. Let k be the steps of an expression F (which has k+1 operands), N the size of the pool, and T(F)
the number of distinct texts with F's canonical form: a sum is a multiset of signed terms, a product an
unordered pair, a quotient an ordered pair. Then

    P(F) <= T(F) / (N^(k+1) 4^k P(accepted)),

and `bits` is -log2 of the right side. Proof: a draw is a planar shape (sizes and order of the parts at
every node), then k operators and k+1 operands, independent and uniform. In-order traversal of a shape
visits operands and operators in the order in which the text prints them, so a text has at
most one draw for each shape. Given the shape, the probability of F is therefore at most T(F)
N^-(k+1) 4^-k; the mean over shapes keeps that bound, and rejection divides it by the probability of
not being rejected, for which `_ACCEPTED` holds a lower bound. At one step there is a single shape
and every text is drawn by it, so that the bound is exact except for rejection. Otherwise the bound
ignores the bits of the shape, at most log2(i+1) for each node of i steps.

T(F) is 1 for an operand; T(A) T(B) for a quotient; the same, doubled if A and B differ, for a product;
for a sum of n terms, p of them positive, (n-1)! p orders (a text begins with a positive term), over the
factorials of the multiplicities, times T of every term.

Halves. The pool has a fixed shuffle, and two adjacent operands in it are a couple, one for each half.
The half of an expression is that of its operand whose couple comes first in the shuffle.
In an item of `train` the whole and every sub-expression of three steps and more has the half `train`,
and likewise for `eval`; the terms of a sum can be chosen and ordered in any way. So no such expression
is in both. `expression_tree.steered` exchanges operands for their partners to that end; an item in
which two operands are of one couple is rejected.

At most max(1, k-2) operands are exchanged. Let k be at least 3 and take a sum of n terms with s_i steps
in them. Terms with s_i >= 3 hold at most s_i - 2 of the operands by induction, those that decide them
among these; any other term holds one at most, and the terms that rank last hold none as long as they
have fewer than three steps together. If there is a term with s_i >= 3, the sum of these is at most k -
2 = n - 3 + sum s_i; if not, m terms hold none, where m + sum s_i >= 3 because with one more they had
three steps. A pair is a part of its own and decided by one operand of its sides.

Each exchanged operand could have come from two, so a text is at most 2^max(1, k-2) times as likely as
without a half, over the probability that no couple occurs twice, which is at least
1 - C(k+1, 2) / (N/2) of all draws. `split_bits` includes both.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from math import comb, factorial, gcd, log2

from generators import arithmetic_evaluator
from generators.families.arithmetic.random_calculation.draw_tree import (
    TERMS_ORDERS,
    draw_printed,
    draw_tree,
    leaves_of,
)
from generators.families.arithmetic.random_calculation.expression_tree import (
    Grammar,
    Operand,
    Pair,
    Reading,
    Sum,
    Tree,
    count_forms,
    count_texts,
    flatten,
    half_of,
    read_sum,
    steered,
    steps_of,
    subexpressions,
    unflatten,
    written,
)
from generators.families.arithmetic.random_calculation.find_in_text import found_trees, parse_tree
from generators.family import Family, Item, Notation, Split
from generators.phrasing import formula

DIGITS = 25
"""The largest number of digits of the numerator and the denominator of an answer."""

_ACCEPTED = {tier: 0.99 if tier <= 15 else 0.9 for tier in range(1, 21)}
"""Lower bound on the share of draws of the default flavor that are not rejected, by tier. It is
measured, not proven, by `tests/generators/families/arithmetic/test_random_calculation.py`."""

_ACCEPTED_PAPER = dict.fromkeys(range(1, 21), 0.95)
"""The same for the flavor `paper`, which rejects only divisions by zero."""


def _fraction(i: int, d: int) -> Operand:
    return Operand(rf"\frac{{{i}}}{{{d}}}", f"({i}/{d})", Fraction(i, d))


def _number(text: str, value: int) -> Operand:
    return Operand(text, text, Fraction(value))


DEFAULT = Grammar(
    pool=(
        *(_number(str(i), i) for i in range(1, 1000)),
        *(_fraction(i, d) for d in range(2, 10) for i in range(1, 100) if gcd(i, d) == 1),
        *(_number(f"{i}^2", i**2) for i in range(2, 100)),
        *(_number(f"{i}^3", i**3) for i in range(2, 31)),
    ),
    groups=True,
    signs={
        "latex": (" + ", " - ", r" \times ", r" \div "),
        "plain": (" + ", " - ", " * ", " / "),
    },
)
PAPER = Grammar(
    pool=(
        *(_number(str(i), i) for i in range(100)),
        *(_fraction(i, d) for d in range(2, 10) for i in range(1, 100)),
        *(_number(f"{i}^2", i**2) for i in range(2, 100)),
        *(_number(f"{i}^3", i**3) for i in range(2, 100)),
    ),
    groups=False,
    signs={"latex": ("+", "-", "*", "/")},
)

ASK, END = "What is the exact value of ", "? Give an integer or a fraction in lowest terms."
PROMPT = (
    "Evaluate this LaTeX numerical expression step-by-step and give the final value "
    r"within \boxed{}: "
)
"""The published prompt sentence."""


def text_bits(steps: int, texts: int, pool_size: int) -> float:
    """A lower bound on the bits of a canonical form with `texts` texts, without rejection."""
    return (steps + 1) * log2(pool_size) + 2 * steps - log2(texts)


@cache
def _certain_bits(steps: int, pool_size: int, accepted: float) -> float:
    return text_bits(steps, 1, pool_size) + log2(accepted)


class RandomCalculation(Family[Tree]):
    name = "random-calculation"
    version = 2
    summary = "nested arithmetic on integers, powers and fractions, exact; fresh from five steps"
    random_bytes = 8 * 41
    grammar = DEFAULT
    accepted = _ACCEPTED
    digits: int | None = DIGITS

    def __init__(self) -> None:
        self._leaves = {notation: leaves_of(self.grammar, notation) for notation in self.notations}

    def make(
        self, entropy: bytes, tier: int, split: Split = "all", notation: Notation | None = None
    ) -> Item | None:
        """See `Family.make`. Divisions by zero and answers of more than `DIGITS` digits are rejected."""
        notation = notation or self.notations[0]
        if split == "all" and self.grammar.groups:
            return self._made_at_once(entropy, tier, notation)
        tree = draw_tree(entropy, tier, len(self.grammar.pool))
        if split != "all":
            exchanged = steered(tree, split, self.grammar)
            if exchanged is None:
                return None
            tree = exchanged
        try:
            reading = self._reading(tree)
        except ZeroDivisionError:
            return None
        if self._too_long(reading.value.numerator, reading.value.denominator):
            return None
        return Item(self.render(tree, notation), str(reading.value), self.bits(tree), tree)

    def _made_at_once(self, entropy: bytes, tier: int, notation: Notation) -> Item | None:
        """The results of `render`, `answer` and `bits` for `draw_tree`, in one pass over the tree.

        This is faster: fractions are reduced once, and the number of texts is computed as if all
        operands differed, and recomputed if they do not. It requires a grammar that keeps groups, in
        which a tree has the value of its text.
        """
        pool = self._leaves[notation]
        numbers = struct.unpack_from(f"<{2 * tier + 1}Q", entropy)
        size = len(pool)
        chosen = [number % size for number in numbers[: tier + 1]]
        try:
            text, above, below, count, added, texts, tree = draw_printed(
                tier,
                map(pool.__getitem__, chosen).__next__,
                iter(numbers[tier + 1 :]).__next__,
                self.grammar.signs[notation],
            )
            common = gcd(above, below)
            if below < 0:
                common = -common
            above //= common
            below //= common
        except ZeroDivisionError:
            return None
        if self._too_long(above, below):
            return None
        if len(set(chosen)) <= tier:
            texts = self._reading(tree).texts
        elif count > 1:
            texts *= added * TERMS_ORDERS[count]
        return Item(
            self._sentence(text, notation),
            str(above) if below == 1 else f"{above}/{below}",
            self._certain_bits(tier) - log2(texts),
            tree,
        )

    def render(self, form: Tree, notation: Notation) -> str:
        """The problem's text."""
        text = written(flatten(form, self.grammar.groups), self.grammar, notation)
        return self._sentence(text, notation)

    def answer(self, form: Tree) -> str:
        """The exact answer."""
        return str(self._reading(form).value)

    def solution(self, form: Tree) -> str:
        return ", ".join(self._reading(form).lines)

    def canonical(self, form: Tree) -> str:
        return self._reading(form).canonical

    def bits(self, form: Tree) -> float:
        """The lower bound of the module's docstring."""
        reading = self._reading(form)
        return self._certain_bits(reading.steps) - log2(reading.texts)

    def part_bits(self, form: Tree) -> float:
        """Of the largest proper sub-expression: of a sum, all but its last term, or that term."""
        return self._part_bits(flatten(form, self.grammar.groups))

    def _part_bits(self, terms: Sum) -> float:
        _, last = terms[-1]
        if len(terms) > 1:
            below = [terms[:-1], ((True, last),)]
        else:
            below = [last.left, last.right] if isinstance(last, Pair) else []
        pool, rejected = self.grammar.pool, log2(self.accepted[max(steps_of(terms), 1)])
        return max(
            (
                text_bits(steps, count_texts(part, pool), len(pool)) + rejected
                for part in below
                if (steps := steps_of(part))
            ),
            default=0.0,
        )

    def details(self, form: Tree) -> tuple[str, str, float]:
        terms = flatten(form, self.grammar.groups)
        reading = read_sum(terms, self.grammar.pool)
        return reading.canonical, ", ".join(reading.lines), self._part_bits(terms)

    def parts(self, form: Tree) -> Iterator[tuple[int, str]]:
        for part in subexpressions(flatten(form, self.grammar.groups)):
            reading = read_sum(part, self.grammar.pool)
            yield reading.steps, reading.canonical

    def space(self, tier: int) -> int | None:
        """Known at one step: no answer is too long, and only `0` cannot divide."""
        if tier > 1:
            return None
        zeros = sum(not operand.value for operand in self.grammar.pool)
        return self.most(1) - zeros * len(self.grammar.pool)

    def most(self, tier: int) -> int:
        """The number of canonical forms, including rejected ones."""
        return count_forms(tier, len(self.grammar.pool), self.grammar.groups)

    def min_bits(self, tier: int) -> float:
        """Reached by a sum of k+1 different operands: T(F) <= (k+1)!, because the order of the
        operands and the canonical form determine the text."""
        return self._certain_bits(tier) - log2(factorial(tier + 1))

    def split_of(self, form: Tree) -> Split:
        return half_of(flatten(form, self.grammar.groups), self.grammar)

    def split_bits(self, form: Tree) -> float:
        return self.most_split_bits(steps_of(flatten(form, self.grammar.groups)))

    def most_split_bits(self, tier: int) -> float:
        twice = comb(tier + 1, 2) / (len(self.grammar.pool) / 2)
        return max(1, tier - 2) - log2(1 - twice / self.accepted[tier])

    def read(self, text: str) -> Tree:
        expression, notation = self._expression(text)
        terms = parse_tree(expression, self.grammar, notation)
        if steps_of(terms) not in self.tiers:
            raise ValueError(
                f"expected {self.tiers[0]} to {self.tiers[-1]} operators, got {steps_of(terms)}"
            )
        return unflatten(terms)

    def body(self, text: str) -> str:
        return self._expression(text)[0]

    def forms_in(self, text: str) -> Iterator[Tree]:
        """Every expression of the pool's operands in a text, in any notation."""
        for tree in found_trees(text, self.grammar):
            try:
                self._reading(tree)
            except ZeroDivisionError:
                continue
            yield tree

    def evaluate(self, text: str) -> Fraction:
        return arithmetic_evaluator.evaluate(self._expression(text)[0])

    def _expression(self, text: str) -> tuple[str, Notation]:
        """The expression of a problem's text and its notation."""
        for notation in self.notations:
            before, after = self._sentence("\n", notation).split("\n")
            expression = text.removeprefix(before).removesuffix(after)
            if before + expression + after == text and "$" not in expression and len(text) < 4000:
                return expression, notation
        raise ValueError(f"expected a random calculation, got {text[:60]!r}")

    def _sentence(self, expression: str, notation: Notation) -> str:
        return ASK + formula(expression, notation) + END

    def _reading(self, form: Tree) -> Reading:
        return read_sum(flatten(form, self.grammar.groups), self.grammar.pool)

    def _certain_bits(self, steps: int) -> float:
        """The bits of a form with a single text."""
        return _certain_bits(steps, len(self.grammar.pool), self.accepted[steps])

    def _too_long(self, above: int, below: int) -> bool:
        return self.digits is not None and max(abs(above), below) >= 10**self.digits


class PaperCalculation(RandomCalculation):
    name = "random-calculation-paper"
    flavor = "paper"
    version = 1
    summary = "the published grammar, operands, prompt sentence and rule of re-reading"
    notations = ("latex",)
    grammar = PAPER
    accepted = _ACCEPTED_PAPER
    digits = None

    def _expression(self, text: str) -> tuple[str, Notation]:
        if not text.startswith(PROMPT) or len(text) > 4000:
            raise ValueError(f"expected a random calculation of the paper, got {text[:60]!r}")
        return text.removeprefix(PROMPT), "latex"

    def _sentence(self, expression: str, notation: Notation) -> str:
        return PROMPT + expression
