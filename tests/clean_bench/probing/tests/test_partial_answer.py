"""Partial-prompt answers: accuracy by hand, chance and the permutation test against enumeration."""

import random
from collections import Counter
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from forgeries import change_rows, edited

from clean_bench.errors import UserError
from clean_bench.grading import same_answers
from clean_bench.probing import answer_permutation
from clean_bench.probing.answer_permutation import (
    Answered,
    blocks,
    chances,
    hits_of,
    permutation_test,
    random_orders,
)
from clean_bench.probing.cut import cut
from clean_bench.probing.run import material_of
from clean_bench.probing.tests import TESTS
from clean_bench.problems import Problem, ProblemSet

Make = Callable[..., Any]
NAME = "partial-answer"


def problem(number: int, answer: str | None, subject: str | None = None) -> Problem:
    letter = "klmnopqrst"[number]
    text = " ".join(f"{letter}{other}{letter}" for other in "abcdefgh")
    return Problem(str(number), text, answer, subject=subject)


def continued(
    problems: list[Problem], answers: list[str | None], at: float = 0.6
) -> dict[str, str]:
    """Continuations of prefixes that state an answer, or none."""
    return {
        cut(p.problem, at).prefix: f" more. The answer is ${answer}$." if answer else " no number"
        for p, answer in zip(problems, answers, strict=True)
    }


def test_numbers_by_hand(run_test: Make, fake_engine: Make) -> None:
    problems = [problem(0, "5"), problem(1, "5"), problem(2, "7"), problem(3, r"\frac{1}{2}")]
    engine = fake_engine(continued(problems, ["5", "0.5", "7", None]))
    run = run_test(engine, [ProblemSet("s", problems)], NAME, fractions=[0.4, 0.6])
    expected = {"0": (1, 1, 0), "1": (0, 1, 1 / 3), "2": (1, 1, 0), "3": (0, 0, 1 / 3)}
    for problem_id, numbers in expected.items():
        names = ("correct", "answered", "chance")
        got = [run.values["s", problem_id, 0.6, name] for name in names]
        assert got == pytest.approx(numbers)
        # Nothing is continued at 40%.
        assert [run.values["s", problem_id, 0.4, name] for name in names] == [0, 0, 0]
    # Random orders of 5, 0.5, 7 and none have 1 right on average: 5 twice 1/4, 7 1/4, one half 1/4.
    assert run.values["s", "", 0.6, "excess"] == pytest.approx((2 - 1) / 4)
    assert run.values["s", "", 0.6, "clusters"] == 4
    assert ("s", "", 0.4, "p") not in run.values
    row = run.hypothesis("s")
    assert (row["question"], row["clusters"]) == ("answers of prefixes above chance", 4)
    assert (row["effect"], row["p"]) == (0.25, run.values["s", "", 0.6, "p"])
    means = {r["measure"]: r for r in run.artifact.rows("results") if NAME in r["measure"]}
    assert means["partial-answer:correct@0.6"]["value"] == 0.5
    assert means["partial-answer:chance@0.6"]["value"] == pytest.approx(1 / 6)
    assert set(means) == {
        f"partial-answer:{name}@{at}"
        for name in ("correct", "answered", "chance")
        for at in ("0.4", "0.6")
    }
    requests = [r for batch in engine.batches for r in batch if NAME in r.key]
    assert {(r.max_tokens, r.temperature) for r in requests} == {(512, 0.0)}
    assert TESTS[NAME].evidence({"correct": 1.0, "answered": 1.0, "chance": 0.0}) is None


def test_a_problem_alone_has_no_chance(run_test: Make, fake_engine: Make) -> None:
    problems = [problem(0, "5")]
    run = run_test(fake_engine(continued(problems, ["5"])), [ProblemSet("s", problems)], NAME)
    assert run.values == {("s", "0", 0.6, "correct"): 1, ("s", "0", 0.6, "answered"): 1}


def test_sets_without_answers_have_no_values(run_test: Make, fake_engine: Make) -> None:
    problems = [problem(0, "5"), problem(1, "6")]
    control = ProblemSet("passages", [problem(7, None), problem(8, None)])
    sets = [ProblemSet("s", problems), control]
    run = run_test(fake_engine(), sets, NAME)
    assert {place[0] for place in run.values} == {"s"}


def test_the_first_problem_without_an_answer_is_named(fake_engine: Make) -> None:
    def check(*sets: ProblemSet) -> None:
        TESTS[NAME].check(fake_engine(), material_of(sets, [0.6], "clean", ()))

    complete = ProblemSet("s", [problem(0, "5"), problem(1, "6")])
    none = ProblemSet("none", [problem(2, None)])
    check(complete, none)
    with pytest.raises(UserError, match="t, 4: expected a gold answer, got none"):
        check(complete, ProblemSet("t", [problem(3, "5"), problem(4, None), problem(5, None)]))
    with pytest.raises(UserError, match=r"--signals partial-answer: .* got none without"):
        check(none)


