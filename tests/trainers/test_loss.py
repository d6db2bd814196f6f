"""The policy loss: hand values, a loop over tokens in plain Python, packs that add up, gradients."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trainers.dense_loss import (
    dense_loss,
    flat,
    packed,
    random_documents,
    token_weights,
)
from trainers.config import make_config
from trainers.loss import LossBatch, kl_estimate, policy_loss, token_statistics
from trainers.objectives import Objective
from trainers.presets import PRESETS


def batch(
    old: list[float], advantage: list[float], document: list[int] | None = None, **rest: Any
) -> LossBatch:
    """A row whose tokens have weight 1; without `document`, each token is a document of its own."""
    document = list(range(len(old))) if document is None else document
    values = {name: torch.tensor(value, dtype=torch.float64) for name, value in rest.items()}
    return LossBatch(
        old=torch.tensor(old, dtype=torch.float64),
        advantage=torch.tensor(advantage, dtype=torch.float64),
        weight=values.pop("weight", torch.ones(len(old)).double()),
        document=torch.tensor(document),
        documents=max(document) + 1,
        **values,
    )


def ratios(*values: float) -> torch.Tensor:
    """Log-probabilities whose ratio to old ones of 0 has these values."""
    return torch.tensor(values, dtype=torch.float64).log().requires_grad_()


def gradient(logp: torch.Tensor, row: LossBatch, objective: Objective) -> list[float]:
    policy_loss(logp, torch.zeros_like(logp), row, objective).loss.backward()  # type: ignore[no-untyped-call]
    assert logp.grad is not None
    return logp.grad.tolist()


# Ratios 1.5 and 0.5 with both signs of the advantage.
CORNERS = (1.5, 0.5, 1.5, 0.5)
SIGNS = [1.0, 1.0, -1.0, -1.0]


@pytest.mark.parametrize(
    ("settings", "loss", "slopes"),
    [
        # -min(rA, clip(r)A): -1.2, -0.5, +1.5, +0.8; the gradient of a term that is not cut is -rA.
        ({}, 0.6, [0, -0.5, 1.5, 0]),
        ({"clip_high": 0.28}, 0.52, [0, -0.5, 1.5, 0]),
        ({"clip_high": None}, 0.3, [-1.5, -0.5, 1.5, 0]),
        ({"clip_low": None}, 0.3, [0, -0.5, 1.5, 0.5]),
        ({"clip_low": None, "clip_high": None}, 0.0, [-1.5, -0.5, 1.5, 0.5]),
        # The third term is at most 1.25 in place of 1.5.
        ({"dual_clip": 1.25}, 0.35, [0, -0.5, 0, 0]),
        # Weights 1.2, 0.8, 1.2, 0.8 are constants of the gradient: -weight A.
        ({"surrogate": "cispo"}, None, [-1.2, -0.8, 1.2, 0.8]),
        ({"surrogate": "cispo", "clip_low": None}, None, [-1.2, -0.5, 1.2, 0.5]),
        ({"surrogate": "cispo", "clip_high": 4.0}, None, [-1.5, -0.8, 1.5, 0.8]),
        (
            {"surrogate": "reinforce", "clip_low": None, "clip_high": None},
            0.0,
            [-1, -1, 1, 1],
        ),
    ],
)
def test_hand_values(settings: dict[str, Any], loss: float | None, slopes: list[float]) -> None:
    objective = Objective(**settings)
    logp = ratios(*CORNERS)
    row = batch([0.0] * 4, SIGNS)
    parts = policy_loss(logp, torch.zeros(4), row, objective)
    if loss is None:  # cispo: -weight A log p
        loss = sum(slope * math.log(r) for slope, r in zip(slopes, CORNERS, strict=True))
    assert float(parts.loss.detach()) == pytest.approx(loss, abs=1e-12)
    assert gradient(logp, row, objective) == pytest.approx(slopes, abs=1e-12)


def test_ratio_of_the_sequence_by_hand() -> None:
    """One document with ratios 4 and 1: their geometric mean is 2, for both tokens."""
    objective = Objective(ratio="sequence", clip_low=None, clip_high=None)
    row = batch([0.0, 0.0, 0.0], [3.0, 3.0, 1.0], [0, 0, 1], weight=[0.25, 0.25, 0.5])
    logp = ratios(4.0, 1.0, 0.5)
    parts = policy_loss(logp, torch.zeros(3), row, objective)
    # -(2 x 3 x 0.5 + 0.5 x 1 x 0.5)
    assert float(parts.loss.detach()) == pytest.approx(-3.25)
    # d(2)/d(log p_t) = 2 / 2 for each of the two tokens: -3 x 0.5 x 1.
    assert gradient(logp, row, objective) == pytest.approx([-1.5, -1.5, -0.25])
    assert float(parts.statistics["ratio"]) == pytest.approx(2 + 2 + 0.5)


def test_clip_of_the_sequence_stops_all_tokens_of_a_document() -> None:
    """A token at ratio 1 has no gradient where the mean ratio of its document is clipped."""
    objective = Objective(ratio="sequence", clip_low=3e-4, clip_high=4e-4)
    row = batch([0.0] * 4, [1.0, 1.0, -1.0, -1.0], [0, 0, 1, 1])
    logp = ratios(1.01, 1.0, 1.01, 1.0)
    parts = policy_loss(logp, torch.zeros(4), row, objective)
    assert float(parts.statistics["clip_high"]) == 2
    assert float(parts.statistics["outside_high"]) == 4
    slope = math.sqrt(1.01)
    assert gradient(logp, row, objective) == pytest.approx([0, 0, slope, slope])


@pytest.mark.parametrize(
    ("estimator", "value", "slope"),
    [
        ("k1", math.log(2), 1.0),
        ("abs", math.log(2), 1.0),
        ("k2", math.log(2) ** 2 / 2, math.log(2)),
        ("k3", 0.5 - 1 + math.log(2), 0.5),
    ],
)
def test_kl_by_hand(estimator: Any, value: float, slope: float) -> None:
    """A token twice as probable as under the reference, KL coefficient 0.1, advantage 0."""
    objective = Objective(kl_coefficient=0.1, kl_estimator=estimator)
    row = batch([math.log(0.4)], [0.0], reference=[math.log(0.2)])
    logp = torch.tensor([math.log(0.4)], dtype=torch.float64, requires_grad=True)
    parts = policy_loss(logp, torch.zeros(1), row, objective)
    assert float(parts.loss.detach()) == pytest.approx(0.1 * value)
    assert float(parts.statistics["kl_reference"]) == pytest.approx(value)
    assert gradient(logp, row, objective) == pytest.approx([0.1 * slope])


def test_weighted_kl_by_hand() -> None:
    """With ratio r the term is r KL, and its gradient r (KL + dKL)."""
    objective = Objective(kl_coefficient=0.1, kl_estimator="k1", kl_ratio_weighted=True)
    row = batch([math.log(0.2)], [0.0], reference=[math.log(0.1)])
    logp = torch.tensor([math.log(0.4)], dtype=torch.float64, requires_grad=True)
    parts = policy_loss(logp, torch.zeros(1), row, objective)
    assert float(parts.loss.detach()) == pytest.approx(0.1 * 2 * math.log(4))
    assert gradient(logp, row, objective) == pytest.approx([0.1 * 2 * (math.log(4) + 1)])


def test_kl_estimators_are_unbiased_or_not_as_known() -> None:
    """k1 and k3 average to KL(policy || reference) over the policy's own tokens; k2 does not."""
    policy = torch.tensor([0.6, 0.3, 0.1], dtype=torch.float64)
    reference = torch.tensor([0.2, 0.2, 0.6], dtype=torch.float64)
    exact = float((policy * (policy / reference).log()).sum())
    averages = {
        name: float((policy * kl_estimate(policy.log(), reference.log(), name)).sum())
        for name in ("k1", "k2", "k3")
    }
    assert averages["k1"] == pytest.approx(exact)
    assert averages["k3"] == pytest.approx(exact)
    assert averages["k2"] != pytest.approx(exact, rel=1e-2)


