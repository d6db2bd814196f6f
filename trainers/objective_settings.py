"""The settings of the objective: ratio, clip, aggregation, advantages, KL, entropy, mismatch.

Each is a separate choice. The presets of `trainers.presets` only fill these fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

RatioLevel = Literal["token", "sequence"]
Surrogate = Literal["clip", "cispo", "reinforce"]
Aggregate = Literal["token", "sequence", "constant"]
AdvantageKind = Literal["group", "batch", "none", "leave-one-out", "raw"]
KlEstimator = Literal["k1", "k2", "k3", "abs"]
OldLogprobs = Literal["auto", "recomputed", "recorded"]
MismatchLevel = Literal["none", "token", "sequence", "geometric", "any"]
MismatchAction = Literal["truncate", "mask", "reject"]
MismatchStatistic = Literal["ratio", "k1", "k2", "k3"]


class ObjectiveSettings(BaseModel):
    """What is maximized; part of `trainers.config.TrainConfig`."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    objective: str = "grpo"
    """Preset that fills the settings of the objective (`clean-bench list objectives`)."""
    ratio: RatioLevel = Field(
        default="token", json_schema_extra={"source": "2402.03300; sequence: 2507.18071"}
    )
    """Level of the importance ratio: of each token, or the geometric mean over each sequence (GSPO)."""
    surrogate: Surrogate = Field(
        default="clip", json_schema_extra={"source": "1707.06347, eq. 7; cispo: 2506.13585"}
    )
    """clip: PPO's clipped ratio; cispo: clipped ratio as a constant weight; reinforce: no ratio."""
    clip_low: float | None = Field(
        default=0.2, gt=0, lt=1, json_schema_extra={"source": "2402.03300, eq. 3"}
    )
    """The importance ratio is clipped from below at 1 - clip_low; none leaves it unclipped."""
    clip_high: float | None = Field(
        default=0.2, gt=0, json_schema_extra={"source": "2402.03300, eq. 3; 0.28 in 2503.14476"}
    )
    """The importance ratio is clipped from above at 1 + clip_high; none leaves it unclipped."""
    dual_clip: float | None = Field(
        default=None, gt=1, json_schema_extra={"source": "1912.09729, eq. 5"}
    )
    """Bound on the loss of tokens with a negative advantage, in multiples of the advantage."""
    aggregate: Aggregate = Field(
        default="sequence",
        json_schema_extra={"source": "2402.03300; token: 2503.14476; constant: 2503.20783"},
    )
    """Mean of the loss over all tokens, over sequences of token means, or over a constant length."""
    constant_length: int | None = Field(default=None, ge=1, le=10_000_000)
    """Tokens per sequence that the aggregation `constant` divides by; none takes max_tokens."""
    advantage: AdvantageKind = Field(
        default="group",
        json_schema_extra={
            "source": "2402.03300; none: 2503.20783; batch: 2508.08221; leave-one-out: 2402.14740"
        },
    )
    """group: (r - group mean) / deviation of the group's rewards; batch: the same over the deviation of
    all rewards of the batch; none: r - group mean; leave-one-out: r - mean of the other rollouts; raw:
    r."""
    advantage_epsilon: float = Field(
        default=1e-6, ge=0, le=1, json_schema_extra={"source": "1e-4 in TRL, 1e-9 in 2506.10947"}
    )
    """Added to the deviation that advantages are divided by."""
    whiten: bool = Field(default=False, json_schema_extra={"source": "code of 2506.10947"})
    """Whether advantages are then whitened over all tokens of the rollout batch."""
    kl_coefficient: float = Field(
        default=0.0, ge=0, le=1e6, json_schema_extra={"source": "0 in 2506.10947"}
    )
    """Weight of the KL divergence from the base checkpoint, added to the loss."""
    kl_estimator: KlEstimator = Field(
        default="k3", json_schema_extra={"source": "2402.03300, eq. 4 (k3)"}
    )
    """Estimator of the KL divergence, from the log-probabilities of the sampled tokens."""
    kl_ratio_weighted: bool = False
    """Whether the KL term is multiplied by the importance ratio (the default of TRL 1.16)."""
    entropy_coefficient: float = Field(default=0.0, ge=-1e6, le=1e6)
    """Weight of the entropy bonus, subtracted from the loss; it is averaged as `aggregate` tells."""
    mask_truncated: bool = Field(default=False, json_schema_extra={"source": "2503.14476"})
    """Whether completions that reached max_tokens are left out of the loss."""
    dynamic_sampling: int = Field(
        default=0, ge=0, le=1000, json_schema_extra={"source": "2503.14476, section 3.2"}
    )
    """Most rollout batches that are sampled to fill a step with groups of non-zero reward variance; 0
    trains on every group."""
    old_logprobs: OldLogprobs = "auto"
    """Origin of the old log-probabilities: recomputed by the learner before the first update, or
    recorded by the sampler. auto: recorded where both have the same arithmetic."""
    mismatch_level: MismatchLevel = "none"
    """Level of the correction for the difference between sampler and learner: token, sequence (sum of
    the log ratios), geometric (their mean) or any (one token out of bounds rejects its sequence); none
    corrects nothing."""
    mismatch_action: MismatchAction = "truncate"
    """truncate: weights are clamped to the bounds; mask: a weight is 0 where the statistic is out of
    bounds; reject: weights are 1 inside of the bounds of the statistic and 0 outside."""
    mismatch_statistic: MismatchStatistic = "ratio"
    """Statistic that the bounds apply to: the ratio itself, or the estimator k1 (the negative log
    ratio), k2 or k3."""
    mismatch_low: float | None = None
    """Lower bound of the statistic; none has no bound."""
    mismatch_high: float | None = Field(
        default=2.0, json_schema_extra={"source": "threshold of truncated importance sampling"}
    )
    """Upper bound of the statistic; none has no bound."""
    mismatch_delta: float | None = Field(
        default=None, gt=0, json_schema_extra={"source": "DeepSeek-V3.2, eq. 9"}
    )
    """Sequences with a negative advantage are masked where mean(log p_sampler - log p) exceeds this."""

    @field_validator("advantage", "mismatch_level", mode="before")
    @classmethod
    def _none(cls, value: Any) -> Any:
        """`none` is a value of these settings; of others it is typed for the absence of a number."""
        return "none" if value is None else value

    @model_validator(mode="after")
    def _consistent(self) -> ObjectiveSettings:
        complaint = next(chain(self._surrogate_complaints(), self._mismatch_complaints()), None)
        if complaint is not None:
            raise ValueError(complaint)
        return self

    def _surrogate_complaints(self) -> Iterator[str]:
        """Settings of the ratio, its clip, the aggregation and the KL term that contradict others."""
        if self.surrogate == "cispo" and self.clip_high is None:
            yield (
                "surrogate = cispo needs an upper bound of its weights: set clip_high, or "
                "surrogate = clip for the ratio without a bound"
            )
        if self.surrogate == "reinforce":
            if self.clip_low is not None or self.clip_high is not None:
                yield (
                    "surrogate = reinforce has no ratio to clip: set clip_low = none and "
                    "clip_high = none"
                )
            if self.ratio == "sequence":
                yield "surrogate = reinforce has no ratio: leave ratio at token"
        if self.dual_clip is not None and self.surrogate != "clip":
            yield f"dual_clip bounds the surrogate clip, got {self.surrogate}: set dual_clip = none"
        if self.constant_length is not None and self.aggregate != "constant":
            yield (
                f"constant_length is for aggregate = constant, got {self.aggregate}: set "
                "aggregate = constant, or constant_length = none"
            )
        if self.kl_coefficient == 0:
            if self.kl_ratio_weighted:
                yield "kl_ratio_weighted has no effect at kl_coefficient = 0: set kl_coefficient"
            if self.kl_estimator != "k3":
                yield (
                    f"kl_estimator = {self.kl_estimator} has no effect at kl_coefficient = 0: set "
                    "kl_coefficient"
                )

    def _mismatch_complaints(self) -> Iterator[str]:
        """Settings of the mismatch correction that contradict each other."""
        level, action, name = self.mismatch_level, self.mismatch_action, self.mismatch_statistic
        low, high = self.mismatch_low, self.mismatch_high
        if level == "none":
            fields = ("mismatch_action", "mismatch_statistic", "mismatch_low", "mismatch_high")
            for field in fields:
                if getattr(self, field) != type(self).model_fields[field].default:
                    yield (
                        f"{field} = {getattr(self, field)} has no effect at mismatch_level = none: "
                        "set mismatch_level to token, sequence, geometric or any"
                    )
            return
        if self.old_logprobs == "recorded":
            yield (
                f"mismatch_level = {level} corrects nothing where old_logprobs = recorded: set "
                "old_logprobs = recomputed"
            )
        if level == "any" and action != "reject":
            yield f"mismatch_level = any only rejects, got {action}: set mismatch_action = reject"
        if action == "truncate" and name != "ratio":
            yield (
                f"mismatch_action = truncate bounds the ratio itself, got {name}: set "
                "mismatch_statistic = ratio, or mismatch_action to mask or reject"
            )
        if low is None and high is None:
            yield f"mismatch_action = {action} needs a bound: set mismatch_low or mismatch_high"
        if low is not None and high is not None and low >= high:
            yield f"mismatch_low: expected less than mismatch_high = {high:g}, got {low:g}"
        # Ratios, k2 and k3 are never negative: such a bound keeps nothing, or everything.
        if name != "k1":
            for field, bound in (("mismatch_low", low), ("mismatch_high", high)):
                if bound is not None and (bound < 0 or (bound == 0 and field == "mismatch_high")):
                    least = "more than 0" if field == "mismatch_high" else "0 or more"
                    yield f"{field}: expected {least} for the statistic {name}, got {bound:g}"
