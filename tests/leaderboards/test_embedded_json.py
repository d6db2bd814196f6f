"""The data inside the page's scripts: nothing in it is markup, and it holds what was put in."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from made_up import PLANTED, MadeUp
from made_up_details import HOSTILE, problem_rows, tables

from clean_bench.results import SCHEMA, Results
from leaderboards.embedded_json import (
    HEAD,
    TAIL,
    problems_json,
    results_json,
    script_json,
    shortened,
)
from leaderboards.page_data import SAMPLES_SHOWN, Answers, Completion, ProblemRow, ProblemTable

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(VALUES)
def test_script_json_is_plain_ascii_without_markup_and_reads_back(value: Any) -> None:
    text = script_json(value)
    assert text.isascii() and not set("<>&") & set(text)
    assert json.loads(text) == value


def test_hostile_text_is_data() -> None:
    text = script_json([HOSTILE])
    assert "</script" not in text and "\u2028" not in text and json.loads(text) == [HOSTILE]


def test_problems_hold_their_texts_counts_and_verdicts(run: MadeUp) -> None:
    data = json.loads(problems_json(run.report, tables()))
    assert data["sets"] == [info.label for info in run.report.sets]
    [model] = data["models"]
    assert (model["name"], model["checkpoints"][1]) == ("reciter", "truth")
    assert len(model["rows"]) == len(problem_rows()) == 40
    number, key, text, gold, memorized, copies, of_checkpoints = model["rows"][0]
    assert data["sets"][number] == PLANTED and (key, gold, memorized, copies) == (
        "p/000",
        "7",
        True,
        0,
    )
    assert text == "Problem 0: how many cats has Ann?"
    before, truth, random_arm, _ = of_checkpoints
    # Greedy wrong before and right after; two and four of four samples right.
    assert before[:4] == [2, 4, 0, 5] and truth[:4] == [4, 4, 0, 5] and random_arm is None
    assert before[4][0] == ["greedy", "so the sum is \\boxed{8}", "different", 0, "8", 0]
    assert truth[4][0][2:5] == ["equal", 1, "7"]
    assert [shown[0] for shown in before[4]] == ["greedy", *["sample"] * SAMPLES_SHOWN]
    assert model["rows"][2][6][1][2] == 1  # one completion was cut off
    assert model["rows"][3][2] == HOSTILE


def test_undecided_samples_are_counted_apart() -> None:
    answers = Answers()
    for score, finish in ((1.0, "stop"), (None, "stop"), (0.0, "length"), (0.0, "length")):
        answers.add(Completion("sample", "t", "kind", score, None, finish))
    assert (answers.correct, answers.decided, answers.cut, answers.completions) == (1, 3, 2, 4)
    assert len(answers.shown) == SAMPLES_SHOWN


def test_long_completions_keep_both_ends(run: MadeUp) -> None:
    letters = "".join(random.Random(0).choices("abcdef", k=100_000))
    answers = Answers()
    answers.add(Completion("greedy", letters, "equal", 1.0, letters, "stop"))
    row = ProblemRow(PLANTED, "p", letters, letters, answers=[answers])
    text = problems_json(run.report, [ProblemTable("m", ["base"], [row])])
    assert len(text) < 10_000
    shown = json.loads(text)["models"][0]["rows"][0][6][0][4][0][1]
    assert shown.startswith(letters[:HEAD]) and shown.endswith(letters[-TAIL:])
    assert f"{100_000 - HEAD - TAIL:,} characters left out" in shown


@given(st.text(max_size=40), st.integers(1, 20), st.integers(1, 20))
def test_short_text_is_kept_whole(text: str, head: int, tail: int) -> None:
    short = shortened(text, head, tail)
    assert (short == text) == (len(text) <= head + tail)
    assert short[:head] == text[:head] and short[-tail:] == text[-tail:]


def test_results_read_back_row_by_row(run: MadeUp) -> None:
    columns = json.loads(results_json(run.results))
    assert [column["name"] for column in columns] == SCHEMA.names
    expected = [row for row in run.results if row.step is None]
    assert 0 < len(expected) < len(run.results)
    for number, row in enumerate(expected):
        for column, value in zip(columns, row, strict=True):
            stored = column["rows"][number]
            stored = column["texts"][stored] if "texts" in column else stored
            if isinstance(value, float):
                assert abs(stored - value) <= 5e-6 * abs(value)
            else:
                assert stored == value
    assert json.loads(results_json(Results()))[0] == {"name": "checkpoint", "rows": []}
