"""Which differences between stored and regenerated completions are rounding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from clean_bench.artifacts import Artifact
from clean_bench.engines.base import Completion, Request
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.experiments.regenerate import completions as module
from clean_bench.experiments.regenerate.agreement import EXACT, ROUNDED, Tolerance, tolerance
from clean_bench.experiments.regenerate.completions import Stored, compare
from clean_bench.experiments.regenerate.scores import _requests
from clean_bench.samples import read_samples

pytestmark = pytest.mark.processes

CPU = {"engine": "transformers", "device": "cpu", "dtype": "float32"}


class Other:
    """An engine that is not replayed, and that flips the last token of every `flip`-th completion
    whenever it gets fewer requests than at first."""

    name, tokenizer, context_length = "vllm", None, 256

    def __init__(self, engine: TransformersEngine, flip: int = 0) -> None:
        self.engine, self.flip, self.most = engine, flip, 0
        self.logprobs = engine.logprobs

    def describe(self) -> dict[str, Any]:
        return {**CPU, "engine": "vllm"}

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        self.most = max(self.most, len(requests))
        for number, completion in enumerate(self.engine.generate(requests)):
            if self.flip and len(requests) < self.most and number % self.flip == 0:
                completion.token_ids[-1] ^= 1
            yield completion


@pytest.fixture
def rows(scores: Artifact, engine: TransformersEngine) -> list[Stored]:
    samples = [sample for table in scores.tables("samples") for sample in read_samples(table)]
    requests = _requests(scores, engine)
    pairs = enumerate(zip(requests, samples, strict=True))
    return [Stored(f"row {n}", request, sample) for n, (request, sample) in pairs]


def with_another_token(row: Stored, place: int = -1) -> Stored:
    tokens = list(map(int, row.sample.token_ids))
    tokens[place] ^= 1
    return replace(row, sample=replace(row.sample, token_ids=tokens))


def test_the_tolerance_is_that_of_float32_only_where_nothing_differs() -> None:
    assert tolerance(CPU, CPU) == EXACT
    for other in ({"dtype": "bfloat16"}, {"device": "cuda"}, {"engine": "vllm"}):
        assert tolerance(CPU, CPU | other) == ROUNDED
    assert tolerance(CPU | {"dtype": "bfloat16"}, CPU | {"dtype": "bfloat16"}) == ROUNDED


def test_a_difference_within_the_tolerance_is_rounding(
    rows: list[Stored], engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wide tolerance stands for wide rounding; text, end and log-probabilities still have to fit."""
    monkeypatch.setattr(module, "tolerance", lambda *_: Tolerance(1e9, 1.0, 1e9))
    changed = [with_another_token(row) for row in rows]
    for row in changed:
        tokens = [list(row.sample.token_ids)]
        text = engine.tokenizer.batch_decode(tokens, skip_special_tokens=True)[0]
        object.__setattr__(row.sample, "response", text)
    agreement = compare(engine, changed, CPU, part=".", what="completions")
    assert agreement.rounding == len(rows) and agreement.equal == agreement.flips == 0
    assert not agreement.failures
    ended = [replace(row, sample=replace(row.sample, finish="stop")) for row in changed]
    agreement = compare(engine, ended, CPU, part=".", what="completions")
    assert len(agreement.failures) == len(rows) and agreement.rounding == 0
    assert all("ended by 'stop', which its tokens" in f.what for f in agreement.failures)
    wrong = [replace(row, sample=replace(row.sample, response="x")) for row in changed]
    agreement = compare(engine, wrong, CPU, part=".", what="completions")
    assert len(agreement.failures) == len(rows) and agreement.rounding == 0
    assert all("its response is not the text" in failure.what for failure in agreement.failures)


def test_an_engine_without_replay_may_differ_as_often_as_it_flips(
    rows: list[Stored], engine: TransformersEngine
) -> None:
    made_by = {**CPU, "engine": "vllm"}
    greedy = [row for row in rows if row.sample.mode == "greedy"] * 4

    def failures(flip: int, differing: int) -> int:
        stored = [with_another_token(row) for row in greedy[:differing]] + greedy[differing:]
        agreement = compare(Other(engine, flip), stored, made_by, part=".", what="completions")  # type: ignore[arg-type]
        assert agreement.equal == len(greedy) - differing
        return sum("is not the checkpoint's" in failure.what for failure in agreement.failures)

    assert failures(0, 0) == 0 and failures(0, 1) == 1 and failures(0, 7) == 7
    # 4 of 20 flip in halves of 10: up to 4 + 2 * sqrt(4) = 8 may differ.
    assert failures(5, 8) == 0 and failures(5, 9) == 9


def test_sampled_completions_of_another_engine_are_not_compared(
    rows: list[Stored], engine: TransformersEngine
) -> None:
    agreement = compare(engine, rows, {**CPU, "engine": "vllm"}, part=".", what="completions")
    assert agreement.compared == agreement.equal == 7 and not agreement.failures
    assert "made by vllm, cpu, float32, regenerated by transformers" in agreement.note
    assert "sampled completions not regenerated" in agreement.note
