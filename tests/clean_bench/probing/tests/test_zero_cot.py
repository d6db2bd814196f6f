"""Answers without reasoning on problems and their variants."""

from collections.abc import Callable
from math import comb, e, log
from pathlib import Path
from typing import Any

import pytest
from forgeries import change_rows, edited

from clean_bench.errors import UserError
from clean_bench.probing.run import material_of
from clean_bench.probing.tests import TESTS
from clean_bench.probing.tests.zero_cot import FORCED, first_box
from clean_bench.problems import Problem, ProblemSet

Make = Callable[..., Any]
NAME = "zero-cot"
WORDS = "ant bee cat dog eel fox gnu hen owl pig"


def problems(count: int, name: str = "s") -> ProblemSet:
    rows = [
        Problem(str(i), f"{word} {word}s or {word}ling or {word}let with {i}?", str(10 + i))
        for i, word in enumerate(WORDS.split()[:count])
    ]
    return ProblemSet(name, rows)


def variants(of: ProblemSet) -> ProblemSet:
    rows = [
        Problem(
            f"v{p.id}", p.problem.replace(" with ", " with 9"), "9" + (p.answer or ""),
            metadata={"variant_of": p.id},
        )
        for p in of
    ]  # fmt: skip
    return ProblemSet(f"{of.name}-variants", rows)


def answering(of: ProblemSet, right: str, end: str = "}\n\\]") -> dict[str, str]:
    """Continuations with the right answers where `right` has a 1."""
    return {
        p.problem + FORCED: (p.answer or "" if hit == "1" else "0") + end
        for p, hit in zip(of, right, strict=True)
    }


@pytest.mark.parametrize(
    ("rest", "box"),
    [
        ("5}\n\\]\nNext: \\boxed{7}", "5}"),
        (r"\frac{1}{2}} and {", r"\frac{1}{2}}"),
        (r"\{1, 2\}} or \boxed{3}", r"\{1, 2\}}"),
        (r"\\} 5}", r"\\}"),
        ("5\n\\boxed{7}", "5"),
        (r"\frac{1}{", r"\frac{1}{"),
        ("", ""),
    ],
)
def test_the_first_box_ends_with_its_brace_or_its_line(rest: str, box: str) -> None:
    assert first_box(FORCED + rest) == FORCED + box


def test_numbers_and_the_test_of_the_set(run_test: Make, fake_engine: Make) -> None:
    of = problems(10)
    others = variants(of)
    engine = fake_engine(answering(of, "1111111010") | answering(others, "1000000100"))
    run = run_test(engine, [of], NAME, variants=[others], fractions=[0.4, 0.6])
    assert [run.values["s", p.id, None, "original"] for p in of] == [1] * 7 + [0, 1, 0]
    assert [run.values["s", p.id, None, "variant"] for p in of] == [1] + [0] * 6 + [1, 0, 0]
    row = run.hypothesis("s")
    assert row["question"] == "accuracy without reasoning above variants"
    assert (row["null"], row["clusters"]) == ("renumbered variants", 10)
    # Seven problems with only the original right, one with only the variant right.
    p = sum(comb(8, k) for k in (7, 8)) / 2**8
    assert (row["effect"], row["p"]) == (pytest.approx(0.6), pytest.approx(p))
    assert row["bayes_factor"] == pytest.approx(1 / (-e * p * log(p)))
    means = {r["measure"]: r["value"] for r in run.artifact.rows("results")}
    assert means["zero-cot:original"] == 0.8 and means["zero-cot:variant"] == pytest.approx(0.2)
    requests = [r for batch in engine.batches for r in batch if r.prompt.endswith(FORCED)]
    assert len(requests) == 20 and {(r.max_tokens, r.temperature) for r in requests} == {(32, 0.0)}
    assert TESTS[NAME].evidence({"original": 1.0, "variant": 0.0}) is None


def test_the_direction_counts(run_test: Make, fake_engine: Make) -> None:
    of = problems(8)
    engine = fake_engine(answering(of, "0" * 8) | answering(variants(of), "1" * 8))
    row = run_test(engine, [of], NAME, variants=[variants(of)]).hypothesis("s")
    assert (row["effect"], row["p"], row["bayes_factor"]) == (-1, 1, 1)


def test_an_unclosed_box_and_a_later_one(run_test: Make, fake_engine: Make) -> None:
    of = problems(2)
    table = answering(of, "11", end="\nor \\boxed{3}") | answering(
        variants(of), "11", end="} \\boxed{3}"
    )
    run = run_test(fake_engine(table), [of], NAME, variants=[variants(of)])
    assert set(run.values.values()) == {1}


def test_only_problems_with_variants_have_values(run_test: Make, fake_engine: Make) -> None:
    of, other = problems(4), ProblemSet("other", [Problem("x", "no variant of this", "5")])
    some = ProblemSet("v", list(variants(of))[1:3])
    run = run_test(fake_engine(), [of, other], NAME, variants=[some])
    assert {place[:2] for place in run.values} == {("s", "1"), ("s", "2")}
    assert all(
        row["set"] != "other" for row in run.artifact.rows("hypotheses") if row["test"] == NAME
    )


def test_variants_and_their_answers_are_needed(fake_engine: Make) -> None:
    def check(of: ProblemSet, *others: ProblemSet) -> None:
        TESTS[NAME].check(fake_engine(), material_of([of], [0.6], "clean", (), others))

    of = problems(2)
    check(of, variants(of))
    with pytest.raises(UserError, match="--signals zero-cot: expected --variants"):
        check(of)
    bare = ProblemSet("b", [Problem(p.id, p.problem) for p in of])
    with pytest.raises(UserError, match="expected a gold answer of b/0, got none"):
        check(bare, variants(bare))
    unsolved = ProblemSet("v", [Problem(p.id, p.problem) for p in variants(of)])
    with pytest.raises(UserError, match="gold answer of the variant of s/0, got none"):
        check(of, unsolved)


def test_without_variants_nothing_is_written(
    run_test: Make, fake_engine: Make, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="expected --variants"):
        run_test(fake_engine(), [problems(2)], NAME)
    assert not list(tmp_path.rglob("*.parquet"))


EDITS: dict[str, tuple[str, dict[str, Any], str]] = {
    "response": ("samples", {"response": FORCED + "11}"}, "extracted is stored as '0'"),
    "unforced": ("samples", {"response": "11"}, "are not the completions of the test zero-cot"),
    "template": ("samples", {"template": "zero-cot/other"}, "are not the completions"),
    "variant": ("variants", {"answer": "0"}, "is not the set that the configuration names"),
    "value": ("statistics", {"value": 1.0}, "is stored as 1.0"),
}


@pytest.mark.parametrize("name", EDITS)
def test_forgeries_are_found(run_test: Make, fake_engine: Make, tmp_path: Path, name: str) -> None:
    of = problems(3)
    engine = fake_engine(answering(of, "000") | answering(variants(of), "000"))
    run = run_test(engine, [of], NAME, variants=[variants(of)])
    table, values, failure = EDITS[name]

    def edit(rows: list[dict[str, Any]]) -> None:
        own = [r for r in rows if r.get("template", r.get("test", NAME)).startswith(NAME)]
        for row in own[2:3]:
            row.update(values)

    copy = edited(run.artifact.folder, tmp_path / "c", lambda a: change_rows(a, table, edit))
    assert any(failure in line for line in run.failures(copy)), run.failures(copy)
