"""clean-bench: how much of an RLVR gain is real.

A contamination-aware benchmark suite for reinforcement learning on verifiable rewards. The names
below are the Python API (see `clean_bench.api`); they are loaded when first used, so that importing
the package loads none of torch, transformers, vllm and datasets.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from clean_bench.extras import missing_package
from clean_bench.sibling_packages import install

if TYPE_CHECKING:
    from clean_bench.api import compare, generate, open_checkpoint, probe, score, train
    from clean_bench.grading import grade
    from clean_bench.integrations.trl_callback import TrlCallback
    from clean_bench.integrations.trl_reward import trl_reward
    from clean_bench.problems import Problem, load_problems
    from clean_bench.results import Results
    from clean_bench.samples import Sample

install()

__version__ = "0.3.0"

_EXPORTS = {
    "Problem": "problems",
    "Results": "results",
    "Sample": "samples",
    "compare": "api",
    "generate": "api",
    "grade": "grading",
    "load_problems": "api",
    "open_checkpoint": "api",
    "probe": "api",
    "score": "api",
    "train": "api",
    "TrlCallback": "integrations.trl_callback",
    "trl_reward": "integrations.trl_reward",
}

__all__ = [
    "Problem",
    "Results",
    "Sample",
    "TrlCallback",
    "compare",
    "generate",
    "grade",
    "load_problems",
    "open_checkpoint",
    "probe",
    "score",
    "train",
    "trl_reward",
]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = importlib.import_module(f"{__name__}.{_EXPORTS[name]}")
    except ModuleNotFoundError as error:
        raise missing_package(error, f"clean_bench.{name}") or error from None
    return getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
