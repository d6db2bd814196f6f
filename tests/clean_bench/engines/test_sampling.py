"""Token choice against the distribution itself."""

from __future__ import annotations

import numpy as np
import torch

from clean_bench.engines.sampling import choose_tokens, uniforms


def test_a_grid_of_uniforms_gives_each_token_its_probability() -> None:
    """With u on an even grid of N points the count of a token is N p, up to one at either edge."""
    probabilities, n = torch.tensor([0.1, 0.45, 0.05, 0.4]), 1000
    logits = probabilities.log().expand(n, 4)
    grid = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    tokens, logp = choose_tokens(logits, torch.ones(n), grid)
    counts = torch.bincount(tokens, minlength=4)
    assert (counts - n * probabilities).abs().max() <= 1
    torch.testing.assert_close(logp, probabilities.log()[tokens])


def test_temperature_sharpens_as_the_formula_says() -> None:
    logits = torch.tensor([[1.0, 2.0, 0.5]])
    _, logp = choose_tokens(logits, torch.tensor([0.5]), torch.tensor([0.999999]))
    expected = torch.log_softmax(logits / 0.5, -1)[0, 2]
    torch.testing.assert_close(logp[0], expected)


def test_temperature_zero_is_the_most_likely_token_at_its_own_probability() -> None:
    logits = torch.tensor([[1.0, 3.0, 2.0], [5.0, 1.0, 1.0]])
    tokens, logp = choose_tokens(logits, torch.zeros(2), torch.tensor([0.99, 0.99]))
    assert tokens.tolist() == [1, 0]
    torch.testing.assert_close(logp, torch.log_softmax(logits, -1).amax(-1))


def test_the_ends_of_the_interval_stay_inside_the_vocabulary() -> None:
    logits = torch.zeros(2, 5)
    tokens, _ = choose_tokens(logits, torch.ones(2), torch.tensor([0.0, 1.0 - 2**-53]))
    assert tokens.tolist() == [0, 4]


def test_a_token_of_probability_zero_is_never_drawn() -> None:
    logits = torch.tensor([[float("-inf"), 0.0, float("-inf"), 0.0, float("-inf")]]).expand(101, 5)
    tokens, _ = choose_tokens(logits, torch.ones(101), torch.linspace(0, 1, 101).double())
    assert set(tokens.tolist()) == {1, 3}


def test_uniforms_of_a_seed_do_not_depend_on_the_others() -> None:
    alone, together = uniforms([7], 5), uniforms([1, 7, 2**62], 8)
    np.testing.assert_array_equal(alone[0].numpy(), together[1, :5].numpy())
    assert len(set(together.flatten().tolist())) == 24
