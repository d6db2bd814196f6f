"""Verdicts, their limits, and the worker behind them."""

import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.answers import Limits, grade, pool
from clean_bench.errors import UserError

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / ".." / "shared" / "data"


def kinds(*pairs: tuple[str, str], limits: Limits | None = None) -> list[str]:
    boxed = [(gold, f"\\boxed{{{answer}}}") for gold, answer in pairs]
    return [verdict.kind for verdict in grade(boxed, limits)]


def rows(name: str) -> list[dict[str, Any]]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"needs the development file {name}, which is no part of the repository")
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_decided_without_math_verify_and_with_it() -> None:
    assert kinds(
        ("1/2", "0.5"),
        ("2/3", "0.666667"),
        ("1000", "1,000"),
        ("x^2", "x^{2}"),
        (r"\sqrt{8}", r"2\sqrt{2}"),
        (r"\sqrt{8}", r"2\sqrt{3}"),
        ("(1,2)", "(2,1)"),
        (r"\text{east}", "east"),
        ("x+1", "1+x"),
    ) == [
        "equal",
        "different",
        "equal",
        "equal",
        "equal",
        "different",
        "different",
        "equal",
        "equal",
    ]  # fmt: skip


def test_no_answer_keeps_its_own_kind() -> None:
    verdicts = grade([("5", "I do not know"), ("5", r"\boxed{}"), ("5", ""), ("5", "#### 5")])
    assert [verdict.kind for verdict in verdicts] == ["no answer"] * 3 + ["equal"]
    assert [verdict.extracted for verdict in verdicts] == [None, None, None, "5"]
    assert [verdict.correct for verdict in verdicts] == [False, False, False, True]


def test_order_and_repetition_are_kept() -> None:
    pairs = [("1", r"\boxed{1}"), ("1", r"\boxed{2}"), (r"\sqrt{4}", r"\boxed{\sqrt{4} }")] * 3
    assert [verdict.correct for verdict in grade(pairs)] == [True, False, True] * 3
    assert grade([]) == []


@pytest.mark.parametrize("gold", ["", "  \n"])
def test_empty_gold_is_refused(gold: str) -> None:
    with pytest.raises(UserError, match="pair 2: the gold answer is empty"):
        grade([("1", "2"), (gold, "3")])


@given(st.fractions(max_denominator=200), st.fractions(max_denominator=200))
def test_agrees_with_fractions(gold: Fraction, answer: Fraction) -> None:
    forms = [f"{answer}", rf"\frac{{{answer.numerator}}}{{{answer.denominator}}}"]
    for kind in kinds(*((str(gold), form) for form in forms)):
        assert (kind == "equal") is (gold == answer)


def test_numbers_stay_out_of_sympy() -> None:
    code = (
        "import sys\n"
        "from clean_bench.answers import grade\n"
        "forms = ['{}', '{}.0', '{}/2', '\\\\frac{{{}}}{{3}}']\n"
        "pairs = [(str(i % 999), 'so it is \\\\boxed{' + forms[i % 4].format(i) + '}.')"
        " for i in range(10_000)]\n"
        "verdicts = grade(pairs)\n"
        "assert sum(v.correct for v in verdicts) > 400\n"
        "assert not {'sympy', 'math_verify', 'pebble'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


HOSTILE = [
    "9^{9^9}",
    "(10^9)!",
    "{" * 2000 + "}" * 2000,
    "1+" * 50_000 + "1",
]


@pytest.mark.parametrize("answer", HOSTILE, ids=["tower", "factorial", "braces", "long"])
def test_hostile_answers_end_in_time(answer: str) -> None:
    kinds(("x", "y"))  # starts the worker
    begun = time.monotonic()
    found = kinds(("3", answer), limits=Limits(seconds=1, characters=1_000_000))
    assert time.monotonic() - begun < 2
    assert found[0] in ("timeout", "different")
    assert kinds((r"\sqrt{8}", r"2\sqrt{2}")) == ["equal"]


def test_the_tower_is_a_timeout_and_not_a_wrong_answer() -> None:
    verdicts = grade([("3", r"\boxed{9^{9^9}}"), ("x", r"\boxed{x}")], Limits(seconds=1))
    assert [(verdict.kind, verdict.correct) for verdict in verdicts] == [
        ("timeout", False),
        ("equal", True),
    ]


@pytest.mark.parametrize("answer", ["a\0b", "\ud800", "x\ny", "a\u2028b", '"}\\', "\udcff\ud83d"])
def test_no_character_breaks_the_protocol(answer: str) -> None:
    assert kinds(("x+1", answer), ("x+1", "1+x")) == ["different", "equal"]


def test_long_answers_are_compared_as_strings() -> None:
    long = "x+" * 2000 + "x"
    assert kinds(("3", long), (long, long)) == ["different", "equal"]


def test_a_dead_worker_is_replaced() -> None:
    kinds((r"\sqrt{8}", r"2\sqrt{2}"))
    before = pool._worker
    assert before is not None
    os.killpg(before._process.pid, signal.SIGKILL)
    assert kinds((r"\sqrt{12}", r"2\sqrt{3}"), ("x", "y")) == ["equal", "different"]
    assert pool._worker is not before


def test_a_pair_that_ends_the_worker_twice_is_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_running", lambda memory_mb: _Silent())
    assert kinds(("x", "y+z")) == ["crash"]


class _Silent:
    """A worker that takes a request and dies."""

    def send(self, message: dict[str, Any]) -> None: ...

    def receive(self, seconds: float) -> dict[str, Any]:
        raise pool._Lost


def test_math500_golds_equal_themselves_and_not_their_neighbours() -> None:
    golds = [row["answer"] for row in rows("math500.jsonl")]
    assert pool.compare([(gold, gold) for gold in golds], 5, 2048) == ["equal"] * 500
    assert kinds(*((gold, gold) for gold in golds)) == ["equal"] * 500
    shifted = [(a, b) for a, b in zip(golds, golds[1:] + golds[:1], strict=True) if a != b]
    accepted = [
        pair for pair, kind in zip(shifted, kinds(*shifted), strict=True) if kind == "equal"
    ]
    assert accepted == [("5", "x=5")]  # neighbours whose answers are the same number


def test_agrees_with_the_recorded_verdicts_on_real_completions() -> None:
    completions = rows("real_completions.jsonl")
    verdicts = grade([(row["gold"], row["response"]) for row in completions])
    disagreements = [
        (row["gold"], verdict.extracted)
        for row, verdict in zip(completions, verdicts, strict=True)
        if verdict.correct is not row["reference_correct"]
    ]
    assert disagreements == []
