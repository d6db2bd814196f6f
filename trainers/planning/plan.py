"""Plan a training before it is paid for: what `auto` resolves to, and whether the memory suffices.

    plan(config, json.loads(config_json), named_gpu("h100-80gb"), engine="vllm")

What `auto` stands for follows from the size of the model, so that a configuration means the same on
every machine. Where that does not fit, the error names the settings that would. The room for the KV
cache, and whether the sampler sleeps during updates, follow from the machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice, product
from math import ceil
from typing import Any

from clean_bench.errors import UserError
from trainers.config import TrainConfig
from trainers.planning.activations import FLOAT32, HALF
from trainers.planning.machines import GIB, Machine
from trainers.planning.memory_model import (
    Parts,
    Setup,
    cache_token_bytes,
    generation_parts,
    host_parts,
    peak,
    training_instants,
)
from trainers.planning.model_shape import ModelShape
from trainers.policy_settings import CHECKPOINTED_FROM, HOST_FROM, LORA_FROM, SINGLE_BELOW

LONGEST_PROMPT = 512
"""Tokens of a prompt where the data is not at hand."""
HOST_SHARE = 0.8
"""Share of the host's memory that a training may fill; the rest is for the system and file caches."""
CPU_CACHE = 4 * GIB
"""Most bytes of the KV cache on a CPU."""
_BYTES = {"float32": FLOAT32, "bfloat16": HALF, "float16": HALF}
_MOST_WAYS = 3
_ENGINE = "--engine"


@dataclass(frozen=True, slots=True)
class Plan:
    """Resolved settings, and peak memory by part.

    `training` and `generation` are the parts at the peak of an update and of sampling. They live at
    different times, unless `sleep_level` is 0 with vLLM: then the sampler's weights and cache stay on
    the device during updates, and `training` includes them. `instant` names the moment of the
    training's peak. `host` are parts in the host's memory beside a GPU. `together` is the number of
    rollouts of the greatest length that the KV cache holds at once, at most those of a step.
    """

    machine: Machine
    tuning: str
    weights_dtype: str
    compute_dtype: str
    masters: str
    gradient_checkpointing: bool
    kv_cache_bytes: int
    sleep_level: int
    together: int
    instant: str
    training: Parts
    generation: Parts
    host: Parts
    setup: Setup

    @property
    def training_bytes(self) -> int:
        """The peak of an update."""
        return sum(self.training.values())

    @property
    def generation_bytes(self) -> int:
        """The peak of sampling."""
        return sum(self.generation.values())

    @property
    def peak_bytes(self) -> int:
        """The larger of both peaks."""
        return max(self.training_bytes, self.generation_bytes)

    @property
    def host_bytes(self) -> int:
        """Bytes in the host's memory beside a GPU."""
        return sum(self.host.values())

    @property
    def host_needed(self) -> float:
        """Host memory that a machine must have."""
        return self.host_bytes / HOST_SHARE

    def settings(self) -> dict[str, str]:
        """The settings that may be `auto`, resolved."""
        return {
            "tuning": self.tuning,
            "weights_dtype": self.weights_dtype,
            "compute_dtype": self.compute_dtype,
            "masters": self.masters,
            "gradient_checkpointing": "on" if self.gradient_checkpointing else "off",
        }

    def summary(self) -> str:
        """The peaks in a few words."""
        host = f", {gib(self.host_needed)} of host memory" if self.masters == "host" else ""
        least = self.generation_bytes - self.kv_cache_bytes
        return (
            f"update {gib(self.training_bytes)}, generation {gib(least)} and a KV cache for "
            f"{self.together} rollouts{host}"
        )

    def shortage(self) -> str:
        """What does not fit, in words; empty where all fits."""
        machine = self.machine
        if self.training_bytes > machine.memory:
            return f"an update takes {gib(self.training_bytes)} (most in the {self.instant})"
        if self.generation_bytes > machine.memory:
            return f"generation takes {gib(self.generation_bytes)}"
        if not self.together:
            return f"the KV cache has no room for one rollout of {self.setup.longest:,} tokens"
        if machine.gpu and self.host_needed > machine.host:
            return f"the host needs {gib(self.host_needed)} and has {gib(machine.host)}"
        return ""


