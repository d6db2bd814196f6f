"""The reserved KV cache against the layers of transformers that it replaces."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers.cache_utils import (
    Cache,
    DynamicCache,
    DynamicLayer,
    DynamicSlidingWindowLayer,
    LinearAttentionLayer,
)

from clean_bench.engines.kv_cache import BLOCK, ReservedLayer, ReservedSlidingLayer, reserve

STEPS = st.lists(
    st.one_of(st.integers(1, 5), st.integers(60, 200), st.just("rows")), min_size=1, max_size=12
)


def states(rows: int, columns: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(rows, 2, columns, 3), torch.randn(rows, 2, columns, 5)


@settings(deadline=None)
@given(window=st.one_of(st.none(), st.integers(2, 150)), prompt=st.integers(1, 90), steps=STEPS)
def test_every_step_returns_what_the_growing_layer_does(
    window: int | None, prompt: int, steps: list[Any]
) -> None:
    torch.manual_seed(0)
    rows = 6
    grown: Any = DynamicLayer() if window is None else DynamicSlidingWindowLayer(window)
    grown.update(*states(rows, prompt))
    most = prompt + sum(step for step in steps if step != "rows")
    cache = Cache(layers=[DynamicLayer() if window is None else DynamicSlidingWindowLayer(window)])
    cache.layers[0].keys, cache.layers[0].values = grown.keys.clone(), grown.values.clone()
    cache.layers[0].is_initialized = True
    if window is not None:
        cache.layers[0].cumulative_length = prompt
    [layer] = reserve(cache, None, prompt, most).layers
    assert type(layer) is (ReservedLayer if window is None else ReservedSlidingLayer)
    for step in steps:
        if step == "rows":
            rows = max(rows // 2, 1)
            kept = torch.randperm(len(grown.keys))[:rows]
            grown.reorder_cache(kept)
            layer.reorder_cache(kept)
        else:
            assert layer.get_mask_sizes(step) == grown.get_mask_sizes(step)
            new = states(rows, step)
            for ours, theirs in zip(layer.update(*new), grown.update(*new), strict=True):
                assert torch.equal(ours, theirs)
        assert layer.get_seq_length() == grown.get_seq_length()
        assert torch.equal(layer.keys, grown.keys)
        assert torch.equal(layer.values, grown.values)
        for tensor in (layer.keys, layer.values):
            held = tensor.untyped_storage().nbytes() // (4 * rows * 2 * tensor.shape[-1])
            assert held <= most
            if window is None:
                assert held <= tensor.shape[2] + BLOCK


@pytest.mark.parametrize("window", [None, 20])
def test_steps_copy_nothing_but_their_own_column(window: int | None) -> None:
    cache = Cache(layers=[DynamicLayer() if window is None else DynamicSlidingWindowLayer(window)])
    cache.update(*states(4, 30), 0)
    [layer] = reserve(cache, None, 30, 1000).layers
    moves = 0
    for _ in range(2 * BLOCK):
        before = layer.keys.untyped_storage().data_ptr()
        layer.update(*states(4, 1))
        moves += layer.keys.untyped_storage().data_ptr() != before
    assert moves == 1


def test_keys_are_cast_once_when_they_are_written() -> None:
    cache = DynamicCache()
    first = states(2, 4)
    cache.update(*first, 0)
    reserve(cache, torch.bfloat16, 4, 10)
    new = states(2, 1)
    keys, values = cache.update(*new, 0)
    assert keys.dtype == values.dtype == torch.bfloat16
    assert torch.equal(keys, torch.cat([first[0], new[0]], 2).bfloat16())


def test_layers_of_other_kinds_and_other_caches_stay() -> None:
    linear = LinearAttentionLayer()
    own = type("OwnLayer", (DynamicLayer,), {})()
    own.update(*states(1, 2))
    cache = Cache(layers=[linear, own, DynamicLayer()])
    cache.update(*states(1, 2), 2)
    reserve(cache, None, 2, 9)
    assert cache.layers[:2] == [linear, own]
    assert type(cache.layers[2]) is ReservedLayer
    assert reserve(None, None, 2, 9) is None
    assert reserve("another cache", None, 2, 9) == "another cache"
