r"""`random-calculation`: nested arithmetic after RandomCalculation (arXiv 2507.10532, section 4).

    Evaluate this LaTeX numerical expression step-by-step and give the final value within \boxed{}:
    (\frac{34}{8}-7*18^2)/41+6^3

Grammar, operand pool and prompt sentence are those of the published generator. An expression of k
steps has k binary operators. It is drawn as a tree: one operand at 0 steps; at k steps an operator,
uniform on `+ - * /`, over a tree of j and one of k-1-j steps, j uniform on 0..ceil(k/2)-1, in
either order with probability 1/2. `*` and `/` put parentheses around a part that has operators
itself; `+` and `-` never do, so `a-(b+c)` prints as `a-b+c`. The value is that of the printed text
under ordinary precedence: the tree only decides what is printed.

Differences from the published generator:

- Seeded: the same words make the same item. The published one has no seed.
- Exact: the answer is an integer or a fraction in lowest terms, by rational arithmetic. The
  published answer is latex2sympy's reading of the text as a decimal of 15 digits.
- No duplicates up to commutation (`generators.sets` redraws them). The published one does not
  remove them.
- Both parts of a tree are drawn anew. The published one fills a pool of 1,200 expressions for each
  pair of sizes and draws the parts of larger expressions from these pools, so its parts repeat, and
  its shares of the sizes j are exact where ours are random.
- Bounded: an answer whose numerator or denominator has more than `DIGITS` digits is rejected, as is
  any division by zero (the published one drops what is not real and finite).
- Every tier of 1..20 steps is a set of its own size; no shuffling, no split by rank.

Bits. Let k be the steps of an expression F (which has k+1 operands), N = 1,088 the pool, and
T(F) the number of distinct texts with F's canonical form: a sum is a multiset of signed terms, a
product an unordered pair, a quotient an ordered pair. Then

    P(F) <= T(F) / (N^(k+1) 4^k P(accepted)),

and `bits` is minus log2 of the right side. Proof: a draw is a planar shape (sizes and order of the
parts at every node), then k operators and k+1 operands, independent and uniform. In-order traversal
of a shape meets operands and operators in the order in which the text prints them, so a text has at
most one draw for each shape. Given the shape, the probability of F is therefore at most T(F)
N^-(k+1) 4^-k; the mean over shapes keeps that bound, and rejection divides it by the probability of
not being rejected, for which `_ACCEPTED` holds a lower bound. At one step there is a single shape
and every text is drawn by it, so that the bound is exact but for rejection. Elsewhere the bits left
out are those of the shape, at most log2(i+1) for each node of i steps.

T(F) counts as follows: 1 for an operand; T(A) T(B) for a quotient; the same, doubled where A and B
differ, for a product; for a sum of n terms, p of them positive, (n-1)! p orders (a text begins with
a positive term), over the factorials of the multiplicities, times T of every term.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from math import factorial, log2, prod
from typing import NamedTuple, TypeAlias

from clean_bench.seeds import Draw
from generators import expressions
from generators.family import Item

PROMPT = (
    "Evaluate this LaTeX numerical expression step-by-step and give the final value "
    r"within \boxed{}: "
)

DIGITS = 20
"""Most digits that the numerator or the denominator of an answer may have."""

_ACCEPTED = {tier: 0.99 if tier <= 10 else 0.75 for tier in range(1, 21)}
"""Lower bound on the share of draws that are not rejected, by tier. It is measured, not proven: 3,000
draws at every tier, and 20,000 at 5, 8, 9, 10, 19 and 20 steps, of which 0.9935 at 10 and 0.803 at 20
were the smallest of their class, many standard errors above the bound."""


class Operand(NamedTuple):
    """A number as printed, and its value."""

    text: str
    value: Fraction


class Pair(NamedTuple):
    """A product or a quotient of two sums (an operand is a sum of one term)."""

    operator: str
    left: Sum
    right: Sum


Sum: TypeAlias = tuple[tuple[bool, Operand | Pair], ...]
"""Terms in printed order, each with whether it is added; the first always is."""

POOL: tuple[Operand, ...] = (
    *(Operand(str(i), Fraction(i)) for i in range(100)),
    *(
        Operand(rf"\frac{{{i}}}{{{d}}}", Fraction(i, d))
        for d in range(2, 10)
        for i in range(1, 100)
    ),
    *(Operand(f"{i}^2", Fraction(i**2)) for i in range(2, 100)),
    *(Operand(f"{i}^3", Fraction(i**3)) for i in range(2, 100)),
)


def draw_sum(draw: Draw, steps: int, pool: Sequence[Operand] = POOL) -> Sum:
    """Draw an expression of so many operators, in the form that its printed text has."""
    if steps == 0:
        return ((True, pool[draw.below(len(pool))]),)
    smaller = draw.below((steps + 1) // 2)
    operator = draw.choice("+-*/")
    swap = draw.below(2)
    left = draw_sum(draw, smaller, pool)
    right = draw_sum(draw, steps - 1 - smaller, pool)
    if swap:
        left, right = right, left
    return join(left, operator, right)


def join(left: Sum, operator: str, right: Sum) -> Sum:
    """What is printed when an operator is put between two expressions (see the docstring above)."""
    if operator in "*/":
        return ((True, Pair(operator, left, right)),)
    return (*left, (operator == "+", right[0][1]), *right[1:])


class Reading(NamedTuple):
    """What there is to know of a printed expression.

    `shown` is how a later line of the solution names its value, `texts` is T(F), `lines` are the
    lines of the solution in the order of computing.
    """

    text: str
    value: Fraction
    shown: str
    canonical: str
    texts: int
    steps: int
    lines: tuple[str, ...]


def read_term(term: Operand | Pair) -> Reading:
    """Read one term. Raises ZeroDivisionError where it divides by zero."""
    if isinstance(term, Operand):
        return Reading(term.text, term.value, term.text, term.text, 1, 0, ())
    left, right = read_sum(term.left), read_sum(term.right)
    texts = left.texts * right.texts
    forms = [_enclosed(left.canonical, left.steps), _enclosed(right.canonical, right.steps)]
    if term.operator == "*":
        value = left.value * right.value
        texts *= 1 if left.canonical == right.canonical else 2
        forms.sort()
    else:
        value = left.value / right.value
    return Reading(
        _enclosed(left.text, left.steps) + term.operator + _enclosed(right.text, right.steps),
        value,
        _shown(value),
        term.operator.join(forms),
        texts,
        left.steps + right.steps + 1,
        (*left.lines, *right.lines, f"{left.shown}{term.operator}{right.shown} = {value}"),
    )


def read_sum(terms: Sum) -> Reading:
    """Read an expression. Raises ZeroDivisionError where it divides by zero."""
    return add([(plus, read_term(term)) for plus, term in terms])


def add(terms: Sequence[tuple[bool, Reading]]) -> Reading:
    """The sum of terms that were read, the first of them added."""
    first = terms[0][1]
    if len(terms) == 1:
        return first
    text, value, shown, lines = first.text, first.value, first.shown, first.lines
    for plus, term in terms[1:]:
        sign = "+" if plus else "-"
        text += sign + term.text
        value += term.value if plus else -term.value
        lines = (*lines, *term.lines, f"{shown}{sign}{term.shown} = {value}")
        shown = _shown(value)
    added = sorted(term.canonical for plus, term in terms if plus)
    taken = sorted(term.canonical for plus, term in terms if not plus)
    alike = (*Counter(added).values(), *Counter(taken).values())
    orders = factorial(len(terms) - 1) * len(added) // prod(map(factorial, alike))
    return Reading(
        text,
        value,
        shown,
        "-".join(["+".join(added), *taken]),
        orders * prod(term.texts for _, term in terms),
        sum(term.steps for _, term in terms) + len(terms) - 1,
        lines,
    )


def largest_part(terms: Sum) -> Reading:
    """The largest proper sub-expression of the printed text: of a sum, all but its last term."""
    if len(terms) > 1:
        parts = [read_sum(terms[:-1]), read_term(terms[-1][1])]
    else:
        term = terms[0][1]
        parts = [read_term(term)] if isinstance(term, Operand) else [*map(read_sum, term[1:])]
    return max(parts, key=lambda part: text_bits(part.steps, part.texts))


def text_bits(steps: int, texts: int, pool_size: int = len(POOL)) -> float:
    """Lower bound on the bits of a canonical form with so many texts, rejection left out."""
    return (steps + 1) * log2(pool_size) + 2 * steps - log2(texts)


def _enclosed(text: str, steps: int) -> str:
    return f"({text})" if steps else text


def _shown(value: Fraction) -> str:
    return str(value) if value >= 0 and value.denominator == 1 else f"({value})"


class RandomCalculation:
    """The family `random-calculation`; see the module's docstring."""

    name = "random-calculation"
    version = 1
    summary = "nested arithmetic on integers, powers and fractions, exact; fresh from five steps"
    tiers = range(1, 21)
    random_bytes = 128

    def make(self, words: bytes, tier: int) -> Item | None:
        """See `Family.make`. None where the text divides by zero or the answer exceeds `DIGITS`."""
        terms = draw_sum(Draw(words), tier)
        try:
            whole = read_sum(terms)
        except ZeroDivisionError:
            return None
        if max(abs(whole.value.numerator), whole.value.denominator) >= 10**DIGITS:
            return None
        part = largest_part(terms)
        return Item(
            problem=PROMPT + whole.text,
            answer=str(whole.value),
            solution=", ".join(whole.lines),
            canonical=whole.canonical,
            bits=self._bits(tier, whole.texts),
            part_bits=self._bits(part.steps, part.texts) if part.steps else 0.0,
        )

    def space(self, tier: int) -> int | None:
        """Known at one step: sums and products are unordered, and only `0` cannot divide."""
        n = len(POOL)
        return n * (n + 1) + n * n + n * (n - 1) if tier == 1 else None

    def min_bits(self, tier: int) -> float:
        """Reached by a sum of k+1 different operands: T(F) <= (k+1)!, as an order of the operands
        and the canonical form leave no choice of text."""
        return self._bits(tier, factorial(tier + 1))

    def evaluate(self, text: str) -> Fraction:
        """See `Family.evaluate`."""
        if not text.startswith(PROMPT):
            raise ValueError(f"not a random calculation: {text[:60]!r}")
        return expressions.evaluate(text.removeprefix(PROMPT))

    def _bits(self, steps: int, texts: int) -> float:
        return text_bits(steps, texts) + log2(_ACCEPTED[steps])
