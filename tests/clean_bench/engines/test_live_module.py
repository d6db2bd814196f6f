"""The transformers engine on the module that a learner trains."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import AttentionInterface, AutoModelForCausalLM, AutoTokenizer

from clean_bench.engines.base import Request
from clean_bench.engines.live_module import weights_dtype
from clean_bench.engines.transformers_engine import TransformersEngine

REQUESTS = [
    Request(str(i), "12 + 7 = " * (1 + i), seed=i, max_tokens=6 + 3 * i, temperature=1.0)
    for i in range(5)
]


def no_mask_attention(*_: Any, **__: Any) -> Any:
    """As the learner's attention over packed rows: it refuses a padded batch."""
    raise RuntimeError("packed attention without boundaries")


AttentionInterface.register("without_mask", no_mask_attention)


def live(folder: Path, dtype: torch.dtype = torch.float32) -> Any:
    """A model in training mode, with dropout, as a learner has it."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype)
    for module in model.modules():
        if hasattr(module, "attention_dropout"):
            module.attention_dropout = 0.5
    model.train()
    model.set_attn_implementation("without_mask")
    return model


def with_adapter(model: Any) -> Any:
    from peft import LoraConfig, get_peft_model

    model.set_attn_implementation("sdpa")
    torch.manual_seed(3)
    wrapped = get_peft_model(model, LoraConfig(r=4, target_modules="all-linear"))
    with torch.no_grad():
        for name, parameter in wrapped.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.3)
    return wrapped.train()


class Completed(list[tuple[list[int], list[float]]]):
    """Token ids and log-probabilities; two are equal if they differ by no more than rounding."""

    __hash__ = None  # type: ignore[assignment]

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, Completed)
        return [ids for ids, _ in self] == [ids for ids, _ in other] and all(
            a == pytest.approx(b, abs=1e-5) for (_, a), (_, b) in zip(self, other, strict=True)
        )


def completed(engine: TransformersEngine) -> Completed:
    return Completed((c.token_ids, c.logprobs) for c in engine.generate(REQUESTS))


@pytest.fixture
def tokenizer(tiny_checkpoint: Path) -> Any:
    return AutoTokenizer.from_pretrained(tiny_checkpoint)


def test_a_module_in_training_decodes_as_its_checkpoint_and_is_left_as_it_was(
    tiny_checkpoint: Path, tokenizer: Any
) -> None:
    model = live(tiny_checkpoint)
    model.model.layers[0].mlp.eval()
    modes = {name: module.training for name, module in model.named_modules()}
    model.model.layers[1].mlp.requires_grad_(False)
    required = {name: p.requires_grad for name, p in model.named_parameters()}
    places = {name: p.data_ptr() for name, p in model.named_parameters()}
    loaded = TransformersEngine.load(tiny_checkpoint)
    for dtype in (None, torch.bfloat16):
        engine = TransformersEngine(model, tokenizer, compute_dtype=dtype)
        found = completed(engine)
        scored = engine.logprobs([[3, 4, 5]], [[6, 7]])
        if dtype is None:
            assert found == completed(loaded)
            assert scored == loaded.logprobs([[3, 4, 5]], [[6, 7]])
        assert {name: module.training for name, module in model.named_modules()} == modes
        assert {name: p.requires_grad for name, p in model.named_parameters()} == required
        assert {name: p.data_ptr() for name, p in model.named_parameters()} == places
        assert model.config._attn_implementation == "without_mask"
        assert engine.describe()["attention"] == "sdpa"
        assert engine.shares(model)
        assert not loaded.shares(model)


def test_the_module_is_left_as_it_was_after_an_error(tiny_checkpoint: Path, tokenizer: Any) -> None:
    model = live(tiny_checkpoint)
    model.requires_grad_(False)
    engine = TransformersEngine(model, tokenizer, compute_dtype=torch.bfloat16)

    def fail(place: int, completion: Any) -> None:
        raise KeyboardInterrupt

    engine.on_completion = fail
    with pytest.raises(KeyboardInterrupt):
        list(engine.generate(REQUESTS))
    assert model.training
    assert model.config._attn_implementation == "without_mask"
    assert not any(p.requires_grad for p in model.parameters())
    assert not torch.is_autocast_enabled("cpu")
    assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_each_update_of_the_module_is_in_the_next_completions(
    tiny_checkpoint: Path, tokenizer: Any, tmp_path: Path, dtype: torch.dtype
) -> None:
    """Also under autocast: no cast of the old weights is left."""
    model = live(tiny_checkpoint)
    engine = TransformersEngine(model, tokenizer, compute_dtype=dtype)
    before = completed(engine)
    for step in range(2):
        torch.manual_seed(step)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.3 * torch.randn_like(parameter))
        engine.update_weights(model.named_parameters())
        model.save_pretrained(tmp_path / str(step))
        fresh = AutoModelForCausalLM.from_pretrained(tmp_path / str(step))
        after = completed(engine)
        assert after == completed(TransformersEngine(fresh, tokenizer, compute_dtype=dtype))
        assert after != before
        before = after


def gradients(model: Any) -> dict[str, torch.Tensor]:
    model.zero_grad()
    with torch.autocast("cpu", torch.bfloat16):
        model(input_ids=torch.arange(3, 15)[None]).logits.float().logsumexp(-1).sum().backward()
    return {
        name: parameter.grad.clone()
        for name, parameter in model.named_parameters()
        if parameter.grad is not None
    }


@pytest.mark.parametrize("rope", ["default", "dynamic"])
def test_decoding_leaves_no_trace_in_the_gradients(
    tiny_checkpoint: Path, tokenizer: Any, rope: str
) -> None:
    """Dynamic rotary embeddings replace a buffer of the module during a long text."""
    options: dict[str, Any] = {}
    if rope == "dynamic":
        rope_parameters = {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0}
        options = {"rope_parameters": rope_parameters, "max_position_embeddings": 16}
    model = AutoModelForCausalLM.from_pretrained(tiny_checkpoint, **options)
    expected = gradients(model)
    for dtype in (torch.float32, torch.bfloat16):
        model.config.max_position_embeddings = 256
        completed(TransformersEngine(model, tokenizer, compute_dtype=dtype))
        found = gradients(model)
        assert found.keys() == expected.keys()
        for name, gradient in found.items():
            assert torch.equal(gradient, expected[name]), name


def test_an_adapter_in_training_is_in_the_completions(
    tiny_checkpoint: Path, tokenizer: Any
) -> None:
    base = AutoModelForCausalLM.from_pretrained(tiny_checkpoint)
    without = completed(TransformersEngine(base, tokenizer))
    wrapped = with_adapter(base)
    engine = TransformersEngine(wrapped, tokenizer)
    assert engine.shares(wrapped) and engine.shares(base)
    assert completed(engine) != without
    for found in engine.generate(REQUESTS):
        prompt, ids = found.prompt_ids, found.token_ids
        with torch.no_grad():
            wrapped.eval()
            logits = wrapped(torch.tensor([[*prompt, *ids]])).logits[0].log_softmax(-1)
            wrapped.train()
        expected = [float(logits[len(prompt) - 1 + k, token]) for k, token in enumerate(ids)]
        assert found.logprobs == pytest.approx(expected, abs=1e-4)
    with wrapped.disable_adapter():
        assert completed(engine) == without
    assert wrapped.training


class Casts(TorchDispatchMode):
    """Counts the copies of each tensor to another dtype, by the place of its data."""

    def __init__(self) -> None:
        super().__init__()
        self.count: Counter[int] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten._to_copy.default:
            self.count[args[0].data_ptr()] += 1
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("frozen", [False, True])
def test_weights_are_cast_once_per_call_and_not_once_per_token(
    tiny_checkpoint: Path, tokenizer: Any, frozen: bool
) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_checkpoint)
    if frozen:
        model = with_adapter(model)
    engine = TransformersEngine(model, tokenizer, compute_dtype=torch.bfloat16)
    with Casts() as casts:
        list(engine.generate(REQUESTS))
    linear = [m for m in model.modules() if type(m) is torch.nn.Linear]
    assert len(linear) >= 14
    counts = [casts.count[module.weight.data_ptr()] for module in linear]
    assert set(counts) == {1}


def test_the_arithmetic_is_that_of_autocast(tiny_checkpoint: Path, tokenizer: Any) -> None:
    """Log-probabilities as recomputed under autocast; farther from those of float32."""
    model = AutoModelForCausalLM.from_pretrained(tiny_checkpoint)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(6)
    engine = TransformersEngine(model, tokenizer, compute_dtype=torch.bfloat16)
    assert engine.describe()["dtype"] == "bfloat16"
    assert engine.describe()["weights_dtype"] == "float32"
    near = far = 0.0
    for completion in engine.generate(REQUESTS):
        ids = torch.tensor([[*completion.prompt_ids, *completion.token_ids]])
        first = len(completion.prompt_ids) - 1
        target = torch.tensor(completion.token_ids)[:, None]
        for cast in (True, False):
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=cast):
                logits = model(ids).logits[0, first:-1].float()
            logp = logits.log_softmax(-1).gather(-1, target)[:, 0]
            difference = float((logp - torch.tensor(completion.logprobs)).abs().sum())
            near, far = (near + difference, far) if cast else (near, far + difference)
    assert 0 <= near < 0.5 * far


def test_the_dtype_of_the_weights_is_not_that_of_the_adapters(tiny_checkpoint: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_checkpoint, dtype=torch.bfloat16)
    assert weights_dtype(with_adapter(model).get_base_model()) == torch.bfloat16
