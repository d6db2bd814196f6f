"""The policy loss against a loop over tokens in plain Python, hand values and finite differences."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainers.loss import policy_loss


def reference(
    logp: torch.Tensor,
    old: torch.Tensor,
    advantages: torch.Tensor,
    mask: torch.Tensor,
    low: float | None,
    high: float | None,
    dual: float | None,
    aggregate: str,
    denominator: float | None,
) -> dict[str, float]:
    """Token by token, as the papers write it."""
    sums, lengths, cut_low, cut_high = [], [], 0, 0
    for i in range(logp.shape[0]):
        total, length = 0.0, 0
        for t in range(logp.shape[1]):
            if not mask[i, t]:
                continue
            a = float(advantages[i])
            ratio = math.exp(float(logp[i, t]) - float(old[i, t]))
            clipped = ratio
            if low is not None:
                clipped = max(clipped, 1 - low)
            if high is not None:
                clipped = min(clipped, 1 + high)
            value = min(ratio * a, clipped * a)
            if dual is not None and a < 0:
                value = max(value, dual * a)
            cut_low += a < 0 and low is not None and ratio < 1 - low
            cut_high += a > 0 and high is not None and ratio > 1 + high
            total, length = total + value, length + 1
        sums.append(total)
        lengths.append(length)
    tokens = sum(lengths)
    if aggregate == "token":
        loss = -sum(sums) / (denominator or max(tokens, 1))
    elif aggregate == "sequence":
        means = [s / max(n, 1) for s, n in zip(sums, lengths, strict=True)]
        loss = -sum(means) / (denominator or len(means))
    else:
        assert denominator is not None
        loss = -sum(sums) / denominator
    return {
        "loss": loss,
        "clip_fraction_low": cut_low / max(tokens, 1),
        "clip_fraction_high": cut_high / max(tokens, 1),
    }


@st.composite
def batches(draw: Any) -> tuple[torch.Tensor, ...]:
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10_000)))
    logp = -3 * torch.rand(rows, columns, generator=generator, dtype=torch.float64)
    old = logp + 0.6 * torch.randn(rows, columns, generator=generator, dtype=torch.float64)
    advantages = torch.randn(rows, generator=generator, dtype=torch.float64)
    mask = (torch.rand(rows, columns, generator=generator) < 0.8).double()
    return logp, old, advantages, mask


@settings(deadline=None, max_examples=150)
@given(
    batches(),
    st.sampled_from([None, 0.2, 0.5]),
    st.sampled_from([None, 0.2, 0.28]),
    st.sampled_from([None, 1.5, 3.0]),
    st.sampled_from([("token", None), ("sequence", None), ("constant", 12.0), ("token", 30.0)]),
)
def test_agrees_with_the_loop(
    batch: tuple[torch.Tensor, ...],
    low: float | None,
    high: float | None,
    dual: float | None,
    how: tuple[Any, float | None],
) -> None:
    aggregate, denominator = how
    loss, stats = policy_loss(
        *batch,
        clip_low=low,
        clip_high=high,
        dual=dual,
        aggregate=aggregate,
        denominator=denominator,
    )
    expected = reference(*batch, low, high, dual, aggregate, denominator)
    assert float(loss) == pytest.approx(expected["loss"], abs=1e-12)
    for name in ("clip_fraction_low", "clip_fraction_high"):
        assert float(stats[name]) == pytest.approx(expected[name], abs=1e-6)


@pytest.mark.parametrize("aggregate", ["token", "sequence", "constant"])
def test_micro_batches_add_up_to_the_batch(aggregate: Any) -> None:
    """The trap of every trainer: gradients must not depend on how a batch is cut."""
    generator = torch.Generator().manual_seed(3)
    old = -torch.rand(6, 5, generator=generator, dtype=torch.float64)
    advantages = torch.randn(6, generator=generator, dtype=torch.float64)
    mask = (torch.rand(6, 5, generator=generator) < 0.7).double()
    whole = {"token": float(mask.sum()), "sequence": 6.0, "constant": 6 * 5.0}[aggregate]

    def gradient(parts: list[slice]) -> torch.Tensor:
        logp = (old * 1.1).clone().requires_grad_()
        for part in parts:
            loss, _ = policy_loss(
                logp[part],
                old[part],
                advantages[part],
                mask[part],
                aggregate=aggregate,
                denominator=whole,
            )
            loss.backward()  # type: ignore[no-untyped-call]
        assert logp.grad is not None
        return logp.grad

    torch.testing.assert_close(
        gradient([slice(0, 6)]), gradient([slice(0, 1), slice(1, 4), slice(4, 6)])
    )


def test_on_policy_gradient_is_reinforce() -> None:
    """At ratio 1 the gradient of a token is -A / (sequences x tokens of its sequence)."""
    logp = torch.tensor([[-1.0, -2.0], [-0.5, -0.1]], dtype=torch.float64, requires_grad=True)
    mask = torch.tensor([[1.0, 1.0], [1.0, 0.0]], dtype=torch.float64)
    loss, stats = policy_loss(logp, logp.detach(), torch.tensor([2.0, -1.0]).double(), mask)
    loss.backward()  # type: ignore[no-untyped-call]
    expected = torch.tensor([[-0.5, -0.5], [0.5, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(logp.grad, expected)
    assert float(stats["ratio"]) == pytest.approx(1.0)
    assert float(stats["clip_fraction_low"]) == float(stats["clip_fraction_high"]) == 0


def test_the_clip_stops_the_gradient_on_its_side_only() -> None:
    old = torch.zeros(4, 1, dtype=torch.float64)
    logp = torch.log(
        torch.tensor([[1.5], [0.5], [1.5], [0.5]], dtype=torch.float64)
    ).requires_grad_()
    advantages = torch.tensor([1.0, 1.0, -1.0, -1.0], dtype=torch.float64)
    loss, _ = policy_loss(logp, old, advantages, torch.ones(4, 1).double())
    loss.backward()  # type: ignore[no-untyped-call]
    assert logp.grad is not None
    # Stopped where the ratio has gone as far as the advantage wants it: rows 0 and 3.
    assert [bool(g) for g in logp.grad.flatten()] == [False, True, True, False]


def test_gradcheck_off_the_edges() -> None:
    generator = torch.Generator().manual_seed(1)
    old = -torch.rand(3, 4, generator=generator, dtype=torch.float64)
    logp = (
        old + 0.3 * torch.randn(3, 4, generator=generator, dtype=torch.float64)
    ).requires_grad_()
    advantages = torch.randn(3, generator=generator, dtype=torch.float64)
    mask = torch.ones(3, 4, dtype=torch.float64)
    mask[2, 2:] = 0
    torch.autograd.gradcheck(
        lambda x: policy_loss(x, old, advantages, mask, dual=3.0)[0], (logp,), eps=1e-7
    )


def test_masked_positions_may_hold_anything() -> None:
    logp = torch.tensor([[-1.0, float("-inf")]], requires_grad=True)
    loss, stats = policy_loss(
        logp, torch.tensor([[-1.0, 0.0]]), torch.tensor([1.0]), torch.tensor([[1.0, 0.0]])
    )
    loss.backward()  # type: ignore[no-untyped-call]
    assert float(loss.detach()) == -1.0
    assert logp.grad is not None
    assert logp.grad[0].tolist() == [-1.0, 0.0]
    assert all(math.isfinite(float(value)) for value in stats.values())


def test_constant_needs_its_denominator() -> None:
    one = torch.ones(1, 1)
    with pytest.raises(ValueError, match="denominator"):
        policy_loss(one, one, torch.ones(1), one, aggregate="constant")
