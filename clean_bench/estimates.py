"""What a command will take: completions, tokens, disk, memory and time, before anything is run.

    cost = generation_cost(work, size, machine)

The counts of completions and prompt tokens are exact; generated tokens, disk and time are upper
estimates, because every completion is assumed to reach its limit. Time follows from a stated machine:
decoding reads the weights and the KV cache once per token, everything else is arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from clean_bench.checkpoints.model_size import ModelSize

FLOAT32, HALF = 4, 2
"""Bytes of a value."""

TOKEN_BYTES = 12
"""Stored bytes of a generated token before compression: an id, a log-probability and four characters."""
PROMPT_BYTES = 8
"""The same of a prompt token: an id and four characters."""
ROW_BYTES = 500
"""The other columns of a row."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that an estimate assumes.

    `operations` per second and `bandwidth` in bytes per second are what a program reaches, not the
    peak. A decoding step takes at least `step` seconds. Values of a model have `value_bytes`.
    """

    name: str
    operations: float
    bandwidth: float
    step: float
    value_bytes: int
    cache_bytes: float
    """Most bytes of the KV cache."""
    rows: int = 256
    """Most completions decoded together, all copies of the model together."""

    def assumption(self) -> str:
        """The assumption in words."""
        return (
            f"{self.name}: {self.operations / 1e9:,.0f} GFLOP/s, {self.bandwidth / 1e9:,.0f} GB/s, "
            f"at least {1000 * self.step:g} ms per decoding step"
        )


CPU = Machine("a CPU of two cores", 5e10, 1e10, 0.003, FLOAT32, 4 << 30)
GPU = Machine("a GPU such as an H100", 2e14, 1.5e12, 0.025, HALF, 40e9)
"""With `transformers`."""
GPU_VLLM = replace(GPU, step=0.008)


@dataclass(frozen=True, slots=True)
class Work:
    """Completions to generate and texts to read.

    `generated_tokens` is the sum of the limits of all completions, `longest` the most tokens of a
    prompt and its completion, `read_tokens` the tokens of the texts whose log-probabilities are read.
    """

    completions: int = 0
    prompt_tokens: int = 0
    generated_tokens: int = 0
    read_tokens: int = 0
    longest: int = 0

    def times(self, count: int) -> Work:
        """The work of several completions of each prompt, from that of one of each."""
        return replace(
            self,
            completions=self.completions * count,
            prompt_tokens=self.prompt_tokens * count,
            generated_tokens=self.generated_tokens * count,
        )


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command takes. `seconds` is None where nothing is known about the time.

    `items` is the number of whatever the command makes or reads, which `item` names.
    """

    items: int = 0
    item: str = ""
    completions: int = 0
    prompt_tokens: int = 0
    generated_tokens: int = 0
    read_tokens: int = 0
    disk_bytes: int = 0
    memory_bytes: int = 0
    seconds: float | None = 0.0
    assumes: tuple[str, ...] = ()


def total(costs: Sequence[Cost]) -> Cost:
    """The cost of commands that run in turn: the most memory of them, and the sum of the rest."""
    sums = {
        field.name: sum(getattr(cost, field.name) for cost in costs)
        for field in fields(Cost)
        if field.name not in ("item", "memory_bytes", "seconds", "assumes")
    }
    seconds = [cost.seconds for cost in costs]
    names = {cost.item for cost in costs}
    return Cost(
        **sums,
        seconds=None if None in seconds else sum(filter(None, seconds)),
        item=names.pop() if len(names) == 1 else "",
        memory_bytes=max((cost.memory_bytes for cost in costs), default=0),
        assumes=tuple(dict.fromkeys(text for cost in costs for text in cost.assumes)),
    )


def decoded_rows(work: Work, size: ModelSize, machine: Machine) -> int:
    """Completions in a batch: as many as there are, as the options allow and as the KV cache holds."""
    row = max(work.longest * size.cache_values * machine.value_bytes, 1)
    return max(1, min(work.completions, machine.rows, int(machine.cache_bytes // row)))


def generation_cost(work: Work, size: ModelSize, machine: Machine) -> Cost:
    """The cost of generating completions and reading texts with a checkpoint.

    A batch of `rows` decodes one token each per step, which reads the weights and half of the full KV
    cache on average. A prompt or a text that is read takes 2 operations per parameter and token.
    """
    rows = decoded_rows(work, size, machine)
    weights = size.parameters * machine.value_bytes
    cache = rows * work.longest * size.cache_values * machine.value_bytes
    steps = work.generated_tokens / rows
    memory_time = (weights + cache / 2) / machine.bandwidth
    arithmetic = 2 * size.parameters * rows / machine.operations
    read = work.prompt_tokens + work.read_tokens
    assumes = [machine.assumption()]
    if work.generated_tokens:
        assumes.insert(0, "every completion reaches its limit of tokens")
    return Cost(
        completions=work.completions,
        prompt_tokens=work.prompt_tokens,
        generated_tokens=work.generated_tokens,
        read_tokens=work.read_tokens,
        disk_bytes=work.generated_tokens * TOKEN_BYTES
        + work.prompt_tokens * PROMPT_BYTES
        + work.completions * ROW_BYTES,
        memory_bytes=weights + cache,
        seconds=steps * (machine.step + max(memory_time, arithmetic))
        + 2 * size.parameters * read / machine.operations,
        assumes=tuple(assumes),
    )
