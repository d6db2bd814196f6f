r"""Arithmetic expressions of `random-calculation` as trees, as printed sums, and as texts.

A tree is drawn and a text is printed. Several trees can have one text, because a sum prints its terms
in a row: `a+(b-c)` and `(a+b)-c` both print as `a+b-c`. So a tree is first flattened to the structure of
its text, and value, canonical form, number of texts and parts are computed from that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from math import factorial, prod
from typing import NamedTuple, TypeAlias

from clean_bench.seeds import digest
from generators.family import Split
from generators.forms.multisets import arrangements, with_kinds

Tree: TypeAlias = "int | tuple[str, Tree, Tree]"
"""The index of an operand in the pool, or an operator (`+ - * /`) and two trees."""


class Operand(NamedTuple):
    """A number as printed in both notations, and its value."""

    latex: str
    plain: str
    value: Fraction


class Pair(NamedTuple):
    """A product or a quotient of two sums (an operand is a sum of one term)."""

    operator: str
    left: Sum
    right: Sum


class Parenthesized(NamedTuple):
    """A sum in parentheses that is subtracted."""

    inside: Sum


Term: TypeAlias = "int | Pair | Parenthesized"
Sum: TypeAlias = "tuple[tuple[bool, Term], ...]"
"""Terms in printed order, each with whether it is added; the first one is."""


@dataclass(frozen=True)
class Grammar:
    """A pool of operands and the printing of expressions of them.

    `groups`: whether a subtracted sum keeps its parentheses. `signs`: the four operators in each
    notation, in the order `+ - * /`. `numbers`: operands by their text in a notation. `ranks` and
    `by_rank`: a fixed shuffle of the pool, independent of the seed.
    """

    pool: tuple[Operand, ...]
    groups: bool
    signs: dict[str, tuple[str, str, str, str]]
    ranks: tuple[int, ...] = field(init=False, repr=False)
    by_rank: tuple[int, ...] = field(init=False, repr=False)
    numbers: dict[str, dict[str, int]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        order = sorted(
            range(len(self.pool)), key=lambda i: digest("operand", self.pool[i].latex, length=16)
        )
        ranks = [0] * len(order)
        for rank, operand in enumerate(order):
            ranks[operand] = rank
        object.__setattr__(self, "by_rank", tuple(order))
        object.__setattr__(self, "ranks", tuple(ranks))
        numbers = {
            notation: {getattr(operand, notation): i for i, operand in enumerate(self.pool)}
            for notation in self.signs
        }
        object.__setattr__(self, "numbers", numbers)


def flatten(tree: Tree, groups: bool) -> Sum:
    """The structure of the tree's text."""
    if isinstance(tree, int):
        return ((True, tree),)
    operator, left, right = tree[0], flatten(tree[1], groups), flatten(tree[2], groups)
    if operator in "*/":
        return ((True, Pair(operator, left, right)),)
    if operator == "-" and groups and len(right) > 1:
        return (*left, (False, Parenthesized(right)))
    return (*left, (operator == "+", right[0][1]), *right[1:])


def unflatten(terms: Sum) -> Tree:
    """The left-leaning one of the trees with this structure."""
    tree = _tree_of(terms[0][1])
    for plus, term in terms[1:]:
        tree = ("+" if plus else "-", tree, _tree_of(term))
    return tree


def _tree_of(term: Term) -> Tree:
    if isinstance(term, int):
        return term
    if isinstance(term, Parenthesized):
        return unflatten(term.inside)
    return (term.operator, unflatten(term.left), unflatten(term.right))


def written(terms: Sum, grammar: Grammar, notation: str) -> str:
    """The text of an expression."""
    plus_sign, minus_sign, times, over = grammar.signs[notation]

    def enclosed(part: Sum) -> str:
        text = sum_text(part)
        return text if len(part) == 1 and isinstance(part[0][1], int) else f"({text})"

    def term_text(term: Term) -> str:
        if isinstance(term, int):
            return str(getattr(grammar.pool[term], notation))
        if isinstance(term, Parenthesized):
            return f"({sum_text(term.inside)})"
        sign = times if term.operator == "*" else over
        return enclosed(term.left) + sign + enclosed(term.right)

    def sum_text(part: Sum) -> str:
        first, *rest = part
        return term_text(first[1]) + "".join(
            (plus_sign if plus else minus_sign) + term_text(term) for plus, term in rest
        )

    return sum_text(terms)


