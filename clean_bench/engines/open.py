"""Open the engine that runs a checkpoint.

`auto` takes vLLM where it is installed and a GPU is available, and `transformers` elsewhere: on a CPU
vLLM needs most of a minute to start. `openai` takes a model that a server runs already; the checkpoint
is then its name on the server. Nothing heavy is imported before an engine is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from math import isfinite
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from clean_bench import checkpoints
from clean_bench.checkpoints import Checkpoint, ServedModel, served_model
from clean_bench.engines.base import Engine, TrainingEngine
from clean_bench.engines.token_distributions import no_distributions
from clean_bench.errors import UserError
from clean_bench.extras import MissingPackage, require
from clean_bench.progress import phase

if TYPE_CHECKING:
    import torch

    from clean_bench.engines.vllm_settings import SamplerSettings

AUTO = "auto"
TRANSFORMERS = "transformers"
VLLM = "vllm"
OPENAI = "openai"
ENGINES = (AUTO, TRANSFORMERS, VLLM, OPENAI)
DTYPES = (AUTO, "float32", "bfloat16", "float16")
_DEVICES = ("cpu", "cuda", "mps", "xpu")
_OF_SERVERS = ("base_url", "concurrency", "api_key_env", "request_timeout")
_OF_WEIGHTS = (
    *("dtype", "device", "tensor_parallel", "data_parallel", "batch_size"),
    *("trust_remote_code", "memory"),
)
"""Settings that need a server, and settings that need the weights."""


class EngineConfig(BaseModel):
    """How a checkpoint is run; also the section `engine` of a recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: str = Field(
        default=AUTO,
        description="Engine that runs the model; auto takes vllm where it is installed and a GPU is "
        "available. openai: CHECKPOINT is the name of a model on the server of --base-url.",
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
        default=1,
        ge=1,
        le=1024,
        description="Devices that share one copy of the model (vllm only).",
    )
    data_parallel: int = Field(
        default=1, ge=1, le=1024, description="Copies of the model that share the requests."
    )
    batch_size: int = Field(
        default=256, ge=1, le=100_000, description="Most completions decoded together."
    )
    trust_remote_code: bool = Field(
        default=False, description="Run code that comes with the checkpoint."
    )
    memory: float = Field(
        default=0.9, gt=0, le=1, description="Share of a GPU for vLLM's weights and KV cache."
    )
    base_url: str | None = Field(
        default=None,
        description="Address of an OpenAI-compatible server, such as http://localhost:8000/v1 (openai "
        "only).",
        json_schema_extra={"metavar": "URL"},
    )
    concurrency: int = Field(
        default=32,
        ge=1,
        le=10_000,
        description="Most requests to the server at a time (openai only).",
    )
    api_key_env: str = Field(
        default="OPENAI_API_KEY",
        description="Environment variable with the server's API key (openai only); local servers need "
        "none.",
        json_schema_extra={"metavar": "NAME"},
    )
    request_timeout: float = Field(
        default=1200.0,
        description="Seconds until the server's answer to a request must be complete; then it is "
        "repeated (openai only).",
    )

    def choice(self) -> tuple[str, str]:
        """The engine's name, and the reason why it was chosen.

        Raises:
            UserError: for an unknown engine or dtype, a library that is not installed, and tensor
                parallelism, a device or another setting that the engine cannot use.
        """
        if self.engine not in ENGINES:
            raise UserError(f"--engine {self.engine}: expected one of {', '.join(ENGINES)}")
        if self.dtype not in DTYPES:
            raise UserError(f"--dtype {self.dtype}: expected one of {', '.join(DTYPES)}")
        self.check_settings()
        if self.engine == OPENAI:
            self._check_server()
            return OPENAI, f"{self.base_url}"
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

    def resolved_dtype(self) -> str:
        """`dtype`, with `auto` resolved for this machine: bfloat16 on a GPU, float32 on a CPU."""
        if self.dtype != AUTO:
            return self.dtype
        on_gpu = _gpu() if self.device is None else self.device.startswith("cuda")
        return "bfloat16" if on_gpu else "float32"

    @property
    def served(self) -> bool:
        """Whether a server has the weights."""
        return self.engine == OPENAI

    def require_weights(self, what: str) -> None:
        """Raise `UserError` if a server has the weights that `what` needs."""
        if self.served:
            raise UserError(
                f"--engine openai: {what} needs the weights of the checkpoint, and a server gives only "
                "its completions; use transformers or vllm, or leave this out"
            )

    def require_distributions(self, what: str) -> None:
        """Raise `UserError` if the engine does not read the whole distributions that `what` needs."""
        name, _ = self.choice()
        if name != TRANSFORMERS:
            raise no_distributions(name, what)

    def check_settings(self) -> None:
        """Raise `UserError` for a setting of another kind of engine."""
        fields = type(self).model_fields
        for name in _OF_WEIGHTS if self.served else _OF_SERVERS:
            if getattr(self, name) != fields[name].default:
                option = f"--{name.replace('_', '-')} {getattr(self, name)}"
                if self.served:
                    raise UserError(
                        f"{option}: the server of --engine openai decides this; leave it out"
                    )
                raise UserError(f"{option}: expected --engine openai beside it, got {self.engine}")

    def _check_server(self) -> None:
        """Raise `UserError` without a server's address, or without the library for it."""
        from clean_bench.engines.openai_client import checked_url, require_library

        if self.base_url is None:
            raise UserError(
                "--engine openai: expected --base-url URL, such as http://localhost:8000/v1"
            )
        checked_url(self.base_url)
        if not (isfinite(self.request_timeout) and self.request_timeout > 0):
            raise UserError(
                f"--request-timeout {self.request_timeout:g}: expected a finite number of seconds "
                "above 0"
            )
        require_library()

    def _check_device(self, name: str) -> None:
        """Raise `UserError` for a device that does not exist or that the engine cannot use."""
        with phase("loading torch", imports="torch"):
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


