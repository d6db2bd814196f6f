r"""`polynomials`: sums and differences of values of polynomials and of polynomials of polynomials.

    Let $f(x) = 3x^2 - 5x + 7$ and $g(x) = 2x - 9$. What is $f(g(3)) - 2g(f(-1))$?

A step is a value of a polynomial, a product or a sum: `f(3)` takes one step, `2f(3)` and `f(g(3))` two,
`2f(g(3))` three, and every further term one more for its sum.

Drawing, for k steps: the sequence of the kinds of the terms is uniform on those of k steps. It has e
places for functions, which get n = min(e, e//2 + 1, 6) different functions: the partition of the places
into n classes is uniform, and so is the sequence of n different polynomials of the set Q. Every term
but the first is added or subtracted with probability 1/2, a factor is uniform on 2..9, the argument is
uniform on 2..20 and -20..-2 for one function and on 1..5 and -5..-1 for two. The n
polynomials are drawn independently and rejected if two are equal, so that the others are uniform on the
sequences without repetition. The coefficients of Q
(`generators.families.algebra.polynomials.polynomial`) keep the value of one function below
30,000 at an argument for one, below 800 at an argument for two, and that of two below 2 * 10^9.

The canonical form is the multiset of the signed terms, with the polynomials themselves instead of
names. A draw determines a sequence of such terms and is determined by it (the partition of the places,
and the polynomials in the order of their first places, follow), and all sequences of a form are equally
likely, so that `bits` is exact:

    P(F) = T(F) / (N S(e, n) (|Q|)_n 2^(t-1) 38^a 10^b 8^c),

where N is the number of sequences of kinds, S(e, n) the Stirling number, (|Q|)_n the falling factorial,
t the number of terms, of which a have one function, b have two and c have a factor. T(F), the number of
sequences, is p (t-1)! over the factorials of the multiplicities of the terms (p of them are positive,
and one of these comes first). Hence T(F) <= t!, reached by different positive terms.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache, lru_cache
from math import comb, factorial, log2, perm, prod
from typing import NamedTuple, TypeAlias

from clean_bench.seeds import Draw
from generators import arithmetic_evaluator
from generators.families.algebra.polynomials import polynomial
from generators.families.algebra.polynomials.polynomial import Polynomial
from generators.family import DrawnFamily, Notation
from generators.forms.multisets import arrangements, compositions, multisets


class Term(NamedTuple):
    """A signed factor (1 or -1 if none is printed), an argument, and one or two functions."""

    factor: int
    argument: int
    functions: tuple[Polynomial, ...]


Form: TypeAlias = tuple[Term, ...]
Counts: TypeAlias = tuple[int, ...]
"""The number of terms of each of `KINDS`."""

ARGUMENTS = {1: (*range(-20, -1), *range(2, 21)), 2: (*range(-5, 0), *range(1, 6))}
FACTORS = range(2, 10)
KINDS = ((1, False), (1, True), (2, False), (2, True))
"""A term's number of functions, and whether it has a factor: a step for each, and for its sum."""
NAMES = ("fghpqr", "pqrfgh", "ghfqrp", "hfgrpq")
OPENINGS = ("Let", "Suppose that", "Define", "Consider")
QUESTIONS = (
    ("What is", "?"),
    *((verb, ".") for verb in ("Find", "Calculate", "Evaluate", "Compute")),
)

_CHOICES = tuple(
    [
        (sign * f, at)
        for sign in (1, -1)
        for f in (FACTORS if multiplied else (1,))
        for at in ARGUMENTS[n]
    ]
    for n, multiplied in KINDS
)
_TEXT = re.compile(
    rf"(?:{'|'.join(OPENINGS)}) (?P<definitions>[^.?]{{1,900}})\. "
    rf"(?:{'|'.join(f'{verb} (?=[^.?]*[{mark}]$)' for verb, mark in QUESTIONS)})"
    r"(?P<asked>[^.?]{1,900})[.?]"
)
_TERM = re.compile(
    r"([-+]?) ?([2-9]?)([f-hp-r])\((?:(-?[0-9]{1,2})|([f-hp-r])\((-?[0-9]{1,2})\))\)(?: |$)"
)
_CALL = re.compile(r"([f-hp-r])\((?:(-?[0-9]{1,30})|\((-?[0-9]{1,30})\))\)")


