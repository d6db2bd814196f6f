"""The file of an arm to export: a checkpoint, its data, the settings of training, and the cluster.

name = "truth-clip"
checkpoint = "Qwen/Qwen2.5-Math-7B"
data = "train.jsonl"

[train]                  # the keys of `train --set`, with reward, steps and seed
reward = "truth"
steps = 300

[cluster]
nodes = 2
gpus_per_node = 8
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clean_bench.errors import UserError
from clean_bench.foreign_files.regular_file import read_text
from clean_bench.foreign_files.toml_text import LARGEST, decode_toml
from clean_bench.settings import explain
from trainers.config import TrainConfig, make_config


class _Strict(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class Cluster(_Strict):
    """The machines of the Ray cluster, and how vLLM is laid out on them."""

    nodes: int = Field(default=1, ge=1, le=10_000)
    """Machines."""
    gpus_per_node: int = Field(default=8, ge=1, le=64)
    """GPUs of each machine."""
    tensor_parallel: int = Field(default=1, ge=1, le=64)
    """GPUs that share one copy of the sampler."""
    dtype: Literal["bfloat16", "float16", "float32"] = "bfloat16"
    """Arithmetic of the sampler, and of the learner where compute_dtype is auto."""
    gpu_memory: float = Field(default=0.6, gt=0, lt=1)
    """Share of a GPU's memory for vLLM while it samples; verl frees it during updates."""
    kv_cache_bytes: int | None = Field(default=None, ge=1)
    """Bytes of vLLM's KV cache on each GPU; set, it takes the place of gpu_memory."""
    model: str | None = None
    """Where the machines find the checkpoint; by default its name or folder."""
    checkpoints: str | None = None
    """Folder for verl's checkpoints that all machines share; by default checkpoints/NAME."""

    @property
    def gpus(self) -> int:
        """All GPUs."""
        return self.nodes * self.gpus_per_node


class Arm(_Strict):
    """An arm that can be exported."""

    name: str = Field(default="arm", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")
    """Name of the experiment in verl's logs."""
    checkpoint: str = Field(min_length=1)
    """Folder, hub name (`NAME@REVISION`) or `organism:NAME`."""
    revision: str | None = None
    """Branch, tag or commit of a hub name."""
    data: str = Field(min_length=1)
    """Problem set to train on (names as for `train --data`)."""
    labels: str | None = None
    """Labels for the rewards that compare with them (as `train --labels`)."""
    evaluate: tuple[str, ...] = ()
    """Problem sets that verl evaluates on, every `evaluate_every` steps."""
    train: dict[str, Any]
    """Settings of training, with reward, steps and seed (`clean-bench train --set`)."""
    cluster: Cluster = Cluster()
    """The machines."""

    def config(self, source: str) -> TrainConfig:
        """The checked settings of training (raises UserError naming `source`)."""
        return make_config(self.train, f"{source}: [train]")


def read_arm(path: str | Path) -> Arm:
    """The arm of a TOML file.

    Raises:
        UserError: one line naming the file and the key.
    """
    path = Path(path)
    return parse_arm(decode_toml(read_text(path, LARGEST), str(path)), str(path))


def parse_arm(table: dict[str, Any], source: str) -> Arm:
    """The arm of a table (raises UserError naming `source` and the key)."""
    try:
        arm = Arm.model_validate(table)
    except ValidationError as error:
        raise UserError(f"{source}: {explain(error, Arm)}") from None
    arm.config(source)
    return arm
