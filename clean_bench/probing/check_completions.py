"""Check the stored completions of the tests: prompts, gold texts and grades, made again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from clean_bench.artifacts import Failure
from clean_bench.grading import UNDECIDED
from clean_bench.probing.tests.base import CompletionTest, Material, Test, prefix_of
from clean_bench.regrading import QUICK
from clean_bench.samples import FINISHES, Sample, SampleRequest
from clean_bench.samples import TABLE as SAMPLES

Place = tuple[str, str, str, float | None]
"""Set, problem, test and prefix."""
Key = tuple[str, str, str, str, int, int]
"""Set, problem, template and decoding of a completion."""


def completions_of(
    samples: Sequence[Sample], tests: Sequence[Test], material: Material
) -> tuple[dict[Place, list[Sample]], list[Failure]]:
    """The completions of each place, and what is wrong with them.

    After a failure the places may be incomplete.
    """
    places: dict[Place, list[Sample]] = {}
    failures: list[Failure] = []
    of_tests: dict[str, list[Sample]] = {test.name: [] for test in tests}
    for sample in samples:
        owners = [test for test in tests if test.owns(sample.template)]
        if not owners and not sample.template.startswith("prefix@"):
            what = f"has a sample under {sample.template}, which no test makes"
            failures.append(Failure(SAMPLES, what))
        for test in owners:
            of_tests[test.name].append(sample)
            try:
                prefix = prefix_of(sample.template, material.fractions)
            except ValueError:
                what = f"has a sample under {sample.template}, which names no prefix"
                failures.append(Failure(SAMPLES, what))
                continue
            place = (sample.set, sample.problem_id, test.name, prefix)
            places.setdefault(place, []).append(sample)
    for test in tests:
        if isinstance(test, CompletionTest):
            failures += _check_test(test, of_tests[test.name], material)
    return places, failures


def compared_values(
    places: Mapping[Place, Sequence[Sample]], tests: Sequence[Test], material: Material
) -> dict[Place, dict[str, float]]:
    """The numbers that follow from the completions of whole sets."""
    numbers: dict[Place, dict[str, float]] = {}
    for test in tests:
        if not (isinstance(test, CompletionTest) and test.compares_problems):
            continue
        of_sets: dict[str, dict[str, list[Sample]]] = {name: {} for name in material.sets}
        for (name, problem_id, of_test, _), samples in places.items():
            if of_test == test.name:
                of_sets[name].setdefault(problem_id, []).extend(samples)
        for name, of_set in of_sets.items():
            for value in test.recompute_set(name, of_set, material):
                place = (name, value.problem_id, test.name, value.prefix)
                numbers.setdefault(place, {})[value.statistic] = value.value
    return numbers


def _check_test(
    test: CompletionTest, samples: Sequence[Sample], material: Material
) -> Iterator[Failure]:
    """Completions that are not those of the test's prompts, and grades that do not follow."""
    requests = {
        _key_of_request(request): request
        for name, of_set in material.sets.items()
        for problem in of_set
        for request in test.requests(name, problem, material, None)
    }
    stored: dict[Key, list[Sample]] = {key: [] for key in requests}
    for sample in samples:
        stored.setdefault(_key_of_sample(sample), []).append(sample)
    wrong = {
        key[:2]: None
        for key, of_key in stored.items()
        if key not in requests
        or [sample.prompt for sample in of_key] != [requests[key].prompt]
        or not of_key[0].response.startswith(requests[key].force_start)
    }
    for name, problem_id in wrong:
        where = f"{SAMPLES}, {name}/{problem_id}"
        yield Failure(where, f"are not the completions of the test {test.name}")
    if not wrong:
        yield from _check_grades(test, list(requests.values()), [own for [own] in stored.values()])


def _check_grades(
    test: CompletionTest, requests: Sequence[SampleRequest], samples: Sequence[Sample]
) -> Iterator[Failure]:
    """Gold texts, grades and ends that do not follow from the responses.

    A timeout or crash may be decided on another machine. A comparison that takes less than a tenth of
    the limit was never slow.
    """
    slow = [place for place, sample in enumerate(samples) if sample.grade in UNDECIDED]
    # These come first: a grade that was decided once comes from a cache.
    quick = test.graded([requests[p] for p in slow], [samples[p].response for p in slow], QUICK)
    graded_quickly = dict(zip(slow, quick, strict=True))
    again = test.graded(requests, [sample.response for sample in samples])
    for place, (request, sample) in enumerate(zip(requests, samples, strict=True)):
        where = f"{SAMPLES}, {sample.set}/{sample.problem_id}, {sample.template}"
        gold, graded = graded_quickly.get(place, again[place])
        expected = {"gold": gold, "extracted": graded.extracted, "extraction": graded.extraction}
        if graded.kind not in UNDECIDED:
            expected["grade"] = graded.kind
        for name, value in expected.items():
            known = getattr(sample, name)
            if known != value:
                yield Failure(where, f"{name} is stored as {known!r}, the texts give {value!r}")
        if sample.finish not in FINISHES:
            expected_ends = ", ".join(FINISHES)
            yield Failure(where, f"finish: expected one of {expected_ends}, got {sample.finish!r}")
        if sample.finish == "overlong" and sample.response != request.force_start:
            yield Failure(where, "is longer than the context, and has a response")


def _key_of_request(request: SampleRequest) -> Key:
    decoding = request.decoding
    place = (request.set, request.problem.id, request.template)
    return (*place, decoding.mode, decoding.index, decoding.seed)


def _key_of_sample(sample: Sample) -> Key:
    place = (sample.set, sample.problem_id, sample.template)
    return (*place, sample.mode, sample.index, sample.seed)
