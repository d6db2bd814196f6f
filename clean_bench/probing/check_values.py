"""Check the numbers of the tests: those that follow from texts by computing them again, others by
bounds."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from clean_bench.artifacts import Failure
from clean_bench.probing.check_completions import Place, compared_values, completions_of
from clean_bench.probing.rows import STATISTICS
from clean_bench.probing.tests.base import CompletionTest, CutTest, Material, SetTest, Test
from clean_bench.results import same_value
from clean_bench.samples import Sample

Row = Mapping[str, Any]


def check_statistics(
    values: Sequence[Row],
    rows: Sequence[Row],
    samples: Sequence[Sample],
    tests: Sequence[Test],
    material: Material,
) -> Iterator[Failure]:
    """Failures of the table `statistics`, and of the samples that only one test has.

    Args:
        values: the rows of the table.
        rows: the rows of the table `probes`.
    """
    stored: dict[Place, dict[str, float]] = {}
    for row in values:
        place = (row["set"], row["problem_id"], row["test"], row["prefix"])
        of_place = stored.setdefault(place, {})
        if row["statistic"] in of_place:
            yield Failure(_where(place), f"has {row['statistic']} twice")
        of_place[row["statistic"]] = row["value"]
    completions, wrong = completions_of(samples, tests, material)
    yield from wrong
    if wrong:
        return  # numbers that were recomputed from other completions would mean nothing
    compared = compared_values(completions, tests, material)
    of_completions = {*completions, *compared}
    of_rows = _of_rows(rows, tests, material)
    ids = {
        (name, problem.id): problem for name, of_set in material.sets.items() for problem in of_set
    }
    by_name = {test.name: test for test in tests}
    suffix_tokens = {(r["set"], r["problem_id"], r["fraction"]): r["suffix_tokens"] for r in rows}
    for place in dict.fromkeys([*of_rows, *of_completions, *stored]):
        name, problem_id, test_name, prefix = place
        problem = ids.get((name, problem_id))
        if name not in material.sets or (problem_id and problem is None):
            yield Failure(_where(place), "is not a problem of the set")
            continue
        test = by_name.get(test_name)
        if test is None or not _measures(test, place, of_rows, of_completions):
            yield Failure(_where(place), "is no part of the probe")
            continue
        again = dict(compared.get(place, {}))
        own = completions.get(place, [])
        if problem is not None and (own or not isinstance(test, CompletionTest)):
            recomputed = test.recompute(name, problem, prefix, own, material)
            again |= {value.statistic: value.value for value in recomputed}
        known = stored.get(place, {})
        yield from _check_numbers(test, _where(place), known, again)
        tokens = suffix_tokens.get((name, problem_id, prefix))
        if "tokens" in known and test_name == "suffix-logprob" and known["tokens"] != tokens:
            yield Failure(_where(place), f"tokens is {known['tokens']:g}, the suffix has {tokens}")


def _of_rows(rows: Sequence[Row], tests: Sequence[Test], material: Material) -> dict[Place, None]:
    """Where numbers are expected: each scored row for each test on cut problems."""
    return {
        (row["set"], row["problem_id"], test.name, row["fraction"]): None
        for row in rows
        if row["reason"] is None
        for test in tests
        if isinstance(test, CutTest) and test.measures(row["fraction"], material)
    }


def _measures(
    test: Test, place: Place, of_rows: Container[Place], of_completions: Container[Place]
) -> bool:
    """Whether a test may have numbers at a place."""
    _, problem_id, _, prefix = place
    if isinstance(test, CutTest):
        return place in of_rows
    if isinstance(test, CompletionTest):
        return place in of_completions
    return prefix is None and isinstance(test, SetTest) == (not problem_id)


def _check_numbers(
    test: Test, where: str, known: Mapping[str, float], again: Mapping[str, float]
) -> Iterator[Failure]:
    """The numbers of one test at one place.

    Args:
        known: those that are stored.
        again: those that follow from the texts.
    """
    for statistic, value in again.items():
        if statistic not in known:
            yield Failure(where, f"lacks {statistic}")
        elif not same_value(known[statistic], float(value)):
            yield Failure(
                where, f"{statistic} is stored as {known[statistic]!r}, the texts give {value!r}"
            )
    for statistic, value in known.items():
        if statistic in again:
            continue
        if statistic not in test.bounds:
            yield Failure(where, f"has {statistic}, which {test.name} does not measure")
            continue
        low, high = test.bounds[statistic]
        if not (isfinite(value) and low <= value <= high):
            yield Failure(
                where, f"{statistic} is {value:g}, expected a number from {low:g} to {high:g}"
            )
    if known:
        for statistic in test.bounds:
            if statistic not in known and statistic not in test.optional:
                yield Failure(where, f"lacks {statistic}")


def _where(place: Place) -> str:
    name, problem_id, test, prefix = place
    at = "" if prefix is None else f" at {prefix:g}"
    return f"{STATISTICS}, {name}/{problem_id}, {test}{at}"
