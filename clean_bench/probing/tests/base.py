"""What a test of the probe is: one file of this folder, one entry of `TESTS`, rows of numbers.

A test works on cut problems (`CutTest`), on whole problems (`ProblemTest`) or on a set (`SetTest`). It
returns samples and values (`Measured`). Values that follow from stored texts are computed by
`recompute`, which `verify` calls again; the others depend on the model, and `verify` checks their
`bounds`.

A test whose `evidence` is a number can flag problems (`clean_bench.probing.flags`): a larger number
means stronger evidence that the problem is memorized.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import ClassVar

from clean_bench.engines.base import Completion, Engine
from clean_bench.engines.counted import counted_logprobs
from clean_bench.grading import Grade, Limits
from clean_bench.probing.items import Item, request_of
from clean_bench.probing.lookup_baseline import LookupBaseline
from clean_bench.probing.rows import Value
from clean_bench.problems import Problem, ProblemSet
from clean_bench.progress import bar
from clean_bench.samples import (
    Sample,
    SampleRequest,
    generate_completions,
    storable,
    to_sample,
)

GREEDY = "greedy completions of prefixes"
LOGPROBS = "log-probabilities"
DISTRIBUTIONS = "whole next-token distributions"
SAMPLES = "further completions"
ANSWERS = "gold answers"
VARIANTS = "variants of the problems"

Bounds = tuple[float, float]
LOG_PROBABILITY: Bounds = (-inf, 0.001)
SHARE: Bounds = (0.0, 1.0)
COUNT: Bounds = (0.0, 2.0**31)


@dataclass(frozen=True)
class Material:
    """What the tests of a probe read beside the engine; all of it is stored in the artifact.

    Attributes:
        sets: the sets under test by name.
        protocol: the protocol of the cut.
        fractions: the fractions shown, in order.
        headline: the fraction of the headline.
        lookups: the look-up baseline of each set.
        variants: renumbered versions of problems, by the name of the set and the id of the problem.
        paraphrases: reworded versions, by the same.
    """

    sets: Mapping[str, ProblemSet]
    protocol: str
    fractions: Sequence[float]
    headline: float
    lookups: Mapping[str, LookupBaseline]
    variants: Mapping[str, Mapping[str, Problem]] = field(default_factory=dict)
    paraphrases: Mapping[str, Mapping[str, Problem]] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """The completions and the numbers of a test."""

    samples: Sequence[Sample] = ()
    values: Sequence[Value] = ()


class Test(ABC):
    """A test for memorization.

    Attributes:
        name: the name for `--signals`, and in the column `test`.
        summary: one line for `clean-bench list signals`.
        needs: what the engine or the sets must provide.
        bounds: range of each statistic that depends on the model. Each scored problem has all of them
            but those of `optional`.
        shares: recomputed statistics that lie between 0 and 1.
        null_name: what `null_evidence` is, where the test has a null of its own.
        readings: how often each problem is read whole, or cut at the headline, beside the reading of
            its true suffix; `most_read` problems of a set at most. For estimates.
        reads_completions: whether the planned completions are read after their prompts; for estimates.
    """

    __test__ = False  # not a class of tests for pytest

    name: ClassVar[str]
    summary: ClassVar[str]
    needs: ClassVar[frozenset[str]]
    bounds: ClassVar[Mapping[str, Bounds]] = {}
    optional: ClassVar[frozenset[str]] = frozenset()
    shares: ClassVar[frozenset[str]] = frozenset()
    null_name: ClassVar[str | None] = None
    readings: ClassVar[int] = 0
    most_read: ClassVar[int | None] = None
    reads_completions: ClassVar[bool] = False

    def check(self, engine: Engine, material: Material) -> None:
        """Raise `UserError` where the engine or the sets lack what the test needs."""
        return None

    @property
    def can_flag(self) -> bool:
        """Whether the test has evidence for single problems, so that it can flag them."""
        return type(self).evidence is not Test.evidence

    def evidence(self, values: Mapping[str, float]) -> float | None:
        """The score of a problem from its statistics; None where the test cannot flag it.

        Args:
            values: statistics by name, at the headline prefix for a `CutTest`.
        """
        return None

    def null_evidence(self, values: Mapping[str, float]) -> float | None:
        """The same score without any memorization, as the test's own null `null_name` gives it."""
        return None

    def recompute(
        self,
        set_name: str,
        problem: Problem,
        prefix: float | None,
        samples: Sequence[Sample],
        material: Material,
    ) -> list[Value]:
        """The values that follow from stored texts.

        Args:
            samples: the completions of this test, of this problem and prefix.
        """
        return []

    def planned_requests(
        self, set_name: str, problem: Problem, material: Material
    ) -> Sequence[SampleRequest]:
        """The completions of a problem beside those of its prefixes; for estimates."""
        return []

    def is_share(self, statistic: str) -> bool:
        """Whether a statistic lies between 0 and 1, so that its mean has an interval."""
        return self.bounds.get(statistic, COUNT) == SHARE or statistic in self.shares

    def owns(self, template: str) -> bool:
        """Whether samples under a template are completions of this test."""
        return template.partition("/")[0].partition("@")[0] == self.name


