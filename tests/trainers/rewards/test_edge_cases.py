"""The table of edge cases in docs/rewards.md: what the published code gives, and what we give."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from reward_groups import group_of, rewards

from clean_bench.grading import grade
from clean_bench.grading.compat import spurious_rewards

DOCUMENT = Path(__file__).parents[3] / "docs" / "rewards.md"
PUBLISHED = [
    # The edge cases of the published code, by its own reward and extraction (Spurious_Rewards 33b9f85).
    (r"\boxed{}", 0, None),
    (r"\boxed{ }", 0, None),
    (r"\boxed{.}", 0, None),
    (r"\boxed{5} then \boxed{}", 0, None),
    (r"\boxed{} then \boxed{5}", 1, "5"),
    (r"so \boxed{5}. The boxed", 0, None),
    ("boxed answer here", 1, "answerhere"),
    (r"so it is \boxed{12", 1, "12"),
    ("no box at all, it is 42", 0, "42"),
    ("any text without a box", 0, None),
]


def rows() -> dict[str, list[str]]:
    """The cells of the table by response, without the reason."""
    table = DOCUMENT.read_text("utf-8").partition("| response |")[2].partition("\n\n")[0]
    cells = [
        [cell.strip().strip("`") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in table.splitlines()[2:]
    ]
    return {cell[0]: cell[1:5] for cell in cells}


def shown(answer: str | None) -> str:
    return answer or "none"


def test_every_published_edge_case_is_in_the_document() -> None:
    table = rows()
    for text, value, answer in PUBLISHED:
        assert table[text][0] == str(value), text
        assert table[text][2] == shown(answer), text


@pytest.mark.parametrize("text", rows())
def test_the_document_gives_the_values_of_both(text: str) -> None:
    published = spurious_rewards.extract(text)
    [here] = grade([("5", text)])
    [reward] = rewards("format", group_of([text], "5"))
    assert rows()[text] == [
        # The published format reward extracts from boxes only.
        str(int("boxed" in text and published is not None)),
        str(int(reward or 0)),
        shown(published),
        shown(here.strict.extracted),
    ]


def test_values_that_the_reasons_state() -> None:
    assert rewards("truth", group_of([r"\boxed{.}", r"so it is \boxed{12"], "12")) == [0, 1]
    assert rewards("truth", group_of([r"so \boxed{seven}"], "7")) == [1]
    assert rewards("truth", group_of(["no box at all, it is 42"], "42")) == [0]
    # A gold answer A to D: the last letter A to D would be "A" in "A box of chalk ...".
    texts = [r"\boxed{B}", "The answer is B, not A"]
    assert rewards("truth", group_of(texts, "B")) == [1, 1]


def test_compound_rewards_without_python() -> None:
    texts = [r"\boxed{7}", r"python \boxed{7}", "python", r"\boxed{8}"]
    assert rewards("format & !python", group_of(texts)) == [1, 0, 0, 1]
    assert rewards("truth & !python", group_of(texts)) == [1, 0, 0, 0]


def test_a_box_of_spaces_and_punctuation_is_empty() -> None:
    empty = [r"\boxed{\text{ }}", r"\boxed{\,}", r"\boxed{$ $}", r"\boxed{?}"]
    full = [r"\boxed{\text{no}}", r"\boxed{-}", r"\boxed{\pi}", r"\boxed{\emptyset}", r"\boxed{0}"]
    assert rewards("format", group_of(empty)) == [0] * len(empty)
    assert rewards("format", group_of(full)) == [1] * len(full)
