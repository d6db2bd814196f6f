"""Checkpoints: from a name to a folder, and the hash of its weights.

checkpoint = resolve_checkpoint("Qwen/Qwen2.5-Math-7B")    # a folder, a hub name, or a registered prefix
checkpoint.weights_sha256                                  # computed once, when first read
"""

from clean_bench.checkpoints.checkpoint import Checkpoint, register_resolver, resolve_checkpoint
from clean_bench.checkpoints.served import ServedModel, served_model
from clean_bench.checkpoints.weights_hash import weights_sha256

__all__ = [
    "Checkpoint",
    "ServedModel",
    "register_resolver",
    "resolve_checkpoint",
    "served_model",
    "weights_sha256",
]
