"""Load what a training needs: the policy, and the sampler that follows it."""

from __future__ import annotations

from typing import cast

from clean_bench.checkpoints import Checkpoint
from clean_bench.checkpoints.model_size import model_size
from clean_bench.engines.base import TrainingEngine
from clean_bench.engines.open import VLLM, EngineConfig, open_engine, open_shared_engine
from clean_bench.engines.vllm_settings import SamplerSettings
from clean_bench.errors import UserError
from clean_bench.foreign_files.json_text import LARGEST_CONFIG, read_json
from clean_bench.progress import phase
from trainers.config import TrainConfig
from trainers.open_policy import open_policy
from trainers.planning.machines import this_machine
from trainers.planning.plan import Plan, plan
from trainers.policy import Policy
from trainers.sampler import Sampler


def open_training(
    checkpoint: Checkpoint, config: TrainConfig, engine: EngineConfig
) -> tuple[Policy, Sampler]:
    """The policy of a checkpoint and its sampler. Close the sampler when done.

    On a GPU, a plan settles the open settings, the bytes of the KV cache and whether the sampler sleeps.
    vLLM is loaded before the policy, which takes its memory while the sampler sleeps.

    Raises:
        UserError: if the checkpoint or the engine cannot be loaded, or trained under the settings; on a
            GPU if the training does not fit.
    """
    name, _ = engine.choice()
    if engine.data_parallel > 1:
        raise UserError(
            f"--data-parallel {engine.data_parallel}: train samples with one copy of the model; leave "
            "it out, or export the arm to verl for several GPUs"
        )
    planned = _planned(checkpoint, config, engine, name)
    sampler_dtype = None if engine.dtype == "auto" else engine.dtype
    loaded: TrainingEngine | None = None
    if name == VLLM:
        settings = None
        if planned is not None:
            settings = SamplerSettings(
                cache_bytes=planned.kv_cache_bytes,
                sleep=planned.sleep_level > 0,
                lora_rank=config.lora_rank if planned.tuning == "lora" else 0,
            )
        elif config.tuning == "lora":
            settings = SamplerSettings(lora_rank=config.lora_rank)
        loaded = cast(TrainingEngine, open_engine(checkpoint, engine, settings))
        sampler_dtype = str(loaded.describe()["dtype"])
        loaded.sleep()
    with phase(f"loading {checkpoint.name} to train it"):
        policy = open_policy(
            checkpoint,
            config if planned is None else config.model_copy(update=planned.settings()),
            device=engine.device,
            sampler_dtype=sampler_dtype,
            seed=config.seed,
            trust_remote_code=engine.trust_remote_code,
        )
    if loaded is None:
        loaded = open_shared_engine(policy.model, policy.tokenizer, engine, policy.compute_dtype)
    return policy, Sampler(loaded)


def _planned(
    checkpoint: Checkpoint, config: TrainConfig, engine: EngineConfig, name: str
) -> Plan | None:
    """The plan for the GPU at hand; None on a CPU, whose memory other processes share."""
    machine = this_machine(engine.device)
    if not machine.gpu:
        return None
    return plan(
        config,
        read_json(checkpoint.folder / "config.json", LARGEST_CONFIG),
        machine,
        engine=name,
        dtype=engine.dtype,
        batch_size=engine.batch_size,
        parameters=model_size(checkpoint.folder).parameters,
    )