class Reading(NamedTuple):
    """The properties of an expression.

    `shown` is its value as printed in later lines of the solution, `texts` the number of distinct texts
    with its canonical form, `lines` are the lines of the solution in the order of evaluation.
    """

    value: Fraction
    shown: str
    canonical: str
    texts: int
    steps: int
    lines: tuple[str, ...]


def read_sum(terms: Sum, pool: Sequence[Operand]) -> Reading:
    """Evaluate an expression. Raises ZeroDivisionError if it divides by zero."""
    readings = [(plus, read_term(term, pool)) for plus, term in terms]
    first = readings[0][1]
    if len(readings) == 1:
        return first
    value, shown, lines = first.value, first.shown, list(first.lines)
    for plus, term in readings[1:]:
        value = value + term.value if plus else value - term.value
        sign = "+" if plus else "-"
        result = str(value)
        lines += [*term.lines, f"{shown}{sign}{term.shown} = {result}"]
        shown = result if result.isdigit() else f"({result})"
    added = sorted(term.canonical for plus, term in readings if plus)
    taken = sorted(term.canonical for plus, term in readings if not plus)
    signed = [(plus, term.canonical) for plus, term in readings]
    orders = arrangements(signed) * len(added) // len(signed)
    return Reading(
        value,
        shown,
        "-".join(["+".join(added), *taken]),
        orders * prod(term.texts for _, term in readings),
        sum(term.steps for _, term in readings) + len(readings) - 1,
        tuple(lines),
    )


def read_term(term: Term, pool: Sequence[Operand]) -> Reading:
    """Evaluate one term. Raises ZeroDivisionError if it divides by zero."""
    if isinstance(term, int):
        operand = pool[term]
        return Reading(operand.value, operand.latex, operand.latex, 1, 0, ())
    if isinstance(term, Parenthesized):
        inside = read_sum(term.inside, pool)
        return inside._replace(canonical=f"({inside.canonical})")
    left, right = read_sum(term.left, pool), read_sum(term.right, pool)
    texts = left.texts * right.texts
    forms = [f"({part.canonical})" if part.steps else part.canonical for part in (left, right)]
    if term.operator == "*":
        value = left.value * right.value
        texts *= 1 if left.canonical == right.canonical else 2
        forms.sort()
    else:
        value = left.value / right.value
    result = str(value)
    return Reading(
        value,
        result if result.isdigit() else f"({result})",
        term.operator.join(forms),
        texts,
        left.steps + right.steps + 1,
        (*left.lines, *right.lines, f"{left.shown}{term.operator}{right.shown} = {result}"),
    )


def count_texts(terms: Sum, pool: Sequence[Operand]) -> int:
    """The number of distinct texts with the canonical form of an expression (`Reading.texts`)."""
    used = list(operands(terms))
    if len(set(used)) < len(used):
        return read_sum(terms, pool).texts
    return _texts_of_different_operands(terms)


def _texts_of_different_operands(terms: Sum) -> int:
    texts = factorial(len(terms) - 1) * sum(plus for plus, _ in terms) if len(terms) > 1 else 1
    for _, term in terms:
        if isinstance(term, Parenthesized):
            texts *= _texts_of_different_operands(term.inside)
        elif isinstance(term, Pair):
            texts *= _texts_of_different_operands(term.left)
            texts *= _texts_of_different_operands(term.right)
            if term.operator == "*":
                texts *= 2
    return texts


def subexpressions(terms: Sum) -> Iterator[Sum]:
    """Every sub-expression with a step, as the text is parsed; the whole comes last.

    Those of a sum are its leading parts (it is added up from left to right) and those of its terms.
    """
    for number, (_, term) in enumerate(terms):
        if isinstance(term, Parenthesized):
            yield from subexpressions(term.inside)
        elif isinstance(term, Pair):
            yield from subexpressions(term.left)
            yield from subexpressions(term.right)
            if number:
                yield ((True, term),)
        if number or isinstance(term, Pair):
            yield terms[: number + 1]


def operands(terms: Sum) -> Iterator[int]:
    """The operands of an expression in printed order."""
    for _, term in terms:
        if isinstance(term, int):
            yield term
        elif isinstance(term, Parenthesized):
            yield from operands(term.inside)
        else:
            yield from operands(term.left)
            yield from operands(term.right)


def steps_of(terms: Sum) -> int:
    """The number of operators of an expression."""
    return sum(1 for _ in operands(terms)) - 1


