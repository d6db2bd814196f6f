"""Partial-prompt answer accuracy: is the gold answer in the continuation of a prefix? (arXiv 2507.10532)

Each prefix of the probe is continued greedily for at most `MOST_TOKENS` tokens as raw text, and the
answer in the continuation is graded. A checkpoint that answers a question it was not shown has seen the
problem, or the answer is determined by the prefix, or it was guessed.

Statistics per problem and prefix:

    correct     the answer is equal to the gold answer; 0 also where the grader did not decide
    answered    an answer was extracted
    chance      share of the answers to other problems that equal this gold answer
                (`clean_bench.probing.answer_permutation`); absent where there is no other problem

Statistics of a set at the headline prefix, over the first problem of each cluster of near-duplicates:

    p           permutation test, one-sided: right answers against random orders of the answers
    excess      share of right answers minus its mean over all orders
    clusters    number of problems

The null of the test is that answers do not depend on the problem beyond its subject. It does not exclude
that an answer follows from the prefix; only another checkpoint on the same prefixes shows that. So the
test flags no problem.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clean_bench.engines.base import Engine
from clean_bench.errors import UserError
from clean_bench.grading import Grade, Limits, grade
from clean_bench.probing.answer_permutation import Answered, chances, permutation_test
from clean_bench.probing.clusters import cluster_ids
from clean_bench.probing.cut import cut
from clean_bench.probing.rows import Value
from clean_bench.probing.tests.base import ANSWERS, GREEDY, CompletionTest, Material, prefix_of
from clean_bench.problems import Problem
from clean_bench.prompts import Prompt
from clean_bench.samples import GREEDY as GREEDY_MODE
from clean_bench.samples import Decoding, Sample, SampleRequest, Sampling, request_sample

MOST_TOKENS = 512


class PartialAnswer(CompletionTest):
    """See the module."""

    name = "partial-answer"
    summary = "the gold answer in the continuation of a prefix, against chance (2507.10532)"
    needs = frozenset({GREEDY, ANSWERS})
    shares = frozenset({"correct", "answered", "chance"})
    compares_problems = True

    def check(self, engine: Engine, material: Material) -> None:
        """Raise `UserError` for sets without answers, and for the first problem without one.

        A set without any answer, such as the positive control, has no values.
        """
        answered = [of_set for of_set in material.sets.values() if any(p.answer for p in of_set)]
        if not answered:
            raise UserError(
                f"--signals {self.name}: expected a problem set with gold answers, got "
                f"{', '.join(material.sets)} without; leave the signal out"
            )
        for of_set in answered:
            of_set.require_answers()

    def requests(
        self, set_name: str, problem: Problem, material: Material, engine: Engine | None
    ) -> list[SampleRequest]:
        """See `CompletionTest.requests`; the template of a prefix is `partial-answer@FRACTION`."""
        if not problem.answer:
            return []
        cuts = [
            (fraction, cut(problem.problem, fraction, material.protocol))
            for fraction in material.fractions
        ]
        return [
            request_sample(
                set_name,
                problem,
                f"{self.name}@{fraction:g}",
                Decoding(GREEDY_MODE),
                Prompt(parts.prefix, special_tokens=True),
                Sampling(MOST_TOKENS),
            )
            for fraction, parts in cuts
            if parts.reason is None
        ]

    def graded(
        self,
        requests: Sequence[SampleRequest],
        responses: Sequence[str],
        limits: Limits | None = None,
    ) -> list[tuple[str, Grade]]:
        """The gold answer, and the grade of the continuation."""
        golds = [request.problem.answer or "" for request in requests]
        grades = grade(list(zip(golds, responses, strict=True)), limits)
        return list(zip(golds, grades, strict=True))

    def recompute(
        self,
        set_name: str,
        problem: Problem,
        prefix: float | None,
        samples: Sequence[Sample],
        material: Material,
    ) -> list[Value]:
        """See `Test.recompute`. A prefix that is longer than the context has no values."""
        [sample] = samples
        if sample.finish == "overlong":
            return []
        place = (set_name, problem.id, self.name, prefix)
        return [
            Value(*place, "correct", float(sample.grade == "equal")),
            Value(*place, "answered", float(sample.extracted is not None)),
        ]

    def recompute_set(
        self, set_name: str, samples: Mapping[str, Sequence[Sample]], material: Material
    ) -> list[Value]:
        """See `CompletionTest.recompute_set`: chance, and at the headline prefix the test of the set."""
        of_set = material.sets[set_name]
        values: list[Value] = []
        for fraction in material.fractions:
            problems, answered = [], []
            for problem in of_set:
                for sample in samples.get(problem.id, ()):
                    at = prefix_of(sample.template, material.fractions)
                    if at == fraction and sample.finish != "overlong":
                        problems.append(problem)
                        answered.append(_answered(problem, sample))
            for problem, share in zip(problems, chances(answered), strict=True):
                if share is not None:
                    values.append(Value(set_name, problem.id, self.name, fraction, "chance", share))
            if fraction == material.headline and len(problems) > 1:
                values += self._test_of_set(set_name, fraction, problems, answered)
        return values

    def _test_of_set(
        self,
        set_name: str,
        fraction: float,
        problems: Sequence[Problem],
        answered: Sequence[Answered],
    ) -> list[Value]:
        firsts: dict[int, Answered] = {}
        clusters = cluster_ids([problem.problem for problem in problems])
        for cluster, known in zip(clusters, answered, strict=True):
            firsts.setdefault(cluster, known)
        excess, p = permutation_test(list(firsts.values()), set_name)
        statistics = {"p": p, "excess": excess, "clusters": float(len(firsts))}
        return [
            Value(set_name, "", self.name, fraction, name, value)
            for name, value in statistics.items()
        ]


def _answered(problem: Problem, sample: Sample) -> Answered:
    return Answered(problem.answer or "", problem.subject, sample.extracted)