def test_entropy_bonus_is_averaged_as_the_loss() -> None:
    objective = Objective(entropy_coefficient=0.5)
    row = batch([0.0, 0.0], [0.0, 0.0], weight=[0.25, 0.75])
    entropy = torch.tensor([2.0, 1.0], dtype=torch.float64, requires_grad=True)
    loss = policy_loss(torch.zeros(2).double(), entropy, row, objective).loss
    assert float(loss.detach()) == pytest.approx(-0.5 * (2 * 0.25 + 1 * 0.75))
    loss.backward()  # type: ignore[no-untyped-call]
    assert entropy.grad is not None
    assert entropy.grad.tolist() == [-0.125, -0.375]


def test_mismatch_weights_multiply_the_policy_term_only() -> None:
    objective = Objective(kl_coefficient=1.0, kl_estimator="k1")
    row = batch([0.0], [2.0], mismatch=[0.5], reference=[-1.0])
    parts = policy_loss(torch.zeros(1).double(), torch.zeros(1), row, objective)
    assert float(parts.loss) == pytest.approx(-0.5 * 2 + 1)
    assert float(parts.statistics["mismatch"]) == 0.5


def test_delta_rule_by_hand() -> None:
    """Masked: a negative advantage and a mean drift above delta; the current policy is compared."""
    objective = Objective(mismatch_delta=0.5, clip_low=None, clip_high=None)
    row = batch([0.0] * 6, [-1, -1, 1, 1, -1, -1], [0, 0, 1, 1, 2, 2], sampler=[1.0, 0.2] * 3)
    # Drifts (sampler - current): 0.6, 0.6, and (1 + 0.2 - 0.4) / 2 = 0.4.
    logp = torch.tensor([0.0, 0.0, 0.0, 0.0, 0.2, 0.2], dtype=torch.float64, requires_grad=True)
    parts = policy_loss(logp, torch.zeros(6), row, objective)
    slopes = gradient(logp, row, objective)
    assert slopes == pytest.approx([0, 0, -1, -1, math.exp(0.2), math.exp(0.2)])
    assert float(parts.statistics["delta_masked"]) == 2


