"""Completions and read texts are reported once each, as they end, and are what they are without."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch
from echo import Echo, load

from clean_bench.engines import decoding, transformers_engine
from clean_bench.engines.base import Completion, Request
from clean_bench.engines.counted import counted_completions, counted_logprobs
from clean_bench.engines.replicas import Replicas
from clean_bench.engines.transformers_engine import TransformersEngine

REQUESTS = [
    Request(f"r{i}", "Ann has" * (1 + i % 3), seed=i, max_tokens=3 + 7 * (i % 5), temperature=i % 2)
    for i in range(12)
] + [Request("long", "word " * 400), Request("empty", "", special_tokens=False)]


@pytest.fixture(scope="module")
def engine(tiny_checkpoint: Path) -> TransformersEngine:
    return TransformersEngine.load(tiny_checkpoint, device="cpu", batch_size=8)


def reported(
    engine: object, requests: Sequence[Request]
) -> tuple[list[Completion], list[Completion]]:
    """The completions in order, and as they were reported."""
    ended: list[Completion] = []
    return counted_completions(engine, requests, ended.append), ended  # type: ignore[arg-type]


def by_key(completions: Sequence[Completion]) -> dict[str, Completion]:
    return {completion.key: completion for completion in completions}


def test_each_completion_is_reported_once_and_is_the_same_without_reports(
    engine: TransformersEngine,
) -> None:
    completions, ended = reported(engine, REQUESTS)
    assert completions == list(engine.generate(REQUESTS))
    assert len(ended) == len(REQUESTS) and by_key(ended) == by_key(completions)


def test_completions_of_a_batch_are_reported_when_they_end(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the decoding step of their last token: a short one does not wait for the batch."""
    steps: list[int] = []
    choose = decoding.choose_tokens

    def counting(*arguments: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        steps.append(len(steps) + 1)
        return choose(*arguments)

    monkeypatch.setattr(decoding, "choose_tokens", counting)
    requests = [Request(str(n), "Ann has 3 apples", max_tokens=n) for n in (20, 2, 9, 5)]
    at: list[tuple[int, int]] = []
    counted_completions(
        engine, requests, lambda completion: at.append((len(steps), len(completion.token_ids)))
    )
    assert at == sorted(at) and all(step == tokens for step, tokens in at)
    assert len({step for step, _ in at}) > 1


def test_a_batch_that_is_repeated_is_reported_once(
    tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = TransformersEngine.load(tiny_checkpoint, device="cpu")
    requests = REQUESTS[:6]
    expected = list(engine.generate(requests))
    decode = transformers_engine.decode_batch
    failures = [True]

    def failing(*arguments: object) -> Iterator[object]:
        for rows in decode(*arguments):  # type: ignore[arg-type]
            yield rows
            if failures:
                failures.pop()
                raise torch.OutOfMemoryError

    monkeypatch.setattr(transformers_engine, "decode_batch", failing)
    completions, ended = reported(engine, requests)
    assert [c.token_ids for c in completions] == [c.token_ids for c in expected]
    assert sorted(c.key for c in ended) == sorted(r.key for r in requests)


def test_an_engine_that_reports_nothing_is_counted_as_it_returns() -> None:
    ended: list[str] = []

    class Slow(Echo):
        def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
            for number, completion in enumerate(super().generate(requests)):
                assert len(ended) == number  # the ones before are counted already
                yield completion

    requests = [Request(str(i), f"p{i}") for i in range(4)]
    completions = counted_completions(Slow(), requests, lambda c: ended.append(c.key))
    assert ended == [c.key for c in completions] == ["0", "1", "2", "3"]


def test_two_requests_of_one_key_are_two(engine: TransformersEngine) -> None:
    _, ended = reported(engine, [Request("same", "Ann", max_tokens=2)] * 3)
    assert len(ended) == 3


def test_callbacks_end_with_their_call(engine: TransformersEngine) -> None:
    before = engine.on_completion

    def fail(completion: Completion) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        counted_completions(engine, REQUESTS[:2], fail)
    assert engine.on_completion is before


def test_texts_are_counted_with_their_tokens(engine: TransformersEngine) -> None:
    prefixes = [[1, 2], [3], [4, 5, 6]] * 4
    suffixes = [[7] * (1 + i) for i in range(12)]
    tokens: list[int] = []
    logprobs = counted_logprobs(engine, prefixes, suffixes, tokens.append)
    assert logprobs == engine.logprobs(prefixes, suffixes)
    assert sorted(tokens) == sorted(
        len(prefix) + len(suffix) for prefix, suffix in zip(prefixes, suffixes, strict=True)
    )


@pytest.mark.processes
def test_replicas_pass_reports_on(tiny_checkpoint: Path) -> None:
    from functools import partial

    single = TransformersEngine.load(tiny_checkpoint, device="cpu")
    replicas = Replicas(partial(TransformersEngine.load, tiny_checkpoint, device="cpu"), 2)
    try:
        completions, ended = reported(replicas, REQUESTS)
        assert completions == [
            completion
            for pair in zip(
                single.generate(REQUESTS[::2]), single.generate(REQUESTS[1::2]), strict=True
            )
            for completion in pair
        ]
        assert len(ended) == len(REQUESTS) and by_key(ended) == by_key(completions)
        # Short completions come before long ones of an earlier place: they are reported as they end.
        assert [c.key for c in ended] != [c.key for c in completions]
        tokens: list[int] = []
        counted_logprobs(replicas, [[1], [2], [3]], [[4], [5, 6], [7]], tokens.append)
        assert sorted(tokens) == [2, 2, 3]
    finally:
        replicas.close()


def test_replicas_of_an_engine_without_reports_are_counted() -> None:
    replicas = Replicas(load, 2)
    try:
        requests = [Request(str(i), f"p{i}") for i in range(5)]
        completions, ended = reported(replicas, requests)
        assert [c.key for c in ended] == [c.key for c in completions] == list("01234")
    finally:
        replicas.close()
