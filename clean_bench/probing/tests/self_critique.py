"""Self-Critique: how alike are the entropies of two answers to one problem? (arXiv 2510.09259)

The first answer is greedy. The second is greedy too, after an instruction that shows the first answer
and asks for another approach. A model that was trained on the problem with reinforcement learning falls
back to the same path. Statistics per problem:

    similarity   cosine of the two sequences of token entropies, the shorter one filled up with zeros,
                 times the ratio of the shorter length to the longer one
    first_tokens, second_tokens   lengths of the answers

Evidence is the similarity. The instruction and the limit of tokens are those of this module; the paper
prompts chat models, and a base model that ignores instructions repeats itself in any case. So the
number means nothing without a null set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import ClassVar

from clean_bench.engines.base import Completion, Engine
from clean_bench.engines.token_distributions import require_distributions
from clean_bench.grading import Grade
from clean_bench.probing.rows import Value
from clean_bench.probing.tests.base import (
    COUNT,
    DISTRIBUTIONS,
    SAMPLES,
    SHARE,
    Bounds,
    Material,
    Measured,
    ProblemTest,
)
from clean_bench.problems import Problem
from clean_bench.progress import bar
from clean_bench.prompts import Prompt
from clean_bench.samples import (
    GREEDY,
    Decoding,
    SampleRequest,
    Sampling,
    generate_completions,
    request_sample,
    to_sample,
)

MOST_TOKENS = 256
FIRST, SECOND = "self-critique/first", "self-critique/second"
INSTRUCTION = (
    "\n\nHere is one answer to this problem:\n{answer}\n\nCriticize this answer, then solve the "
    "problem in another way.\n"
)


class SelfCritique(ProblemTest):
    """See the module."""

    name = "self-critique"
    summary = (
        "likeness of the entropies of an answer and of a second one after critique (2510.09259)"
    )
    needs = frozenset({DISTRIBUTIONS, SAMPLES})
    bounds: ClassVar[Mapping[str, Bounds]] = {
        "similarity": SHARE,
        "first_tokens": COUNT,
        "second_tokens": COUNT,
    }

    reads_completions = True

    def planned_requests(
        self, set_name: str, problem: Problem, material: Material
    ) -> Sequence[SampleRequest]:
        """See `Test.planned_requests`; the first answer is one of the largest length."""
        answer = " word" * MOST_TOKENS
        texts = {FIRST: "", SECOND: INSTRUCTION.format(answer=answer)}
        return [
            _request(set_name, problem, template, problem.problem + more)
            for template, more in texts.items()
        ]

    def check(self, engine: Engine, material: Material) -> None:
        """See `Test.check`."""
        require_distributions(engine, f"--signals {self.name}")

    def measure(
        self, engine: Engine, problems: Sequence[tuple[str, Problem]], material: Material
    ) -> Measured:
        """See `ProblemTest.measure`. An empty answer, or a prompt without room, has no values."""
        firsts = [_request(name, problem, FIRST, problem.problem) for name, problem in problems]
        answers = _complete(engine, firsts, "first answers")
        seconds = [
            _request(
                name,
                problem,
                SECOND,
                problem.problem + INSTRUCTION.format(answer=answer.text.strip()),
            )
            for (name, problem), answer in zip(problems, answers, strict=True)
        ]
        critiques = _complete(engine, seconds, "second answers")
        entropies = self._entropies(engine, [*answers, *critiques])
        values = []
        for place, (name, problem) in enumerate(problems):
            one, two = entropies[place], entropies[len(problems) + place]
            if one and two:
                statistics = {
                    "similarity": entropy_similarity(one, two),
                    "first_tokens": len(one),
                    "second_tokens": len(two),
                }
                values += [
                    Value(name, problem.id, self.name, None, statistic, float(value))
                    for statistic, value in statistics.items()
                ]
        samples = [
            to_sample(request, completion, "", Grade("no answer", None))
            for request, completion in zip([*firsts, *seconds], [*answers, *critiques], strict=True)
        ]
        return Measured(samples, values)

    def _entropies(self, engine: Engine, completions: Sequence[Completion]) -> list[list[float]]:
        """The entropy at each generated token; empty where nothing was generated."""
        reader = require_distributions(engine, f"--signals {self.name}")
        places = [i for i, c in enumerate(completions) if c.token_ids and c.prompt_ids]
        rows = reader.token_statistics(
            [completions[place].prompt_ids for place in places],
            [completions[place].token_ids for place in places],
        )
        entropies: list[list[float]] = [[] for _ in completions]
        for place, row in zip(places, rows, strict=True):
            entropies[place] = [max(token.entropy, 0.0) for token in row]
        return entropies

    def evidence(self, values: Mapping[str, float]) -> float | None:
        """The similarity of the two answers."""
        return values["similarity"]


def entropy_similarity(first: Sequence[float], second: Sequence[float]) -> float:
    """Cosine of two sequences of entropies, times min(lengths) / max(lengths); both not empty.

    The shorter sequence is filled up with zeros. Two sequences of zeros alone have cosine 1.
    """
    product = sum(a * b for a, b in zip(first, second, strict=False))
    norms = sqrt(sum(a * a for a in first)) * sqrt(sum(b * b for b in second))
    both_zero = not any(first) and not any(second)
    cosine = 1.0 if both_zero else (product / norms if norms else 0.0)
    ratio = min(len(first), len(second)) / max(len(first), len(second))
    return min(1.0, max(0.0, cosine)) * ratio


def _request(set_name: str, problem: Problem, template: str, text: str) -> SampleRequest:
    prompt = Prompt(text, special_tokens=True)
    return request_sample(
        set_name, problem, template, Decoding(GREEDY), prompt, Sampling(MOST_TOKENS)
    )


def _complete(engine: Engine, requests: Sequence[SampleRequest], what: str) -> list[Completion]:
    with bar(what, len(requests)) as counting:
        return generate_completions(
            engine, requests, lambda done: counting.advance(tokens=len(done.token_ids))
        )
