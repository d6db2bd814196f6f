r"""`sequences`: a later term of a sequence that a linear recurrence defines.

    If $a_1 = 4213$, $a_2 = 690$ and $a_{n+2} = 3a_{n+1} - 2a_n + 7841$ for all $n \ge 1$, what is $a_7$?

There are four rules; for k steps, the question is the term after k applications of the rule:

    second            a(n+2) = p a(n+1) + q a(n) + c
    second-indexed    a(n+2) = p a(n+1) + q a(n) + r n
    indexed           a(n+1) = p a(n) + r n + c
    alternating       a(n+1) = p a(n) + c for odd n and q a(n) + d for even n

Drawing: the rule is uniform on the four, except that with one step it is `second` (the others have a
part that one application does not use, or the factor n = 1). Then every number is uniform on its range
in `_RULES`: first terms on 10..999,999, constants c and d on those and their negatives, r on 10..99,999
and their negatives, coefficients on -3, -2, 2, 3, and in the last two rules on -4 and 4 too.
Names and wordings are surface. With 20 steps the largest term has 19 digits.

The bits do not grow with the steps: they are those of the numbers. From two steps on, problems with
different numbers have different rules or first terms, and

    P(F) = 1 / (4 N)

for a rule with N choices of numbers. With one step, p a(2) + q a(1) + c is a sum in which the pairs
(p, a(2)) and (q, a(1)) can be exchanged: P(F) = 2 / N if they differ and 1 / N if they do not. The
canonical form is the rule and its numbers, with these two pairs in order. `bits` is exact, and so is
`min_bits`, which takes the rule with the fewest choices.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from math import log2, prod
from typing import NamedTuple

from clean_bench.seeds import Draw
from generators.family import DrawnFamily, Notation

FIRST_TERMS = range(10, 1_000_000)
CONSTANTS = range(10, 1_000_000)
SLOPES = range(10, 100_000)
OF_ONE = (-4, -3, -2, 2, 3, 4)
OF_TWO = (-3, -2, 2, 3)


class Sequence(NamedTuple):
    """A sequence and the number of applications of its rule.

    The numbers are the first term or two, the coefficients p (and q), and the added numbers, in the
    order of the module's docstring.
    """

    rule: str
    steps: int
    first: tuple[int, ...]
    coefficients: tuple[int, ...]
    added: tuple[int, ...]


_RULES = {
    "second": ((FIRST_TERMS, FIRST_TERMS), (OF_TWO, OF_TWO), (CONSTANTS,)),
    "second-indexed": ((FIRST_TERMS, FIRST_TERMS), (OF_TWO, OF_TWO), (SLOPES,)),
    "indexed": ((FIRST_TERMS,), (OF_ONE,), (SLOPES, CONSTANTS)),
    "alternating": ((FIRST_TERMS,), (OF_ONE, OF_ONE), (CONSTANTS, CONSTANTS)),
}
"""The ranges of the numbers of a rule, in the order of `Sequence`; added numbers also have a sign."""
_NAMES = "abcstuvx"
_WORDINGS = (
    ("If ", ", what is ", "?"),
    ("A sequence is defined by ", ". Find ", "."),
    ("In a sequence, ", ". What is the value of ", "?"),
    ("Given that ", ", work out ", "."),
)
_LONGEST = 400
_ALL = " for all n >= 1"
_ADDED = "([-+]) ([1-9][0-9]{1,5})"
_COEFFICIENT = "(-?[2-4])"
_SECOND = (
    rf"%\(1\) = @, %\(2\) = @ and %\(n\+2\) = {_COEFFICIENT}%\(n\+1\) ([-+]) ([2-4])%\(n\) {_ADDED}"
)
_NEXT = rf"%\(n\+1\) = {_COEFFICIENT}%\(n\) {_ADDED}"
_PATTERNS = {
    rule: re.compile(pattern.replace("%", "[a-z]").replace("@", "([1-9][0-9]{1,5})"))
    for rule, pattern in {
        "second": _SECOND + _ALL,
        "second-indexed": f"{_SECOND}n{_ALL}",
        "indexed": rf"%\(1\) = @ and {_NEXT}n {_ADDED}{_ALL}",
        "alternating": rf"%\(1\) = @, {_NEXT} for odd n and {_NEXT} for even n",
    }.items()
}


class Sequences(DrawnFamily[Sequence]):
    name = "sequences"
    random_bytes = 24
    summary = "terms of sequences that linear recurrences of first and second order define"

    def draw(self, draw: Draw, tier: int) -> Sequence:
        rule = draw.choice(_rules(tier))
        first, coefficients, added = _RULES[rule]
        choice = draw.choice
        return Sequence(
            rule,
            tier,
            tuple([choice(numbers) for numbers in first]),
            tuple([choice(numbers) for numbers in coefficients]),
            tuple([choice(numbers) * (2 * draw.below(2) - 1) for numbers in added]),
        )

    def render(self, form: Sequence, notation: Notation, draw: Draw) -> str:
        before, between, after = _WORDINGS[draw.below(len(_WORDINGS))]
        name, latex = _NAMES[draw.below(len(_NAMES))], notation == "latex"
        mark, bound, times = ("$", r"$n \ge 1$", "") if latex else ("", "n >= 1", "*")
        second_next, next_term, this_term = (
            _term(name, index, latex) for index in ("n+2", "n+1", "n")
        )
        conditions = [
            f"{mark}{_term(name, i + 1, latex)} = {value}{mark}"
            for i, value in enumerate(form.first)
        ]
        p, q = form.coefficients[0], form.coefficients[-1]
        added = [f"- {-number}" if number < 0 else f"+ {number}" for number in form.added]
        if form.rule == "alternating":
            for coefficient, sign_and_number, which in (
                (p, added[0], "odd"),
                (q, added[1], "even"),
            ):
                rule = f"{next_term} = {coefficient}{times}{this_term} {sign_and_number}"
                conditions.append(f"{mark}{rule}{mark} for {which} {mark}n{mark}")
        else:
            if form.rule == "indexed":
                rule = f"{next_term} = {p}{times}{this_term} {added[0]}{times}n {added[1]}"
            else:
                second = f"{'-' if q < 0 else '+'} {abs(q)}{times}{this_term}"
                index = f"{times}n" if form.rule == "second-indexed" else ""
                rule = f"{second_next} = {p}{times}{next_term} {second} {added[0]}{index}"
            conditions.append(f"{mark}{rule}{mark} for all {bound}")
        question = f"{mark}{_term(name, form.steps + len(form.first), latex)}{mark}"
        statement = f"{', '.join(conditions[:-1])} and {conditions[-1]}"
        return f"{before}{statement}{between}{question}{after}"

    def answer(self, form: Sequence) -> str:
        return str(_terms(form)[-1])

    def solution(self, form: Sequence) -> str:
        terms, count = _terms(form), len(form.first)
        return ", ".join(f"a({i + 1}) = {terms[i]}" for i in range(count, len(terms)))

    def canonical(self, form: Sequence) -> str:
        rule, steps, first, coefficients, added = form
        if steps == 1:
            products = sorted(zip(coefficients, reversed(first), strict=True))
            return f"sum {products} {added}".replace(" ", "")
        return f"{rule} {steps} {first} {coefficients} {added}".replace(" ", "")

    def bits(self, form: Sequence) -> float:
        if form.steps > 1:
            return _rule_bits(form.rule) + log2(len(_RULES))
        (p, q), (first, second) = form.coefficients, form.first
        return _rule_bits(form.rule) - ((p, second) != (q, first))

    def part_bits(self, form: Sequence) -> float:
        """Of all applications but the last, or of the two products of a single one.

        The first application uses only the numbers of odd n, and its terms can be exchanged.
        """
        if form.steps > 2:
            return self.bits(form)
        if form.steps == 2 and form.rule == "alternating":
            return log2(len(FIRST_TERMS) * len(OF_ONE) * 2 * len(CONSTANTS))
        if form.steps == 2:
            return _rule_bits(form.rule) - 1
        return self.bits(form) - log2(2 * len(CONSTANTS))

    def min_bits(self, tier: int) -> float:
        if tier == 1:
            return _rule_bits("second") - 1
        return min(map(_rule_bits, _RULES)) + log2(len(_RULES))

    def space(self, tier: int) -> int:
        if tier == 1:
            products = len(FIRST_TERMS) * len(OF_TWO)
            return products * (products + 1) * len(CONSTANTS)
        return sum(map(_choices, _RULES))

    def read(self, text: str) -> Sequence:
        statement, index = _statement_and_index(text)
        for rule, pattern in _PATTERNS.items():
            if match := pattern.fullmatch(statement):
                return _checked(rule, index, match)
        raise ValueError(f"expected a sequence of this family, got {text[:60]!r}")

    def evaluate(self, text: str) -> Fraction:
        """Raises the matrix of two applications to a power, by repeated squaring.

        It acts on (a(n+1), a(n), n, 1), or on (a(n), 0, n, 1) for a rule of first order.
        """
        rule, steps, first, coefficients, added = self.read(text)
        p, q = coefficients[0], coefficients[-1] if len(first) == 2 else 0
        slope = added[0] if rule in ("indexed", "second-indexed") else 0
        constant = 0 if rule == "second-indexed" else added[-1]
        if rule == "alternating":
            odd = _matrix(p, 0, 0, added[0])
            even = _matrix(coefficients[1], 0, 0, added[1])
        else:
            odd = even = _matrix(p, q, slope, constant)
        twice, power = _times(even, odd), steps // 2
        product = [[int(i == j) for j in range(4)] for i in range(4)]
        while power:
            if power % 2:
                product = _times(product, twice)
            twice, power = _times(twice, twice), power // 2
        if steps % 2:
            product = _times(odd, product)
        start = (first[-1], first[0] if len(first) == 2 else 0, 1, 1)
        return Fraction(sum(a * b for a, b in zip(product[0], start, strict=True)))


def _rules(tier: int) -> tuple[str, ...]:
    return tuple(_RULES) if tier > 1 else ("second",)


@cache
def _choices(rule: str) -> int:
    first, coefficients, added = _RULES[rule]
    return prod(map(len, (*first, *coefficients, *added))) << len(added)


@cache
def _rule_bits(rule: str) -> float:
    return log2(_choices(rule))


def _terms(form: Sequence) -> list[int]:
    """The terms from the first to the one asked for."""
    rule, steps, first, coefficients, added = form
    terms = list(first)
    for n in range(1, steps + 1):
        if rule == "second":
            following = coefficients[0] * terms[-1] + coefficients[1] * terms[-2] + added[0]
        elif rule == "second-indexed":
            following = coefficients[0] * terms[-1] + coefficients[1] * terms[-2] + added[0] * n
        elif rule == "indexed":
            following = coefficients[0] * terms[-1] + added[0] * n + added[1]
        else:
            even = n % 2 == 0
            following = coefficients[even] * terms[-1] + added[even]
        terms.append(following)
    return terms


def _term(name: str, index: int | str, latex: bool) -> str:
    if not latex:
        return f"{name}({index})"
    return f"{name}_{index}" if len(str(index)) == 1 else f"{name}_{{{index}}}"


def _statement_and_index(text: str) -> tuple[str, int]:
    """The conditions in plain notation without times signs, and the index of the term asked for."""
    if len(text) <= _LONGEST:
        plain = re.sub(r"([a-z])_(?:\{([0-9n+]{1,3})\}|([0-9n]))", r"\1(\2\3)", text)
        plain = plain.replace("$", "").replace(r"\ge", ">=").replace("*", "")
        for before, between, after in _WORDINGS:
            statement, middle, question = plain.partition(between)
            match = re.fullmatch(r"([a-z])\(([1-9][0-9]?)\)" + re.escape(after), question)
            if middle and match and statement.startswith(before):
                statement = statement[len(before) :]
                if set(re.findall(r"([a-z])\(", statement)) == {match[1]}:
                    return statement, int(match[2])
    raise ValueError(f"expected a text that asks for a term of a sequence, got {text[:60]!r}")


def _checked(rule: str, index: int, match: re.Match[str]) -> Sequence:
    """The sequence of a text that a pattern matches.

    Raises:
        ValueError: if the rule is not drawn with these numbers.
    """
    numbers = list(map(int, re.sub(r"([-+]) ", r"\1", " ".join(match.groups())).split()))
    if rule == "alternating":
        numbers[2], numbers[3] = numbers[3], numbers[2]
    ranges = _RULES[rule]
    firsts = len(ranges[0])
    others = firsts + len(ranges[1])
    steps = index - firsts
    if steps not in Sequences.tiers or rule not in _rules(steps):
        raise ValueError(f"expected a term that this family asks for, got term {index}")
    for drawn, number in zip((*ranges[0], *ranges[1], *ranges[2]), numbers, strict=True):
        if number not in drawn and (drawn in (OF_ONE, OF_TWO) or -number not in drawn):
            raise ValueError(f"expected a number of {drawn}, got {number}")
    return Sequence(
        rule, steps, tuple(numbers[:firsts]), tuple(numbers[firsts:others]), tuple(numbers[others:])
    )


def _matrix(p: int, q: int, slope: int, constant: int) -> list[list[int]]:
    return [[p, q, slope, constant], [int(q != 0), 0, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1]]


def _times(a: list[list[int]], b: list[list[int]]) -> list[list[int]]:
    columns = list(zip(*b, strict=True))
    return [
        [sum(x * y for x, y in zip(row, column, strict=True)) for column in columns] for row in a
    ]
