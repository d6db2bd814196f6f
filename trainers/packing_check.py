"""The check that a model's packed rows give the log-probabilities of its own forward pass.

Three short documents are packed, of which the last two share their prompt, and these are compared with
themselves alone under the model's own attention and output head. A model that mixes documents, or
transforms its logits in a way that is not computed here, differs by more than rounding and is refused
before anything is trained.

In 16 bits, rounding alone is a root mean square difference of 0.04 to 0.07 standard deviations on
SmolLM2-135M (0.2 at a single token), and mixed documents are 0.8 to 1.0: only such large faults show.
Weights that are wider than the arithmetic are therefore also compared in their own arithmetic.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import torch

from clean_bench.errors import UserError
from trainers.batching import Document, pack

if TYPE_CHECKING:
    from trainers.policy import Policy

_TOLERANCES = {torch.float64: 1e-3, torch.float32: 1e-3, torch.float16: 0.2, torch.bfloat16: 0.3}
"""Largest root mean square of the differences, in standard deviations of the model's log-probabilities
over the vocabulary."""
_LEAST_SPREAD = 1e-2
"""Standard deviation that is assumed at least: that of a model at random is next to nothing."""
_PROMPT, _COMPLETIONS = 4, (7, 9, 6)
"""Tokens of each prompt, and of the completions."""


@torch.no_grad()
def check_packing(policy: Policy) -> None:
    """Compare packed log-probabilities with the model's own.

    Raises:
        UserError: if they differ, or the model does not run on packed rows.
    """
    compute_dtype = policy.compute_dtype
    try:
        for dtype in dict.fromkeys((compute_dtype, policy.weights_dtype)):
            policy.compute_dtype = dtype
            difference = _difference(policy)
            if not difference <= _TOLERANCES[dtype]:
                raise UserError(
                    f"{type(policy.model).__name__}: expected the log-probabilities of the model's own "
                    f"forward pass from packed documents, got a difference of {difference:.2g} standard "
                    "deviations: its attention mixes documents, or it changes logits after the output "
                    "head; train another model"
                )
    finally:
        policy.compute_dtype = compute_dtype


def _difference(policy: Policy) -> float:
    """Root mean square difference to the model's own log-probabilities, in standard deviations."""
    model = policy.model
    documents = _documents(model.config.get_text_config().vocab_size)
    was_training = model.training
    model.eval()
    if model.config._attn_implementation != policy.attention:
        model.set_attn_implementation(policy.attention)
    try:
        own = torch.cat([_own_logprobs(policy, document) for document in documents[1:]])
        (row,) = pack(documents, sum(map(len, documents)), share_prompts=True)
        packed = policy.logprobs(row)[0][_COMPLETIONS[0] :].double()
    except UserError:
        raise
    # A model that does not follow transformers' attention interface fails in a way of its own.
    except Exception as error:
        raise UserError(
            f"{type(model).__name__}: expected a model that runs on packed documents, got an error "
            f"({' '.join(f'{type(error).__name__}: {error}'.split())[:200]}); train another model"
        ) from None
    finally:
        model.train(was_training)
    targets = torch.tensor([token for each in documents[1:] for token in each.completion])
    expected = own.gather(-1, targets.to(own.device)[:, None]).squeeze(-1)
    spread = max(float(own.std(dim=-1).mean()), _LEAST_SPREAD)
    return float((packed - expected).square().mean().sqrt()) / spread


def _own_logprobs(policy: Policy, document: Document) -> torch.Tensor:
    """The model's own log-probabilities over the vocabulary for each token of a completion."""
    ids = torch.tensor([[*document.prompt, *document.completion]], device=policy.device)
    with policy.autocast():
        logits = policy.model(input_ids=ids, use_cache=False).logits[0]
    return torch.log_softmax(logits[len(document.prompt) - 1 : -1].double(), dim=-1)


def _documents(vocabulary: int) -> list[Document]:
    """Documents of different tokens, without the first ids of a vocabulary, which are special."""
    count = 2 * _PROMPT + sum(_COMPLETIONS)
    tokens = [3 + (7919 * number + 11) % max(vocabulary - 3, 1) for number in range(count)]
    left = iter(min(token, vocabulary - 1) for token in tokens)
    prompt, shared = list(islice(left, _PROMPT)), list(islice(left, _PROMPT))
    first, second, third = (list(islice(left, length)) for length in _COMPLETIONS)
    return [Document(prompt, first), Document(shared, second), Document(shared, third)]