def half_of(terms: Sum, grammar: Grammar) -> Split:
    """The half of an expression: the last bit of the least rank among its operands.

    Ranks are a fixed shuffle of the pool, and two adjacent operands, one of each half, are a couple.
    """
    least = min(grammar.ranks[operand] for operand in operands(terms))
    return "eval" if least & 1 else "train"


def steered(tree: Tree, split: Split, grammar: Grammar) -> Tree | None:
    """The tree with operands exchanged for their partners, so that the expression and each of its
    sub-expressions of three steps and more are of one half, for any order of the terms of its sums.

    Here any subset of the terms of a sum is a sub-expression. In every such part the operand whose
    couple ranks first becomes the one of the half. The couples and their ranks do not change. None if
    two operands are of one couple: then the exchange could change the deciding operand, and an item
    would be likelier than `split_bits` allows.
    """
    places: list[int] = []
    numbered = _numbered(tree, places)
    couples = [grammar.ranks[operand] >> 1 for operand in places]
    if len(set(couples)) < len(couples):
        return None
    fewest = min(3, len(places) - 1)
    deciding: set[int] = set()
    _decide(flatten(numbered, grammar.groups), couples, fewest, deciding)
    for place in deciding:
        places[place] = grammar.by_rank[2 * couples[place] + (split == "eval")]
    return _filled(numbered, places)


def _decide(terms: Sum, couples: Sequence[int], fewest: int, deciding: set[int]) -> None:
    """Add the places that decide the half of a subset of terms with at least `fewest` steps, or of a
    part of a term.

    A term decides together with those that rank after it, if all of these together have the steps.
    """
    ranked = []
    for _, term in terms:
        if isinstance(term, Parenthesized):
            _decide(term.inside, couples, fewest, deciding)
        elif isinstance(term, Pair):
            _decide(term.left, couples, fewest, deciding)
            _decide(term.right, couples, fewest, deciding)
        within = list(operands(((True, term),)))
        ranked.append((min(within, key=couples.__getitem__), len(within)))
    ranked.sort(key=lambda term: couples[term[0]], reverse=True)
    together = 0
    for place, size in ranked:
        together += size
        if together > fewest:
            deciding.add(place)


def _numbered(tree: Tree, places: list[int]) -> Tree:
    """The tree with indices into `places` for its operands, which are appended to `places`."""
    if isinstance(tree, int):
        places.append(tree)
        return len(places) - 1
    return (tree[0], _numbered(tree[1], places), _numbered(tree[2], places))


def _filled(tree: Tree, places: Sequence[int]) -> Tree:
    if isinstance(tree, int):
        return places[tree]
    return (tree[0], _filled(tree[1], places), _filled(tree[2], places))


@cache
def count_forms(steps: int, pool_size: int, groups: bool) -> int:
    """The number of canonical forms with `steps` operators, divisions by zero included.

    A term of s steps has weight s+1, and a sum of k steps is a multiset of signed terms of weight k+1,
    at least one of them positive. A pair is an ordered quotient or an unordered product.
    """
    if steps == 0:
        return pool_size
    return _count_pairs(steps, pool_size, groups) + _count_sums(steps, pool_size, groups)


@cache
def _count_pairs(steps: int, pool_size: int, groups: bool) -> int:
    sizes = [count_forms(s, pool_size, groups) for s in range(steps)]
    ordered = sum(sizes[s] * sizes[steps - 1 - s] for s in range(steps))
    alike = sizes[(steps - 1) // 2] if steps % 2 else 0
    return ordered + (ordered + alike) // 2


@cache
def _count_sums(steps: int, pool_size: int, groups: bool) -> int:
    """Sums of at least two terms: the coefficient of z^(steps+1) in (P - 1) N without single terms,
    where P and N are the generating functions of multisets of positive and of negative terms."""
    weight = steps + 1
    positive = [1] + [0] * weight
    negative = [1] + [0] * weight
    for size in range(steps):  # a single term of `steps` steps is not a sum of two
        kinds = _count_pairs(size, pool_size, groups) if size else pool_size
        positive = with_kinds(positive, kinds, size + 1)
        inside = _count_sums(size, pool_size, groups) if groups and size else 0
        negative = with_kinds(negative, kinds + inside, size + 1)
    return sum(positive[w] * negative[weight - w] for w in range(1, weight + 1))
