"""Plans from configurations alone, against memory that was calculated by hand for one 80 GB GPU."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from clean_bench.errors import UserError
from tests.trainers.model_configs import LLAMA_8B, OLMO_7B, QWEN_05B, QWEN_7B, QWEN_15B
from trainers.config import TrainConfig, make_config
from trainers.planning.machines import GIB, Machine, named_gpu
from trainers.planning.memory_model import training_instants
from trainers.planning.model_shape import ModelShape
from trainers.planning.plan import Plan, plan

H100 = named_gpu("h100-80gb")


def settings(**values: Any) -> TrainConfig:
    """The published setting (2506.10947, A.3), with rows of 16,384 tokens and chunks of 1,024."""
    published = {
        "reward": "truth", "steps": 300, "prompts_per_step": 64, "max_tokens": 3072,
        "token_budget": 16384, "head_chunk": 1024, "gradient_checkpointing": "on",
    }  # fmt: skip
    return make_config({**published, **values})


def planned(
    model: dict[str, Any], machine: Machine = H100, *, engine: str = "vllm", **values: Any
) -> Plan:
    return plan(settings(**values), model, machine, engine=engine, longest_prompt=1024)


def in_gib(parts: dict[str, int]) -> dict[str, float]:
    return {name: size / GIB for name, size in parts.items() if size}


def near(value: float) -> Any:
    return pytest.approx(value, rel=0.03)


def test_a_7b_model_with_adapters_fits_on_80_gb() -> None:
    made = planned(QWEN_7B)
    assert (made.tuning, made.weights_dtype, made.compute_dtype) == ("lora", "bfloat16", "bfloat16")
    parts = in_gib(made.training)
    assert parts["weights"] == near(14.2) and parts["moments"] == near(0.30)
    assert parts["adapters"] == parts["gradients"] == near(0.15)
    assert parts["context and allocator"] == 3
    # 28 inputs of layers and one recomputed layer, 7.9 GiB, and what the adapters add in float32: their
    # inputs (5 of the hidden width, the queries, the product) in place of the base's in 16 bits, one
    # gradient of the product.
    adapters = (4 * (5 * 3584 + 3584 + 18944) - 2 * (2 * 3584 + 3584 + 18944) + 4 * 18944) * 16384
    assert parts["activations"] == pytest.approx(7.9 + adapters / GIB, rel=0.1)
    assert 27 < made.training_bytes / GIB < 31
    # 56 KiB a token: 44 GiB hold 201 rollouts of 4,096 tokens beside both copies of the weights.
    assert made.kv_cache_bytes / GIB == near(44) and made.together == 201
    assert made.generation_bytes <= H100.memory
    assert made.host["sampler's weights asleep"] / GIB == near(14.2) and made.sleep_level == 1


def test_few_rollouts_need_no_sleep_and_then_both_live_at_once() -> None:
    made = planned(QWEN_7B, prompts_per_step=8)
    assert made.sleep_level == 0 and made.together == 128
    assert made.training["KV cache"] == made.generation["KV cache"] == 128 * 4096 * 56 << 10
    assert made.training["sampler's weights"] / GIB == near(14.2)
    assert made.generation_bytes < made.training_bytes <= H100.memory


def test_full_training_with_masters_on_the_host() -> None:
    large = replace(H100, host=112 * GIB)
    made = planned(QWEN_7B, large, tuning="full")
    assert (made.masters, made.weights_dtype, made.sleep_level) == ("host", "bfloat16", 2)
    parts, host = in_gib(made.training), in_gib(made.host)
    assert parts["weights"] == near(14.2) and parts["gradients"] == near(28.4)
    # In the head's backward pass: 28 inputs of layers, three copies of the logits, the gradient of
    # the head in float32 and rounded. Later a layer is recomputed beside the sums: 7.9 GiB.
    assert made.instant == "backward of the head"
    assert parts["activations"] == pytest.approx(28 * 2 * 3584 * 16384 / GIB, rel=0.3)
    assert parts["head chunk"] == near(1024 * 152064 * 14 / GIB)
    assert parts["gradient of the head"] == near(152064 * 3584 * 6 / GIB)
    layers = training_instants(ModelShape.of(QWEN_7B), made.setup)["backward of the layers"]
    assert in_gib(layers)["activations"] == pytest.approx(7.9, rel=0.05)
    assert host["masters"] + host["moments"] == near(85)
    assert host["staging"] == near(2)
    assert 111 < made.host_needed / GIB <= 112
    assert made.training_bytes / GIB == pytest.approx(57, rel=0.06)
    assert made.kv_cache_bytes / GIB == near(44)


def test_masters_on_the_host_need_112_gib_there() -> None:
    small = replace(H100, host=111 * GIB)
    with pytest.raises(UserError, match=r"the host needs 111 GiB and has 111 GiB") as refused:
        planned(QWEN_7B, small, tuning="full")
    assert "--set tuning=lora (update " in str(refused.value)


def test_float32_adamw_on_the_device_is_refused_with_what_fits() -> None:
    with pytest.raises(UserError) as refused:
        planned(QWEN_7B, tuning="full", weights_dtype="float32", masters="device")
    line = str(refused.value)
    assert "\n" not in line
    assert line.startswith(
        "H100 80 GB (79 GiB usable, host with 158 GiB): expected a training that"
    )
    assert "an update takes 139 GiB" in line
    assert "--set masters=host --set weights_dtype=auto (update 5" in line
    assert "--set tuning=lora --set weights_dtype=auto (update 2" in line


def test_8_bit_moments_would_not_make_masters_fit_on_the_device() -> None:
    """Why they are not offered: float32 masters and sums alone take 71 GiB beside 16-bit weights."""
    with pytest.raises(UserError, match="an update takes") as refused:
        planned(QWEN_7B, tuning="full", masters="device")
    assert "masters=host" in str(refused.value)
    device = replace(H100, memory=200 * GIB)
    made = planned(QWEN_7B, device, tuning="full", masters="device")
    eight_bits = made.training_bytes - made.training["moments"] * 3 / 4
    assert eight_bits > H100.memory
    without_masters = eight_bits - made.training["masters"]
    # Without masters they would fit; then a step of 1e-6 is rounded away in bfloat16.
    assert without_masters < H100.memory


@pytest.mark.parametrize(
    ("model", "billions"), [(QWEN_05B, 0.494), (QWEN_15B, 1.544)], ids=["0.5B", "1.5B"]
)
def test_small_models_are_trained_in_full_on_the_device(
    model: dict[str, Any], billions: float
) -> None:
    made = planned(model)
    assert (made.tuning, made.masters, made.weights_dtype) == ("full", "device", "float32")
    state = sum(made.training[name] for name in ("weights", "moments", "gradients"))
    assert state == pytest.approx(16e9 * billions, rel=0.001)
    narrow = planned(model, weights_dtype="bfloat16")
    names = ("weights", "masters", "moments", "gradients")
    # 18 bytes per parameter: 8.3 GiB at 0.5B, 25.9 GiB at 1.5B.
    assert sum(narrow.training[name] for name in names) == pytest.approx(18e9 * billions, rel=0.001)


@pytest.mark.parametrize(
    ("model", "weights", "together"),
    [(LLAMA_8B, 15.0, 84), (OLMO_7B, 13.6, 22)],
    ids=["llama", "olmo"],
)
def test_other_models_of_7_billion(model: dict[str, Any], weights: float, together: int) -> None:
    """Without grouped queries OLMo-2 has 512 KiB of KV cache a token, so few rollouts fit."""
    made = planned(model)
    assert made.tuning == "lora" and made.training["weights"] / GIB == near(weights)
    assert made.together == pytest.approx(together, abs=2)
    row = made.kv_cache_bytes // made.together
    assert made.generation_bytes <= H100.memory < made.generation_bytes + row


def test_what_auto_stands_for_follows_from_the_size() -> None:
    """As `trainers.open_policy.resolve`, which the training takes."""
    from trainers.open_policy import resolve

    large = replace(H100, memory=1e15, host=1e15)
    for model in (QWEN_05B, QWEN_15B, QWEN_7B):
        for tuning in ("auto", "full", "lora"):
            config = settings(gradient_checkpointing="auto", tuning=tuning)
            made = plan(config, model, large, engine="vllm")
            parameters = ModelShape.of(model).parameters
            resolved = resolve(config, parameters, device="cuda")
            assert made.gradient_checkpointing == resolved.gradient_checkpointing
            assert (made.tuning == "lora") == (resolved.lora is not None)
            assert made.weights_dtype == str(resolved.weights_dtype).removeprefix("torch.")
            assert made.compute_dtype == str(resolved.compute_dtype).removeprefix("torch.")
    with pytest.raises(UserError, match="--set gradient_checkpointing=on"):
        planned(QWEN_7B, gradient_checkpointing="off")


def test_every_suggestion_fits() -> None:
    """The settings of each refusal, set as they are printed, give a plan."""
    refusals = [
        (QWEN_7B, H100, {"tuning": "full", "weights_dtype": "float32"}),
        (QWEN_7B, named_gpu("rtx-4090"), {}),
        (OLMO_7B, named_gpu("a100-40gb"), {"gradient_checkpointing": "off"}),
        (QWEN_15B, named_gpu("rtx-4090"), {"gradient_checkpointing": "off"}),
    ]
    for model, machine, values in refusals:
        with pytest.raises(UserError) as refused:
            planned(model, machine, **values)
        ways = str(refused.value).partition("these fit: ")[2].split("; or ")
        for way in ways:
            text = way.partition(" (")[0]
            engine = "transformers" if text.startswith("--engine transformers") else "vllm"
            changes = dict(part.split("=") for part in text.split("--set ")[1:])
            changed = {key: value.strip() for key, value in changes.items()}
            assert changed or engine == "transformers"
            planned(model, machine, engine=engine, **{**values, **changed})


def test_a_model_that_no_setting_makes_fit() -> None:
    with pytest.raises(UserError, match=r"take a larger GPU or a smaller model$"):
        planned({**QWEN_7B, "num_hidden_layers": 280}, engine="transformers")


def test_a_wider_budget_never_takes_less_and_recomputation_never_more() -> None:
    def update(**values: Any) -> int:
        return planned(QWEN_05B, replace(H100, memory=1e15), **values).training_bytes

    budgets = [update(token_budget=budget) for budget in (4096, 8192, 16384, 32768)]
    assert budgets == sorted(budgets) and budgets[0] < budgets[-1]
    assert update(gradient_checkpointing="on") < update(gradient_checkpointing="off")
    assert update(kl_coefficient=0.1) - update() == 4 * 494_032_768  # a frozen copy in float32
    assert update(kl_coefficient=0.1, tuning="lora") == update(tuning="lora")


def test_weights_narrower_than_the_arithmetic_are_refused() -> None:
    with pytest.raises(
        UserError, match="weights_dtype = float16: expected float32 or the arithmetic's"
    ):
        planned(QWEN_7B, weights_dtype="float16", compute_dtype="bfloat16")


def test_gpus_by_name() -> None:
    assert named_gpu("H100_80GB").name == "H100 80 GB" and named_gpu("cpu").gpu is False
    with pytest.raises(UserError, match=r"--gpu h100: expected a GPU of the table.*h100-80gb"):
        named_gpu("h100")
