"""What is kept between calls, and what is not."""

from __future__ import annotations

import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.grading import Limits, grade, graders
from clean_bench.grading.cache import Table, pair_key
from clean_bench.grading.worker import client


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=200), st.integers(1, 20))
def test_a_table_gives_what_was_put_last_or_nothing(
    entries: list[tuple[int, int]], capacity: int
) -> None:
    table: Table[int, int] = Table(half=250 * capacity)
    truth: dict[int, int] = {}
    for key, value in entries:
        table.put(key, value, 0)
        truth[key] = value
        assert table.get(key) == value
        assert len(table) <= 2 * capacity + 2
    known = table.get_all(range(31))
    assert known == [table.get(key) for key in range(31)]
    assert all(value in (None, truth.get(key)) for key, value in enumerate(known))


def test_the_latest_entries_are_always_there() -> None:
    table: Table[int, int] = Table(half=250 * 100)
    for key in range(1, 1000):
        table.put(key, key, 0)
        assert all(table.get(old) == old for old in range(max(1, key - 98), key + 1))


def test_memory_is_bounded_in_characters() -> None:
    table: Table[str, str] = Table(half=1_000_000)
    for number in range(300):
        text = str(number).zfill(10_000)
        table.put(text, text, len(text))
    assert len(table) <= 50
    assert (
        sum(sys.getsizeof(text) for half in (table._young, table._old) for text in half) < 2_000_000
    )


def test_a_second_pass_calls_no_grader(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [(f"{n}x+1", f"It is \\boxed{{1+{n}x}}, case {n}.") for n in range(50)]
    for grader in graders.GRADERS:
        first = grade(pairs, grader=grader)
        with monkeypatch.context() as patch:
            patch.setattr(client, "grade_slow", None)
            patch.setattr(graders, "locate", None)
            copies = [("".join(gold), "".join(list(response))) for gold, response in pairs]
            assert grade(copies, grader=grader) == first


def test_each_grader_has_its_own_cache() -> None:
    response = "first 4, then 3"
    grades = [grade([("3", response)], grader=name)[0].strict for name in graders.GRADERS]
    assert [graded.kind for graded in grades] == [
        "no answer",
        "equal",
        "equal",
        "equal",
        "equal",
    ]


def test_another_gold_or_response_is_another_pair() -> None:
    assert pair_key(("1", "ab")) == pair_key(("1", "".join(["a", "b"])))
    assert (
        len({pair_key(pair) for pair in [("1", "ab"), ("2", "ab"), ("1", "ba"), ("1", "abc")]}) == 4
    )
    grades = grade([("1", "$1$"), ("2", "$1$"), ("1", "$2$")])
    assert [result.correct for result in grades] == [True, False, False]


def test_timeouts_are_not_kept() -> None:
    pair = ("3", r"\boxed{9^{9^9}} said twice")
    asked: list[int] = []
    real = client.grade_slow

    def counting(requests, seconds, memory_mb):  # type: ignore[no-untyped-def]
        asked.append(len(requests))
        return real(requests, seconds, memory_mb)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "grade_slow", counting)
        for _ in range(2):
            grades = grade([pair, pair], Limits(seconds=0.3), grader="math-verify")
            assert [result.kind for result in grades] == ["timeout"] * 2
    assert asked == [1, 1]  # once a call, and again in the next


def test_threads_may_fill_it_together() -> None:
    table: Table[int, int] = Table(half=250 * 50)
    wrong: list[int] = []

    def run(start: int) -> None:
        for key in range(start, start + 3000):
            table.put(key, key, 0)
            found = table.get_all(range(key - 20, key + 1))
            wrong.extend(k for k, value in zip(range(key - 20, key + 1), found, strict=True)
                         if value not in (None, k))  # fmt: skip

    threads = [threading.Thread(target=run, args=(1000 * n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [] and len(table) <= 102