def plan(
    config: TrainConfig,
    model_config: Mapping[str, Any],
    machine: Machine,
    *,
    engine: str = "transformers",
    dtype: str = "auto",
    batch_size: int = 256,
    longest_prompt: int = LONGEST_PROMPT,
    parameters: int | None = None,
) -> Plan:
    """The plan of a training.

    Args:
        model_config: the values of the model's `config.json`.
        engine: of the rollouts, `transformers` (shares the learner's weights) or `vllm`.
        dtype: of the sampler; auto is bfloat16 on a GPU and float32 on a CPU.
        batch_size: most rollouts decoded together.
        longest_prompt: tokens of the longest prompt.
        parameters: their number where it was counted in the weights.

    Raises:
        UserError: if the training does not fit into the machine, with settings that would; for
            settings that contradict each other.
    """
    shape = ModelShape.of(model_config, parameters)
    planner = _Planner(shape, machine, engine, dtype, batch_size, longest_prompt)
    made = planner.plan(config)
    shortage = made.shortage()
    if shortage:
        raise UserError(planner.refusal(config, shortage))
    return made


def gib(size: float) -> str:
    """Bytes in GiB, or in MiB below a tenth."""
    return f"{size / GIB:.3g} GiB" if size >= GIB / 10 else f"{size / (1 << 20):.3g} MiB"


