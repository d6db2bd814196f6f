"""Checks of a run: what binds its parts to the recipe and to each other, and what follows from them.

    run             the check of the kind: parts first, then results and report
    listing         the files and parts that a run of this recipe has, and no others
    sets            problem sets and training data against the recipe
    training        trained arms against the recipe, the data and the base
    measurements    scores, probes and behaviors of every checkpoint against the recipe and the base
    compared        a stored configuration against the one that the recipe gives

What a part holds by itself is checked by the check of its own kind.
"""

from clean_bench.experiments.checks.run import check_run

__all__ = ["check_run"]
