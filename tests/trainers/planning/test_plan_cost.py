"""Time and disk of a plan, against calculations by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from clean_bench.checkpoints.model_size import ModelSize
from clean_bench.estimates import Work, generation_cost
from tests.trainers.model_configs import QWEN_05B, QWEN_7B
from trainers.config import TrainConfig, make_config
from trainers.planning.machines import GIB, Machine, named_gpu
from trainers.planning.model_shape import ModelShape
from trainers.planning.plan import Plan, plan
from trainers.planning.plan_cost import stored_bytes, training_cost, update_seconds

GPU = Machine("a GPU", True, 1000 * GIB, 1000 * GIB, bandwidth=1e12, half=1e14, single=1e13)
WORK = Work(completions=100, prompt_tokens=10_000, generated_tokens=50_000, longest=600)


def made(model: dict[str, Any], **values: Any) -> tuple[Plan, ModelShape, TrainConfig]:
    config = make_config(
        {"reward": "truth", "steps": 2, "prompts_per_step": 5, "group_size": 10, "minibatches": 5,
         "max_tokens": 500, **values}
    )  # fmt: skip
    engine = values.pop("engine", "transformers")
    return plan(config, model, GPU, engine=engine, longest_prompt=100), ModelShape.of(model), config


def test_operations_of_an_update() -> None:
    planned, shape, config = made(QWEN_05B, old_logprobs="recorded")
    body, head = 494_032_768 - 151_936 * 896, 151_936 * 896  # tied: one table
    attention = 24 * 896 * 4 * 300  # two products with 300 earlier tokens on average
    forward = 60_000 * (2 * body + attention) + 50_000 * 2 * head
    backward = 60_000 * 2 * (2 * body + attention) + 50_000 * 3 * 2 * head
    seconds = update_seconds(planned, shape, config, WORK)
    assert seconds["update"] == pytest.approx((forward + backward) / (0.3 * 1e14))
    # AdamW reads four float32 values and writes three, in 10 updates.
    assert seconds["optimizer"] == pytest.approx(10 * 494_032_768 * 28 / 0.5e12)
    assert set(seconds) == {"update", "optimizer"}


def test_further_passes() -> None:
    def forward(**values: Any) -> dict[str, float]:
        planned, shape, config = made(QWEN_05B, **values)
        return update_seconds(planned, shape, config, WORK)

    plain = forward(old_logprobs="recorded")
    recomputed = forward(old_logprobs="recomputed")
    with_reference = forward(old_logprobs="recomputed", kl_coefficient=0.1)
    # The first of five mini-batches needs no pass of its own.
    assert recomputed["old log-probabilities"] == pytest.approx(
        with_reference["reference model"] * 0.8
    )
    assert forward(epochs=2)["update"] == pytest.approx(2 * plain["update"])
    assert forward(gradient_checkpointing="on")["update"] > 1.2 * plain["update"]
    assert forward(tuning="lora")["update"] < 0.75 * plain["update"]


def test_old_logprobs_of_the_sampler_cost_nothing_in_float32() -> None:
    planned, shape, config = made(QWEN_05B)
    assert "old log-probabilities" in update_seconds(planned, shape, config, WORK)  # bfloat16
    single = replace(planned, setup=replace(planned.setup, compute=4, sampler=4))
    assert "old log-probabilities" not in update_seconds(single, shape, config, WORK)


def test_masters_on_the_host_cross_the_bus() -> None:
    planned, shape, config = made(QWEN_7B, tuning="full", masters="host")
    seconds = update_seconds(planned, shape, config, WORK)
    assert seconds["optimizer"] == pytest.approx(10 * 7_615_616_512 * (6 / 2e10 + 1e-9))


def test_the_total_and_the_disk() -> None:
    planned, shape, config = made(QWEN_05B)
    cost, phases = training_cost(planned, shape, config, WORK, 64)
    assert cost.seconds == pytest.approx(sum(phases.values()))
    assert cost.memory_bytes == planned.peak_bytes
    # A state and its successor, three float32 values a parameter; the final checkpoint in float32.
    assert stored_bytes(planned, shape, config) == (2 * 12 + 4) * 494_032_768
    size = ModelSize(shape.parameters, shape.cache_values, shape.vocabulary)
    from trainers.planning.plan_cost import decoding_machine

    sampling = generation_cost(WORK, size, decoding_machine(planned, 64))
    assert cost.disk_bytes == sampling.disk_bytes + stored_bytes(planned, shape, config)
    assert phases["generation"] == sampling.seconds
    kept = config.model_copy(update={"evaluate_every": 1, "keep_last": 2, "keep_best": True})
    assert stored_bytes(planned, shape, kept) == (2 * 12 + 4 * 4) * 494_032_768


def test_a_faster_gpu_takes_less_time() -> None:
    def hours(name: str) -> float:
        config = make_config({"reward": "truth", "steps": 10, "max_tokens": 500})
        planned = plan(config, QWEN_05B, named_gpu(name), longest_prompt=100)
        cost, _ = training_cost(planned, ModelShape.of(QWEN_05B), config, WORK, 256)
        return cost.seconds or 0.0

    assert hours("b200") < hours("h100-80gb") < hours("a100-80gb") < hours("a10g")
