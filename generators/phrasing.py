r"""How problems that ask for a value are worded, and how such a text is read again.

Which of the wordings a problem gets is surface: it is no part of what `bits` count.
"""

from __future__ import annotations

from clean_bench.seeds import Draw
from generators.family import Notation

ASKS = (
    "What is the value of {}?",
    "Find the exact value of {}.",
    "Calculate {}.",
    "Evaluate {}.",
    "Compute {}.",
    "Work out {}.",
)


def formula(text: str, notation: Notation) -> str:
    """A formula as it stands in a sentence."""
    return f"${text}$" if notation == "latex" else text


def ask(expression: str, notation: Notation, draw: Draw) -> str:
    """A sentence that asks for the value of an expression."""
    return draw.choice(ASKS).format(formula(expression, notation))


def asked(text: str) -> str:
    """The expression whose value a text of `ask` wants.

    Raises:
        ValueError: if it is no such text.
    """
    for wording in ASKS:
        before, after = wording.split("{}")
        if text.startswith(before) and text.endswith(after):
            found = text[len(before) : len(text) - len(after)]
            if found.startswith("$") and found.endswith("$") and len(found) > 2:
                found = found[1:-1]
            if found and "$" not in found:
                return found
    raise ValueError(f"not a text that asks for a value: {text[:60]!r}")
