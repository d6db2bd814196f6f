"""Artifacts: the folders that clean-bench writes, and their verification.

artifact = Artifact.open(folder, "scores", config)      # begins or resumes
if not artifact.done("samples/00000"):
    artifact.write("samples/00000", table)              # atomic
artifact.finish({"problems": 500})

failures = verify(folder, {"scores": check_scores})     # empty if all checks pass
"""

from clean_bench.artifacts.artifact import Artifact
from clean_bench.artifacts.atomic_files import STATE
from clean_bench.artifacts.layout import Layout, check_layout
from clean_bench.artifacts.verify import (
    Check,
    Failure,
    Scope,
    ScopeOf,
    Verification,
    verification,
    verify,
)

__all__ = [
    "STATE",
    "Artifact",
    "Check",
    "Failure",
    "Layout",
    "Scope",
    "ScopeOf",
    "Verification",
    "check_layout",
    "verification",
    "verify",
]
