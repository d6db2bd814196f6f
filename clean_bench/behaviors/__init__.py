"""Behaviors: measures of stored completions beside their grades.

behave(SCORES, out, after=SCORES2)                     # clean_bench.behaviors.run: the artifact
transitions([CompletionPair("7", True, False, ...)])   # the table of code and language reasoning
"""

from clean_bench.behaviors.transitions import CompletionPair, transitions

__all__ = ["CompletionPair", "transitions"]
