"""The objective of a training: what `policy_loss` minimizes, apart from how an arm is run.

objective = Objective.of(config)
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from trainers.objective_settings import (
    AdvantageKind,
    Aggregate,
    KlEstimator,
    MismatchAction,
    MismatchLevel,
    MismatchStatistic,
    RatioLevel,
    Surrogate,
)

if TYPE_CHECKING:
    from trainers.config import TrainConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """The settings that decide the loss of a mini-batch; `trainers.objective_settings` explains each.

    The defaults are those of GRPO without a KL term.
    """

    ratio: RatioLevel = "token"
    surrogate: Surrogate = "clip"
    clip_low: float | None = 0.2
    clip_high: float | None = 0.2
    dual_clip: float | None = None
    aggregate: Aggregate = "sequence"
    constant_length: int | None = None
    """Tokens per sequence that `constant` divides by; set whenever `aggregate` is `constant`."""
    advantage: AdvantageKind = "group"
    advantage_epsilon: float = 1e-6
    whiten: bool = False
    kl_coefficient: float = 0.0
    kl_estimator: KlEstimator = "k3"
    kl_ratio_weighted: bool = False
    entropy_coefficient: float = 0.0
    mask_truncated: bool = False
    mismatch_level: MismatchLevel = "none"
    mismatch_action: MismatchAction = "truncate"
    mismatch_statistic: MismatchStatistic = "ratio"
    mismatch_low: float | None = None
    mismatch_high: float | None = 2.0
    mismatch_delta: float | None = None

    @classmethod
    def of(cls, config: TrainConfig) -> Objective:
        """The objective of an arm; `constant_length` is filled from `max_tokens`."""
        values = {field.name: getattr(config, field.name) for field in fields(cls)}
        if config.aggregate == "constant" and config.constant_length is None:
            values["constant_length"] = config.max_tokens
        return cls(**values)

    @property
    def skips_zero_advantage(self) -> bool:
        """Whether rollouts of advantage 0 have no gradient and need no forward pass."""
        return self.kl_coefficient == 0 and self.entropy_coefficient == 0

    @property
    def needs_reference(self) -> bool:
        """Whether the log-probabilities of the reference model are needed."""
        return self.kl_coefficient != 0

    @property
    def needs_sampler(self) -> bool:
        """Whether the loss depends on the log-probabilities that the sampler recorded."""
        return self.mismatch_level != "none" or self.mismatch_delta is not None

    @property
    def lowest_ratio(self) -> float:
        """Lower edge of the clip range of the importance ratio; minus infinity without one."""
        return float("-inf") if self.clip_low is None else 1.0 - self.clip_low

    @property
    def highest_ratio(self) -> float:
        """Upper edge of the clip range of the importance ratio; infinity without one."""
        return float("inf") if self.clip_high is None else 1.0 + self.clip_high
