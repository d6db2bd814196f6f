"""The replay finds each token where the sampler left it, and measures how far another one is."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from clean_bench.engines import replay as module
from clean_bench.engines.base import Completion, Request
from clean_bench.engines.replay import replay
from clean_bench.engines.sampling import uniforms
from clean_bench.engines.transformers_engine import TransformersEngine

SETTINGS = [
    {"temperature": 0.0},
    {"temperature": 1.0},
    {"temperature": 0.7, "top_p": 0.8},
    {"temperature": 1.3, "top_k": 7},
    {"temperature": 0.9, "top_k": 50, "top_p": 0.9},
]


@pytest.fixture(scope="module")
def engine(tiny_checkpoint: Path) -> TransformersEngine:
    return TransformersEngine.load(tiny_checkpoint, device="cpu")


def completed(
    engine: TransformersEngine, settings: dict[str, float]
) -> list[tuple[Request, Completion]]:
    requests = [
        Request(str(seed), "Ann has 3 apples", seed=seed, max_tokens=20, **settings)  # type: ignore[arg-type]
        for seed in range(6)
    ]
    return list(zip(requests, engine.generate(requests), strict=True))


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("logits", [1 << 26, 400 * 7])  # 7: chunks that the prompt does not fit
def test_tokens_of_the_engine_do_not_depart(
    engine: TransformersEngine,
    settings: dict[str, float],
    logits: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MAX_LOGITS", logits)
    for request, completion in completed(engine, settings):
        again = replay(engine, request, completion.prompt_ids, completion.token_ids)
        assert max(again.departures) < 1e-5
        assert again.logprobs == pytest.approx(completion.logprobs, abs=1e-4)


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_departure_of_another_token(
    engine: TransformersEngine, settings: dict[str, float]
) -> None:
    """Against the distribution written out: the last token is replaced by every other one."""
    request, completion = completed(engine, settings)[3]
    prompt, tokens = completion.prompt_ids, completion.token_ids[:5]
    with torch.no_grad():
        logits = engine.model(torch.tensor([[*prompt, *tokens[:-1]]])).logits[0, -1].double()
    temperature = request.temperature or 1.0
    mass = torch.softmax(logits / temperature, 0)
    order = mass.argsort(descending=True, stable=True).tolist()
    if request.top_k:
        mass[order[request.top_k :]] = 0
        mass /= mass.sum()
    if request.top_p < 1:
        count = int((mass[order].cumsum(0) < request.top_p).sum()) + 1
        mass[order[count:]] = 0
        mass /= mass.sum()
    bounds = [0.0, *mass.cumsum(0).tolist()]
    target = float(uniforms([request.seed], 5)[0, 4])
    for token in range(0, len(mass), 37):
        departure = replay(engine, request, prompt, [*tokens[:-1], token]).departures[-1]
        if request.temperature == 0:
            expected = float(logits.max() - logits[token])
        else:
            expected = max(bounds[token] - target, target - bounds[token + 1], 0.0)
        assert departure == pytest.approx(expected, abs=1e-5)


def test_what_cannot_be_replayed(engine: TransformersEngine) -> None:
    request = Request("a", "b")
    for prompt, tokens in (([], [1]), ([1], [400]), ([1], [-1]), ([1] * 200, [1] * 100)):
        with pytest.raises(ValueError, match="expected"):
            replay(engine, request, prompt, tokens)
