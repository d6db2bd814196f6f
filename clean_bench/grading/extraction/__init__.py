r"""Extract the final answer from a response.

    extract("so \\boxed{5}")                  # "5"
    locate("So he has 5 apples left.")        # ("5", "closing sentence")

Rules, in order, each with its name and its tier (`docs/extraction.md`):

1. "box" (tier box): the last complete box that is an answer, with the boxes joined to it. Where it is
   empty, the response has no answer. After a boxed formula a phrase such as "Answer: D" decides;
2. "unclosed box" (box): without any complete box, the last unclosed one, to the end of its line. A
   response cut off at its token limit ends so;
3. "marker" (marker): the last phrase ("the answer is X", in many languages), heading, `#### X`, tag, or
   bold last line;
4. "program output" (marker): the last line of the last block of program output;
5. "whole response" (marker): the response itself, if it is one short line or one formula;
6. "closing sentence" (fallback): the last formula, number or choice letter of the closing sentence.

A strict grade leaves the fallback out: a format reward must tell an answer that was given from a number
that was written. If the response has a `</think>` or a like tag, the text after the last one is searched
first. The whole response is searched only if that text has no marked answer, and by rules 1 to 5 only.

    rules.py         the order of the rules         closing_sentence.py  the fallback
    boxes.py         boxed answers                  results.py           the result of a sentence
    markers.py       marks in the text              short_answers.py     texts that are an answer
    answer_spans.py  the answer after a mark        phrases.toml         phrases by language
    tiers.py         the tier of each rule          phrases.py           patterns from the phrases

Every rule takes time linear in the length of the text.
"""

from clean_bench.grading.extraction.boxes import boxed_answer, last_box
from clean_bench.grading.extraction.rules import Extraction, extract, locate
from clean_bench.grading.extraction.tiers import TIERS, Tier, tier_of

__all__ = [
    "TIERS",
    "Extraction",
    "Tier",
    "boxed_answer",
    "extract",
    "last_box",
    "locate",
    "tier_of",
]
