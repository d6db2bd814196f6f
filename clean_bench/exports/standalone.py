r"""Whether a response gives the gold answer, in one file that needs only the standard library.

The answer of a response is its last `\boxed{...}`; without a box, the text after "answer is" (or
`####`, or inside `<answer>`); without that, the last number of the text. Numbers are compared exactly:
0.5 is 1/2, 1,200 is 1200, and 0.667 is not 2/3. Other answers count if they equal the gold answer after
a light normalization. clean-bench itself decides numbers with the same code, but takes no last number,
and decides formulas by algebra.

No text of a response is evaluated as code. Only the last 100,000 characters of a response are read.
An answer of more than 1,000 characters counts only if it is the gold answer character by character.
"""

from __future__ import annotations

import re

from clean_bench.grading.extraction import locate
from clean_bench.grading.plain_answer import equal_plain

_MAX_RESPONSE = 100_000
_MAX_ANSWER = 1000
_SPACE = re.compile(r"\s+")
_NUMERAL = re.compile(
    r"(?:(?<![A-Za-z0-9)}])[-−])?"
    r"(?:\\[dt]?frac\{-?[0-9]+\}\{[0-9]+\}"
    r"|[0-9]+(?:(?:,|\{,\})[0-9]{3})*(?:\.[0-9]+)?(?:/[0-9]+)?)"
)


def answer_of(response: str) -> str | None:
    """The answer in a response, or None if there is none."""
    text = _SPACE.sub(_single_space, response[-_MAX_RESPONSE:])
    extraction = locate(text, bare=False)
    answer = extraction[0] if extraction else None
    if answer is None and "\\boxed" not in text and "\\fbox" not in text:
        for numeral in _NUMERAL.finditer(text):
            answer = numeral[0]
    return answer


def correct(gold: str, response: str) -> bool:
    """Whether the answer in a response is the gold answer."""
    answer = answer_of(response)
    return answer is not None and equal_plain(gold.strip(), answer, _MAX_ANSWER) is True


def _single_space(space: re.Match[str]) -> str:
    """A run of white space as one character, so that runs of any length cost nothing later."""
    return "\n" if "\n" in space[0] else " "