class Polynomials(DrawnFamily[Form]):
    name = "polynomials"
    random_bytes = 72
    summary = "values of polynomials, of polynomials of polynomials, and of sums of such"

    def draw(self, draw: Draw, tier: int) -> Form | None:
        kinds = draw.choice(_sequences(tier))
        places, different, partitions = _shape(kinds)
        functions = [polynomial.unrank(draw.below(polynomial.COUNT)) for _ in range(different)]
        if different > 1 and len(set(functions)) < different:
            return None
        classes = _partition(draw.below(partitions), places, different)
        called = iter([functions[place] for place in classes])
        terms: list[Term] = []
        for kind in kinds:
            choices = _CHOICES[kind]
            factor, argument = choices[draw.below(len(choices) if terms else len(choices) // 2)]
            inside = next(called)
            terms.append(Term(factor, argument, (inside, next(called)) if kind > 1 else (inside,)))
        return tuple(terms)

    def render(self, form: Form, notation: Notation, draw: Draw) -> str:
        surface = draw.below(2 * 2 * 4 * 4 * 5 * 7)
        surface, backwards = divmod(surface, 2)
        surface, ascending = divmod(surface, 2)
        surface, opening = divmod(surface, 4)
        surface, naming = divmod(surface, 4)
        variable, question = divmod(surface, 5)
        mark = "$" if notation == "latex" else ""
        letters, x = NAMES[naming], polynomial.VARIABLES[variable]
        names: dict[Polynomial, str] = {}
        expression = ""
        for factor, argument, functions in form:
            inside = str(argument)
            for function in functions:
                name = names.get(function)
                if name is None:
                    name = names[function] = letters[len(names)]
                inside = f"{name}({inside})"
            size = abs(factor)
            expression += f" {'-' if factor < 0 else '+'} {size if size > 1 else ''}{inside}"
        equations = [
            f"{mark}{name}({x}) = {polynomial.to_text(f, x, ascending > 0)}{mark}"
            for f, name in names.items()
        ]
        if backwards:
            equations.reverse()
        definitions = ", ".join(equations[:-1])
        definitions += f" and {equations[-1]}" if definitions else equations[-1]
        before, after = QUESTIONS[question]
        return f"{OPENINGS[opening]} {definitions}. {before} {mark}{expression[3:]}{mark}{after}"

    def answer(self, form: Form) -> str:
        total = 0
        for factor, value, functions in form:
            for function in functions:
                value = polynomial.value(function, value)
            total += factor * value
        return str(total)

    def solution(self, form: Form) -> str:
        lines, total = [], 0
        for place, (factor, value, functions) in enumerate(form):
            for function in functions:
                at, value = value, polynomial.value(function, value)
                lines.append(f"({polynomial.to_text(function, 'x')}) at x = {at} is {value}")
            size = abs(factor)
            if size > 1:
                lines.append(f"{size} * ({value}) = {size * value}")
            if place:
                sign = "-" if factor < 0 else "+"
                lines.append(f"{total} {sign} ({size * value}) = {total + factor * value}")
            total += factor * value
        return ", ".join(lines)

    def canonical(self, form: Form) -> str:
        return " ".join(
            f"{factor:+d}"
            + "".join(f"[{','.join(map(str, f))}]" for f in functions)
            + f"@{argument}"
            for factor, argument, functions in sorted(form)
        )

    def bits(self, form: Form) -> float:
        positive = sum([term.factor > 0 for term in form])
        texts = arrangements(form) * positive // len(form)
        return _sequence_bits(_counts_of(form)) - log2(texts)

    def part_bits(self, form: Form) -> float:
        """Of all terms but the last, or of a single term without its factor or its outer function.

        The kinds of the terms are taken as given.
        """
        if len(form) > 1:
            rest = form[:-1]
            different = len({function for term in rest for function in term.functions})
            part = _terms_bits(_counts_of(rest), different) - log2(factorial(len(rest)))
            return max(0.0, min(part, self.bits(form)))
        factor, argument, functions = form[0]
        if abs(factor) > 1:
            return self.bits((Term(1, argument, functions),))
        return log2(polynomial.COUNT * len(ARGUMENTS[2])) if len(functions) > 1 else 0.0

    def min_bits(self, tier: int) -> float:
        """The likeliest form has t! sequences, for the likeliest numbers of terms of each kind."""
        return min(
            _sequence_bits(counts) - log2(factorial(sum(counts))) for counts in _all_counts(tier)
        )

    def space(self, tier: int) -> int:
        """Multisets of signed terms with a positive one, in which exactly n polynomials occur.

        They are counted by inclusion and exclusion over the subsets of n given polynomials.
        """
        total = 0
        for counts in _all_counts(tier):
            n = _different(_places(counts))
            total += comb(polynomial.COUNT, n) * sum(
                (-1) ** (n - used) * comb(n, used) * _multisets_of(used, counts)
                for used in range(1, n + 1)
            )
        return total

    def read(self, text: str) -> Form:
        bodies, expression = _split(text)
        functions = {name: polynomial.read(body, x) for name, (x, body) in bodies.items()}
        terms: list[Term] = []
        position = 0
        while position < len(expression):
            match = _TERM.match(expression, position)
            if not match or bool(match[1]) != bool(terms):
                raise ValueError(
                    f"expected a sum of values of polynomials, got {expression[:60]!r}"
                )
            names = [match[3]] if match[4] else [match[5], match[3]]
            if not functions.keys() >= set(names):
                raise ValueError(f"expected a definition of every function, got {text[:60]!r}")
            factor = int(match[2] or 1) * (-1 if match[1] == "-" else 1)
            called = tuple(functions[name] for name in names)
            terms.append(Term(factor, int(match[4] or match[6]), called))
            position = match.end()
        return tuple(terms)

    def evaluate(self, text: str) -> Fraction:
        """Replaces the innermost calls by their values, and then those around them."""
        bodies, expression = _split(text)

        def value(call: re.Match[str]) -> str:
            if call[1] not in bodies:
                raise ValueError(f"expected a definition of every function, got {text[:60]!r}")
            variable, body = bodies[call[1]]
            return (
                f"({arithmetic_evaluator.evaluate(body, {variable: Fraction(call[2] or call[3])})})"
            )

        return arithmetic_evaluator.evaluate(_CALL.sub(value, _CALL.sub(value, expression)))


@cache
def _sequences(tier: int) -> tuple[tuple[int, ...], ...]:
    """The sequences of kinds of terms with that number of steps."""

    steps = tuple((kind, used + more + 1) for kind, (used, more) in enumerate(KINDS))
    return compositions(tier + 1, steps)


@cache
def _shape(kinds: tuple[int, ...]) -> tuple[int, int, int]:
    """The numbers of places for functions, of different functions, and of partitions of the places."""
    places = sum(KINDS[kind][0] for kind in kinds)
    different = _different(places)
    return places, different, _partitions(places, 0, different)


@cache
def _all_counts(tier: int) -> tuple[Counts, ...]:
    """The numbers of terms of each kind in the sequences of a tier."""
    return tuple({tuple(map(kinds.count, range(len(KINDS)))) for kinds in _sequences(tier)})


def _counts_of(form: Form) -> Counts:
    counts = [0, 0, 0, 0]
    for factor, _, functions in form:
        counts[2 * len(functions) - 2 + (factor > 1 or factor < -1)] += 1
    return tuple(counts)


def _places(counts: Counts) -> int:
    return counts[0] + counts[1] + 2 * (counts[2] + counts[3])


def _different(places: int) -> int:
    """The number of different functions for a number of places."""
    return min(places, places // 2 + 1, len(NAMES[0]))


@cache
def _partitions(places: int, started: int, classes: int) -> int:
    """The number of ways to assign places to classes, of which `started` have a place already.

    Every other class must get a place. With none started it is the Stirling number.
    """
    if places == 0:
        return int(started == classes)
    joined = started * _partitions(places - 1, started, classes)
    return joined + (_partitions(places - 1, started + 1, classes) if started < classes else 0)


@lru_cache(maxsize=4096)
def _partition(index: int, places: int, classes: int) -> list[int]:
    """The class of each place; classes are numbered in the order of their first places."""
    assigned, started = [], 0
    for left in range(places - 1, -1, -1):
        each = _partitions(left, started, classes)
        if index < started * each:
            place, index = divmod(index, each)
            assigned.append(place)
        else:
            index -= started * each
            assigned.append(started)
            started += 1
    return assigned


@cache
def _sequence_bits(counts: Counts) -> float:
    """-log2 of the probability of one sequence of signed terms with their polynomials."""
    cost = sum(n * (1 + used + more) for n, (used, more) in zip(counts, KINDS, strict=True))
    return log2(len(_sequences(cost - 1))) + _terms_bits(counts, _different(_places(counts)))


def _terms_bits(counts: Counts, different: int) -> float:
    """The same, given the kinds, for that number of different polynomials."""
    return (
        log2(_partitions(_places(counts), 0, different))
        + log2(perm(polynomial.COUNT, different))
        + sum(n * log2(len(choices)) for n, choices in zip(counts, _CHOICES, strict=True))
        - 1
    )


def _multisets_of(functions: int, counts: Counts) -> int:
    """The number of multisets of signed terms with a positive one, over so many polynomials."""
    terms = [
        functions**used * len(choices) // 2
        for (used, _), choices in zip(KINDS, _CHOICES, strict=True)
    ]
    signed = prod(multisets(2 * kinds, size) for kinds, size in zip(terms, counts, strict=True))
    return signed - prod(multisets(kinds, size) for kinds, size in zip(terms, counts, strict=True))


def _split(text: str) -> tuple[dict[str, tuple[str, str]], str]:
    """The variable and the body of every function by its name, and the expression asked for."""
    match = _TEXT.fullmatch(text)
    if not match:
        raise ValueError(f"expected a text about polynomials, got {text[:60]!r}")
    marked = {match["asked"][0] == "$", match["asked"][-1] == "$", "$" in match["definitions"]}
    if len(marked) > 1:
        raise ValueError(f"expected all formulas marked or none, got {text[:60]!r}")
    return polynomial.definitions(match["definitions"]), match["asked"].strip("$")
