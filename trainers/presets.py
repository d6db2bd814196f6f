"""Presets of the objective by name. A preset only fills settings; each can be overridden.

`open` names what the source does not state, with the value that is used here. `differs` names where
the settings depart from the source, or cannot express it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Settings of a published objective, and what its source leaves open."""

    name: str
    summary: str
    source: str
    settings: Mapping[str, Any]
    open: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()


_GRPO: Mapping[str, Any] = {
    "ratio": "token",
    "surrogate": "clip",
    "clip_low": 0.2,
    "clip_high": 0.2,
    "aggregate": "sequence",
    "advantage": "group",
    "kl_coefficient": 0.0,
}
_REINFORCE: Mapping[str, Any] = {
    **_GRPO,
    "surrogate": "reinforce",
    "clip_low": None,
    "clip_high": None,
    "aggregate": "constant",
}

CATALOG: tuple[Preset, ...] = (
    Preset(
        name="grpo",
        summary="symmetric clip, mean over the tokens of a sequence and then over sequences",
        source="DeepSeekMath, 2402.03300, equation 3",
        settings=_GRPO,
        open=(
            "clip range: 0.2, the value of PPO and of later work",
            "biased or unbiased standard deviation: unbiased",
            "constant added to the standard deviation: 1e-6",
        ),
        differs=("the paper adds a KL term: kl_coefficient=0.04 kl_estimator=k3 restores it",),
    ),
    Preset(
        name="dr-grpo",
        summary="no division by the group's deviation, tokens divided by a constant length",
        source="Dr. GRPO, 2503.20783, section 3.2",
        settings={**_GRPO, "aggregate": "constant", "advantage": "none"},
        open=("the constant: max_tokens, as in the published code",),
    ),
    Preset(
        name="dapo",
        summary="clip-higher, mean over all tokens, groups of equal rewards sampled again",
        source="DAPO, 2503.14476, equation 8",
        settings={**_GRPO, "clip_high": 0.28, "aggregate": "token", "dynamic_sampling": 10},
        open=(
            "limit of the repeated sampling: 10 rollout batches, as in the recipe of verl",
            "tokens are averaged over the mini-batch, as in verl; the paper writes one group",
        ),
        differs=(
            "the soft overlong punishment is part of the paper's reward and not set here; "
            "mask_truncated=true is its overlong filtering",
        ),
    ),
    Preset(
        name="bnpo",
        summary="symmetric clip, mean over all tokens of the mini-batch",
        source="TRL 1.16, loss_type bnpo",
        settings={**_GRPO, "aggregate": "token"},
        open=("constant added to the standard deviation: 1e-6; TRL adds 1e-4",),
        differs=(
            "TRL averages over the tokens of a micro-batch, so that its result depends on the size of "
            "micro-batches; here over those of the mini-batch",
            "the paper of this name (2506.02864) normalizes rewards by a Beta distribution; TRL does "
            "not",
        ),
    ),
    Preset(
        name="gspo",
        summary="ratio and clip of whole sequences: the geometric mean over their tokens",
        source="GSPO, 2507.18071, equations 5 and 7, section 5.1",
        settings={**_GRPO, "ratio": "sequence", "clip_low": 3e-4, "clip_high": 4e-4},
        open=(
            "KL term: none",
            "mini-batches: the paper has 4 a rollout batch; minibatches is not set here",
        ),
    ),
    Preset(
        name="cispo",
        summary="clipped ratio as a constant weight: no token loses its gradient",
        source="MiniMax-M1, 2506.13585, equations 4 and 5",
        settings={
            **_GRPO,
            "surrogate": "cispo",
            "clip_low": None,
            "clip_high": 4.0,
            "aggregate": "token",
        },
        open=(
            "upper bound of the weight: 1 + clip_high = 5, the value of ScaleRL (2510.13786) and TRL",
            "lower bound of the weight: none, the paper calls it large",
        ),
        differs=("the paper's dynamic sampling and length penalty are not set here",),
    ),
    Preset(
        name="rloo",
        summary="REINFORCE with the mean of the other rollouts as baseline, no ratio, no deviation",
        source="RLOO, 2402.14740",
        settings={**_REINFORCE, "advantage": "leave-one-out"},
        open=(
            "the sum over tokens is divided by max_tokens, which rescales the gradient",
            "several mini-batches per rollout batch: the paper has one; no ratio corrects later ones",
        ),
        differs=("the paper subtracts a KL penalty from the reward: none here",),
    ),
    Preset(
        name="reinforce",
        summary="the policy gradient with the raw reward: no baseline, no ratio, no deviation",
        source="REINFORCE, Williams 1992",
        settings={**_REINFORCE, "advantage": "raw"},
        open=(
            "baseline: 0",
            "the sum over tokens is divided by max_tokens, which rescales the gradient",
        ),
    ),
    Preset(
        name="no-clip",
        summary="as grpo, with the ratio unclipped: the control of the clipping-bias claim",
        source="Spurious Rewards, 2506.10947, section 4.4.2",
        settings={**_GRPO, "clip_low": None, "clip_high": None},
        open=(
            "whether the published arm has the unclipped ratio or the code's switch, which replaces "
            "the ratio by the probability itself: the unclipped ratio",
        ),
    ),
    Preset(
        name="spurious-rewards",
        summary="the published training of Spurious Rewards: 8 updates a rollout batch, whitening",
        source="Spurious Rewards, 2506.10947, appendix A.3, and its code",
        settings={
            **_GRPO,
            "aggregate": "token",
            "advantage_epsilon": 1e-9,
            "whiten": True,
            "old_logprobs": "recomputed",
            "prompts_per_step": 64,
            "group_size": 16,
            "minibatches": 8,
            "epochs": 1,
            "temperature": 1.0,
            "max_tokens": 3072,
            "learning_rate": 5e-7,
            "learning_rate_schedule": "constant",
            "warmup_updates": 0,
            "betas": (0.9, 0.95),
            "weight_decay": 0.0,
            "max_grad_norm": 1.0,
        },
        open=(
            "seeds of the arms, and their number in the clipping ablation",
            "whitening over all tokens of the rollout batch is in the code and not in the paper",
            "template of OLMo-2-7B; newlines of the R1 template, which are literal in the script",
        ),
        differs=(
            "the code averages over the tokens of 4 sequences and then over these micro-batches; here "
            "over all tokens of the mini-batch",
            "the learning rate and max_tokens are those of 7B models; override both on control models",
        ),
    ),
    Preset(
        name="random-calculation",
        summary="the training of RandomCalculation as far as it is stated: TTRL's configuration",
        source="Reasoning or Memorization?, 2507.10532, appendices I and J",
        settings={
            **_GRPO,
            "prompts_per_step": 64,
            "group_size": 16,
            "minibatches": 8,
            "temperature": 1.0,
            "max_tokens": 3072,
            "learning_rate": 5e-7,
        },
        open=(
            "clip range: 0.2, which the paper uses in its argument only",
            "rollout batch: 64 prompts; the train batch of 128 is read as rollouts of a mini-batch",
            "KL term: none",
            "aggregation: sequence",
            "longest completion: 3,072 tokens, as in 2506.10947",
            "template of the rollouts: template is not set here",
            "reward of a missing or unreadable answer",
        ),
    ),
)

PRESETS: Mapping[str, Mapping[str, Any]] = {preset.name: preset.settings for preset in CATALOG}
