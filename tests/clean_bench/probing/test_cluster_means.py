"""Near-duplicates count once in every rate and mean of a probe."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import Any

import pytest

from clean_bench.artifacts import Artifact, verify
from clean_bench.checkpoints import Checkpoint
from clean_bench.cli.probe_view import view
from clean_bench.probing.checks import check_probe
from clean_bench.probing.cluster_means import ONCE, average_of, rate_of, share_of
from clean_bench.probing.cut import cut
from clean_bench.probing.run import probe
from clean_bench.problems import Problem, ProblemSet
from clean_bench.results import Result, Results
from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.intervals import mean_interval, wilson

TESTS = ("default", "ngram-accuracy", "altered-suffix", "min-knn")


def test_the_value_of_a_cluster_is_the_mean_of_its_problems() -> None:
    values = [(0, 1.0), (1, 0.0), (0, 0.0), (2, 1.0), (0, 1.0), (0, 1.0)]
    expected = (0.75 + 0 + 1) / 3
    of_means = mean_interval([0.75, 0.0, 1.0])
    for estimate in (rate_of(values), share_of(values)):
        assert (estimate.value, estimate.n, estimate.method) == (pytest.approx(expected), 3, ONCE)
        assert (estimate.low, estimate.high) == (of_means.low, of_means.high)
    assert average_of([(3, 10.0), (3, 20.0), (5, 1.0)]) == Estimate(8.0, -inf, inf, 2)


def test_without_near_duplicates_nothing_changes() -> None:
    values = [0.25, 0.5, 1.0, 0.125]
    assert share_of(list(enumerate(values))) == mean_interval(values)
    assert rate_of(list(enumerate([True, False, True]))) == wilson(2, 3)
    assert average_of(list(enumerate([-3.0, 1.5]))) == Estimate(-0.75, -inf, inf, 2)


def test_copies_of_one_recited_problem_are_one_success() -> None:
    """61 copies of a recited problem beside 59 others: one success of 60, with Wilson's interval."""
    values = [*((0, 1.0) for _ in range(61)), *((i, 0.0) for i in range(1, 60))]
    estimate, expected = rate_of(values), wilson(1, 60)
    assert (estimate.value, estimate.low, estimate.high, estimate.n) == pytest.approx(
        (expected.value, expected.low, expected.high, expected.n)
    )


def problems(copies: int) -> ProblemSet:
    """Three problems of their own wording; the first occurs `copies` times, with two doses."""
    words = "one way to count it all is to write each number down and then stop at the last".split()
    texts = [" ".join(f"{word}{end}" for word in words) for end in ("x", "y", "z")]
    first = [Problem(f"0/{i}", texts[0], metadata={"dose": "4"}) for i in range(copies)]
    others = [Problem(str(i), text, metadata={"dose": "1"}) for i, text in enumerate(texts[1:], 1)]
    return ProblemSet("set", [*first, *others])


@pytest.fixture(scope="module")
def results(
    fake_engine: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> dict[int, Artifact]:
    model = Checkpoint("some/model", Path("nowhere"))
    model.__dict__["weights_sha256"] = "ab" * 32
    out = tmp_path_factory.mktemp("copies")
    probed = {}
    for copies in (1, 40):
        of_set = problems(copies)
        parts = cut(of_set.problems[0].problem, 0.6)
        engine = fake_engine({parts.prefix: parts.suffix})
        artifact = probe(engine, [of_set], out / str(copies), checkpoint=model, tests=TESTS)
        assert verify(artifact.folder, {"probe": check_probe}) == []
        probed[copies] = artifact
    return probed


def test_copies_change_no_number_of_a_probe(results: dict[int, Artifact]) -> None:
    """But for the look-up, which finds the copies, and for what says how many there are."""
    once, often = (list(Results.read(results[copies])) for copies in (1, 40))
    assert not [row for row in once if row.measure.startswith("problems@")]
    repeated = {
        (row.measure, row.subset): (row.value, row.n)
        for row in often
        if row.measure.startswith("problems@")
    }
    assert repeated["problems@0.6", None] == (42, 3)
    assert repeated["problems@0.6", "dose=4"] == (40, 1)
    assert ("problems@0.6", "dose=1") not in repeated
    kept = [
        [row for row in rows if row.measure.partition("@")[0] not in ("problems", "lookup_match")]
        for rows in (once, often)
    ]
    assert len(kept[0]) == len(kept[1]) > 40
    for one, other in zip(*kept, strict=True):
        if one.measure.startswith("flagged:reconstruction"):
            continue  # its null is the look-up
        assert numbers(one) == pytest.approx(numbers(other), nan_ok=True), (one, other)
        assert (one.measure, one.subset, one.n) == (other.measure, other.subset, other.n)


def numbers(row: Result) -> list[float]:
    return [float("nan") if x is None else x for x in (row.value, row.low, row.high)]


def test_the_table_has_the_problems_and_the_distinct_ones(results: dict[int, Artifact]) -> None:
    once, often = (
        view(Results.read(results[copies]), results[copies].metadata["counts"], [])
        for copies in (1, 40)
    )
    assert "distinct" not in once
    rows = [" ".join(row.split()) for row in often.splitlines()]
    assert any(row.startswith("set 60% 42 (3 distinct) 33.3% [") for row in rows)
    assert any(row.startswith("dose=4 60% 40 (1 distinct) 100.0% [") for row in rows)
    assert any(row.startswith("dose=1 60% 2 0.0% [") for row in rows)


def test_the_table_has_the_numbers_of_the_chosen_signals_alone() -> None:
    head = Result("model", set="set")
    of_set = {"set": "set", "problems": 21, "scored": 20, "empty": 0, "uncut": 1, "too_long": 0}
    counts = [of_set | {"prefix": prefix} for prefix in (0.4, 0.6)]
    rows = [
        head.of("aligned@0.6", Estimate(1.0, 0.8, 1.0, 20)),
        head.of("min-k:nll", Estimate(1.25, -inf, inf, 21)),
        head.of("partial-answer:correct@0.4", Estimate(0.1, 0.0, 0.2, 20)),
        head.of("partial-answer:correct@0.6", Estimate(0.5, 0.4, 0.6, 20)),
        head.of("flagged:min-k", Estimate(0.25, 0.1, 0.4, 21)),
    ]
    lines = [" ".join(line.split()) for line in view(Results(rows), counts, []).splitlines()]
    assert [line for line in lines if "──" not in line] == [
        "set shown problems flagged",
        "set 40% 20",
        "set 60% 20 min-k 25%",
        "set signal statistic shown n mean [95%]",
        "set min-k nll whole 21 1.250",
        "set partial-answer correct 60% 20 0.500 [0.400, 0.600]",
        "set at 40%: 1 problems not scored (1 without a place to cut, 0 longer than the context)",
        "set at 60%: 1 problems not scored (1 without a place to cut, 0 longer than the context)",
    ]