@dataclass(frozen=True, slots=True)
class _Planner:
    """A model on a machine with its sampler: everything but the training settings."""

    shape: ModelShape
    machine: Machine
    engine: str
    dtype: str
    batch_size: int
    longest_prompt: int

    def setup(self, config: TrainConfig) -> Setup:
        """The settings that follow from the size of the model and of the data."""
        shape, machine = self.shape, self.machine
        full = self._full(config)
        sampler, compute, weights = self._dtypes(config)
        on_host = config.masters == "host" or (
            config.masters == "auto" and shape.parameters >= HOST_FROM
        )
        checkpointing = config.gradient_checkpointing == "on" or (
            config.gradient_checkpointing == "auto" and shape.parameters >= CHECKPOINTED_FROM
        )
        rollouts = config.prompts_per_step * config.group_size
        share = rollouts // config.minibatches
        longest = self.longest_prompt + config.max_tokens
        tokens = max(longest, min(config.token_budget, share * longest))
        # On a GPU each completion has its copy of the prompt; on a CPU only each block of completions.
        copied = (config.group_size - 1) * self.longest_prompt
        return Setup(
            gpu=machine.gpu,
            full=full,
            weights=_BYTES[weights],
            compute=_BYTES[compute],
            masters_on_host=machine.gpu and on_host,
            checkpointing=checkpointing,
            tokens=tokens,
            kept=tokens,
            copied=copied if machine.gpu else min(copied, tokens),
            rows=ceil(share * longest / tokens),
            chunk=config.head_chunk,
            rank=config.lora_rank,
            targets=config.lora_targets,
            reference=config.kl_coefficient != 0,
            vllm=self.engine == "vllm",
            sampler=_BYTES[sampler],
            longest=longest,
            prompt=self.longest_prompt,
            together=min(rollouts, self.batch_size),
        )

    def _full(self, config: TrainConfig) -> bool:
        """Whether all weights are trained."""
        few = self.shape.parameters < LORA_FROM
        return config.tuning == "full" or (config.tuning == "auto" and few)

    def _dtypes(self, config: TrainConfig) -> tuple[str, str, str]:
        """Data types of the sampler, of the learner's arithmetic and of its weights."""
        default = "bfloat16" if self.machine.gpu else "float32"
        sampler = default if self.dtype == "auto" else self.dtype
        compute = sampler if config.compute_dtype == "auto" else str(config.compute_dtype)
        weights = str(config.weights_dtype)
        if weights == "auto":
            single = self._full(config) and self.shape.parameters < SINGLE_BELOW
            weights = "float32" if single else compute
        if weights != compute and weights != "float32":
            raise UserError(
                f"weights_dtype = {weights}: expected float32 or the arithmetic's {compute}, got "
                "another; set compute_dtype to it too"
            )
        return sampler, compute, weights

    def plan(self, config: TrainConfig) -> Plan:
        """The plan of the settings, whether or not it fits."""
        shape, machine, setup = self.shape, self.machine, self.setup(config)
        instant, training = peak(training_instants(shape, setup))
        awake = generation_parts(shape, setup, 0)
        row = max(setup.longest * cache_token_bytes(shape, setup), 1)
        wanted = setup.together * row
        room = machine.memory - sum(awake.values())
        if not machine.gpu:
            room = min(room, CPU_CACHE)
        sleep_level = 0
        if setup.vllm:
            beside = machine.memory - sum(training.values())
            beside -= setup.sampler * shape.parameters + awake["sampler's graphs and buffers"]
            if not setup.full and beside >= wanted:
                room = beside
            else:
                sleep_level = 2 if setup.full else 1
        together = max(0, min(setup.together, int(room // row)))
        cache = max(together, 1) * row
        if setup.vllm and not sleep_level:
            training = {**training, **_sampler_parts(awake), "KV cache": cache}
        _, compute, weights = self._dtypes(config)
        on_host = setup.has_masters and setup.masters_on_host
        return Plan(
            machine=machine,
            tuning="full" if setup.full else "lora",
            weights_dtype=weights,
            compute_dtype=compute,
            masters="host" if on_host else "device",
            gradient_checkpointing=setup.checkpointing,
            kv_cache_bytes=cache,
            sleep_level=sleep_level,
            together=together,
            instant=instant,
            training=training,
            generation={**awake, "KV cache": cache},
            host=host_parts(shape, setup, sleep_level) if machine.gpu else {},
            setup=setup,
        )

    def refusal(self, config: TrainConfig, shortage: str) -> str:
        """One line: what does not fit, and the settings that would."""
        head = (
            f"{self.machine.describe()}: expected a training that fits, got one that does not: "
            f"{shortage}"
        )
        ways = [
            f"{settings} ({candidate.summary()})"
            for settings, candidate in islice(self._alternatives(config), _MOST_WAYS)
        ]
        if not ways:
            return f"{head}; no setting makes it fit: take a larger GPU or a smaller model"
        return f"{head}; these fit: {'; or '.join(ways)}"

    def _alternatives(self, config: TrainConfig) -> Iterator[tuple[str, Plan]]:
        """Changes of settings that fit, the fewest first; none holds another that is enough."""
        enough: list[set[str]] = []
        for engine, changes in sorted(self._changes(config), key=lambda item: _intrusion(*item)):
            names = {*changes, *([_ENGINE] if engine else [])}
            if any(fewer <= names for fewer in enough):
                continue
            planner = replace(self, engine=engine) if engine else self
            candidate = planner.plan(config.model_copy(update=changes))
            if not candidate.shortage():
                enough.append(names)
                texts = [f"--set {key}={value}" for key, value in changes.items()]
                yield " ".join([*([f"{_ENGINE} {engine}"] if engine else []), *texts]), candidate

    def _changes(self, config: TrainConfig) -> Iterator[tuple[str, dict[str, Any]]]:
        """Combinations of an engine, empty for the same one, and changed settings."""
        least = self.longest_prompt + config.max_tokens
        budgets = sorted({max(least, config.token_budget // n) for n in (2, 4, 8)}, reverse=True)
        choices: list[list[dict[str, Any]]] = [
            [] if self.setup(config).checkpointing else [{"gradient_checkpointing": "on"}],
            [{"token_budget": budget} for budget in budgets if budget < config.token_budget],
            [{"head_chunk": 128}] if config.head_chunk > 128 else [],
            [
                {"masters": "host", "weights_dtype": "auto"},
                {"tuning": "lora", "weights_dtype": "auto"},
            ],
            [{"max_tokens": config.max_tokens // n} for n in (2, 4, 8) if config.max_tokens >= n],
        ]
        engines = ["", "transformers"] if self.engine == "vllm" else [""]
        for engine, *parts in product(engines, *([{}, *choice] for choice in choices)):
            merged = {key: value for part in parts for key, value in part.items()}
            changes = {k: v for k, v in merged.items() if getattr(config, k) != v}
            if changes or engine:
                yield engine, changes


def _intrusion(engine: str, changes: Mapping[str, Any]) -> int:
    """How much a change of settings alters the experiment: shorter completions most."""
    return len(changes) + 4 * ("max_tokens" in changes) + 2 * bool(engine)


def _sampler_parts(awake: Parts) -> Parts:
    """The parts of a sampler that stays awake."""
    names = ("sampler's weights", "sampler's graphs and buffers")
    return {name: awake[name] for name in names}
