"""The map from a kind of artifact to what recomputes it."""

from __future__ import annotations

from collections.abc import Mapping

from clean_bench.artifacts import Verifier


def verifiers() -> Mapping[str, Verifier]:
    """Every kind that clean-bench writes; the imports are heavy, so they are made here."""
    from clean_bench.behaviors.checks import verify_behaviors
    from clean_bench.experiments.checks import verify_run
    from clean_bench.organisms.checks import verify_organism
    from clean_bench.overlap.checks import verify_overlap
    from clean_bench.probe.checks import verify_probe
    from clean_bench.probe.compat.benbench import verify_benbench
    from clean_bench.scoring.checks import verify_scores
    from generators.checks import verify_set
    from trainers.checks import verify_training

    return {
        "problem-set": verify_set,
        "scores": verify_scores,
        "probe": verify_probe,
        "benbench": verify_benbench,
        "overlap": verify_overlap,
        "behaviors": verify_behaviors,
        "training": verify_training,
        "organism": verify_organism,
        "run": verify_run,
    }
