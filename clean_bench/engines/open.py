"""Open the engine that runs a checkpoint.

`auto` takes vLLM where it is installed and a GPU is available, and `transformers` elsewhere: on a CPU
vLLM needs most of a minute to start. Nothing heavy is imported before an engine is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from clean_bench.checkpoints import Checkpoint
from clean_bench.engines.base import Engine
from clean_bench.errors import UserError
from clean_bench.extras import MissingPackage, require
from clean_bench.progress import phase

AUTO = "auto"
TRANSFORMERS = "transformers"
VLLM = "vllm"
ENGINES = (AUTO, TRANSFORMERS, VLLM)
DTYPES = (AUTO, "float32", "bfloat16", "float16")
_DEVICES = ("cpu", "cuda", "mps", "xpu")


class EngineConfig(BaseModel):
    """How a checkpoint is run; also the section `engine` of a recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: str = Field(
        default=AUTO,
        description="Engine that runs the model; auto takes vllm where it is installed and a GPU is "
        "available.",
        json_schema_extra={"choices": [*ENGINES]},
    )
    dtype: str = Field(
        default=AUTO,
        description="Data type of the weights; auto is bfloat16 on a GPU and float32 on a CPU.",
        json_schema_extra={"choices": [*DTYPES]},
    )
    device: str | None = Field(
        default=None,
        description="Torch device, such as cpu or cuda:1 (transformers only); a GPU where there is one.",
        json_schema_extra={"metavar": "DEVICE"},
    )
    tensor_parallel: int = Field(
        default=1, ge=1, description="Devices that share one copy of the model (vllm only)."
    )
    data_parallel: int = Field(
        default=1, ge=1, description="Copies of the model that share the requests."
    )
    batch_size: int = Field(default=256, ge=1, description="Most completions decoded together.")
    trust_remote_code: bool = Field(
        default=False, description="Run code that comes with the checkpoint."
    )
    memory: float = Field(
        default=0.9, gt=0, le=1, description="Share of a GPU for vLLM's weights and KV cache."
    )

    def choice(self) -> tuple[str, str]:
        """The engine's name, and the reason why it was chosen.

        Raises:
            UserError: for an unknown engine or dtype, vLLM where it is not installed, and tensor
                parallelism or a device that the engine cannot use.
        """
        if self.engine not in ENGINES:
            raise UserError(f"--engine {self.engine}: expected one of {', '.join(ENGINES)}")
        if self.dtype not in DTYPES:
            raise UserError(f"--dtype {self.dtype}: expected one of {', '.join(DTYPES)}")
        installed = find_spec("vllm") is not None
        if self.engine == VLLM and not installed:
            raise MissingPackage(
                "--engine vllm: vLLM is not installed here; in the clone of clean-bench run "
                "`pip install '.[vllm]'`, or for a CPU `make setup-vllm` (.venv-vllm/bin/clean-bench)"
            )
        if self.engine != AUTO:
            name, reason = self.engine, "as requested"
        elif not installed:
            name, reason = TRANSFORMERS, "vLLM is not installed"
        elif self.device is not None:
            name, reason = TRANSFORMERS, f"--device {self.device}"
        elif not _gpu():
            name, reason = TRANSFORMERS, "no GPU; --engine vllm takes vLLM on the CPU"
        else:
            name, reason = VLLM, "vLLM is installed and a GPU is available"
        if name == TRANSFORMERS:
            require("torch", "transformers", needed_by=f"--engine {name} ({reason})")
        if self.tensor_parallel > 1 and name == TRANSFORMERS:
            raise UserError(
                f"--tensor-parallel {self.tensor_parallel} needs vLLM, and the engine is {name} "
                f"({reason})"
            )
        if self.device is not None:
            self._check_device(name)
        return name, reason

    def _check_device(self, name: str) -> None:
        """Raise `UserError` for a device that does not exist or that the engine cannot use."""
        import torch

        try:
            device = torch.device(self.device or "cpu")
        except RuntimeError:
            device = torch.device("meta")
        if device.type not in _DEVICES:
            raise UserError(
                f"--device {self.device}: expected a torch device such as cpu, cuda or cuda:1"
            )
        if name == VLLM:
            raise UserError(
                f"--device {self.device}: vLLM takes the GPUs of CUDA_VISIBLE_DEVICES; set that instead"
            )
        if device.type == "cuda" and not (
            _gpu() and (device.index or 0) < torch.cuda.device_count()
        ):
            raise UserError(
                f"--device {self.device}: no such GPU is available; leave the option out"
            )
        if self.data_parallel > 1:
            raise UserError(
                f"--device {self.device}: --data-parallel {self.data_parallel} places its copies by "
                "itself; leave --device out"
            )


def open_engine(checkpoint: Checkpoint, config: EngineConfig | None = None) -> Engine:
    """Load a checkpoint into an engine. Close the engine when done (`contextlib.closing`).

    Raises:
        UserError: see `EngineConfig.choice`; also for a folder that the engine cannot load.
    """
    with phase(f"loading {checkpoint.name}", imports="torch"):
        return _open(checkpoint, config or EngineConfig())


def _open(checkpoint: Checkpoint, config: EngineConfig) -> Engine:
    name, _ = config.choice()
    load: Callable[[], Engine]
    options: dict[str, Any] = {
        "dtype": None if config.dtype == AUTO else config.dtype,
        "trust_remote_code": config.trust_remote_code,
        "batch_size": config.batch_size,
    }
    if name == VLLM:
        from clean_bench.engines.vllm_engine import VllmEngine

        options |= {"tensor_parallel": config.tensor_parallel, "memory": config.memory}
        load = partial(VllmEngine.load, checkpoint.folder, **options)
    else:
        from clean_bench.engines.transformers_engine import TransformersEngine

        load = partial(TransformersEngine.load, checkpoint.folder, device=config.device, **options)
    if config.data_parallel > 1:
        from clean_bench.engines.replicas import Replicas

        return Replicas(load, config.data_parallel, devices=config.tensor_parallel)
    return load()


def _gpu() -> bool:
    import torch

    return torch.cuda.is_available()
