"""The sampler of a training: an engine whose weights follow the policy's.

The transformers engine decodes with the policy's own module, so there is one copy of the weights. vLLM
holds a second one. It is loaded before the policy, sleeps during the updates where it can, and then gets
the weights in place, or under LoRA the adapter alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from clean_bench.engines.base import TrainingEngine
from trainers.policy import Policy


@dataclass
class Sampler:
    """An engine that follows a policy."""

    engine: TrainingEngine

    def same_arithmetic(self, policy: Policy) -> bool:
        """Whether engine and policy compute in float32 with one library, and so agree up to rounding."""
        return self.engine.shares(policy.model) and policy.compute_dtype == torch.float32

    def rest(self) -> None:
        """Free what the engine does not need during the updates."""
        self.engine.sleep()

    def follow(self, policy: Policy) -> None:
        """Give the engine the policy's weights, and wake it."""
        policy.sync(self.engine)
        self.engine.wake()

    def close(self) -> None:
        self.engine.close()