class CutShard:
    """The items of a shard, with the passes of the model that its tests share. Each is made once.

    `items` are those that can be scored. A server that does not encode texts is the first to find that
    an item is too long: its completion is then "overlong", and the item leaves the shard.
    """

    def __init__(
        self,
        engine: Engine,
        items: Sequence[Item],
        ended: Callable[[Completion], None],
        graded: Callable[[Completion, str], Grade],
    ) -> None:
        self.engine = engine
        requests = [request_of(item) for item in items]
        completions = generate_completions(engine, requests, ended)
        answered = list(zip(items, requests, completions, strict=True))
        self.overlong = [item for item, _, done in answered if done.finish == "overlong"]
        kept = [entry for entry in answered if entry[2].finish != "overlong"]
        self.items = [item for item, _, _ in kept]
        self.samples = [
            to_sample(request, done, item.cut.suffix, graded(done, item.cut.suffix))
            for item, request, done in kept
        ]

    @cached_property
    def has_logprobs(self) -> bool:
        """Whether the engine gives the log-probabilities of texts."""
        offered = self.engine.describe()
        return bool(offered.get("tokenize", True) and offered.get("suffix_logprobs", True))

    @cached_property
    def suffix_logprobs(self) -> list[list[float]]:
        """Log-probabilities of the tokens of each true suffix after its prefix."""
        return read_logprobs(
            self.engine,
            [item.prefix_ids for item in self.items],
            [item.suffix_ids for item in self.items],
        )


def read_logprobs(
    engine: Engine, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
) -> list[list[float]]:
    """Teacher-forced log-probabilities of suffixes, with a progress bar; see `Engine.logprobs`."""
    with bar("reading suffixes", len(prefix_ids)) as reading:
        return counted_logprobs(
            engine, prefix_ids, suffix_ids, lambda tokens: reading.advance(tokens=tokens)
        )


class CutTest(Test):
    """A test of problems that are cut into prefix and suffix.

    It measures every prefix, or only that of the headline (`headline_only`), which costs a third.
    """

    headline_only: ClassVar[bool] = False

    def measures(self, fraction: float, material: Material) -> bool:
        """Whether the test measures items at a fraction."""
        return not self.headline_only or fraction == material.headline

    @abstractmethod
    def measure(self, shard: CutShard, material: Material) -> Measured:
        """The values of the items of a shard, at all their prefixes; samples beside the greedy ones."""


class ProblemTest(Test):
    """A test of whole problems."""

    @abstractmethod
    def measure(
        self, engine: Engine, problems: Sequence[tuple[str, Problem]], material: Material
    ) -> Measured:
        """The values of problems, each with the name of its set."""