def test_on_policy_gradient_is_reinforce() -> None:
    """At ratio 1 the gradient of a token is -A times its weight, whatever the surrogate."""
    row = batch([-1.0, -2.0, -0.5], [2.0, 2.0, -1.0], [0, 0, 1], weight=[0.25, 0.25, 0.5])
    for surrogate in ("clip", "cispo", "reinforce"):
        logp = row.old.clone().requires_grad_()
        objective = Objective(surrogate=surrogate)  # type: ignore[arg-type]
        assert gradient(logp, row, objective) == pytest.approx([-0.5, -0.5, 0.5])


def test_statistics_by_hand() -> None:
    row = batch([0.0] * 5, [1.0, 1.0, -1.0, -1.0, 0.0])
    logp = ratios(1.5, 0.5, 1.5, 0.5, 1.5)
    entropy = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]).double()
    values = {
        name: float(value)
        for name, value in token_statistics(logp, entropy, row, Objective(dual_clip=1.4)).items()
    }
    assert values == pytest.approx(
        {
            "tokens": 5,
            "ratio": 5.5,
            "clip_low": 1,
            "clip_high": 1,
            "outside_low": 2,
            "outside_high": 3,
            "dual": 1,
            # r - 1 - log r
            "kl_k3": 3 * (0.5 - math.log(1.5)) + 2 * (-0.5 - math.log(0.5)),
            "probability": 5.5,  # old log-probabilities of 0
            "entropy": 15,
        }
    )


OPTIONS: dict[str, dict[str, Any]] = {
    "clip": {},
    "clip-higher": {"clip_high": 0.28},
    "clip low only": {"clip_high": None},
    "clip high only": {"clip_low": None},
    "no clip": {"clip_low": None, "clip_high": None},
    "dual": {"dual_clip": 1.3},
    "dual without clip": {"dual_clip": 1.3, "clip_low": None, "clip_high": None},
    "cispo": {"surrogate": "cispo", "clip_low": None, "clip_high": 0.3},
    "cispo both": {"surrogate": "cispo"},
    "reinforce": {"surrogate": "reinforce", "clip_low": None, "clip_high": None},
    "delta": {"mismatch_delta": 0.1},
    "entropy": {"entropy_coefficient": 0.3},
    "entropy penalty": {"entropy_coefficient": -0.3},
    **{
        f"kl {name}{' weighted' * weighted}": {
            "kl_coefficient": 0.2,
            "kl_estimator": name,
            "kl_ratio_weighted": weighted,
        }
        for name, weighted in product(("k1", "k2", "k3", "abs"), (False, True))
    },
}
EVERY = [
    pytest.param(
        {**change, "ratio": ratio, "aggregate": aggregate},
        id=f"{name}-{ratio}-{aggregate}",
    )
    for (name, change), ratio, aggregate in product(
        OPTIONS.items(), ("token", "sequence"), ("token", "sequence", "constant")
    )
]


def preset(name: str) -> Objective:
    return Objective.of(make_config({"reward": "truth", "steps": 1, "objective": name}))


PRESET_OBJECTIVES = [pytest.param(preset(name), id=name) for name in PRESETS]


def option(change: dict[str, Any]) -> Objective:
    return Objective(**{"constant_length": 7, **change})


@pytest.mark.parametrize("change", EVERY)
def test_agrees_with_the_dense_loss(change: dict[str, Any]) -> None:
    agrees(option(change), seed=len(str(change)))


