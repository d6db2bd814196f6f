"""Statistics of given texts against direct computations in float64, and how the texts are read."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from peft import LoraConfig, get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from clean_bench.engines import scoring
from clean_bench.engines.scoring import batches, distribution_moments, token_logprobs
from clean_bench.engines.token_distributions import TokenStatistics
from clean_bench.engines.transformers_engine import TransformersEngine

Texts = list[list[int]]


@pytest.fixture(scope="module")
def tokenizer(tiny_checkpoint: Path) -> Any:
    return AutoTokenizer.from_pretrained(tiny_checkpoint)


@pytest.fixture(scope="module")
def engine(tiny_checkpoint: Path, tokenizer: Any) -> TransformersEngine:
    """The random checkpoint with larger weights: distributions from peaked to flat."""
    model = AutoModelForCausalLM.from_pretrained(tiny_checkpoint)
    enlarge(model)
    return TransformersEngine(model, tokenizer, batch_size=6)


@pytest.fixture
def logits_held(engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Shapes without the vocabulary, flattened: the number of logit rows of each forward pass."""
    held: list[int] = []
    forward = engine.model.forward

    def spy(*args: Any, **kwargs: Any) -> Any:
        output = forward(*args, **kwargs)
        held.append(output.logits.numel() // output.logits.shape[-1])
        return output

    with monkeypatch.context() as patch:
        patch.setattr(engine.model, "forward", spy)
        yield held


def enlarge(model: Any) -> None:
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.copy_(torch.randn_like(parameter) * 0.4)


def random_texts(rows: int, *, vocabulary: int = 400, longest: int = 60) -> tuple[Texts, Texts]:
    """Prefixes and suffixes of different lengths; some suffixes are empty."""
    draw = random.Random(rows)
    sizes = [(draw.randint(1, longest), draw.randint(0, longest)) for _ in range(rows)]
    prefixes, suffixes = (
        [[draw.randrange(vocabulary) for _ in range(size[part])] for size in sizes]
        for part in (0, 1)
    )
    return prefixes, suffixes


def moments(logits: np.ndarray, token: int) -> tuple[float, float, float]:
    """Log-probability, and mean and deviation of log p, in float64."""
    kept = logits[logits > -np.inf].astype(np.float64)
    logp = kept - kept.max()
    logp -= np.log(np.exp(logp).sum())
    own = float(logits[token] - kept.max() - np.log(np.exp(kept - kept.max()).sum()))
    mean = float((np.exp(logp) * logp).sum())
    return own, mean, float(np.sqrt((np.exp(logp) * (logp - mean) ** 2).sum()))


def expected(model: Any, prefix: Sequence[int], suffix: Sequence[int]) -> list[Any]:
    """The statistics of a suffix by the model in float64, without batch or cache."""
    with torch.inference_mode():
        logits = model(torch.tensor([[*prefix, *suffix]])).logits[0].numpy()
    return [moments(logits[len(prefix) - 1 + k], token) for k, token in enumerate(suffix)]


def values(row: Sequence[TokenStatistics]) -> list[tuple[float, float, float]]:
    return [(one.logprob, one.mean, one.deviation) for one in row]


def close(found: Any, wanted: Any, tolerance: float = 1e-4) -> bool:
    if len(found) != len(wanted):
        return False
    return len(found) == 0 or bool(np.abs(np.array(found) - np.array(wanted)).max() < tolerance)


@given(st.integers(0, 10**6), st.sampled_from([0.0, 1e-3, 1.0, 8.0, 60.0]), st.booleans())
def test_moments_are_those_in_float64(seed: int, scale: float, barred: bool) -> None:
    """From the uniform distribution to one token with all the probability; with barred tokens."""
    draw = np.random.default_rng(seed)
    logits = (5 + scale * draw.standard_normal((4, 300))).astype(np.float32)
    if barred:
        logits[:, ::7] = -np.inf
    tokens = draw.integers(0, 300, 4)
    tokens -= tokens % 7 == 0
    tokens %= 300
    wanted = [moments(row, int(token)) for row, token in zip(logits, tokens, strict=True)]
    given_tokens = torch.from_numpy(tokens)
    assert token_logprobs(torch.from_numpy(logits), given_tokens)[:, 0].tolist() == pytest.approx(
        [own for own, _, _ in wanted], rel=1e-5, abs=2e-5
    )
    found = distribution_moments(torch.from_numpy(logits), given_tokens).numpy()
    assert found == pytest.approx(np.array(wanted), rel=1e-4, abs=2e-5)


def test_the_deviation_of_two_tokens_by_hand() -> None:
    """p = 3/4 and 1/4: mean -H, deviation sqrt(p q) ln 3."""
    [[own, mean, deviation]] = distribution_moments(
        torch.tensor([[0.75, 0.25, 0.0]]).log(), torch.tensor([1])
    ).tolist()
    assert own == pytest.approx(-1.386294, abs=1e-6)
    assert mean == pytest.approx(-0.562335, abs=1e-6)
    assert deviation == pytest.approx(0.475713, abs=1e-6)
    assert TokenStatistics(own, mean, deviation).entropy == -mean


def test_statistics_of_ragged_rows_are_those_of_each_alone_in_float64(
    engine: TransformersEngine, tiny_checkpoint: Path
) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_checkpoint)
    enlarge(model)
    model = model.double()
    prefixes, suffixes = random_texts(30)
    found = engine.token_statistics(prefixes, suffixes)
    deviations = [one.deviation for row in found for one in row]
    assert max(deviations) > 1.5 * min(deviations) > 0
    for prefix, suffix, row in zip(prefixes, suffixes, found, strict=True):
        assert close(values(row), expected(model, prefix, suffix))
    for row, logprobs in zip(found, engine.logprobs(prefixes, suffixes), strict=True):
        assert [one.logprob for one in row] == pytest.approx(logprobs, abs=1e-5)