class CompletionTest(ProblemTest):
    """A test of problems whose values follow from completions of fixed prompts.

    Its samples have the template `NAME`, `NAME@FRACTION` for a prefix, or one of these with `/` and
    more after it.

    Attributes:
        compares_problems: some values of a problem depend on the completions of the others, or concern
            the whole set (`recompute_set`).
        force_start: the text with which every response begins, and which the checkpoint continues.
    """

    compares_problems: ClassVar[bool] = False
    force_start: ClassVar[str] = ""

    @abstractmethod
    def requests(
        self, set_name: str, problem: Problem, material: Material, engine: Engine | None
    ) -> list[SampleRequest]:
        """The completions of a problem; none where it cannot be tested.

        Args:
            engine: None in `verify`; only the limit of tokens may depend on it.
        """

    @abstractmethod
    def graded(
        self,
        requests: Sequence[SampleRequest],
        responses: Sequence[str],
        limits: Limits | None = None,
    ) -> list[tuple[str, Grade]]:
        """The gold text and the grade of each response, which includes a forced beginning.

        Args:
            limits: of one comparison of answers, where the test compares answers.
        """

    def planned_requests(
        self, set_name: str, problem: Problem, material: Material
    ) -> Sequence[SampleRequest]:
        """See `Test.planned_requests`."""
        return self.requests(set_name, problem, material, None)

    def recompute_set(
        self, set_name: str, samples: Mapping[str, Sequence[Sample]], material: Material
    ) -> list[Value]:
        """The values that follow from the completions of a whole set, beside those of `recompute`.

        They are those of single problems, or with an empty id of the set.

        Args:
            samples: the completions of this test in the set, by the id of the problem.
        """
        return []

    def measure(
        self, engine: Engine, problems: Sequence[tuple[str, Problem]], material: Material
    ) -> Measured:
        """See `ProblemTest.measure`."""
        of_problem = [self.requests(name, problem, material, engine) for name, problem in problems]
        requests = [request for part in of_problem for request in part]
        with bar(f"completing for {self.name}", len(requests)) as counting:
            completions = generate_completions(
                engine, requests, lambda done: counting.advance(tokens=len(done.token_ids))
            )
        responses = [
            storable(request.force_start + done.text)
            for request, done in zip(requests, completions, strict=True)
        ]
        grades = self.graded(requests, responses)
        samples = [
            to_sample(request, done, *graded)
            for request, done, graded in zip(requests, completions, grades, strict=True)
        ]
        values: list[Value] = []
        start = 0
        for (name, problem), part in zip(problems, of_problem, strict=True):
            own = samples[start : start + len(part)]
            start += len(part)
            values += self._values(name, problem, own, material)
        return Measured(samples, values)

    def _values(
        self, name: str, problem: Problem, samples: Sequence[Sample], material: Material
    ) -> Iterable[Value]:
        """The values of a problem at each of its prefixes."""
        of_prefix: dict[float | None, list[Sample]] = {}
        for sample in samples:
            of_prefix.setdefault(prefix_of(sample.template, material.fractions), []).append(sample)
        for prefix, part in of_prefix.items():
            yield from self.recompute(name, problem, prefix, part, material)


class SetTest(Test):
    """A test of a whole set in its published order."""

    def is_share(self, statistic: str) -> bool:
        """One number per set has no interval."""
        return False

    @abstractmethod
    def measure(self, engine: Engine, problems: ProblemSet, material: Material) -> Measured:
        """The values of the set; their `problem_id` is empty."""


def prefix_of(template: str, fractions: Sequence[float]) -> float | None:
    """The fraction that a template names after `@`; None for a template of whole problems.

    Args:
        fractions: those of the probe. A template has six digits of one; another number is returned as
            it is written.

    Raises:
        ValueError: if no number follows `@`.
    """
    _, _, written = template.partition("/")[0].partition("@")
    if not written:
        return None
    return next((known for known in fractions if f"{known:g}" == written), float(written))
