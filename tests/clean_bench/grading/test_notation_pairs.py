"""Pairs of the notations of equations, residues, derivatives, roundings, systems and powers.

`notation_pairs.jsonl` was labelled from the issue and the policy before the reader read these notations.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from clean_bench.grading import rules
from clean_bench.grading.equality import equal
from clean_bench.grading.grade import grade
from clean_bench.grading.parse.parse_answer import parse_answer

PAIRS = [
    json.loads(line)
    for line in Path(__file__).with_name("notation_pairs.jsonl").read_text("utf-8").splitlines()
]


def test_there_are_equal_and_different_pairs_of_every_kind() -> None:
    assert len(PAIRS) > 350
    kinds = Counter((row["kind"], row["equal"]) for row in PAIRS)
    assert len(kinds) == 20 and min(kinds.values()) >= 4, kinds


def test_every_label_is_met_in_both_orders() -> None:
    wrong = [
        (row["kind"], row["gold"], row["answer"])
        for row in PAIRS
        if {equal(row["gold"], row["answer"]), equal(row["answer"], row["gold"])} != {row["equal"]}
    ]
    assert wrong == []


def test_the_grader_gives_the_labels_on_responses() -> None:
    grades = grade([(row["gold"], f"so $\\boxed{{{row['answer']}}}$") for row in PAIRS])
    wanted = ["equal" if row["equal"] else "different" for row in PAIRS]
    assert [
        (row["gold"], row["answer"], found.kind) for row, found in zip(PAIRS, grades, strict=True)
    ] == [(row["gold"], row["answer"], kind) for row, kind in zip(PAIRS, wanted, strict=True)]


def test_every_answer_equals_itself_and_no_fast_decision_is_against_its_label() -> None:
    for row in PAIRS:
        one, other = parse_answer(row["gold"]), parse_answer(row["answer"])
        assert rules.FAST.same(one, one) is True and rules.FAST.same(other, other) is True
        decided = rules.FAST.same(one, other)
        assert decided is rules.FAST.swapped().same(other, one), row