def test_a_killed_run_resumes(run_test: Make, fake_engine: Make) -> None:
    problems = [problem(i, str(i % 3)) for i in range(6)]
    sets, table = [ProblemSet("s", problems)], continued(problems, ["0", "1", "2", "2", "1", None])
    whole = run_test(fake_engine(table), sets, NAME, folder="whole", batch=2)
    with pytest.raises(KeyboardInterrupt):
        run_test(fake_engine(table, stop_after=5), sets, NAME, batch=2)
    resumed = run_test(fake_engine(table), sets, NAME, batch=2)
    assert resumed.values == whole.values and ("s", "", 0.6, "p") in whole.values
    key = "identity_sha256"
    assert resumed.artifact.manifest[key] == whole.artifact.manifest[key]


def test_duplicates_count_once_in_the_test_of_the_set(run_test: Make, fake_engine: Make) -> None:
    problems = [problem(i, str(i)) for i in range(4)]
    twice = [*problems, Problem("again", problems[0].problem, "0")]
    table = continued(problems, ["0", "1", None, None])
    run = run_test(fake_engine(table), [ProblemSet("s", twice)], NAME)
    assert run.values["s", "", 0.6, "clusters"] == 4
    assert run.values["s", "", 0.6, "excess"] == pytest.approx((2 - 2 / 4) / 4)
    assert run.values["s", "again", 0.6, "correct"] == 1


Rows = list[dict[str, Any]]


def each(which: Callable[[dict[str, Any]], bool], **values: Any) -> Callable[[Rows], None]:
    """Change some rows."""

    def change(rows: Rows) -> None:
        for row in rows:
            if which(row):
                row.update(values)

    return change


