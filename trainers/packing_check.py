"""The check that a model's packed rows give the log-probabilities of its own forward pass.

Two short documents are packed, and the second is compared with itself alone under the model's own
attention and output head. A model that mixes documents, or transforms its logits in a way that is not
computed here, differs by far more than rounding and is refused before anything is trained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from clean_bench.errors import UserError
from trainers.batching import Document, pack

if TYPE_CHECKING:
    from trainers.policy import Policy

_TOLERANCES = {torch.float64: 1e-3, torch.float32: 1e-3, torch.float16: 0.1, torch.bfloat16: 0.1}
"""Largest difference, in standard deviations of the model's log-probabilities over the vocabulary."""
_LEAST_SPREAD = 1e-2
"""Standard deviation that is assumed at least: that of a model at random is next to nothing."""
_LENGTHS = (7, 12)


@torch.no_grad()
def check_packing(policy: Policy) -> None:
    """Compare packed log-probabilities with the model's own.

    Raises:
        UserError: if they differ, or the model does not run on packed rows.
    """
    model, name = policy.model, type(policy.model).__name__
    first, second = _documents(model.config.get_text_config().vocab_size)
    was_training = model.training
    model.eval()
    ids = torch.tensor([[*second.prompt, *second.completion]], device=policy.device)
    try:
        with policy.autocast():
            logits = model(input_ids=ids, use_cache=False).logits[0, :-1]
        own = torch.log_softmax(logits.double(), dim=-1)
        expected = own.gather(-1, ids[0, 1:, None]).squeeze(-1)
        rows = pack([first, second], sum(_LENGTHS))
        packed = policy.logprobs(rows[0])[0][-len(expected) :].double()
    except UserError:
        raise
    # A model that does not follow transformers' attention interface fails in a way of its own.
    except Exception as error:
        raise UserError(
            f"{name}: expected a model that runs on packed documents, got an error "
            f"({' '.join(f'{type(error).__name__}: {error}'.split())[:200]}); train another model"
        ) from None
    finally:
        model.train(was_training)
    spread = max(float(own.std(dim=-1).mean()), _LEAST_SPREAD)
    difference = float((packed - expected).abs().max()) / spread
    if not difference <= _TOLERANCES[policy.compute_dtype]:
        raise UserError(
            f"{name}: expected the log-probabilities of the model's own forward pass from packed "
            f"documents, got a difference of {difference:.2g} standard deviations: its attention mixes "
            "documents, or it changes logits after the output head; train another model"
        )


def _documents(vocabulary: int) -> list[Document]:
    """Two documents of different tokens, without the first ids of a vocabulary, which are special."""
    tokens = [3 + (7919 * number + 11) % max(vocabulary - 3, 1) for number in range(sum(_LENGTHS))]
    tokens = [min(token, vocabulary - 1) for token in tokens]
    return [
        Document(tokens[:1], tokens[1 : _LENGTHS[0]]),
        Document(tokens[_LENGTHS[0] : _LENGTHS[0] + 1], tokens[_LENGTHS[0] + 1 :]),
    ]
