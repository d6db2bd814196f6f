"""The evidence of a claim in words: flags by test, what was left out, and tests of the whole set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clean_bench.probing.flag_counts import FlagCount
from clean_bench.probing.flags import LEVEL
from clean_bench.probing.hypotheses import (
    ABOVE_CHANCE,
    ABOVE_LOOKUP,
    ABOVE_NULL,
    ABOVE_PARAPHRASE,
    ABOVE_RENUMBERED,
    ABOVE_SHUFFLED,
    ABOVE_VARIANTS,
    Hypothesis,
)

REMARKS = {
    ABOVE_NULL: "the set as a whole has more evidence than the null sets; this names no problem",
    ABOVE_RENUMBERED: "a model that only computes may prefer the true numbers too",
    ABOVE_PARAPHRASE: "a suffix fits its own prefix better than a reworded one without memory too",
    ABOVE_VARIANTS: "the variants may be harder than the originals",
    ABOVE_CHANCE: "some answers follow from a part of the problem without memory",
    ABOVE_SHUFFLED: "the published order was seen, if the order carries no information of its own",
}
"""What a significant test of a whole set can and cannot show."""


def flag_line(count: FlagCount) -> str:
    """What a test flagged against the null sets, or why it could not flag anything."""
    test = count.test if count.decides else f"{count.test} (supplementary)"
    if not count.can_flag:
        few = f"{_null_problems(count.null_problems)} too few for {count.tested} tested ones"
        return f"{test}: this test cannot flag anything here: {few}"
    line = f"{test}: {len(count.flagged)} of {count.tested} flagged against {count.null}"
    if not count.flagged and count.least > 1:
        line += (
            f" (at least {count.least} would have to be more extreme than its {count.null_problems} "
            "problems; a larger null set lowers this)"
        )
    return line


def _null_problems(number: int) -> str:
    return "1 null problem is" if number == 1 else f"{number} null problems are"


def significant_tests(name: str, hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
    """The significant tests of a whole set, without exact match above the look-up, which is level L1."""
    return [
        row
        for row in hypotheses
        if row.set == name
        and row.question in REMARKS
        and row.question != ABOVE_LOOKUP
        and row.p_holm <= LEVEL
        and row.effect > 0
    ]


def hypothesis_lines(rows: Sequence[Hypothesis], unmatched: str) -> Iterator[str]:
    """Significant tests of a whole set, each with what it shows.

    Args:
        unmatched: why the null sets are not known to match the set; empty where they are.
    """
    questions: dict[str, list[str]] = {}
    for row in rows:
        questions.setdefault(row.question, []).append(f"{row.test}, p {row.p_holm:.2g}")
    for question, tests in questions.items():
        remark = REMARKS[question]
        if question == ABOVE_NULL and unmatched:
            remark = (
                "no evidence of memorization, because the null set is not known to match the set"
            )
        yield f"{question} ({'; '.join(tests)}): {remark}"
