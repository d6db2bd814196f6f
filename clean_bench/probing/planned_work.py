"""What the tests of a probe ask of the engine beside the completion and the reading of each cut problem.

For estimates before a model is loaded: completions are those that the tests will ask for, readings are
counted in whole problems.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clean_bench.probing.items import Tokens
from clean_bench.probing.tests.base import VARIANTS, Material, Test
from clean_bench.samples import SampleRequest


def further_requests(tests: Sequence[Test], material: Material) -> Iterator[SampleRequest]:
    """The completions beside those of the cut problems."""
    for test in tests:
        for name, problems in material.sets.items():
            for problem in problems:
                yield from test.planned_requests(name, problem, material)


def further_readings(tests: Sequence[Test], material: Material, reader: Tokens) -> int:
    """Tokens of the texts that are read beside the true suffixes after their prefixes."""
    lengths = {
        name: {problem.id: len(reader.encode(problem.problem)) for problem in problems}
        for name, problems in material.sets.items()
    }
    tokens = 0
    for test in tests:
        for name, of_set in lengths.items():
            versions = material.paraphrases.get(name, {})
            read = [
                length
                for problem, length in of_set.items()
                if VARIANTS not in test.needs or problem in versions
            ]
            tokens += test.readings * sum(read[: test.most_read])
        if test.reads_completions:
            for planned in further_requests([test], material):
                request = planned.request
                tokens += len(reader.encode(request.prompt)) + request.max_tokens
    return tokens
