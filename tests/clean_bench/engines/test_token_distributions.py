"""Which engines read whole distributions, and what is said of the others."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import echo
import pytest

from clean_bench.engines import open as opening
from clean_bench.engines.counted import counted_token_statistics
from clean_bench.engines.open import EngineConfig
from clean_bench.engines.replicas import DistributionReplicas, Replicas
from clean_bench.engines.token_distributions import DistributionEngine, require_distributions
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.errors import UserError

PARTS = [[1, 2], [3], [4, 5, 6]], [[7, 8], [9], [5, 4, 3, 2]]


def test_an_engine_without_them_is_refused_by_name() -> None:
    with pytest.raises(UserError) as caught:
        require_distributions(echo.load(), "--signals min_k_plus_plus")
    assert str(caught.value) == (
        "--signals min_k_plus_plus: expected an engine with the whole next-token distribution "
        "(--engine transformers), got echo; leave out --signals min_k_plus_plus"
    )


def test_the_engine_of_transformers_has_them_and_counts(tiny_checkpoint: Path) -> None:
    engine = TransformersEngine.load(tiny_checkpoint, device="cpu")
    assert require_distributions(engine, "min_k") is engine
    ended: list[int] = []
    found = counted_token_statistics(engine, *PARTS, ended.append)
    assert found == engine.token_statistics(*PARTS)
    assert sorted(ended) == [2, 4, 7]


@pytest.mark.parametrize(
    ("config", "engine"),
    [
        (EngineConfig(engine="transformers"), None),
        (EngineConfig(engine="vllm"), "vllm"),
        (EngineConfig(engine="openai", base_url="http://localhost:1/v1"), "openai"),
    ],
)
def test_settings_are_refused_before_an_engine_is_opened(
    config: EngineConfig, engine: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "find_spec", lambda name: object())  # vLLM is installed
    if engine is None:
        config.require_distributions("min_k")
        return
    with pytest.raises(UserError, match=rf"^min_k: .*, got {engine}; leave out min_k$"):
        config.require_distributions("min_k")


def test_replicas_of_an_engine_without_them_are_refused() -> None:
    replicas = Replicas(echo.load, 1)
    try:
        assert replicas.missing_begin is None
        with pytest.raises(UserError, match="got echo"):
            require_distributions(replicas, "min_k")
    finally:
        replicas.close()


@pytest.mark.processes
def test_replicas_answer_as_one_engine_does(tiny_checkpoint: Path) -> None:
    one = TransformersEngine.load(tiny_checkpoint, device="cpu")
    replicas = DistributionReplicas(
        partial(TransformersEngine.load, tiny_checkpoint, device="cpu"), 2
    )
    try:
        assert isinstance(replicas, DistributionEngine)
        ended: list[int] = []
        found = counted_token_statistics(replicas, *PARTS, ended.append)
        assert sorted(ended) == [2, 4, 7]
        for prefix, suffix, row in zip(*PARTS, found, strict=True):
            [alone] = one.token_statistics([prefix], [suffix])
            for a, b in zip(row, alone, strict=True):
                assert (a.logprob, a.mean, a.deviation) == pytest.approx(
                    (b.logprob, b.mean, b.deviation), abs=1e-5
                )
    finally:
        replicas.close()
