"""clean-bench: how much of an RLVR gain is real.

The ground floor of the project: problems, public benchmarks, prompts, answers, engines, scoring,
the probe, statistics and artifacts. Importing this package loads none of torch, transformers,
vllm or datasets.
"""

__version__ = "0.1.0"