def test_long_text_in_chunks_has_the_same_statistics_within_the_bound(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch, logits_held: list[int]
) -> None:
    """Seven logit rows in memory, measured two at a time; texts of up to 120 tokens."""
    prefixes, suffixes = random_texts(12)
    whole = engine.token_statistics(prefixes, suffixes)
    logits_held.clear()
    monkeypatch.setattr(scoring, "MAX_LOGITS", 7 * 400)
    monkeypatch.setattr(scoring, "_MEASURED_CPU", 2 * 400)
    pieces = engine.token_statistics(prefixes, suffixes)
    assert max(logits_held) <= 7
    for a, b in zip(whole, pieces, strict=True):
        assert close(values(a), values(b))


def test_logits_are_computed_for_suffixes_alone(
    engine: TransformersEngine, logits_held: list[int]
) -> None:
    prefixes, suffixes = random_texts(20)
    engine.logprobs(prefixes, suffixes)
    assert sum(logits_held) == sum(map(len, suffixes))
    assert not engine.model.get_output_embeddings()._forward_pre_hooks


def test_the_order_of_requests_changes_nothing(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the bit, also among texts of one length and of one beginning: the batches are the same."""
    given_ids: list[list[list[int]]] = []
    forward = engine.model.forward

    def spy(input_ids: torch.Tensor, **rest: Any) -> Any:
        given_ids.append(input_ids.tolist())
        return forward(input_ids=input_ids, **rest)

    monkeypatch.setattr(engine.model, "forward", spy)
    prefixes, suffixes = random_texts(40, longest=9)
    prefixes = [*prefixes, *([7] * n for n in range(1, 9))]
    suffixes = [*suffixes, *([8] * (12 - n) for n in range(1, 9))]
    found = engine.token_statistics(prefixes, suffixes)
    batches_read = len(given_ids)
    for seed in range(3):
        order = random.Random(seed).sample(range(len(found)), len(found))
        again = engine.token_statistics(
            [prefixes[place] for place in order], [suffixes[place] for place in order]
        )
        assert again == [found[place] for place in order]
        assert given_ids[-batches_read:] == given_ids[:batches_read]


def test_equal_texts_are_read_once_and_all_reported(
    engine: TransformersEngine, logits_held: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = random_texts(1, longest=60)[0][0] * 3
    cuts = [len(text) // 2, 3, len(text) - 1, 3, len(text)]
    parts = [text[:cut] for cut in cuts], [text[cut:] for cut in cuts]
    ended: list[tuple[int, int]] = []
    monkeypatch.setattr(engine, "on_logprobs", lambda place, tokens: ended.append((place, tokens)))
    found = engine.token_statistics(*parts)
    assert logits_held == [len(text) - 3]
    assert sorted(ended) == [(place, len(text)) for place in range(4)]
    assert [len(row) for row in found] == [len(text) - cut for cut in cuts]
    for cut, row in zip(cuts, found, strict=True):
        assert row == found[1][cut - 3 :]


def test_a_text_ends_with_the_context(engine: TransformersEngine) -> None:
    prefix, suffix = [5] * 200, [6, 7] * 40
    whole, cut, none = engine.token_statistics(
        [prefix, prefix, prefix * 2], [suffix[:56], suffix, suffix]
    )
    assert engine.context_length == 256
    assert len(whole) == 56 and whole == cut and none == []
    assert engine.token_statistics([], []) == []
    with pytest.raises(ValueError, match="expected a prefix of at least one token"):
        engine.token_statistics([[1], []], [[2], [3]])


PLAIN = {
    "vocab_size": 400,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
}
HEADS: dict[str, dict[str, Any]] = {
    "gemma2": {**PLAIN, "head_dim": 8, "final_logit_softcapping": 5.0, "pad_token_id": 0},
    "cohere": {**PLAIN, "logit_scale": 0.25, "pad_token_id": 0},
    "granite": {**PLAIN, "logits_scaling": 3.0},
    "phi": {**PLAIN, "num_key_value_heads": 4},  # a bias
    "gpt2": {"vocab_size": 400, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 256},
}


@pytest.mark.parametrize("kind", [*HEADS, "adapter on the head", "a head that is not called"])
def test_what_follows_the_head_is_applied(
    kind: str, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = HEADS.get(kind)
    name = kind if settings else "llama"
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(name, **(settings or PLAIN)))
    enlarge(model)
    model = model.float().eval()
    if kind == "adapter on the head":
        model = get_peft_model(model, LoraConfig(target_modules=["lm_head", "q_proj"], r=4))
        enlarge(model)
    elif kind == "a head that is not called":
        copied = torch.nn.Linear(32, 400, bias=False)
        copied.weight = model.get_output_embeddings().weight
        monkeypatch.setattr(model, "get_output_embeddings", lambda: copied)
    engine = TransformersEngine(model, tokenizer, batch_size=5)
    prefixes, suffixes = random_texts(9)
    plain: Callable[..., Any] = engine.model
    wanted = [expected(plain, *parts) for parts in zip(prefixes, suffixes, strict=True)]
    for size in (1 << 28, 7 * 400):
        monkeypatch.setattr(scoring, "MAX_LOGITS", size)
        for row, alone in zip(engine.token_statistics(prefixes, suffixes), wanted, strict=True):
            assert close(values(row), alone, 5e-4)


def test_under_autocast_only_the_model_computes_in_16_bits(
    tiny_checkpoint: Path, tokenizer: Any
) -> None:
    """The statistics are those in float64 of the logits that it gave in bfloat16."""
    model = AutoModelForCausalLM.from_pretrained(tiny_checkpoint)
    enlarge(model)
    engine = TransformersEngine(model, tokenizer, compute_dtype=torch.bfloat16)
    prefix, suffix = [1, 2, 3], [50, 60, 70, 80, 90]
    given_logits: list[torch.Tensor] = []
    head = engine.model.get_output_embeddings()
    hook = head.register_forward_hook(lambda *call: given_logits.append(call[-1].clone()))
    [found] = engine.token_statistics([prefix], [suffix])
    hook.remove()
    [logits] = given_logits
    assert logits.dtype == torch.bfloat16
    wanted = [
        moments(row.numpy(), token) for row, token in zip(logits[0].float(), suffix, strict=True)
    ]
    assert close(values(found), wanted, 2e-5)


def test_a_failure_leaves_the_model_as_it_was(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = engine.model.get_output_embeddings()

    def fail(hidden: torch.Tensor) -> torch.Tensor:
        raise RuntimeError(f"{hidden.shape[1]} positions")

    with monkeypatch.context() as patch:
        patch.setattr(head, "forward", fail)
        with pytest.raises(RuntimeError, match=r"^2 positions$"):
            engine.logprobs([[1, 2, 3]], [[4, 5]])
    assert not head._forward_pre_hooks


@given(st.lists(st.integers(2, 30), max_size=40).map(sorted), st.integers(1, 6), st.integers(1, 80))
def test_batches_are_as_few_as_fit(lengths: list[int], rows: int, tokens: int) -> None:
    found = list(batches(lengths, rows=rows, tokens=tokens))
    assert [place for start, stop in found for place in range(start, stop)] == list(
        range(len(lengths))
    )
    for start, stop in found:
        size = stop - start
        assert size == 1 or (size <= rows and size * lengths[stop - 1] <= tokens)
        if stop < len(lengths):  # one more would not have fitted
            assert size == rows or (size + 1) * lengths[stop] > tokens
