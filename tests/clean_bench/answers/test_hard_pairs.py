"""The grader on pairs labelled from the equality policy before any grader was run on them."""

import json
from pathlib import Path
from typing import Any

import pytest

from clean_bench.answers import grade

PAIRS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "hard_pairs.jsonl").read_text().splitlines()
]


def listing(says_equal: list[bool]) -> list[str]:
    """One line per pair whose label the word is against."""
    return [
        f"{row['kind']}: {row['why']}: {row['gold']!r} and {row['answer']!r} are "
        f"{'equal' if row['equal'] else 'different'}"
        for row, word in zip(PAIRS, says_equal, strict=True)
        if word != row["equal"]
    ]


def test_labels_are_balanced_distinct_and_symmetric() -> None:
    label = {(row["gold"], row["answer"]): row["equal"] for row in PAIRS}
    assert len(label) == len(PAIRS) >= 350
    assert 0.45 < sum(label.values()) / len(label) < 0.55
    for (gold, answer), equal in label.items():
        assert label.get((answer, gold), equal) == equal, (gold, answer)


def test_every_label_is_met() -> None:
    verdicts = grade([(row["gold"], f"\\boxed{{{row['answer']}}}") for row in PAIRS])
    assert listing([verdict.kind == "equal" for verdict in verdicts]) == []


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
