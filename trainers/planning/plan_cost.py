"""Time and disk of a planned training, from stated rates; nothing is measured.

    seconds = training_seconds(plan, shape, config, work)     # {"generation": ..., "update": ...}

The assumed shares of the machine's peak rates are constants here. A real run logs its own seconds per
phase, which replace the estimate.
"""

from __future__ import annotations

from dataclasses import replace

from clean_bench import estimates
from clean_bench.checkpoints.model_size import ModelSize
from clean_bench.estimates import Cost, Work
from trainers.config import TrainConfig
from trainers.planning.activations import FLOAT32
from trainers.planning.model_shape import ModelShape
from trainers.planning.plan import Plan

ARITHMETIC_SHARE = 0.3
"""Share of a GPU's peak arithmetic in forward and backward passes."""
BANDWIDTH_SHARE = 0.5
"""Share of a GPU's peak bandwidth while it decodes."""
BUS = 2e10
"""Bytes per second between host and GPU."""
HOST_UPDATES = 1e9
"""Parameters per second that AdamW updates on the host."""
_STEP = {"transformers": 0.025, "vllm": 0.008}
"""Least seconds of a decoding step on a GPU."""
_CPU_STEP = 0.003
_STATE_COPIES = 2
"""A saved state is replaced by a new one, and both stand for a moment."""


def decoding_machine(plan: Plan, rows: int) -> estimates.Machine:
    """The machine of `clean_bench.estimates` for the sampler.

    Args:
        rows: most rollouts decoded together.
    """
    machine, half = plan.machine, plan.setup.sampler < FLOAT32
    peak = machine.half if half else machine.single
    if not machine.gpu:
        return estimates.Machine(
            machine.name, peak, machine.bandwidth, _CPU_STEP, plan.setup.sampler,
            plan.kv_cache_bytes, rows,
        )  # fmt: skip
    name = "vllm" if plan.setup.vllm else "transformers"
    return estimates.Machine(
        name=f"{machine.name} with {name}",
        operations=ARITHMETIC_SHARE * peak,
        bandwidth=BANDWIDTH_SHARE * machine.bandwidth,
        step=_STEP[name],
        value_bytes=plan.setup.sampler,
        cache_bytes=plan.kv_cache_bytes,
        rows=rows,
    )


def training_cost(
    plan: Plan, shape: ModelShape, config: TrainConfig, work: Work, rows: int
) -> tuple[Cost, dict[str, float]]:
    """The cost of a training, and its seconds by phase.

    Args:
        work: of all steps together.
        rows: most rollouts decoded together.
    """
    machine = decoding_machine(plan, rows)
    size = ModelSize(shape.parameters, shape.cache_values, shape.vocabulary)
    sampling = estimates.generation_cost(work, size, machine)
    phases = {"generation": sampling.seconds or 0.0, **update_seconds(plan, shape, config, work)}
    cost = replace(
        sampling,
        disk_bytes=sampling.disk_bytes + stored_bytes(plan, shape, config),
        memory_bytes=plan.peak_bytes,
        seconds=sum(phases.values()),
        assumes=(*sampling.assumes, *_assumptions(plan)),
    )
    return cost, phases


def update_seconds(
    plan: Plan, shape: ModelShape, config: TrainConfig, work: Work
) -> dict[str, float]:
    """Seconds of the updates by phase, of all steps together."""
    machine, setup = plan.machine, plan.setup
    peak = machine.half if setup.compute < FLOAT32 else machine.single
    rate = peak * (ARITHMETIC_SHARE if machine.gpu else 1.0)
    bandwidth = machine.bandwidth * (BANDWIDTH_SHARE if machine.gpu else 1.0)
    forward = _pass_operations(shape, work, body=1, head=1)
    # Backward: the gradient of the inputs, and that of the weights where they are trained; the head's
    # logits are computed again, and with gradient checkpointing each layer too.
    backward = _pass_operations(
        shape,
        work,
        body=(2 if setup.full else 1) + setup.checkpointing,
        head=3 if setup.full else 2,
    )
    phases = {"update": config.epochs * (forward + backward) / rate}
    if _recomputes(plan, config):
        extra = config.minibatches if config.epochs > 1 else config.minibatches - 1
        phases["old log-probabilities"] = forward * extra / config.minibatches / rate
    if setup.reference:
        phases["reference model"] = config.epochs * forward / rate
    trained, updates = setup.trained(shape), config.steps * config.minibatches * config.epochs
    if plan.masters == "host":
        phases["optimizer"] = (
            updates * trained * ((FLOAT32 + setup.weights) / BUS + 1 / HOST_UPDATES)
        )
    else:
        phases["optimizer"] = updates * trained * 7 * FLOAT32 / bandwidth
    if setup.vllm:
        moved = setup.sampler * (shape.parameters if setup.full else trained)
        slept = 2 * setup.sampler * shape.parameters if plan.sleep_level == 1 else 0
        phases["weights to the sampler"] = config.steps * (2 * moved / bandwidth + slept / BUS)
    return phases


def stored_bytes(plan: Plan, shape: ModelShape, config: TrainConfig) -> int:
    """Bytes of the saved state and of the checkpoints, beside the rollouts."""
    setup = plan.setup
    state = _STATE_COPIES * 3 * FLOAT32 * setup.trained(shape)
    kept = 1 + (config.keep_last + config.keep_best if config.evaluate_every else 0)
    return state + kept * setup.weights * shape.parameters


def _pass_operations(shape: ModelShape, work: Work, *, body: int, head: int) -> float:
    """Operations of passes through the layers and through the head, for all tokens of the work.

    Two per parameter and token in the layers, and four per token, layer and earlier token of the same
    sequence in attention. The head runs on completion tokens alone.
    """
    tokens = work.prompt_tokens + work.generated_tokens
    tables = (1 if shape.tied else 2) * shape.embedding
    layers = 2.0 * (shape.parameters - tables)
    attention = 4.0 * shape.layers * shape.queries * work.longest / 2
    return (
        body * tokens * (layers + attention) + head * work.generated_tokens * 2.0 * shape.embedding
    )


def _recomputes(plan: Plan, config: TrainConfig) -> bool:
    """Whether the learner computes the old log-probabilities in a pass of their own."""
    same = not plan.setup.vllm and plan.setup.compute == plan.setup.sampler == FLOAT32
    return config.old_logprobs == "recomputed" or (config.old_logprobs == "auto" and not same)


def _assumptions(plan: Plan) -> tuple[str, ...]:
    """What the times assume beside the machine."""
    texts = ["every group is trained on", "no time for grading"]
    if plan.machine.gpu:
        texts.insert(
            0, f"updates at {ARITHMETIC_SHARE:.0%} of the peak arithmetic, not measured on this GPU"
        )
    return tuple(texts)
