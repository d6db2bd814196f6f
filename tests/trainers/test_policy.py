"""The policy: log-probabilities in a padded batch against one forward pass per rollout."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from trainers.policy import collate, completion_logprobs


def test_padding_changes_nothing(tiny_checkpoint: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_checkpoint)
    generator = torch.Generator().manual_seed(0)

    def ids(length: int) -> list[int]:
        return torch.randint(3, 390, (length,), generator=generator).tolist()

    prompts, completions = [ids(3), ids(9), ids(1)], [ids(5), ids(2), ids(7)]
    batch = collate(
        prompts,
        completions,
        [[0.0] * len(c) for c in completions],
        torch.zeros(3),
        pad=0,
        device=torch.device("cpu"),
    )
    logp, entropy = completion_logprobs(model, batch, temperature=0.5)
    for row, (prompt, completion) in enumerate(zip(prompts, completions, strict=True)):
        logits = model(torch.tensor([prompt + completion])).logits[0, len(prompt) - 1 : -1] / 0.5
        alone = torch.log_softmax(logits, -1)
        expected = alone[torch.arange(len(completion)), torch.tensor(completion)]
        torch.testing.assert_close(logp[row, : len(completion)], expected, atol=1e-5, rtol=1e-5)
        spread = torch.distributions.Categorical(logits=logits).entropy()
        torch.testing.assert_close(entropy[row, : len(completion)], spread, atol=1e-5, rtol=1e-5)
        assert batch.mask[row].tolist() == [1.0] * len(completion) + [0.0] * (7 - len(completion))


def test_the_old_logprobs_and_advantages_stay_with_their_rows() -> None:
    batch = collate(
        [[1], [2, 3]],
        [[4, 5], [6]],
        [[-1.0, -2.0], [-3.0]],
        torch.tensor([0.5, -0.5]),
        pad=9,
        device=torch.device("cpu"),
    )
    assert batch.ids.tolist() == [[9, 1, 4, 5], [2, 3, 6, 9]]
    assert batch.old_logp.tolist() == [[-1.0, -2.0], [-3.0, 0.0]]
    assert batch.advantages.tolist() == pytest.approx([0.5, -0.5])
    assert batch.completion.tolist() == [[4, 5], [6, 9]]
