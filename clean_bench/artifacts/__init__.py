"""Artifacts: every folder that clean-bench writes, and how to check one.

artifact = Artifact.open(folder, "scores", config)      # begins or resumes
if not artifact.done("completions/00000"):
    artifact.write("completions/00000", table)          # appears whole or not at all
artifact.finish({"accuracy": ...})

failures = verify(folder, {"scores": recompute})        # an empty list: every number holds
"""

from clean_bench.artifacts.artifact import STATE, Artifact
from clean_bench.artifacts.verify import Check, Failure, verify

__all__ = ["STATE", "Artifact", "Check", "Failure", "verify"]
