"""Recomputation of the scores of other contamination benchmarks from their recorded outputs."""
