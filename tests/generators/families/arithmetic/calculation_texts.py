"""What texts of calculations say, by Python's parser; the published grammar, on texts; and some items.

The first two share no code with what is tested: `python` parses a text, `worth` works it out, `form_of`
is its form up to commutation, `count` says how many texts have a form, and `published` lists all texts
of so many operators with their probabilities.
"""

import ast
import re
from collections import Counter, defaultdict
from fractions import Fraction
from itertools import permutations, product
from math import factorial, prod

from clean_bench.seeds import digest
from generators.families.arithmetic.random_calculation.expression_tree import Grammar, Operand
from generators.families.arithmetic.random_calculation.family import (
    PaperCalculation,
    RandomCalculation,
)

FAMILY, PAPER = RandomCalculation(), PaperCalculation()
VALUES = ["7", r"\frac{3}{2}", "5^2", "11", "13", "17^3", r"\frac{19}{5}", "23"]


def small(size, groups=True):
    """A grammar with few operands."""
    signs = (FAMILY if groups else PAPER).grammar.signs
    pool = [Operand(text, re.sub(r"\\frac{(.*)}{(.*)}", r"(\1/\2)", text), worth(python(text)))
            for text in VALUES[:size]]  # fmt: skip
    return Grammar(pool=tuple(pool), groups=groups, signs=signs)


# What a text says, by Python's parser. An operand is a constant, a power or a call of `F`.

FRACTIONS = {"latex": r"\\frac\{(\d+)\}\{(\d+)\}", "plain": r"\((\d+)/(\d+)\)"}


def python(text, notation="latex"):
    """A text as Python parses it."""
    source = re.sub(FRACTIONS[notation], r"F(\1,\2)", text)
    source = source.replace("^", "**").replace(r"\times", "*").replace(r"\div", "/")
    return ast.parse(source, mode="eval").body


def is_operation(node):
    return isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Pow)


def worth(node):
    """The value."""
    if isinstance(node, ast.Constant):
        return Fraction(node.value)
    if isinstance(node, ast.Call):
        return Fraction(*(argument.value for argument in node.args))
    left, right = worth(node.left), worth(node.right)
    if isinstance(node.op, ast.Pow):
        return left ** int(right)
    if isinstance(node.op, ast.Add | ast.Sub):
        return left + (right if isinstance(node.op, ast.Add) else -right)
    return left * right if isinstance(node.op, ast.Mult) else left / right


def operations(node):
    """Every operation in it, the node itself last."""
    if not is_operation(node):
        return []
    return [*operations(node.left), *operations(node.right), node]


def names(node):
    """The operands as Python source, from left to right."""
    return names(node.left) + names(node.right) if is_operation(node) else [ast.unparse(node)]


def form_of(node):
    """The form up to commutation: nested tuples, the signed terms of a sum in order."""
    if not is_operation(node):
        return ast.unparse(node)
    sign = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}[type(node.op)]
    return joined(sign, form_of(node.left), form_of(node.right))


def joined(sign, left, right):
    """The form of two texts with a sign between them; sums in `right` are in parentheses."""
    if sign in "*/":
        both = [left, right]
        return (sign, *(sorted(both, key=repr) if sign == "*" else both))
    terms = left[1] if left[0] == "sum" else (("+", left),)
    return ("sum", tuple(sorted((*terms, (sign, right)), key=repr)))


def count(form):
    """How many texts have a form: first terms, then the orders of the other terms."""
    if isinstance(form, str):
        return 1
    if form[0] != "sum":
        both = count(form[1]) * count(form[2])
        return 2 * both if form[0] == "*" and form[1] != form[2] else both
    kinds = Counter(form[1])
    orders = sum(
        factorial(len(form[1]) - 1) // prod(map(factorial, (kinds - Counter([first])).values()))
        for first in kinds
        if first[0] == "+"
    )
    return orders * prod(count(term) for _, term in form[1])


def all_texts(form):
    """Every text of a form, in Python."""
    if isinstance(form, str):
        return {form}
    if form[0] != "sum":
        orders = {form[1:], form[:0:-1]} if form[0] == "*" else {form[1:]}
        return {
            f"({a}){form[0]}({b})" for x, y in orders for a in all_texts(x) for b in all_texts(y)
        }
    found = set()
    for order in set(permutations(form[1])):
        if order[0][0] == "+":
            choices = [all_texts(term) for _, term in order]
            for texts in product(*choices):
                found.add("".join(f"{s}({t})" for (s, _), t in zip(order, texts, strict=True)))
    return found


def published(steps, grammar):
    """Texts of so many operators in the grammar's usual notation, with their probabilities."""
    if steps == 0:
        return {operand.latex: Fraction(1, len(grammar.pool)) for operand in grammar.pool}
    shorter = [published(size, grammar) for size in range(steps)]
    sums = {text for texts in shorter for text in texts if is_sum(python(text))}
    chances = defaultdict(Fraction)
    sizes = -(-steps // 2)
    for j in range(sizes):
        for l_size, r_size in ((j, steps - 1 - j), (steps - 1 - j, j)):
            for (a, p), (b, q) in product(shorter[l_size].items(), shorter[r_size].items()):
                share = p * q / (sizes * 4 * 2)
                for name, sign in zip("+-*/", grammar.signs["latex"], strict=True):
                    left = f"({a})" if l_size and name in "*/" else a
                    right = f"({b})" if r_size and name in "*/" else b
                    if name == "-" and grammar.groups and b in sums:
                        right = f"({b})"
                    chances[left + sign + right] += share
    return chances


def is_sum(node):
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)


def is_finite(node):
    """Whether nothing is divided by zero."""
    try:
        worth(node)
    except ZeroDivisionError:
        return False
    return True


# Items.

AROUND = {
    "latex": ("What is the exact value of $", "$? Give an integer or a fraction in lowest terms."),
    "plain": ("What is the exact value of ", "? Give an integer or a fraction in lowest terms."),
}
SENTENCE = (
    "Evaluate this LaTeX numerical expression step-by-step and give the final value "
    r"within \boxed{}: "
)


def item(family, tier, number, split="all", notation=None, label="test"):
    words = digest(label, tier, number, length=family.random_bytes)
    return family.make(words, tier, split, notation)


def items(family, tier, numbers, split="all", notation=None):
    made = (item(family, tier, number, split, notation) for number in range(numbers))
    return [found for found in made if found]


def expression(family, problem, notation="latex"):
    """The expression of a problem's text, which has the sentence of its flavor around it."""
    before, after = AROUND[notation] if family.grammar.groups else (SENTENCE, "")
    assert problem.startswith(before)
    assert problem.endswith(after)
    return problem[len(before) : len(problem) - len(after)]


def node_of(family, problem, notation="latex"):
    return python(expression(family, problem, notation), notation)


def tiny(size, groups, accepted=1.0):
    """The flavor with few operands."""
    base = RandomCalculation if groups else PaperCalculation
    changes = {"grammar": small(size, groups), "accepted": dict.fromkeys(range(1, 21), accepted)}
    return type("Tiny", (base,), changes)()
