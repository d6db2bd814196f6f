"""`clean-bench verify --regenerate N`: run a part of a measurement again on its checkpoint."""

from clean_bench.experiments.regenerate.agreement import Agreement
from clean_bench.experiments.regenerate.parts import Part, parts_of
from clean_bench.experiments.regenerate.regenerate import regenerate

__all__ = ["Agreement", "Part", "parts_of", "regenerate"]
