"""Behaviors: what completions are like besides right or wrong, from what `score` stored.

behave(SCORES, out, after=SCORES2)           # clean_bench.behaviors.run: the whole artifact
transitions([Pair("7", True, False, ...)])   # the transition table, with intervals
transitions_of_counts({"CC": (165, 105, 119), ...})
"""

from clean_bench.behaviors.transitions import Pair, transitions, transitions_of_counts

__all__ = ["Pair", "transitions", "transitions_of_counts"]
