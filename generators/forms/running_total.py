r"""Running totals: a start, and then steps that add, subtract, multiply or divide exactly.

It is the computation behind `stories` and `measures`. With `terms` the integers A..B, `factors` the
integers 2..F, S = B-A+1 and G = F-1, a chain of k steps is drawn as follows. The first term, the start,
is divided (see below) with probability 1/4. Then, while steps are left at a value v, one of four
equally likely cases:

    0, 1  a term is added or subtracted;
    2     a term is added or subtracted and the result is divided, if two steps are left;
    3     v is multiplied by a uniform factor if v <= B, and otherwise as 2.

If one step is left, a case that would divide is case 0. A term is subtracted with probability 1/2 if
v >= T = (A+B+1)//2, and added otherwise. It is uniform on A..B, or on A..min(B, v-1) if it is
subtracted; so uniform on L consecutive integers from A. If the result is to be divided, the divisor n
is uniform on the factors and the term is uniform on those of the first n (L // n) integers that make
the division exact: there are L // n of them for any v. So every value is an integer of 1..BF + kB.

The canonical form is the sequence of runs of the steps. The steps of a run commute: terms added and
subtracted, or factors and divisors. The start belongs to the first run, and a run is sorted.

`bits` is a lower bound. The probability of a form is at most the number of distinct orders of its runs
times the probability of the likeliest. In a run of terms that begins at the value v, every value lies
at or above low = v - (sum of the subtracted terms), and before n is subtracted, at or above n + low.
This bounds L from below, and shows whether T is certainly reached. The value before the last term
of a run lies at or below its end less its least signed term; that bounds the probability of the case in
which the run is divided, or in which it ends the chain. For runs of one term all this is exact. A start
that is only multiplied may change places with the factors. `min_bits` takes, over all sequences of
runs, the least of the same bound with L >= T - A and m! orders of a run of m.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from math import factorial, inf, log2
from typing import TypeAlias

from clean_bench.seeds import Draw
from generators.forms.multisets import arrangements

Chain: TypeAlias = tuple[tuple[str, int], ...]
"""Signs of `+-*/` and operands; the first pair is `+` and the start."""

_THREE_OF_FOUR = log2(4 / 3)
_AT_ONCE = 4
"""The number of cases that one drawn number encodes."""


@dataclass(frozen=True)
class RunningTotals:
    """Chains with terms of `terms` and factors of `factors` (from 2); see the module's docstring."""

    terms: range
    factors: range

    def __post_init__(self) -> None:
        if self.factors[0] != 2 or self.turn - self.terms[0] < self.factors[-1]:
            raise ValueError(
                f"expected terms wide enough to divide by {self.factors}, got {self.terms}"
            )

    @cached_property
    def turn(self) -> int:
        """The smallest value from which terms may be subtracted."""
        return (self.terms[0] + self.terms[-1] + 1) // 2

    @cached_property
    def _term_bits(self) -> float:
        return log2(len(self.terms))

    @cached_property
    def _factor_bits(self) -> float:
        return log2(len(self.factors))

    def draw(self, draw: Draw, steps: int) -> Chain:
        """Draw a chain."""
        low, high, turn = self.terms[0], self.terms[-1], self.turn
        kinds, below = len(self.factors), draw.below
        case, n = divmod(below(4 * kinds), kinds)
        n += 2
        if case:
            value = below(len(self.terms)) + low
            chain = [("+", value)]
        else:
            value = low + -low % n + n * below(len(self.terms) // n)
            chain = [("+", value), ("/", n)]
            value //= n
        ready = codes = 0
        while (left := steps + 1 - len(chain)) > 0:
            if not ready:
                ready = min(left, _AT_ONCE)
                codes = below((8 * kinds) ** ready)
            ready -= 1
            codes, n = divmod(codes, kinds)
            codes, case = divmod(codes, 8)
            n += 2
            if case >= 6 and value <= high:
                value *= n
                chain.append(("*", n))
                continue
            divided = case >= 4 and left >= 2
            if case & 1 and value >= turn:
                room = (value - 1 if value <= high else high) - low + 1
                term = low
                term += (value - low) % n + n * below(room // n) if divided else below(room)
                value -= term
                chain.append(("-", term))
            else:
                room = high - low + 1
                term = low
                term += -(value + low) % n + n * below(room // n) if divided else below(room)
                value += term
                chain.append(("+", term))
            if divided:
                value //= n
                chain.append(("/", n))
        return tuple(chain)

    def bits(self, chain: Chain) -> float:
        """A lower bound on -log2 of the probability of the chain's canonical form."""
        bits, value, position, end = 0.0, 0, 0, len(chain)
        while position < end:
            run, begin = [], position
            while position < end and (step := chain[position])[0] in "+-":
                run.append(step[1] if step[0] == "+" else -step[1])
                position += 1
            divisor = 0
            if position < end and chain[position][0] == "/":
                divisor = chain[position][1]
                position += 1
            bits += self._run_bits(run, value, divisor, begin == 0, position == end)
            value += sum(run)
            if divisor:
                value //= divisor
            begun = position
            while position < end and chain[position][0] == "*":
                value *= chain[position][1]
                position += 1
            if position > begun:
                factors = [n for _, n in chain[begun:position]]
                bits += len(factors) * (2 + self._factor_bits)
                if begin == 0 and len(run) == 1 and run[0] <= self.factors[-1]:
                    factors += run
                    starts = sum(n >= self.terms[0] for n in factors)
                    bits -= log2(starts * arrangements(factors) / len(factors))
                elif len(factors) > 1:
                    bits -= log2(arrangements(factors))
        return bits

    def _run_bits(self, run: list[int], value: int, divisor: int, first: bool, last: bool) -> float:
        """The bits of a run of signed terms that begins at a value, and of the divisor after it."""
        bottom, top = self.terms[0], self.terms[-1]
        if first and len(run) == 1:
            if divisor:
                return 2 + self._factor_bits + log2(len(self.terms) // divisor)
            return _THREE_OF_FOUR + self._term_bits
        if len(run) == 1:
            small, sure = value <= top, float(value >= self.turn)
            room = len(self.terms) if run[0] > 0 or not small else value - bottom
            if divisor:
                return (2 if small else 1) + sure + self._factor_bits + log2(room // divisor)
            return sure + log2(room) + (1 if not last else _THREE_OF_FOUR if small else 0)
        end = value + sum(run)
        lost = (sum(run) - sum(map(abs, run))) // 2
        low = (min(n for n in run if n > 0) if first else value) + lost
        sure, full, bits, share = float(low >= self.turn), len(self.terms), 0.0, 1.0
        for n in run:
            if n > 0:
                room = full
                bits += self._term_bits + sure
            else:
                room = min(top, max(low - n, 1 - n, self.turn) - 1) - bottom + 1
                bits += 1 + log2(room)
            if divisor:
                share = min(share, room // divisor / room)
        bits += len(run) - 1 - first
        if first:
            bits += _THREE_OF_FOUR - sure
        small = end - min(run) <= top
        if divisor:
            bits += (2 if small else 1) + self._factor_bits + log2(share)
        elif not last:
            bits += 1
        elif small:
            bits += _THREE_OF_FOUR
        orders = arrangements(run)
        return bits - log2(orders * sum(n > 0 for n in run) / len(run) if first else orders)

    def part_bits(self, chain: Chain) -> float:
        """Of the chain without its last step."""
        return min(self.bits(chain), self.bits(chain[:-1])) if len(chain) > 2 else 0.0

    def min_bits(self, steps: int) -> float:
        """A lower bound on the min-entropy of the chains with so many steps."""
        return _least_bits(self, steps, True)

    def most(self, steps: int) -> int:
        """An upper bound on the number of canonical forms with so many steps."""
        return int(len(self.terms) * (2 * len(self.terms) + 2 * len(self.factors)) ** steps)

    def least_run_bits(self, terms: int, divided: bool, factors: int, first: bool) -> float:
        """A lower bound on the bits of a run of terms and the factors after it, if steps follow.

        If a run of terms ends the chain, subtract one bit for the case of its last term.
        """
        least = self.turn - self.terms[0]
        bits = terms * min(self._term_bits, 1 + log2(least)) - log2(factorial(terms))
        if divided:
            bits += log2(len(self.factors) / self.factors[-1])
            bits += log2(1 - (self.factors[-1] - 1) / least)
        if first and terms == 1:
            bits += 2 if divided else _THREE_OF_FOUR
            orders = factorial(factors + 1)
        else:
            bits += terms - first + (_THREE_OF_FOUR if first else 0)
            orders = factorial(factors)
        return bits + factors * (2 + self._factor_bits) - log2(orders)


@cache
def _least_bits(totals: RunningTotals, steps: int, first: bool) -> float:
    """The least bits of `steps` steps that begin with a run of terms (from the start if `first`)."""
    best = inf
    for terms, divided in product(range(1, steps + 1 + first), (False, True)):
        for factors in range(steps - (terms - first) - divided + 1):
            left = steps - (terms - first) - divided - factors
            if left and not (divided or factors):
                continue
            bits = totals.least_run_bits(terms, divided, factors, first)
            if left:
                bits += _least_bits(totals, left, False)
            elif not (divided or factors):
                bits -= 1
            best = min(best, bits)
    return best


def runs(chain: Chain) -> list[list[tuple[str, int]]]:
    """The runs of a chain, each sorted: the steps of a run commute."""
    chain_runs: list[list[tuple[str, int]]] = []
    kind = chain[1][0] in "+-" if len(chain) > 1 else True
    for step in (("+" if kind else "*", chain[0][1]), *chain[1:]):
        if not chain_runs or (step[0] in "+-") != kind:
            kind = step[0] in "+-"
            chain_runs.append([])
        chain_runs[-1].append(step)
    return [sorted(run) for run in chain_runs]


def canonical(chain: Chain) -> str:
    """The runs of a chain in order: `+25+37-18*2*6/3`."""
    return "".join(f"{sign}{n}" for run in runs(chain) for sign, n in run)


def values(chain: Chain) -> list[int]:
    """The start and the value after each step."""
    totals: list[int] = []
    for sign, n in chain:
        before = totals[-1] if totals else 0
        if sign == "*":
            totals.append(before * n)
        elif sign == "/":
            totals.append(before // n)
        else:
            totals.append(before + n if sign == "+" else before - n)
    return totals


def worked(chain: Chain) -> str:
    """The steps: `37 + 25 = 62, 62 - 18 = 44`."""
    totals = values(chain)
    return ", ".join(
        f"{before} {sign} {n} = {after}"
        for before, (sign, n), after in zip(totals, chain[1:], totals[1:], strict=False)
    )


def expression(chain: Iterable[tuple[str, str]]) -> str:
    """A chain with printed operands as one expression: `((37 + 25) * 6) / 3`."""
    text = ""
    for sign, n in chain:
        inner = f"({text})" if " " in text else text
        text = f"{inner} {sign} {n}" if text else n
    return text
