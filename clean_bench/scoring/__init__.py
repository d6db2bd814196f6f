"""Scoring: the samples of a checkpoint on problem sets, and the results that follow from them."""
