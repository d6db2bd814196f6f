"""The sampler of a training: an engine whose weights follow the policy's.

The transformers engine decodes with the policy's own module, so there is one copy of the weights. vLLM
holds a second one. It is loaded before the policy, sleeps during the updates where it can, and then gets
the weights in place, or under LoRA the adapter alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from clean_bench.engines.base import Engine
from clean_bench.engines.transformers_engine import TransformersEngine
from trainers.policy import Policy


@dataclass
class Sampler:
    """An engine, and how many times it got the policy's weights."""

    engine: Engine
    pushes: int = 0

    def same_arithmetic(self, policy: Policy) -> bool:
        """Whether engine and policy compute in float32 with one library, and so agree up to rounding."""
        if not isinstance(self.engine, TransformersEngine):
            return False
        return self.engine.compute_dtype == policy.compute_dtype == torch.float32

    def rest(self) -> None:
        """Free what the engine does not need during the updates."""
        sleep = getattr(self.engine, "sleep", None)
        if sleep is not None:
            sleep()

    def follow(self, policy: Policy) -> None:
        """Give the engine the policy's weights."""
        self.pushes += 1
        policy.sync(self.engine)

    def close(self) -> None:
        self.engine.close()