@pytest.mark.parametrize("objective", PRESET_OBJECTIVES)
def test_presets_agree_with_the_dense_loss(objective: Objective) -> None:
    agrees(objective, seed=5)


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(list(OPTIONS.values())),
    st.sampled_from(["token", "sequence"]),
    st.sampled_from(["token", "sequence", "constant"]),
    st.integers(0, 10**6),
    st.floats(0.01, 1.5),
    st.lists(st.integers(1, 6), min_size=1, max_size=6),
)
def test_agrees_with_the_dense_loss_on_any_input(
    change: dict[str, Any],
    ratio: Any,
    aggregate: Any,
    seed: int,
    spread: float,
    lengths: list[int],
) -> None:
    objective = option({**change, "ratio": ratio, "aggregate": aggregate})
    agrees(objective, seed, lengths=lengths, spread=spread)


def agrees(
    objective: Objective,
    seed: int,
    lengths: list[int] | None = None,
    spread: float = 0.4,
) -> None:
    lengths = [4, 1, 3, 6, 2] if lengths is None else lengths
    documents = random_documents(torch.Generator().manual_seed(seed), lengths, spread)
    row = packed(documents, token_weights(lengths, objective))
    parts = policy_loss(flat(documents, "logp"), flat(documents, "entropy"), row, objective)
    expected = dense_loss(documents, objective)
    assert float(parts.loss) == pytest.approx(expected, rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("change", EVERY)
def test_packs_add_up_to_the_mini_batch(change: dict[str, Any]) -> None:
    """The trap of every trainer: loss, gradient and statistics must not depend on the packing."""
    adds_up(option(change))


@pytest.mark.parametrize("objective", PRESET_OBJECTIVES)
def test_packs_of_presets_add_up(objective: Objective) -> None:
    adds_up(objective)


def adds_up(objective: Objective) -> None:
    lengths = [3, 5, 1, 4, 2, 6]
    documents = random_documents(torch.Generator().manual_seed(11), lengths)
    weights = token_weights(lengths, objective)

    def total(packs: list[list[int]]) -> tuple[float, list[list[float]], dict[str, float]]:
        loss, statistics = 0.0, dict[str, float]()
        slopes: dict[int, list[float]] = {}
        for pack in packs:
            part = [documents[i] for i in pack]
            logp = flat(part, "logp").requires_grad_()
            row = packed(part, [weights[i] for i in pack])
            parts = policy_loss(logp, flat(part, "entropy"), row, objective)
            parts.loss.backward()  # type: ignore[no-untyped-call]
            assert logp.grad is not None
            pieces = logp.grad.split([lengths[i] for i in pack])
            slopes |= {i: piece.tolist() for i, piece in zip(pack, pieces, strict=True)}
            loss += float(parts.loss.detach())
            for name, value in parts.statistics.items():
                statistics[name] = statistics.get(name, 0.0) + float(value)
        return loss, [slopes[i] for i in range(len(documents))], statistics

    whole = total([[0, 1, 2, 3, 4, 5]])
    for packs in ([[0], [1], [2], [3], [4], [5]], [[5, 0], [2, 4, 3], [1]]):
        loss, slopes, statistics = total(packs)
        assert loss == pytest.approx(whole[0], abs=1e-12)
        assert statistics == pytest.approx(whole[2], abs=1e-12)
        for part, expected in zip(slopes, whole[1], strict=True):
            assert part == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("change", EVERY)
def test_gradcheck_of_every_option(change: dict[str, Any]) -> None:
    gradchecks(option(change))


@pytest.mark.parametrize("objective", PRESET_OBJECTIVES)
def test_gradcheck_of_every_preset(objective: Objective) -> None:
    gradchecks(objective)


def gradchecks(objective: Objective) -> None:
    """Central differences in float64, with every ratio away from the edges of the clip.

    CISPO's weight is a constant of its gradient: it is compared with the differences of the loss in
    which the weight is held.
    """
    lengths = [3, 1, 4]
    generator = torch.Generator().manual_seed(2)
    documents = random_documents(generator, lengths)
    row = packed(documents, token_weights(lengths, objective))
    logp, entropy = flat(documents, "logp"), flat(documents, "entropy")
    off_the_edges(logp, row, objective)

    def loss(x: torch.Tensor, e: torch.Tensor) -> torch.Tensor:
        return policy_loss(x, e, row, objective).loss

    if objective.surrogate != "cispo":
        assert torch.autograd.gradcheck(
            loss, (logp.requires_grad_(), entropy.requires_grad_()), eps=1e-6, atol=1e-8
        )
        return
    x, e = logp.clone().requires_grad_(), entropy.clone().requires_grad_()
    loss(x, e).backward()  # type: ignore[no-untyped-call]
    ratio = dense_ratio(logp, row, objective)
    low, high = objective.lowest_ratio, objective.highest_ratio
    held = row.weight * ratio.clamp(low, high) * row.advantage
    assert row.mismatch is not None
    kl_only = replace(objective, surrogate="reinforce", clip_low=None, clip_high=None)
    without_policy = replace(row, advantage=torch.zeros_like(row.advantage))

    def constant_weight(x: torch.Tensor, e: torch.Tensor) -> torch.Tensor:
        rest = policy_loss(x, e, without_policy, kl_only).loss
        return rest - (held * row.mismatch * x).sum()  # type: ignore[operator]

    expected = finite_differences(constant_weight, logp, entropy)
    assert x.grad is not None
    torch.testing.assert_close(x.grad, expected, atol=1e-8, rtol=1e-6)


def dense_ratio(logp: torch.Tensor, row: LossBatch, objective: Objective) -> torch.Tensor:
    change = logp - row.old
    if objective.ratio == "sequence":
        parts = [
            change[row.document == i].mean().expand(int((row.document == i).sum()))
            for i in range(row.documents)
        ]
        change = torch.cat(parts)
    return change.exp()


def finite_differences(function: Any, x: torch.Tensor, *rest: torch.Tensor) -> torch.Tensor:
    steps = 1e-6 * torch.eye(len(x), dtype=x.dtype)
    return torch.stack([(function(x + s, *rest) - function(x - s, *rest)) / 2e-6 for s in steps])


def off_the_edges(logp: torch.Tensor, row: LossBatch, objective: Objective) -> None:
    """The draw has no ratio within the step of the differences from a kink of the loss."""
    ratio = dense_ratio(logp, row, objective)
    for edge in (objective.lowest_ratio, objective.highest_ratio, objective.dual_clip):
        assert edge is None or float((ratio - edge).abs().min()) > 2e-5
    assert row.reference is not None
    assert float((logp - row.reference).abs().min()) > 2e-5  # the kink of |d|


@pytest.mark.parametrize(("edge", "sign"), [(1.2, 1.0), (0.8, -1.0)])
def test_gradient_on_both_sides_of_the_clip(edge: float, sign: float) -> None:
    """One-sided: full slope -rA just inside the range, 0 just outside."""
    inside, outside = edge - sign * 1e-9, edge + sign * 1e-9
    row = batch([0.0, 0.0], [sign, sign])
    assert gradient(ratios(inside, outside), row, Objective()) == pytest.approx(
        [-inside * sign, 0.0]
    )


def test_every_objective_keeps_an_empty_row_finite() -> None:
    for name in PRESETS:
        row = packed(random_documents(torch.Generator(), []), [])
        logp = torch.zeros(0, dtype=torch.float64, requires_grad=True)
        parts = policy_loss(logp, torch.zeros(0).double(), row, preset(name))
        parts.loss.backward()  # type: ignore[no-untyped-call]
        assert float(parts.loss.detach()) == 0
        assert float(parts.statistics["tokens"]) == 0


def test_zero_advantage_has_no_gradient_where_it_is_skipped() -> None:
    lengths = [3, 2]
    documents = random_documents(torch.Generator().manual_seed(0), lengths)
    for document in documents:
        document.advantage = 0.0
    for change in OPTIONS.values():
        objective = option(change)
        logp = flat(documents, "logp").requires_grad_()
        entropy = flat(documents, "entropy").requires_grad_()
        row = packed(documents, token_weights(lengths, objective))
        policy_loss(logp, entropy, row, objective).loss.backward()  # type: ignore[no-untyped-call]
        assert logp.grad is not None
        slopes = [*logp.grad.tolist(), *([] if entropy.grad is None else entropy.grad.tolist())]
        assert all(slope == 0 for slope in slopes) == objective.skips_zero_advantage


@pytest.mark.parametrize(
    ("settings", "missing"),
    [({"kl_coefficient": 0.1}, "reference"), ({"mismatch_delta": 0.1}, "sampler")],
)
def test_missing_log_probabilities_are_named(settings: dict[str, Any], missing: str) -> None:
    with pytest.raises(ValueError, match=missing):
        policy_loss(torch.zeros(1), torch.zeros(1), batch([0.0], [1.0]), Objective(**settings))


def test_constant_length_defaults_to_the_longest_completion() -> None:
    values = {"reward": "truth", "steps": 1, "objective": "dr-grpo", "max_tokens": 77}
    assert Objective.of(make_config(values)).constant_length == 77
    assert Objective.of(make_config({**values, "constant_length": 9})).constant_length == 9