def resolve_model(
    name: str, config: EngineConfig, revision: str | None = None, *, weights: bool = True
) -> Checkpoint:
    """The checkpoint of a name: one that a server runs, or as `resolve_checkpoint`.

    Raises:
        UserError: as `resolve_checkpoint`, and for a revision of a served model.
    """
    config.check_settings()
    if not config.served:
        return checkpoints.resolve_checkpoint(name, revision, weights=weights)
    config.choice()
    if revision is not None:
        raise UserError(
            f"--revision {revision}: the server of --engine openai decides this; leave it out"
        )
    return served_model(name)


def open_engine(
    checkpoint: Checkpoint,
    config: EngineConfig | None = None,
    sampler: SamplerSettings | None = None,
) -> Engine:
    """Load a checkpoint into an engine. Close the engine when done (`contextlib.closing`).

    Args:
        sampler: what a learner beside the engine needs (vllm only).

    Raises:
        UserError: see `EngineConfig.choice`; also for a folder that the engine cannot load, and a
            server that does not serve the model.
    """
    with phase(f"loading {checkpoint.name}", imports="torch"):
        return _open(checkpoint, config or EngineConfig(), sampler)


def open_shared_engine(
    model: Any, tokenizer: Any, config: EngineConfig, compute_dtype: torch.dtype
) -> TrainingEngine:
    """An engine of `transformers` on a model in memory, such as a learner's, whose weights it shares.

    Args:
        compute_dtype: dtype of the arithmetic; under autocast if the weights have another.
    """
    from clean_bench.engines.transformers_engine import TransformersEngine

    return TransformersEngine(
        model, tokenizer, compute_dtype=compute_dtype, batch_size=config.batch_size
    )


def _open(checkpoint: Checkpoint, config: EngineConfig, sampler: SamplerSettings | None) -> Engine:
    name, _ = config.choice()
    if name == OPENAI:
        from clean_bench.engines.openai_engine import OpenAIEngine

        if not isinstance(checkpoint, ServedModel):
            raise UserError(
                f"--engine openai: expected the name of a model on the server, got {checkpoint.name}"
            )
        assert config.base_url is not None
        return OpenAIEngine.load(
            checkpoint.model,
            base_url=config.base_url,
            key_name=config.api_key_env,
            concurrency=config.concurrency,
            timeout=config.request_timeout,
        )
    load: Callable[[], Engine]
    options: dict[str, Any] = {
        "dtype": None if config.dtype == AUTO else config.dtype,
        "trust_remote_code": config.trust_remote_code,
        "batch_size": config.batch_size,
    }
    if name == VLLM:
        from clean_bench.engines.vllm_engine import VllmEngine

        options |= {
            "tensor_parallel": config.tensor_parallel,
            "memory": config.memory,
            "sampler": sampler,
        }
        load = partial(VllmEngine.load, checkpoint.folder, **options)
    else:
        from clean_bench.engines.transformers_engine import TransformersEngine

        load = partial(TransformersEngine.load, checkpoint.folder, device=config.device, **options)
    if config.data_parallel > 1:
        from clean_bench.engines.replicas import DistributionReplicas, Replicas

        replicas = DistributionReplicas if name == TRANSFORMERS else Replicas
        return replicas(load, config.data_parallel, devices=config.tensor_parallel)
    return load()


def _gpu() -> bool:
    with phase("loading torch", imports="torch"):
        import torch

    return torch.cuda.is_available()