FORGERIES: dict[str, tuple[str, Callable[[Rows], Any], str]] = {
    "less chance": (
        "statistics",
        each(lambda r: r["statistic"] == "chance", value=0.0),
        "s/0, partial-answer at 0.6: chance is stored as 0.0, the texts give 0.25",
    ),
    "no chance": (
        "statistics",
        lambda rows: [r for r in rows if r["statistic"] != "chance"],
        "s/0, partial-answer at 0.6: lacks chance",
    ),
    "a smaller p": (
        "statistics",
        each(lambda r: r["statistic"] == "p", value=0.0001),
        "s/, partial-answer at 0.6: p is stored as 0.0001",
    ),
    "no test of the set": (
        "statistics",
        lambda rows: [r for r in rows if r["problem_id"]],
        "s/, partial-answer at 0.6: lacks p",
    ),
    "a test at another prefix": (
        "statistics",
        each(lambda r: not r["problem_id"], prefix=0.4),
        "s/, partial-answer at 0.4: is no part of the probe",
    ),
    "a right answer": (
        "samples",
        each(lambda r: NAME in r["template"], grade="equal"),
        "s/1, partial-answer@0.6: grade is stored as 'equal', the texts give 'different'",
    ),
    "an undecided grade": (
        "samples",
        each(lambda r: NAME in r["template"], grade="timeout"),
        "s/0, partial-answer@0.6: grade is stored as 'timeout', the texts give 'equal'",
    ),
    "another prefix": (
        "samples",
        each(lambda r: NAME in r["template"], template="partial-answer@x"),
        "has a sample under partial-answer@x, which names no prefix",
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forgeries_are_found(run_test: Make, fake_engine: Make, tmp_path: Path, name: str) -> None:
    problems = [problem(i, "5" if i == 0 else str(i)) for i in range(5)]
    engine = fake_engine(continued(problems, ["5", "5", "9", None, "1"]))
    run = run_test(engine, [ProblemSet("s", problems)], NAME)
    table, change, failure = FORGERIES[name]
    copy = edited(run.artifact.folder, tmp_path / "c", lambda a: change_rows(a, table, change))
    assert any(failure in line for line in run.failures(copy)), run.failures(copy)


def answered(golds: str, answers: str, subjects: str | None = None) -> list[Answered]:
    """One problem per character; a dot is no answer."""
    names = subjects or " " * len(golds)
    return [
        Answered(gold, subject.strip() or None, None if answer == "." else answer)
        for gold, answer, subject in zip(golds, answers, names, strict=True)
    ]


def test_answers_are_equal_as_the_grader_says() -> None:
    texts = [
        "5",
        "x=5",
        "5.0",
        r"\frac12",
        "0.5",
        "(1,2)",
        r"90^\circ",
        "90",
        "1,2",
        "2,1",
        "a" * 300,
    ]
    golds = texts[:-1]
    rows = [Answered(gold, None, None) for gold in golds]
    columns = [Answered("unused", None, text) for text in texts]
    hits = hits_of([*rows, *columns])[: len(golds), len(golds) :]
    pairs = [(gold, text) for gold in golds for text in texts]
    assert hits.ravel().tolist() == [equal is True for equal in same_answers(pairs)]
    assert hits.sum() > len(golds)  # not only each text with itself
    several = hits_of(
        [Answered('["5", "6"]', None, "6"), Answered("1", None, "5"), Answered("1", None, "4")]
    )
    assert several[0].tolist() == [True, True, False]


def test_chance_is_the_share_of_the_others_of_the_block() -> None:
    generator = random.Random(1)
    for _ in range(20):
        count = generator.randint(2, 40)
        golds = "".join(generator.choices("12345", k=count))
        answers = "".join(generator.choices("1234.", k=count))
        subjects = "".join(generator.choices("ab ", k=count, weights=[5, 2, 1]))
        given = answered(golds, answers, subjects)
        for block in blocks(given):
            for place in block:
                others = [answers[other] for other in block if other != place]
                share = others.count(golds[place]) / len(others)
                assert chances(given)[place] == pytest.approx(share)


def test_blocks_are_subjects_of_ten_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    def sizes(subjects: str) -> list[list[str]]:
        given = answered("1" * len(subjects), "1" * len(subjects), subjects)
        parts = blocks(given)
        assert sorted(place for block in parts for place in block) == list(range(len(subjects)))
        return ["".join(sorted(subjects[place] for place in block)) for block in parts]  # type: ignore[misc]

    assert sizes("a" * 10 + "b" * 12) == ["a" * 10, "b" * 12]
    assert sizes("a" * 12 + "b" * 10 + "c" * 4 + "d" * 5) == [
        "a" * 12,
        "b" * 10 + "c" * 4 + "d" * 5,
    ]
    assert sizes("a" * 12 + "b" * 6 + "c" * 4) == ["a" * 12, "b" * 6 + "c" * 4]
    assert sizes("a" * 3 + "b" * 4) == ["a" * 3 + "b" * 4]
    assert sizes("a") == ["a"]
    monkeypatch.setattr(answer_permutation, "MOST", 10)
    assert [len(block) for block in sizes("a" * 25)] == [9, 9, 7]


@pytest.mark.parametrize(
    ("golds", "answers"), [("112345", "112.53"), ("111111", "111111"), ("123456", "234561")]
)
def test_the_permutation_test_against_all_orders(golds: str, answers: str) -> None:
    orders = list(permutations(answers))
    counts = [sum(g == a for g, a in zip(golds, order, strict=True)) for order in orders]
    right = sum(g == a for g, a in zip(golds, answers, strict=True))
    exact = sum(count >= right for count in counts) / len(counts)
    excess, p = permutation_test(answered(golds, answers))
    assert excess == pytest.approx((right - sum(counts) / len(counts)) / len(golds))
    assert p == pytest.approx(exact, abs=5 * (exact * (1 - exact) / 9999) ** 0.5 + 2e-4)


def test_orders_stay_within_a_subject() -> None:
    """All answers of a subject are equal: each order has as many right ones."""
    golds, subjects = "1" * 10 + "2" * 10, "a" * 10 + "b" * 10
    assert permutation_test(answered(golds, golds, subjects)) == (0, 1)
    excess, p = permutation_test(answered(golds, golds))
    assert (excess, p) == (0.5, 0.0001)


def test_orders_are_uniform() -> None:
    orders = random_orders(random.Random(3).randbytes(8 * 3 * 6000), 3)
    counts = Counter(map(tuple, orders.tolist()))
    assert set(counts) == set(permutations(range(3)))
    assert all(abs(count - 1000) < 5 * (6000 * 5 / 36) ** 0.5 for count in counts.values())


def test_rejections_without_an_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers that do not depend on the problem are rejected at most at the level."""
    monkeypatch.setattr(answer_permutation, "ORDERS", 99)
    generator, p = random.Random(2), []
    for trial in range(400):
        golds = "".join(generator.choices("1122345678", k=30))
        answers = "".join(generator.choices("111234567.", k=30))
        p.append(permutation_test(answered(golds, answers), str(trial))[1])
    for level in (0.05, 0.1, 0.5):
        rate = sum(value <= level for value in p) / len(p)
        assert rate <= level + 3 * (level * (1 - level) / len(p)) ** 0.5
    assert sum(value <= 0.5 for value in p) > 0.25 * len(p)  # not empty of power: counts are coarse
