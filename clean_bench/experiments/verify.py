"""The registry of checks: what recomputes each kind of artifact."""

from __future__ import annotations

from collections.abc import Mapping

from clean_bench.artifacts import Check


def checks() -> Mapping[str, Check]:
    """The check of every kind that clean-bench writes. The imports are heavy, so they are local."""
    from clean_bench.behaviors.checks import check_behaviors
    from clean_bench.experiments.checks import check_run
    from clean_bench.organisms.checks import check_organism
    from clean_bench.overlap.checks import check_overlap
    from clean_bench.probing.checks import check_probe
    from clean_bench.probing.compat.benbench import check_benbench
    from clean_bench.scoring.checks import check_scores
    from generators.checks import verify_set
    from trainers.checks import check_training

    return {
        "problem-set": verify_set,
        "scores": check_scores,
        "probe": check_probe,
        "benbench": check_benbench,
        "overlap": check_overlap,
        "behaviors": check_behaviors,
        "training": check_training,
        "organism": check_organism,
        "run": check_run,
    }
