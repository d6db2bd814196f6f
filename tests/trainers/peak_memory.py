"""Print the peak resident memory, in bytes, of two updates of a random model.

python tests/trainers/peak_memory.py VOCABULARY DOCUMENTS BUDGET
"""

from __future__ import annotations

import resource
import sys

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from trainers.batching import Document, pack, spread, token_weights
from trainers.host_memory import release_free_memory
from trainers.optimizers import make_optimizer
from trainers.policy import Policy
from trainers.policy_settings import PolicySettings

if __name__ == "__main__":
    vocabulary, count, budget = map(int, sys.argv[1:])
    torch.set_num_threads(1)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=128,
        intermediate_size=512,
        num_hidden_layers=12,
        num_attention_heads=4,
        tie_word_embeddings=True,
    )
    policy = Policy(LlamaForCausalLM(config), None)
    optimizer = make_optimizer(policy.trainable(), PolicySettings(), master_device="cpu")
    documents = [Document([1] * 64, [2 + place % 7] * 64) for place in range(count)]
    weights = token_weights([64] * count, "token")
    for _ in range(2):
        optimizer.zero_grad()
        release_free_memory()
        for row in pack(documents, budget):
            logp, _ = policy.logprobs(row)
            (-(logp * spread(row, weights)).sum()).backward()
        optimizer.step(1.0)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
