"""The grader on pairs labelled from the equality policy.

`hard_pairs.jsonl` was labelled before any grader was run on it and without sight of the code;
`found_pairs.jsonl` came later, from attacks on the grader (near misses and rewrites of MATH golds).
"""

import json
from pathlib import Path
from typing import Any

import pytest

from clean_bench.grading import grade

Rows = list[dict[str, Any]]


def rows(name: str) -> Rows:
    path = Path(__file__).parent / name
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


PAIRS = rows("hard_pairs.jsonl")
FOUND = rows("found_pairs.jsonl")


def listing(pairs: Rows, says_equal: list[bool]) -> list[str]:
    """One line per pair whose label the word is against."""
    return [
        f"{row['kind']}: {row['why']}: {row['gold']!r} and {row['answer']!r} are "
        f"{'equal' if row['equal'] else 'different'}"
        for row, word in zip(pairs, says_equal, strict=True)
        if word != row["equal"]
    ]


def test_labels_are_balanced_distinct_and_symmetric() -> None:
    label = {(row["gold"], row["answer"]): row["equal"] for row in PAIRS + FOUND}
    assert len(label) == len(PAIRS) + len(FOUND)
    assert 0.45 < sum(row["equal"] for row in PAIRS) / len(PAIRS) < 0.55
    for (gold, answer), equal in label.items():
        assert label.get((answer, gold), equal) == equal, (gold, answer)


@pytest.mark.parametrize("name", ["hard_pairs.jsonl", "found_pairs.jsonl"])
def test_every_label_is_met(name: str) -> None:
    pairs = rows(name)
    grades = grade([(row["gold"], f"\\boxed{{{row['answer']}}}") for row in pairs])
    assert listing(pairs, [result.kind == "equal" for result in grades]) == []


@pytest.mark.slow
def test_math_verify_misses_labels_on_both_sides() -> None:
    from math_verify import parse, verify

    words = [
        bool(verify(parse(f"\\boxed{{{row['gold']}}}"), parse(f"\\boxed{{{row['answer']}}}")))
        for row in PAIRS
    ]
    misses = [row["equal"] for row, word in zip(PAIRS, words, strict=True) if word != row["equal"]]
    assert misses.count(False) >= 20, "false positives"
    assert misses.count(True) >= 50, "false negatives"
