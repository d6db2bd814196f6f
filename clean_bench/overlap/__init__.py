"""Overlap: which problems of a benchmark stand in a training set.

    overlap(stream("train.jsonl"), [load("math500")], "overlap-of-train")

Three kinds, from the surest to the loosest: the same text (`exact`), the same runs of words
(`ngram`), and the same runs of words with other numbers (`masked`). Only problem texts are looked
at, on both sides: answers and solutions are not.

What it is worth: it finds copies in a training set that is at hand, and says nothing of what a
checkpoint saw before. A paraphrase or a translation escapes it.
"""

from clean_bench.overlap.match import NGRAM, THRESHOLD
from clean_bench.overlap.run import overlap

__all__ = ["NGRAM", "THRESHOLD", "overlap"]
