"""Batches of the transformers engine: how large they are, and that their size changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.engines import decoding
from clean_bench.engines.base import Request
from clean_bench.engines.decoding import cache_bytes, rows_that_fit
from clean_bench.engines.outputs import stop_end
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.errors import UserError


@pytest.fixture
def engine(reciter: Path) -> TransformersEngine:
    return TransformersEngine.load(reciter)


@pytest.fixture
def forwards(engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Rows and columns of each forward pass of the engine's model."""
    seen: list[tuple[int, int]] = []
    forward = engine.model.forward

    def spy(*args: Any, **kwargs: Any) -> Any:
        seen.append(tuple(kwargs["input_ids"].shape))
        return forward(*args, **kwargs)

    monkeypatch.setattr(engine.model, "forward", spy)
    return seen


def plan(problems: list[str], count: int = 24) -> list[Request]:
    """Greedy and sampled requests of very different lengths."""
    return [
        Request(str(i), problem, seed=i, max_tokens=3 + 7 * (i % 9), temperature=0.7 * (i % 2))
        for i, problem in enumerate(problems[:count])
    ]


def test_ended_rows_leave_the_batch_and_nothing_else_changes(
    engine: TransformersEngine, problems: list[str], forwards: list[tuple[int, int]]
) -> None:
    requests = plan(problems)
    together = list(engine.generate(requests))
    rows = [rows for rows, _ in forwards]
    assert rows == sorted(rows, reverse=True)
    assert rows[0] == 24 and rows[-1] <= 2
    lengths = sorted(len(completion.token_ids) for completion in together)
    for step, count in enumerate(rows[1:], start=1):
        alive = sum(length > step for length in lengths)
        assert alive <= count < 2 * alive
    # The cache of one request alone is never cut.
    alone = [next(engine.generate([request])) for request in requests]
    assert [c.token_ids for c in together] == [c.token_ids for c in alone]
    assert [(c.text, c.finish) for c in together] == [(c.text, c.finish) for c in alone]
    for a, b in zip(together, alone, strict=True):
        assert a.logprobs == pytest.approx(b.logprobs, abs=1e-4)


def test_equal_prompts_are_read_once(
    engine: TransformersEngine, problems: list[str], forwards: list[tuple[int, int]]
) -> None:
    texts = [problems[place] for place in (0, 1, 0, 2, 1, 0)]
    requests = [
        Request(str(i), text, seed=i, max_tokens=9, temperature=1.0) for i, text in enumerate(texts)
    ]
    together = list(engine.generate(requests))
    assert [rows for rows, _ in forwards[:2]] == [3, 6]
    alone = [next(engine.generate([request])) for request in requests]
    assert [c.token_ids for c in together] == [c.token_ids for c in alone]
    for a, b in zip(together, alone, strict=True):
        assert a.logprobs == pytest.approx(b.logprobs, abs=1e-4)


def test_a_prompt_read_in_pieces_is_the_same_prompt(
    engine: TransformersEngine,
    problems: list[str],
    forwards: list[tuple[int, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requests = plan(problems, 9)
    whole = list(engine.generate(requests))
    assert forwards[0][1] > 20
    forwards.clear()
    # 9 rows, and the widest activation has 384 numbers of 4 bytes
    monkeypatch.setattr(decoding, "_MAX_ACTIVATION_BYTES", 9 * 384 * 4 * 5)
    pieces = list(engine.generate(requests))
    assert max(columns for _, columns in forwards) == 5
    assert [c.token_ids for c in pieces] == [c.token_ids for c in whole]
    for a, b in zip(pieces, whole, strict=True):
        assert a.logprobs == pytest.approx(b.logprobs, abs=1e-4)


def test_text_scored_in_pieces_has_the_same_logprobs(
    engine: TransformersEngine, problems: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [engine.encode(problem) for problem in problems[:5]]
    parts = [row[:3] for row in ids], [row[3:] for row in ids]
    whole = engine.logprobs(*parts)
    monkeypatch.setattr("clean_bench.engines.scoring.MAX_LOGITS", 7 * 512)
    held: list[int] = []
    forward = engine.model.forward

    def spy(*args: Any, **kwargs: Any) -> Any:
        output = forward(*args, **kwargs)
        held.append(output.logits.numel())
        return output

    monkeypatch.setattr(engine.model, "forward", spy)
    for a, b in zip(engine.logprobs(*parts), whole, strict=True):
        assert a == pytest.approx(b, abs=1e-4)
    assert max(held) <= 7 * 512


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=30),
    st.integers(1, 12),
    st.integers(1, 400),
)
def test_a_batch_is_the_longest_beginning_that_fits(
    sizes: list[tuple[int, int]], most: int, tokens: int
) -> None:
    prompts, limits = [a for a, _ in sizes], [b for _, b in sizes]

    def room(count: int) -> int:
        return count * (max(prompts[:count]) + max(limits[:count]))

    count = rows_that_fit(prompts, limits, most=most, tokens=tokens)
    assert 1 <= count <= min(most, len(sizes))
    assert count == 1 or room(count) <= tokens
    assert count in (most, len(sizes)) or room(count + 1) > tokens


def test_the_cache_takes_what_it_is_said_to(engine: TransformersEngine) -> None:
    with torch.inference_mode():
        output = engine.model(torch.zeros(3, 10, dtype=torch.long), use_cache=True)
    held = sum(
        tensor.numel() * tensor.element_size()
        for layer in output.past_key_values.layers
        for tensor in (layer.keys, layer.values)
    )
    assert held == 30 * cache_bytes(engine.model)


def test_small_memory_makes_small_batches_of_the_same_completions(
    reciter: Path, problems: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    large = TransformersEngine.load(reciter)
    per_token = cache_bytes(large.model)
    small = TransformersEngine.load(reciter, cache_size=per_token * 300)
    seen: list[int] = []
    forward = small.model.forward

    def spy(*args: Any, **kwargs: Any) -> Any:
        output = forward(*args, **kwargs)
        layers = output.past_key_values.layers
        held = sum(t.untyped_storage().nbytes() for x in layers for t in (x.keys, x.values))
        seen.append(held // per_token)
        return output

    monkeypatch.setattr(small.model, "forward", spy)
    requests = plan(problems)
    assert [c.token_ids for c in small.generate(requests)] == [
        c.token_ids for c in large.generate(requests)
    ]
    assert max(seen) <= 300


def test_where_memory_gives_out_the_batch_is_halved(
    engine: TransformersEngine, problems: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = plan(problems)
    expected = [c.token_ids for c in engine.generate(requests)]
    forward, room, tried = engine.model.forward, 7, []

    def crowded(*args: Any, **kwargs: Any) -> Any:
        tried.append(len(kwargs["input_ids"]))
        if tried[-1] > room:
            raise torch.OutOfMemoryError
        return forward(*args, **kwargs)

    monkeypatch.setattr(engine.model, "forward", crowded)
    before = engine.cache_size
    assert [c.token_ids for c in engine.generate(requests)] == expected
    assert tried[:3] == [24, 12, 6]
    assert engine.cache_size < before
    room = 0
    with pytest.raises(UserError, match="one completion of 3 tokens does not fit"):
        list(engine.generate(requests[:1]))


def test_the_stop_string_that_is_complete_first_counts() -> None:
    assert stop_end("abcdef", ["cdef", "de"]) == 5
    assert stop_end("abab", ["b"]) == 2
    assert stop_end("abc", ["x", "yz"]) is None
    assert stop_end("abc", []) is None
