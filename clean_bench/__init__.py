"""clean-bench: how much of an RLVR gain is real.

A contamination-aware benchmark suite for reinforcement learning on verifiable rewards. The names
below are the Python API (see `clean_bench.api`); they are loaded when first used, so that importing
the package loads none of torch, transformers, vllm and datasets.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from clean_bench.sibling_packages import install

if TYPE_CHECKING:
    from clean_bench.api import generate, open_checkpoint, probe, score, train
    from clean_bench.grading import grade
    from clean_bench.problems import Problem, load_problems
    from clean_bench.results import Results
    from clean_bench.samples import Sample

install()

__version__ = "0.1.0"

_EXPORTS = {
    "Problem": "problems",
    "Results": "results",
    "Sample": "samples",
    "generate": "api",
    "grade": "grading",
    "load_problems": "api",
    "open_checkpoint": "api",
    "probe": "api",
    "score": "api",
    "train": "api",
}

__all__ = [
    "Problem",
    "Results",
    "Sample",
    "generate",
    "grade",
    "load_problems",
    "open_checkpoint",
    "probe",
    "score",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_EXPORTS[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
