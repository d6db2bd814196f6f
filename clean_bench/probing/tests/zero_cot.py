r"""Zero-CoT probe: the answer forced without reasoning, on a problem and its variant (arXiv 2605.21856).

The problem as raw text is followed by `FORCED`, the begin of a boxed answer, and continued greedily for
at most `MOST_TOKENS` tokens. The content of that first box is graded. Its variant is the same problem
with other numbers and an answer of its own (`--variants`). A checkpoint that gives the answer of the
original at once, and not that of the variant, has stored it: both take the same reasoning.

Statistics per problem that has a variant:

    original    the forced answer to the problem is right
    variant     the forced answer to its variant is right

An answer on which the grader did not decide counts as wrong. The set is tested by the exact one-sided
McNemar test (`clean_bench.probing.hypotheses`): problems with only the original right against those with
only the variant right. It is valid if a variant is as easy as its original. A single pair is no
evidence, so the test flags no problem.

The published code forces the answer in the assistant turn of a chat template and without the brace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from clean_bench.engines.base import Engine
from clean_bench.errors import UserError
from clean_bench.grading import Grade, Limits, grade, unreadable_gold
from clean_bench.probing.rows import Value
from clean_bench.probing.tests.base import ANSWERS, GREEDY, VARIANTS, CompletionTest, Material
from clean_bench.problems import Problem
from clean_bench.prompts import Prompt
from clean_bench.samples import GREEDY as GREEDY_MODE
from clean_bench.samples import Decoding, Sample, SampleRequest, Sampling, request_sample

FORCED = "\n\nThe final answer is:\n\\[\n\\boxed{"
MOST_TOKENS = 32
VARIANT = "zero-cot/variant"
"""The template of the variant."""
_SIGN = re.compile(r"\\[^\n]|[{}\n]")


class ZeroCot(CompletionTest):
    """See the module."""

    name = "zero-cot"
    summary = "the answer without reasoning, on a problem and its renumbered variant (2605.21856)"
    needs = frozenset({GREEDY, ANSWERS, VARIANTS})
    shares = frozenset({"original", "variant"})
    force_start = FORCED

    def check(self, engine: Engine, material: Material) -> None:
        """Raise `UserError` where no set has variants, and for a pair without a gold answer."""
        if not any(material.variants.values()):
            raise UserError(
                f"--signals {self.name}: expected --variants with renumbered versions of the problems, "
                "got none; name them, or leave the signal out"
            )
        for name, problem, variant in _pairs(material):
            for what, answer in (("", problem.answer), (" the variant of", variant.answer)):
                reason = "none" if answer is None else unreadable_gold(answer)
                if reason:
                    raise UserError(
                        f"--signals {self.name}: expected a gold answer of{what} {name}/{problem.id}, "
                        f"got {reason}; add it, or leave the signal out"
                    )

    def requests(
        self, set_name: str, problem: Problem, material: Material, engine: Engine | None
    ) -> list[SampleRequest]:
        """See `CompletionTest.requests`; the variant has the id of its original."""
        variant = material.variants.get(set_name, {}).get(problem.id)
        if variant is None:
            return []
        of_template = {self.name: problem, VARIANT: replace(variant, id=problem.id)}
        return [
            request_sample(
                set_name,
                version,
                template,
                Decoding(GREEDY_MODE),
                Prompt(version.problem, special_tokens=True),
                Sampling(MOST_TOKENS, force_start=self.force_start),
            )
            for template, version in of_template.items()
        ]

    def graded(
        self,
        requests: Sequence[SampleRequest],
        responses: Sequence[str],
        limits: Limits | None = None,
    ) -> list[tuple[str, Grade]]:
        """The gold answer, and the grade of the first box of the response."""
        golds = [request.problem.answer or "" for request in requests]
        boxes = [first_box(response) for response in responses]
        grades = grade(list(zip(golds, boxes, strict=True)), limits)
        return list(zip(golds, grades, strict=True))

    def recompute(
        self,
        set_name: str,
        problem: Problem,
        prefix: float | None,
        samples: Sequence[Sample],
        material: Material,
    ) -> list[Value]:
        """See `Test.recompute`. A pair of which one is longer than the context has no values."""
        if any(sample.finish == "overlong" for sample in samples):
            return []
        grades = {sample.template: sample.grade for sample in samples}
        place = (set_name, problem.id, self.name, None)
        return [
            Value(*place, "original", float(grades[self.name] == "equal")),
            Value(*place, "variant", float(grades[VARIANT] == "equal")),
        ]


def first_box(response: str) -> str:
    """A response that begins with `FORCED`, up to the brace that closes its box.

    Where nothing closes it, up to the end of the line. What a base model writes after its answer, such
    as another problem with an answer, is no part of the answer.
    """
    depth = 1
    for sign in _SIGN.finditer(response, len(FORCED)):
        if sign[0] == "\n":
            return response[: sign.start()]
        if sign[0] in "{}":
            depth += 1 if sign[0] == "{" else -1
            if depth == 0:
                return response[: sign.end()]
    return response


def _pairs(material: Material) -> Iterator[tuple[str, Problem, Problem]]:
    """Each problem that has a variant, with the name of its set."""
    for name, variants in material.variants.items():
        for problem in material.sets[name]:
            if problem.id in variants:
                yield name, problem, variants[problem.id]
