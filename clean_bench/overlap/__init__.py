"""Overlap: the contamination of a training set with problems of a benchmark.

    overlap(stream_problems("train.jsonl"), [load_problems("math500")], "overlap-of-train")

Three kinds of hit, from the strongest to the weakest: the same text (`exact`), the same n-grams
(`ngram`), and the same n-grams with other numbers (`masked`). Only problem texts are compared, not
answers or solutions.

Limits: it finds copies in a given training set, and shows nothing of what a checkpoint was trained on
before. It does not find paraphrases or translations.
"""

from clean_bench.overlap.match import NGRAM, THRESHOLD
from clean_bench.overlap.run import overlap

__all__ = ["NGRAM", "THRESHOLD", "overlap"]
