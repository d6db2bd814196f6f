"""Print and read problems that ask for the value of an expression.

The wording of a problem is surface: `bits` does not count it.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from clean_bench.seeds import Draw
from generators.family import Notation


def read_texts(module: str) -> dict[str, Any]:
    """The texts of a module, given its `__file__`: the TOML file beside it that has its name."""
    return tomllib.loads(Path(module).with_suffix(".toml").read_text(encoding="utf-8"))


WORDINGS: list[str] = read_texts(__file__)["wordings"]


def formula(text: str, notation: Notation) -> str:
    """A formula, marked as one in LaTeX."""
    return f"${text}$" if notation == "latex" else text


def decimal(n: int, places: int) -> str:
    """n / 10^places as the shortest decimal, for n of at least 0."""
    whole, rest = divmod(n, 10**places)
    return f"{whole}.{rest:0{places}}".rstrip("0") if rest else str(whole)


def ask(expression: str, notation: Notation, draw: Draw) -> str:
    """A sentence that asks for the value of an expression."""
    return draw.choice(WORDINGS).format(formula(expression, notation))


def expression_of(text: str) -> str:
    """The expression in a text that `ask` printed.

    Raises:
        ValueError: if `ask` cannot print the text.
    """
    for wording in WORDINGS:
        before, after = wording.split("{}")
        if text.startswith(before) and text.endswith(after):
            expression = text[len(before) : len(text) - len(after)]
            if expression.startswith("$") and expression.endswith("$") and len(expression) > 2:
                expression = expression[1:-1]
            if expression and "$" not in expression:
                return expression
    raise ValueError(f"expected a text that asks for a value, got {text[:60]!r}")
