"""The sampler of a training: an engine whose weights follow the policy's.

The transformers engine decodes with the policy's own module. vLLM holds a second copy; during the
updates it sleeps, if it can, and afterwards the weights are pushed in place, or under LoRA the adapter
alone.
"""

from __future__ import annotations
