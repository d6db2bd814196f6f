r"""Whether a response gives the gold answer.

The answer of a response is its last `\boxed{...}`; without any, what follows "answer is" (or `####`,
or stands in `<answer>`); without that, the last number of the text. It is compared exactly: 0.5 is
1/2, 1,200 is 1200, and 0.667 is not 2/3. What is no plain number counts where it equals the gold
answer after a light normalization. clean-bench itself decides about numbers with the same code; it
takes no last number, and asks math-verify about formulas.

No text of a response is evaluated as code. Of a response the last 100,000 characters are read, and
an answer of more than 1,000 counts only where it is the gold answer character by character.
"""

from __future__ import annotations

import re

from clean_bench.grading.exact import rational
from clean_bench.grading.extract import marked
from clean_bench.grading.normal import normal

_READ = 100_000
_COMPARED = 1000
_SPACE = re.compile(r"\s+")
_NUMERAL = re.compile(
    r"(?:(?<![A-Za-z0-9)}])[-−])?"
    r"(?:\\[dt]?frac\{-?[0-9]+\}\{[0-9]+\}"
    r"|[0-9]+(?:(?:,|\{,\})[0-9]{3})*(?:\.[0-9]+)?(?:/[0-9]+)?)"
)


def answer_of(response: str) -> str | None:
    """The answer that a response gives, or None where it gives none."""
    text = _SPACE.sub(_one, response[-_READ:])
    found = marked(text)
    if found is None and "\\boxed" not in text and "\\fbox" not in text:
        for numeral in _NUMERAL.finditer(text):
            found = numeral[0]
    return found


def correct(gold: str, response: str) -> bool:
    """Whether the answer that a response gives is the gold answer."""
    given, gold = answer_of(response), gold.strip()
    if given is None:
        return False
    if given == gold:
        return True
    if max(len(gold), len(given)) > _COMPARED:
        return False
    value = rational(gold)
    found = rational(given) if value is not None else None
    if found is not None:
        return found == value
    return normal(given) == normal(gold)


def _one(space: re.Match[str]) -> str:
    """One character for a run of white space; runs of any length then cost nothing."""
    return "\n" if "\n" in space[0] else " "
