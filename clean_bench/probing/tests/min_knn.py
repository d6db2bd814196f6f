"""Min-kNN distance: how close the closest of several sampled completions are (arXiv 2602.11792).

Reinforcement learning on a problem concentrates its completions. `SAMPLES_OF_A_PROBLEM` completions of
the whole problem are sampled as raw text at temperature 1. Each has the distance to its nearest
neighbour: the Levenshtein distance divided by the length of the longer text, over the first
`MOST_CHARACTERS` characters. Statistics per problem:

    distance    mean of the `NEAREST` smallest of these distances
    samples     number of completions that are compared

A completion without text is left out, as is a prompt that fills the context; fewer than `NEAREST` + 1
completions have no values. What is public of the paper states neither the number of completions nor that
of the distances, so 16 and 3 are choices of this test, and its numbers are not those of the paper. An
entropy that training lowered on all problems lowers the distance of unseen problems too: only a null set
(`--null`) makes the number evidence.

Evidence is minus the distance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from clean_bench.engines.base import Engine
from clean_bench.grading import Grade, Limits
from clean_bench.probing.rows import Value
from clean_bench.probing.tests.base import SAMPLES, CompletionTest, Material
from clean_bench.problems import Problem
from clean_bench.prompts import Prompt
from clean_bench.samples import (
    SAMPLE,
    Decoding,
    Sample,
    SampleRequest,
    Sampling,
    request_sample,
)
from clean_bench.seeds import seed_of

SAMPLES_OF_A_PROBLEM = 16
NEAREST = 3
MOST_TOKENS = 128
MOST_CHARACTERS = 2000


class MinKnn(CompletionTest):
    """See the module."""

    name = "min-knn"
    summary = "edit distance of the closest among 16 sampled completions (2602.11792)"
    needs = frozenset({SAMPLES})
    shares = frozenset({"distance"})

    def requests(
        self, set_name: str, problem: Problem, material: Material, engine: Engine | None
    ) -> list[SampleRequest]:
        """See `CompletionTest.requests`."""
        prompt = Prompt(problem.problem, special_tokens=True)
        sampling = Sampling(MOST_TOKENS, temperature=1.0)
        decodings = [
            Decoding(SAMPLE, index, seed_of("probe", self.name, set_name, problem.id, index))
            for index in range(SAMPLES_OF_A_PROBLEM)
        ]
        return [
            request_sample(set_name, problem, self.name, decoding, prompt, sampling)
            for decoding in decodings
        ]

    def graded(
        self,
        requests: Sequence[SampleRequest],
        responses: Sequence[str],
        limits: Limits | None = None,
    ) -> list[tuple[str, Grade]]:
        """No gold text: completions are compared with each other."""
        return [("", Grade("no answer", None))] * len(requests)

    def recompute(
        self,
        set_name: str,
        problem: Problem,
        prefix: float | None,
        samples: Sequence[Sample],
        material: Material,
    ) -> list[Value]:
        """See `Test.recompute`."""
        texts = [sample.response for sample in samples if sample.response.strip()]
        if len(texts) <= NEAREST:
            return []
        place = (set_name, problem.id, self.name, None)
        return [
            Value(*place, "distance", nearest_distance(texts)),
            Value(*place, "samples", float(len(texts))),
        ]

    def evidence(self, values: Mapping[str, float]) -> float | None:
        """Minus the distance."""
        return -values["distance"]


def nearest_distance(texts: Sequence[str]) -> float:
    """The mean of the smallest normalized edit distances of a text to its nearest neighbour, in [0, 1].

    Raises:
        ValueError: for fewer than two texts.
    """
    if len(texts) < 2:
        raise ValueError(f"expected at least two texts, got {len(texts)}")
    bounded = [text[:MOST_CHARACTERS] for text in texts]
    scorer = Levenshtein.normalized_distance
    distances = cdist(bounded, bounded, scorer=scorer, dtype=np.float64)
    np.fill_diagonal(distances, np.inf)
    return float(np.sort(distances.min(axis=1))[:NEAREST].mean())
