"""Updates: equal to torch's in float32, and not lost in 16 bits."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan

import pytest
import torch

from trainers.config import TrainConfig
from trainers.optimizers import LossScale, MasterAdamW, Optimizer, PlainAdamW, Slots, make_optimizer

CONFIG = TrainConfig(
    reward="truth", steps=1, learning_rate=1e-2, weight_decay=0.1, max_grad_norm=0.5
)
MICRO_BATCHES = 3


def network(dtype: torch.dtype = torch.float32) -> torch.nn.Module:
    torch.manual_seed(0)
    layers = [torch.nn.Linear(12, 16), torch.nn.Tanh(), torch.nn.Linear(16, 8, bias=False)]
    return torch.nn.Sequential(*layers).to(dtype)


def backward(
    model: torch.nn.Module,
    update: int,
    scaled: Callable[[torch.Tensor], torch.Tensor] = lambda loss: loss,
) -> None:
    """Gradients of an update, from several micro-batches, after those of the same weights."""
    for part in range(MICRO_BATCHES):
        x = torch.randn(7, 12, generator=torch.Generator().manual_seed(100 * update + part))
        y = model(x.to(next(model.parameters()).dtype)).float()
        scaled((y - x[:, :8]).square().sum()).backward()


def masters(
    model: torch.nn.Module, config: TrainConfig = CONFIG, scaling: bool = False
) -> Optimizer:
    options = {
        "lr": config.learning_rate,
        "betas": config.betas,
        "weight_decay": config.weight_decay,
    }
    return MasterAdamW(list(model.named_parameters()), LossScale(dynamic=scaling), "cpu", **options)


@pytest.mark.parametrize("with_masters", [False, True])
@pytest.mark.parametrize("max_norm", [0.5, 1e9])
def test_float32_updates_are_bit_for_bit_those_of_torch(
    with_masters: bool, max_norm: float
) -> None:
    expected, model = network(), network()
    adamw = torch.optim.AdamW(
        expected.parameters(), lr=1e-2, betas=CONFIG.betas, weight_decay=0.1, fused=True
    )
    optimizer: Optimizer
    if with_masters:
        optimizer = masters(model)
    else:
        optimizer = make_optimizer(list(model.named_parameters()), CONFIG, master_device="cpu")
        assert isinstance(optimizer, PlainAdamW)
    for update in range(5):
        rate = 1e-2 * (update + 1)
        adamw.param_groups[0]["lr"] = rate
        optimizer.set_rate(rate)
        adamw.zero_grad()
        optimizer.zero_grad()
        backward(expected, update)
        norm = torch.nn.utils.clip_grad_norm_(expected.parameters(), max_norm)
        adamw.step()
        backward(model, update, optimizer.scaled)
        assert optimizer.step(max_norm) == float(norm)
        for one, other in zip(expected.parameters(), model.parameters(), strict=True):
            assert torch.equal(one, other)
        assert all(parameter.grad is None for parameter in model.parameters())


def test_bfloat16_weights_follow_float32_training_and_a_bfloat16_optimizer_does_not() -> None:
    """A step of 1e-6 is below the spacing of bfloat16: without masters weights stay."""
    config = CONFIG.model_copy(update={"learning_rate": 1e-6, "weight_decay": 0.0})
    start = [p.detach().bfloat16().float() for p in network().parameters()]

    def begin(dtype: torch.dtype) -> torch.nn.Module:
        model = network(dtype)
        with torch.no_grad():
            for parameter, value in zip(model.parameters(), start, strict=True):
                parameter.copy_(value)
        return model

    exact, held, lost = begin(torch.float32), begin(torch.bfloat16), begin(torch.bfloat16)
    plain = make_optimizer(list(exact.named_parameters()), config, master_device="cpu")
    optimizer = make_optimizer(list(held.named_parameters()), config, master_device="cpu")
    assert isinstance(optimizer, MasterAdamW)
    pure = torch.optim.AdamW(lost.parameters(), lr=1e-6, betas=config.betas, weight_decay=0.0)
    for update in range(100):
        for model, scaled in ((exact, plain.scaled), (held, optimizer.scaled), (lost, torch.clone)):
            backward(model, update, scaled)
        assert plain.step(1.0) and optimizer.step(1.0)
        torch.nn.utils.clip_grad_norm_(lost.parameters(), 1.0)
        pure.step()
        pure.zero_grad()

    def move(tensors: list[torch.Tensor]) -> torch.Tensor:
        return torch.cat([(t - s).flatten() for t, s in zip(tensors, start, strict=True)])

    expected = move([p.detach() for p in exact.parameters()])
    weights = dict(optimizer.state_tensors())
    followed = move([weights[f"weights/{name}"] for name, _ in held.named_parameters()])
    stuck = move([p.detach().float() for p in lost.parameters()])
    assert torch.cosine_similarity(expected, followed, dim=0) > 0.999
    assert followed.norm() / expected.norm() == pytest.approx(1, abs=0.01)
    assert stuck.norm() < 0.05 * expected.norm()
    assert float((stuck != 0).float().mean()) < 0.05
    # The weights are the rounded masters.
    for name, parameter in held.named_parameters():
        assert torch.equal(parameter.detach(), weights[f"weights/{name}"].bfloat16())


def test_gradients_of_16_bit_weights_are_summed_in_float32() -> None:
    model = torch.nn.Linear(1, 1, bias=False).bfloat16()
    optimizer = masters(model)
    with torch.no_grad():
        model.weight.fill_(1.0)
    for _ in range(512):  # in bfloat16 the sum would stay at 256
        model(torch.ones(1, 1, dtype=torch.bfloat16)).sum().backward()
    assert optimizer.step(1e9) == 512.0


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("value", [nan, inf])
def test_a_gradient_that_is_not_finite_changes_nothing(dtype: torch.dtype, value: float) -> None:
    model = network(dtype)
    optimizer = make_optimizer(list(model.named_parameters()), CONFIG, master_device="cpu")
    backward(model, 0)
    optimizer.step(1.0)
    before = {name: tensor.clone() for name, tensor in optimizer.state_tensors()}
    backward(model, 1, lambda loss: loss * value)
    norm = optimizer.step(1.0)
    assert norm is not None and not abs(norm) < inf
    after = dict(optimizer.state_tensors())
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_saved_state_continues_bit_for_bit(dtype: torch.dtype) -> None:
    def begin() -> tuple[torch.nn.Module, Optimizer]:
        model = network(dtype)
        named = list(model.named_parameters())
        return model, make_optimizer(
            named, CONFIG, master_device="cpu", compute_dtype=torch.float16
        )

    model, optimizer = begin()
    saved: list[tuple[str, torch.Tensor]] = []
    for update in range(6):
        if update == 3:
            saved = [(name, tensor.clone()) for name, tensor in optimizer.state_tensors()]
        backward(model, update, optimizer.scaled)
        assert optimizer.step(0.5)
    other, its = begin()
    for name, tensor in saved:
        its.load_tensor(name, tensor)
    assert all(tensor.dtype in (torch.float32, torch.float64) for _, tensor in its.state_tensors())
    for update in range(3, 6):
        backward(other, update, its.scaled)
        assert its.step(0.5)
    for one, another in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(one, another)
    with pytest.raises(KeyError):
        its.load_tensor("weights/unknown", torch.zeros(1))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_the_scale_of_the_loss_changes_no_update(dtype: torch.dtype) -> None:
    """Powers of two are exact: scaled gradients give the updates of unscaled ones."""
    models = [network(dtype), network(dtype)]
    optimizers = [
        make_optimizer(
            list(model.named_parameters()), CONFIG, master_device="cpu", compute_dtype=compute
        )
        for model, compute in zip(models, (torch.float32, torch.float16), strict=True)
    ]
    optimizers[1].loss_scale.value = 16.0  # without overflow of float16
    for update in range(4):
        norms = []
        for model, optimizer in zip(models, optimizers, strict=True):
            backward(model, update, optimizer.scaled)
            norms.append(optimizer.step(0.5))
        assert norms[0] == pytest.approx(norms[1], rel=1e-3 if dtype == torch.float16 else 0)
    for one, other in zip(*(model.parameters() for model in models), strict=True):
        if dtype == torch.float32:
            assert torch.equal(one, other)
        else:
            assert torch.allclose(one, other, rtol=2e-3, atol=1e-3)


def test_an_overflow_lowers_the_scale_until_the_gradient_fits() -> None:
    model = torch.nn.Linear(1, 1, bias=False).half()
    with torch.no_grad():
        model.weight.fill_(0.5)
    optimizer = masters(model, scaling=True)
    assert optimizer.loss_scale.value == 2.0**16
    repeats = 0
    while True:
        optimizer.zero_grad()
        loss = model(torch.full((1, 1), 100.0, dtype=torch.half)).float().sum()
        optimizer.scaled(loss).backward()
        norm = optimizer.step(1e9)
        if norm is not None:
            break
        assert float(model.weight.detach()) == 0.5
        repeats += 1
    # 100 * 2^9 = 51,200 is the largest such gradient below 65,504.
    assert (norm, optimizer.loss_scale.value, repeats) == (100.0, 2.0**9, 7)
    for _ in range(9):
        optimizer.scaled(model(torch.full((1, 1), nan, dtype=torch.half)).float().sum()).backward()
        assert optimizer.step(1.0) is None
    optimizer.scaled(model(torch.full((1, 1), nan, dtype=torch.half)).float().sum()).backward()
    diverged = optimizer.step(1.0)
    assert diverged is not None and diverged != diverged


def test_the_scale_grows_after_updates_without_overflow() -> None:
    scale = LossScale(dynamic=True)
    for _ in range(1999):
        scale.count()
    other = LossScale(dynamic=True)
    other.load(scale.tensor())
    assert other.value == 2.0**16
    other.count()
    assert other.value == 2.0**17
    fixed = LossScale(dynamic=False)
    for _ in range(4000):
        fixed.count()
    assert fixed.value == 1.0 and not fixed.lower()


def test_a_learning_rate_of_zero_leaves_the_weights() -> None:
    for dtype in (torch.float32, torch.bfloat16):
        model = network(dtype)
        before = [p.detach().clone() for p in model.parameters()]
        optimizer = make_optimizer(list(model.named_parameters()), CONFIG, master_device="cpu")
        optimizer.set_rate(0.0)
        backward(model, 0)
        assert optimizer.step(1.0)
        for old, parameter in zip(before, model.parameters(), strict=True):
            assert torch.equal(old, parameter)


def test_a_parameter_without_gradient_is_left_out() -> None:
    for dtype in (torch.float32, torch.bfloat16):
        model = network(dtype)
        optimizer = make_optimizer(list(model.named_parameters()), CONFIG, master_device="cpu")
        last = model[2].weight  # type: ignore[index]
        before = last.detach().clone()
        model[0](torch.ones(1, 12, dtype=dtype)).float().sum().backward()  # type: ignore[index]
        assert optimizer.step(1.0)
        assert torch.equal(before, last)
        assert {
            name.partition("/")[0] for name, _ in optimizer.state_tensors() if "2.weight" in name
        } == {"weights"}


@pytest.mark.parametrize("with_masters", [False, True])
def test_an_update_without_gradients_is_one_of_gradient_zero(with_masters: bool) -> None:
    """Rows of advantage zero are left out; the momentum of earlier updates still moves the weights."""
    expected, model = network(), network()
    options = {"lr": 1e-2, "betas": CONFIG.betas, "weight_decay": 0.1}
    adamw = torch.optim.AdamW(expected.parameters(), fused=True, **options)
    named = list(model.named_parameters())
    optimizer = (
        masters(model) if with_masters else make_optimizer(named, CONFIG, master_device="cpu")
    )
    for update in (None, 0, None, 1):
        before = [p.detach().clone() for p in expected.parameters()]
        if update is None:
            for parameter in expected.parameters():
                parameter.grad = torch.zeros_like(parameter)
        else:
            backward(expected, update)
            backward(model, update)
        torch.nn.utils.clip_grad_norm_(expected.parameters(), 0.5)
        adamw.step()
        adamw.zero_grad()
        assert (optimizer.step(0.5) == 0) == (update is None)
        for one, other in zip(expected.parameters(), model.parameters(), strict=True):
            assert torch.equal(one, other)
        assert not all(
            torch.equal(p, q) for p, q in zip(before, expected.parameters(), strict=True)
        )


def test_slots_name_the_state_of_two_optimizers() -> None:
    model = network()
    matrices = [p for p in model.parameters() if p.ndim == 2]
    others = [p for p in model.parameters() if p.ndim != 2]
    optimizers = [torch.optim.Muon(matrices, lr=0.1), torch.optim.AdamW(others, lr=0.1)]
    slots = Slots.of(model.named_parameters(), optimizers)
    backward(model, 0)
    for optimizer in optimizers:
        optimizer.step()
    assert {name for name, _ in slots.state_tensors()} == {
        "weights/0.weight", "momentum_buffer/0.weight", "weights/2.weight",
        "momentum_buffer/2.weight", "weights/0.bias", "step/0.bias", "exp_avg/0.bias",
        "exp_avg_sq/0.bias",
    }  # fmt: skip
