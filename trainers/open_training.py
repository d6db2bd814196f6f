"""Load what a training needs: the policy, and the sampler that follows it."""

from __future__ import annotations

from clean_bench.checkpoints import Checkpoint
from clean_bench.engines.open import VLLM, EngineConfig, open_engine
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.progress import phase
from trainers.config import TrainConfig
from trainers.open_policy import open_policy
from trainers.policy import Policy
from trainers.sampler import Sampler

_MEMORY = 0.3
"""Share of a GPU's memory for vLLM beside the policy with its optimizer."""


def open_training(
    checkpoint: Checkpoint, config: TrainConfig, engine: EngineConfig
) -> tuple[Policy, Sampler]:
    """The policy of a checkpoint and its sampler. Close the sampler when done.

    vLLM is loaded first: it measures the free memory of the GPU, and the policy then takes its share.

    Raises:
        UserError: if the checkpoint or the engine cannot be loaded, or trained under the settings.
    """
    name, _ = engine.choice()
    sampler_dtype = None if engine.dtype == "auto" else engine.dtype
    loaded = None
    if name == VLLM:
        loaded = open_engine(checkpoint, engine.model_copy(update={"memory": _MEMORY}))
        sampler_dtype = str(loaded.describe()["dtype"])
    with phase(f"loading {checkpoint.name} to train it"):
        policy = open_policy(
            checkpoint,
            config,
            device=engine.device,
            sampler_dtype=sampler_dtype,
            seed=config.seed,
            trust_remote_code=engine.trust_remote_code,
        )
    if loaded is None:
        loaded = TransformersEngine(
            policy.model,
            policy.tokenizer,
            compute_dtype=policy.compute_dtype,
            batch_size=engine.batch_size,
        )
    return policy, Sampler(loaded)
