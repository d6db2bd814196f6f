"""N-gram accuracy: greedy continuations of five words at points of a problem (arXiv 2404.18824).

Statistics per problem:

    accuracy    share of points whose next five words are reproduced, whitespace and Unicode normalized
    rouge_l     mean ROUGE-L of the continuations with the five words
    points      number of points, which are spread evenly over the problem

Points are before words and not before tokens, so that every checkpoint continues the same texts. The
white space before the five words belongs to them, as in the cut `clean`. The first point is after
`FIRST` words: after two tokens, where the published code begins, nothing identifies a problem. Only
generated text is compared, also where the model ends early. A problem of fewer than `FIRST` + `WORDS`
words has no values, and one of few words more has fewer than five points.

Evidence is the accuracy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from clean_bench.engines.base import Engine, ServedEngine
from clean_bench.grading import Grade, Limits
from clean_bench.probing.rows import Value, most_tokens
from clean_bench.probing.suffix_match import compare_suffix, grade_of
from clean_bench.probing.tests.base import GREEDY, CompletionTest, Material
from clean_bench.problems import Problem
from clean_bench.prompts import Prompt
from clean_bench.samples import GREEDY as GREEDY_MODE
from clean_bench.samples import Decoding, Sample, SampleRequest, Sampling, request_sample

WORDS = 5
POINTS = 5
FIRST = 8
"""Words before the first point."""


class NgramAccuracy(CompletionTest):
    """See the module."""

    name = "ngram-accuracy"
    summary = "greedy continuations of five words at five points of a problem (2404.18824)"
    needs = frozenset({GREEDY})
    shares = frozenset({"accuracy", "rouge_l"})

    def requests(
        self, set_name: str, problem: Problem, material: Material, engine: Engine | None
    ) -> list[SampleRequest]:
        """See `CompletionTest.requests`; the templates `ngram-accuracy/1` and on number the points."""
        return [
            request_sample(
                set_name,
                problem,
                f"{self.name}/{number}",
                Decoding(GREEDY_MODE),
                Prompt(before, special_tokens=True),
                Sampling(_limit(target, engine)),
            )
            for number, (before, target) in enumerate(ngrams_of(problem.problem), 1)
        ]

    def graded(
        self,
        requests: Sequence[SampleRequest],
        responses: Sequence[str],
        limits: Limits | None = None,
    ) -> list[tuple[str, Grade]]:
        """The five words, and whether they are reproduced."""
        grades = []
        for request, response in zip(requests, responses, strict=True):
            target = _target(request.problem, request.template)
            match = compare_suffix(response, target, ended=False)
            grades.append((target, grade_of(match, response)))
        return grades

    def recompute(
        self,
        set_name: str,
        problem: Problem,
        prefix: float | None,
        samples: Sequence[Sample],
        material: Material,
    ) -> list[Value]:
        """See `Test.recompute`. Points whose text is longer than the context are left out."""
        matches = [
            compare_suffix(
                sample.response, _target(problem, sample.template), ended=sample.finish == "stop"
            )
            for sample in samples
            if sample.finish != "overlong"
        ]
        if not matches:
            return []
        statistics = {
            "accuracy": sum(match.text for match in matches) / len(matches),
            "rouge_l": sum(match.rouge_l for match in matches) / len(matches),
            "points": len(matches),
        }
        return [
            Value(set_name, problem.id, self.name, None, name, float(value))
            for name, value in statistics.items()
        ]

    def evidence(self, values: Mapping[str, float]) -> float | None:
        """The share of points whose words are reproduced."""
        return values["accuracy"]


def ngrams_of(text: str) -> list[tuple[str, str]]:
    """The text before each point, and the five words after it with the white space before them.

    The points are spread evenly from `FIRST` words on to the last five words; in a short text some of
    them coincide and count once.
    """
    words = [match.span() for match in re.finditer(r"\S+", text)]
    last = len(words) - WORDS
    if last < FIRST:
        return []
    spread = [FIRST + (last - FIRST) * point / (POINTS - 1) for point in range(POINTS)]
    starts = dict.fromkeys(int(place + 0.5) for place in spread)
    cuts = [(words[start - 1][1], words[start + WORDS - 1][1]) for start in starts]
    return [(text[:cut], text[cut:end]) for cut, end in cuts]


def _target(problem: Problem, template: str) -> str:
    """The five words of a template's point."""
    number = int(template.rpartition("/")[2])
    return ngrams_of(problem.problem)[number - 1][1]


def _limit(target: str, engine: Engine | None) -> int:
    """The limit of tokens of a continuation; a server is not asked for their number."""
    if engine is None or isinstance(engine, ServedEngine):
        return most_tokens(target, None)
    return most_tokens(target, len(engine.encode(target, special_tokens=False)))
